/* One file that appears under its name only when it is whole. */
#ifndef UMI_IO_OUTPUT_FILE_H
#define UMI_IO_OUTPUT_FILE_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_output_file umi_output_file;

/* Prepares to publish `path`. UM_ERR_CREATE when it exists, unless `force`, or is no regular file;
 * and as umi_temporary_new. */
um_status umi_output_file_begin(const char *path, bool force, umi_output_file **out,
                                um_error *error) UM_MUST_USE;

/* Where to make the file meanwhile; valid as long as the object. */
const char *umi_output_file_path(const umi_output_file *file);

/* For what is in memory: makes the file with these bytes. UM_ERR_IO, ... */
um_status umi_output_file_write(umi_output_file *file, const void *bytes, size_t n_bytes,
                                um_error *error) UM_MUST_USE;

/* Brings to the disk what has changed in the folder that the file will be in. UM_ERR_IO, ... */
um_status umi_output_file_sync_folder(const umi_output_file *file, um_error *error) UM_MUST_USE;

/* Syncs and renames. What force allowed to be replaced is replaced in one step. */
um_status umi_output_file_commit(umi_output_file *file, um_error *error) UM_MUST_USE;

/* The same, but UM_ERR_CREATE when anything has that name by now, whatever force allows. */
um_status umi_output_file_commit_new(umi_output_file *file, um_error *error) UM_MUST_USE;

/* Frees; without a commit before, what was made is removed. NULL is fine. */
void umi_output_file_free(umi_output_file *file);

#endif
