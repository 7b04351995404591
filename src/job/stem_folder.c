#define _POSIX_C_SOURCE 200809L
#include "job/stem_folder.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/path.h"
#include "io/text.h"
#include "job/sound_name.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_stem(const char *file_name)
{
    if (!umi_is_sound_name(file_name)) {
        return false;
    }
    size_t n = (size_t)(strrchr(file_name, '.') - file_name);
    return !umi_equal_names(file_name, n, "mix") && !umi_equal_names(file_name, n, "mixture");
}

static bool add(umi_stem_folder *folder, size_t *room, const char *directory, const char *file_name)
{
    umi_stem_file *files = umi_grown(folder->files, folder->n_files, room, sizeof *files);
    if (files == NULL) {
        return false;
    }
    folder->files = files;
    umi_stem_file *file = &folder->files[folder->n_files];
    file->name = umi_path_copy(file_name, (size_t)(strrchr(file_name, '.') - file_name));
    file->path = umi_path_join(directory, file_name);
    if (file->name == NULL || file->path == NULL) {
        umi_free(file->name);
        umi_free(file->path);
        return false;
    }
    folder->n_files++;
    return true;
}

static int by_name(const void *a, const void *b)
{
    const umi_stem_file *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static um_status check_names(const umi_stem_folder *folder, um_error *error)
{
    for (size_t i = 1; i < folder->n_files; i++) {
        if (strcmp(folder->files[i - 1].name, folder->files[i].name) == 0) {
            char one[UMI_DISPLAY_MAX / 2], other[UMI_DISPLAY_MAX / 2];
            return umi_error_set(error, UM_ERR_DATA, "%s and %s: two files for one stem",
                                 umi_display_name(folder->files[i - 1].path, one, sizeof one),
                                 umi_display_name(folder->files[i].path, other, sizeof other));
        }
    }
    return UM_OK;
}

um_status umi_stem_folder_read(const char *directory, umi_stem_folder *folder, um_error *error)
{
    char shown[UMI_DISPLAY_MAX];
    (void)umi_display_name(directory, shown, sizeof shown);
    folder->files = NULL;
    folder->n_files = 0;
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        return umi_error_set(error, umi_status_of_reading(errno), "%s: %s", shown, strerror(errno));
    }
    um_status status = UM_OK;
    size_t room = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            if (errno != 0) {
                status = umi_error_set(error, UM_ERR_IO, "%s: %s", shown, strerror(errno));
            }
            break;
        }
        if (is_stem(entry->d_name) && !add(folder, &room, directory, entry->d_name)) {
            status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", shown);
            break;
        }
    }
    (void)closedir(stream);
    if (status == UM_OK && folder->n_files > 0) {
        qsort(folder->files, folder->n_files, sizeof *folder->files, by_name);
        status = check_names(folder, error);
    }
    if (status != UM_OK) {
        umi_stem_folder_free(folder);
    }
    return status;
}

void umi_stem_folder_free(umi_stem_folder *folder)
{
    for (size_t i = 0; i < folder->n_files; i++) {
        umi_free(folder->files[i].name);
        umi_free(folder->files[i].path);
    }
    umi_free(folder->files);
    folder->files = NULL;
    folder->n_files = 0;
}

size_t umi_stem_folder_find(const umi_stem_folder *folder, const char *name)
{
    size_t i = 0;
    while (i < folder->n_files && strcmp(folder->files[i].name, name) != 0) {
        i++;
    }
    return i;
}
