/* The matrices that a factorisation leaves, as NPY files of a set. */
#ifndef UMI_JOB_FACTOR_OUTPUT_H
#define UMI_JOB_FACTOR_OUTPUT_H

#include "io/output_set.h"
#include "unmingle/view.h"

um_status umi_factor_write_matrix(umi_output_set *set, const char *name, um_cview M,
                                  um_error *error) UM_MUST_USE;

/* W.npy: K x columns; for atoms of n_frames > 1 frames, which W has side by side in a row,
 * K x n_frames x columns. */
um_status umi_factor_write_W(umi_output_set *set, um_cview W, size_t n_frames,
                             um_error *error) UM_MUST_USE;

/* H.npy, row by row. */
typedef struct umi_factor_H_file umi_factor_H_file;

/* Begins a file of rows x K. What is written is divided by W_sums (K, borrowed), for a W whose rows
 * have these sums; NULL: it is not. UM_ERR_MEMORY, UM_ERR_IO, ... */
um_status umi_factor_H_file_new(umi_output_set *set, size_t rows, size_t K, const double *W_sums,
                                umi_factor_H_file **out, um_error *error) UM_MUST_USE;

/* Writes the next rows, of which there may be any number. */
um_status umi_factor_H_file_write(umi_factor_H_file *file, um_cview H, um_error *error) UM_MUST_USE;

/* Completes the file, when all rows are written. */
um_status umi_factor_H_file_finish(umi_factor_H_file *file, um_error *error) UM_MUST_USE;
void umi_factor_H_file_free(umi_factor_H_file *file); /* NULL is fine */

#endif
