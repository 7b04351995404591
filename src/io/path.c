#define _POSIX_C_SOURCE 200809L
#include "io/path.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

char *umi_path_copy(const char *text, size_t n)
{
    char *copy = umi_alloc(n + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, n);
    }
    return copy;
}

char *umi_path_join(const char *directory, const char *name)
{
    size_t n = strlen(directory), n_name = strlen(name);
    size_t slash = n > 0 && directory[n - 1] != '/';
    char *path = umi_alloc(n + slash + n_name + 1, 1);
    if (path != NULL) {
        memcpy(path, directory, n);
        memset(path + n, '/', slash);
        memcpy(path + n + slash, name, n_name);
    }
    return path;
}

bool umi_path_below(const char *path, char **below)
{
    size_t used = 0;
    *below = umi_alloc(strlen(path) + 1, 1);
    for (const char *part = path; *part != '\0';) {
        size_t n = strcspn(part, "/");
        if (n == 2 && memcmp(part, "..", 2) == 0) {
            umi_free(*below);
            *below = NULL;
            return false;
        }
        if (n > 1 || (n == 1 && *part != '.')) {
            if (*below != NULL) {
                (*below)[used] = '/';
                memcpy(*below + used + (used > 0), part, n);
            }
            used += n + (used > 0);
        }
        part += n + (part[n] == '/');
    }
    if (used == 0) {
        umi_free(*below);
        *below = NULL;
    }
    return used > 0;
}

/* Makes the folder `path`, its parents first where they are missing; 0 or errno. */
static int make_folder(char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        /* What is there may be no folder; the file system says so when a file is to be made. */
        return 0;
    }
    char *slash = strrchr(path, '/');
    if (errno != ENOENT || slash == NULL || slash == path) {
        return errno;
    }
    *slash = '\0';
    int reason = make_folder(path);
    *slash = '/';
    return reason != 0 || mkdir(path, 0777) == 0 || errno == EEXIST ? reason : errno;
}

um_status umi_path_make_parents(const char *path, um_error *error)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return UM_OK;
    }
    char *folder = umi_path_copy(path, (size_t)(slash - path));
    if (folder == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    int reason = make_folder(folder);
    um_status status = UM_OK;
    if (reason != 0) {
        char shown[UMI_DISPLAY_MAX];
        status = umi_error_set(error, umi_status_of_writing(reason), "%s: cannot be created: %s",
                               umi_display_name(folder, shown, sizeof shown), strerror(reason));
    }
    umi_free(folder);
    return status;
}
