/* Matrix masks: the multichannel Wiener filter, which tells sources apart by where they are.
 *
 * At every bin f a source s has a spatial covariance R_s(f), a Hermitian matrix of n_channels x
 * n_channels: what the products of the channels' spectra of that source alone are on average. With
 * m_s >= 0 the share of the source at a point, as a ratio mask has it,
 *
 *     y_s = m_s R_s (sum over sources j of m_j R_j)^-1 x
 *
 * (Duong, Vincent and Gribonval, IEEE TASLP 2010). The matrices of all sources sum to the identity,
 * so that masked sources sum to the mix; where all R_s are alike each is a ratio mask. Sources at
 * different places come apart even where both sound. */
#ifndef UNMINGLE_MATRIX_MASK_H
#define UNMINGLE_MATRIX_MASK_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- Covariances -------------------------------------------------------------------------------
 * A covariance is a row of n_channels^2 planes of n_bins values: plane i C + j holds the real part
 * of R[i, j] for i <= j, and for i > j the imaginary part of R[j, i]. */

/* Adds the frame `spectrum`, channel after channel n_bins pairs (re, im), to the sums: of
 * x_i conj(x_j), each bin by itself. `sums`: n_channels^2 * n_bins values, 0 to begin with. */
UM_API void um_covariance_add(const float *spectrum, size_t n_channels, size_t n_bins,
                              double *sums);

/* covariance (n_channels^2 * n_bins) from the sums: at every bin scaled to trace 1, with 1e-4 added
 * to each value of the diagonal, so that its inverse stays within bounds. Bins where nothing was
 * heard get the identity over n_channels, as if it came from everywhere. */
UM_API void um_covariance_finish(const double *sums, size_t n_channels, size_t n_bins,
                                 float *covariance);

/* -- Masks ------------------------------------------------------------------------------------- */

typedef struct um_matrix_mask um_matrix_mask;

/* covariances: n_sources rows of n_channels^2 n_bins values, finite, each matrix with a diagonal
 * above 0 and positive definite, as um_covariance_finish makes them; copied. n_channels 1..64.
 * UM_ERR_ARGUMENT, for any that is not, too; UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_matrix_mask_new(um_cview covariances, size_t n_channels,
                                                um_matrix_mask **out);
UM_API void um_matrix_mask_free(um_matrix_mask *mask); /* NULL is fine */

/* How far the places alone tell the sources apart: distinctness, n_bins values from 0, alike, to 1:
 * the mean over all ordered pairs i, j of sources of (k - 1) / (k + 9), with
 * k = max(1, tr(R_i R_j^-1) / n_channels). 0 for a single source. */
UM_API void um_matrix_mask_distinctness(const um_matrix_mask *mask, float *distinctness);

/* One frame. shares: value f of source s is shares[s * shares_stride + f], >= 0 and finite, with a
 * sum over the sources above 0 at every bin. spectrum: as above. masked: that of source s begins at
 * masked + s * masked_stride, as large as the spectrum; of the first n_masked sources. Each bin is
 * a problem of its own. May be called from several threads at once. */
UM_API void um_matrix_mask_apply(const um_matrix_mask *mask, const float *shares,
                                 size_t shares_stride, const float *spectrum, size_t n_masked,
                                 float *masked, size_t masked_stride);

#ifdef __cplusplus
}
#endif

#endif
