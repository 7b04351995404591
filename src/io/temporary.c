#define _GNU_SOURCE
#include "io/temporary.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of NAME that the hidden name repeats: with what is added it must stay below NAME_MAX. */
enum { NAME_PART_MAX = 200, RANDOM_DIGITS = 8 };

/* The temporaries that are not published, and what guards the list. */
static umi_temporary *live;
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;

bool umi_sync_path(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    /* Some file systems cannot sync a directory and say so with EINVAL: no loss. */
    bool ok = fsync(descriptor) == 0 || errno == EINVAL;
    int reason = errno;
    (void)close(descriptor);
    errno = reason;
    return ok;
}

/* Removes `name` below the open directory `parent`. */
static void remove_below(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0) {
        return;
    }
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (stream == NULL) {
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            remove_below(dirfd(stream), entry->d_name);
        }
    }
    (void)closedir(stream);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void umi_remove_tree(const char *path)
{
    remove_below(AT_FDCWD, path);
}

/* -- Names ------------------------------------------------------------------------------------- */

/* True for "PID-RANDOM" with nothing round it, of a process that lives no more. */
static bool is_of_dead_process(const char *text)
{
    char *end = NULL;
    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    long long process = strtoll(text, &end, 10);
    if (errno != 0 || process <= 0 || process > INT_MAX || *end != '-' ||
        strspn(end + 1, "0123456789abcdef") != RANDOM_DIGITS || end[1 + RANDOM_DIGITS] != '\0') {
        return false;
    }
    return kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* Removes what dead processes left for the same name; `prefix` is ".NAME.unmingle-". What has not
 * exactly such a name, or belongs to somebody else, stays. */
static void remove_stale(const char *parent, const char *prefix)
{
    DIR *stream = opendir(parent);
    if (stream == NULL) {
        return; /* making the temporary will fail and tell why */
    }
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct stat status;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
            is_of_dead_process(entry->d_name + strlen(prefix)) &&
            fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            status.st_uid == geteuid()) {
            remove_below(dirfd(stream), entry->d_name);
        }
    }
    (void)closedir(stream);
}

static um_status refuse(const umi_temporary *temporary, const char *why, um_error *error)
{
    return umi_error_set(error, UM_ERR_CREATE, "%s: %s", temporary->shown, why);
}

/* Fills final_path and parent; *name points at the last part of final_path. */
static um_status split(umi_temporary *temporary, const char *given, const char **name,
                       um_error *error)
{
    char *final_path = temporary->final_path;
    size_t length = strlen(given);
    if (length + NAME_MAX + 2 >= PATH_MAX) {
        return refuse(temporary, "the path is too long", error);
    }
    if (realpath(given, final_path) == NULL) {
        memcpy(final_path, given, length + 1);
    }
    length = strlen(final_path);
    while (length > 1 && final_path[length - 1] == '/') {
        final_path[--length] = '\0';
    }
    const char *slash = strrchr(final_path, '/');
    *name = slash != NULL ? slash + 1 : final_path;
    const char *given_name = strrchr(given, '/') != NULL ? strrchr(given, '/') + 1 : given;
    if (**name == '\0' || strcmp(given_name, ".") == 0 || strcmp(given_name, "..") == 0 ||
        strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) {
        return refuse(temporary, "give a name of its own", error);
    }
    if (length + NAME_MAX + 2 >= PATH_MAX) {
        return refuse(temporary, "the path is too long", error);
    }
    if (slash == NULL) {
        memcpy(temporary->parent, ".", 2);
    } else {
        size_t n = slash == final_path ? 1 : (size_t)(slash - final_path);
        memcpy(temporary->parent, final_path, n);
        temporary->parent[n] = '\0';
    }
    return UM_OK;
}

/* Makes the directory, or sees that a file could be made; false with errno. */
static bool try_name(const umi_temporary *temporary, bool is_directory)
{
    struct stat status;
    if (is_directory) {
        return mkdir(temporary->path, 0777) == 0;
    }
    if (lstat(temporary->path, &status) == 0) {
        errno = EEXIST;
        return false;
    }
    return errno == ENOENT && access(temporary->parent, W_OK | X_OK) == 0;
}

