/* Systems of equations for filters that make one signal out of others. */
#ifndef UMI_CORE_TOEPLITZ_H
#define UMI_CORE_TOEPLITZ_H

#include "unmingle/status.h"

#include <stddef.h>

/* How n_lines signals correlate, at lags of 0 .. n_taps - 1 samples. */
typedef struct umi_correlations {
    const double *lags; /* [later][earlier][lag]: sum over t of x_later(t) x_earlier(t - lag) */
    size_t n_lines;
    size_t n_taps;
} umi_correlations;

/* Makes the matrix of the inner products of the signals first .. first + n_lines - 1, each delayed
 * by 0 .. n_taps - 1 samples (unknown i * n_taps + a is tap a of the filter for signal first + i),
 * adds `loading` to its diagonal, and factorises it, packed as umi_cholesky_factor wants it:
 * umi_cholesky_solve then finds filters. n_lines * n_taps must be even. UM_ERR_DATA when the matrix
 * is not positive definite. */
UM_MUST_USE um_status umi_toeplitz_factor(const umi_correlations *correlations, size_t first,
                                          size_t n_lines, double loading, double *matrix);

#endif
