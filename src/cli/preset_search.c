#define _POSIX_C_SOURCE 200809L

#include "cli/preset_search.h"

#include "cli/nearest.h"
#include "core/error.h"
#include "core/memory.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SUFFIX[] = ".conf";

static void add_folder(umi_preset_folders *folders, const char *base, const char *rest)
{
    int n = snprintf(folders->paths[folders->count], UMI_PRESET_PATH_SIZE, "%s%s", base, rest);
    if (n > 0 && n < UMI_PRESET_PATH_SIZE) {
        folders->count++;
    }
}

void umi_preset_folders_get(umi_preset_folders *folders)
{
    char program[UMI_PRESET_PATH_SIZE];
    folders->count = 0;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n > 0) {
        program[n] = '\0';
        *strrchr(program, '/') = '\0';
        /* Installed: PREFIX/bin. Cutting the last part is better to read than "/../". */
        char *bin = strrchr(program, '/');
        if (bin != NULL) {
            *bin = '\0';
            add_folder(folders, program, "/share/unmingle/presets");
            *bin = '/';
        }
        add_folder(folders, program, "/presets");
    }
    add_folder(folders, UNMINGLE_PRESETS_DIR, "");
}

um_status umi_preset_find(const umi_preset_folders *folders, const char *name,
                          char path[UMI_PRESET_PATH_SIZE], um_error *error)
{
    for (size_t i = 0; i < folders->count; i++) {
        struct stat info;
        int n = snprintf(path, UMI_PRESET_PATH_SIZE, "%s/%s%s", folders->paths[i], name, SUFFIX);
        if (n > 0 && n < UMI_PRESET_PATH_SIZE && stat(path, &info) == 0) {
            return UM_OK;
        }
    }
    char **names;
    size_t n_names;
    um_status status = umi_preset_names(folders, &names, &n_names);
    if (status != UM_OK) {
        return umi_error_set(error, status, "preset '%s': %s", name, um_status_string(status));
    }
    const char *nearest = umi_nearest(name, (const char *const *)names, n_names);
    if (nearest != NULL) {
        status = umi_error_set(error, UM_ERR_CONFIG, "no preset '%s'; did you mean '%s'?", name,
                               nearest);
    } else {
        status = umi_error_set(error, UM_ERR_CONFIG,
                               "no preset '%s' ('unmingle presets' lists them)", name);
    }
    umi_preset_names_free(names, n_names);
    return status;
}

static bool is_preset(const char *file_name)
{
    size_t length = strlen(file_name);
    size_t suffix = sizeof SUFFIX - 1;
    return file_name[0] != '.' && length > suffix &&
           strcmp(file_name + length - suffix, SUFFIX) == 0;
}

static bool contains(char *const *names, size_t n, const char *file_name)
{
    size_t length = strlen(file_name) - (sizeof SUFFIX - 1);
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], file_name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Appends a name without its suffix. */
static bool append(char ***names, size_t *n, size_t *room, const char *file_name)
{
    char **larger = umi_grown(*names, *n, room, sizeof *larger);
    if (larger == NULL) {
        return false;
    }
    *names = larger;
    size_t length = strlen(file_name) - (sizeof SUFFIX - 1);
    char *name = umi_alloc(length + 1, 1);
    if (name == NULL) {
        return false;
    }
    memcpy(name, file_name, length);
    (*names)[(*n)++] = name;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

um_status umi_preset_names(const umi_preset_folders *folders, char ***names, size_t *n)
{
    size_t room = 0;
    bool enough = true;
    *names = NULL;
    *n = 0;
    for (size_t i = 0; i < folders->count && enough; i++) {
        DIR *folder = opendir(folders->paths[i]);
        if (folder == NULL) {
            continue; /* none of the three has to exist */
        }
        struct dirent *entry;
        while (enough && (entry = readdir(folder)) != NULL) {
            if (is_preset(entry->d_name) && !contains(*names, *n, entry->d_name)) {
                enough = append(names, n, &room, entry->d_name);
            }
        }
        closedir(folder);
    }
    if (!enough) {
        umi_preset_names_free(*names, *n);
        *names = NULL;
        *n = 0;
        return UM_ERR_MEMORY;
    }
    if (*n > 0) {
        qsort(*names, *n, sizeof **names, compare_names);
    }
    return UM_OK;
}

void umi_preset_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        umi_free(names[i]);
    }
    umi_free(names);
}