/* Finds a hidden name that is free, and makes the directory. */
static um_status claim(umi_temporary *temporary, const char *name, bool is_directory,
                       um_error *error)
{
    char prefix[NAME_PART_MAX + 16];
    snprintf(prefix, sizeof prefix, ".%.*s.unmingle-", NAME_PART_MAX, name);
    remove_stale(temporary->parent, prefix);
    bool found = false;
    int reason = EEXIST;
    for (int attempt = 0; attempt < 100 && !found && reason == EEXIST; attempt++) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
            random = (uint32_t)attempt;
        }
        int length = snprintf(temporary->path, sizeof temporary->path, "%s/%s%lld-%08x",
                              temporary->parent, prefix, (long long)getpid(), (unsigned)random);
        if (length < 0 || (size_t)length >= sizeof temporary->path) {
            return refuse(temporary, "the path is too long", error);
        }
        found = try_name(temporary, is_directory);
        reason = errno;
    }
    return found ? UM_OK
                 : umi_error_set(error, umi_status_of_writing(reason), "%s: cannot be created: %s",
                                 temporary->shown, strerror(reason));
}

um_status umi_temporary_new(const char *final_path, bool is_directory, umi_temporary **out,
                            um_error *error)
{
    *out = NULL;
    umi_temporary *temporary = umi_alloc(1, sizeof *temporary);
    if (temporary == NULL || (temporary->shown = umi_alloc(UMI_DISPLAY_MAX, 1)) == NULL) {
        umi_free(temporary);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    umi_display_name(final_path, temporary->shown, UMI_DISPLAY_MAX);
    const char *name = NULL;
    um_status status = split(temporary, final_path, &name, error);
    if (status == UM_OK && !is_directory && final_path[strlen(final_path) - 1] == '/') {
        status = refuse(temporary, "names a folder; give the file's name", error);
    }
    if (status == UM_OK) {
        status = claim(temporary, name, is_directory, error);
    }
    if (status != UM_OK) {
        umi_free(temporary->shown);
        umi_free(temporary);
        return status;
    }
    pthread_mutex_lock(&live_lock);
    temporary->next = live;
    live = temporary;
    pthread_mutex_unlock(&live_lock);
    *out = temporary;
    return UM_OK;
}

void umi_temporary_free(umi_temporary *temporary)
{
    if (temporary == NULL) {
        return;
    }
    pthread_mutex_lock(&live_lock);
    for (umi_temporary **link = &live; *link != NULL; link = &(*link)->next) {
        if (*link == temporary) {
            *link = temporary->next;
            break;
        }
    }
    pthread_mutex_unlock(&live_lock);
    umi_remove_tree(temporary->path);
    umi_free(temporary->shown);
    umi_free(temporary);
}

/* Renamed first: were it published while its files are being removed, a part would get the final
 * name. The new name is one that the next run takes for stale, too. */
static void abort_one(const umi_temporary *temporary)
{
    char doomed[PATH_MAX];
    size_t last = strlen(temporary->path) - 1;
    memcpy(doomed, temporary->path, last + 2);
    doomed[last] = doomed[last] == '0' ? '1' : '0';
    if (rename(temporary->path, doomed) == 0) {
        umi_remove_tree(doomed);
    }
}

void umi_output_abort_all(void)
{
    pthread_mutex_lock(&live_lock);
    for (umi_temporary *temporary = live; temporary != NULL; temporary = temporary->next) {
        abort_one(temporary);
    }
    live = NULL;
    pthread_mutex_unlock(&live_lock);
}

bool umi_write_new_file(const char *path, const void *bytes, size_t n_bytes)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        return false;
    }
    size_t done = 0;
    int reason = 0;
    while (done < n_bytes && reason == 0) {
        ssize_t n = write(descriptor, (const char *)bytes + done, n_bytes - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            reason = n == 0 ? EIO : errno;
        }
    }
    if (close(descriptor) != 0 && reason == 0) {
        reason = errno;
    }
    errno = reason;
    return reason == 0;
}
