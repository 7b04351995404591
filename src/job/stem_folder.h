/* The stems in a folder: its sound files, each called after what it holds. */
#ifndef UMI_JOB_STEM_FOLDER_H
#define UMI_JOB_STEM_FOLDER_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_stem_file {
    char *name; /* the file's name without its extension */
    char *path; /* with the folder */
} umi_stem_file;

/* Sorted by name, byte by byte. */
typedef struct umi_stem_folder {
    umi_stem_file *files;
    size_t n_files;
} umi_stem_folder;

/* Lists the stems in `directory`. What is no sound file by name is passed over (meta.json,
 * unmingle.json), and so is the mixture: mix.* and mixture.*, in small or capital letters. A folder
 * without stems is no error. UM_ERR_NO_INPUT, UM_ERR_PERMISSION, UM_ERR_IO, UM_ERR_MEMORY;
 * UM_ERR_DATA for two files of one name. On failure *folder is empty. */
um_status umi_stem_folder_read(const char *directory, umi_stem_folder *folder,
                               um_error *error) UM_MUST_USE;

/* An empty folder is fine. */
void umi_stem_folder_free(umi_stem_folder *folder);

/* The place of the stem called `name`, or n_files. */
size_t umi_stem_folder_find(const umi_stem_folder *folder, const char *name);

#endif
