/* Arrays of float32, written as NPY files (see npy.h) row by row.
 *
 * How many rows there will be is known before the first one comes, so that a file is written from
 * front to back and memory does not grow with it. To publish the file under its name is the
 * business of whoever chose the path (see output_file.h and output_set.h). */
#ifndef UMI_IO_NPY_FILE_H
#define UMI_IO_NPY_FILE_H

#include "format/npy.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>

typedef struct umi_npy_file umi_npy_file;

typedef struct umi_npy_file_config {
    const char *path;       /* must not exist */
    const char *shown_path; /* the name for messages; NULL: path */
    size_t n_dimensions;    /* 2, or 3 for atoms of several frames: components x frames x bins */
    size_t shape[UMI_NPY_DIMENSIONS_MAX];
} umi_npy_file_config;

/* Creates the file and writes its header. *out is NULL on failure. UM_ERR_ARGUMENT when the shape
 * is not of 2 or 3 dimensions or larger than any file; UM_ERR_CREATE, UM_ERR_PERMISSION, UM_ERR_IO,
 * UM_ERR_MEMORY. */
um_status umi_npy_file_new(const umi_npy_file_config *config, umi_npy_file **out,
                           um_error *error) UM_MUST_USE;

/* Writes the next rows. A row is the last dimension; in three dimensions there are
 * shape[0] * shape[1] of them. UM_ERR_ARGUMENT for rows of another length or more rows than the
 * shape has; else as umi_status_of_writing. */
um_status umi_npy_file_write(umi_npy_file *file, um_cview rows, um_error *error) UM_MUST_USE;

/* Completes the file. UM_ERR_ARGUMENT when rows are missing; UM_ERR_IO. Nothing but _free may
 * follow. */
um_status umi_npy_file_finish(umi_npy_file *file, um_error *error) UM_MUST_USE;

/* NULL is fine. Without _finish before, what was written stays behind as it is, not whole. */
void umi_npy_file_free(umi_npy_file *file);

/* All of the above for a matrix in memory. */
um_status umi_npy_file_write_matrix(const char *path, const char *shown_path, um_cview matrix,
                                    um_error *error) UM_MUST_USE;

#endif
