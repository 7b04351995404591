#include "core/toeplitz.h"

#include "core/blas.h"

static const double *lags_of(const umi_correlations *correlations, size_t later, size_t earlier)
{
    size_t pair = later * correlations->n_lines + earlier;
    return correlations->lags + pair * correlations->n_taps;
}

um_status umi_toeplitz_factor(const umi_correlations *correlations, size_t first, size_t n_lines,
                              double loading, double *matrix)
{
    size_t taps = correlations->n_taps, n = n_lines * taps;
    for (size_t j = 0; j < n_lines; j++) {
        for (size_t i = j; i < n_lines; i++) {
            /* sum_t x_i(t - a) x_j(t - b) depends on a - b alone. A positive lag stands in one
             * row of the correlations, a negative one in the other. */
            const double *i_delayed = lags_of(correlations, first + j, first + i);
            const double *j_delayed = lags_of(correlations, first + i, first + j);
            for (size_t b = 0; b < taps; b++) {
                for (size_t a = i == j ? b : 0; a < taps; a++) {
                    matrix[umi_cholesky_index(n, i * taps + a, j * taps + b)] =
                        a >= b ? i_delayed[a - b] : j_delayed[b - a];
                }
            }
        }
    }
    for (size_t k = 0; k < n; k++) {
        matrix[umi_cholesky_index(n, k, k)] += loading;
    }
    return umi_cholesky_factor(matrix, n);
}
