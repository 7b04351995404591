/* Rows of an input that is too large to be held: a sample of them, or all in blocks. */
#ifndef UMI_JOB_FACTOR_ROWS_H
#define UMI_JOB_FACTOR_ROWS_H

#include "job/factor_input.h"

/* Draws about n_rows rows (all, when there are no more), evenly spread over the whole and by chance
 * within each stretch, into *sample, whose data are the caller's (umi_free). The same seed draws
 * the same rows. The input is open, not loaded, and dense. UM_ERR_MEMORY, UM_ERR_DATA,
 * UM_ERR_CANCELLED (progress is that of the reading), and what reading says. */
um_status umi_factor_rows_sample(umi_factor_input *input, size_t n_rows, uint64_t seed,
                                 um_view *sample, um_error *error) UM_MUST_USE;

/* Gets all rows, in order, in blocks of block_rows (the last one may be shorter). Ends with what
 * `take` says unless that is UM_OK. */
typedef um_status (*umi_factor_rows_take)(void *user, um_cview block, um_error *error);

um_status umi_factor_rows_walk(umi_factor_input *input, size_t block_rows,
                               umi_factor_rows_take take, void *user, um_error *error) UM_MUST_USE;

#endif
