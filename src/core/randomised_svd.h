/* The largest singular values and vectors of a large matrix, by a randomised range finder with
 * power iteration (Halko, Martinsson, Tropp: "Finding structure with randomness", SIAM Review 53,
 * 2011): a few products with the matrix in place of its whole decomposition. */
#ifndef UMI_CORE_RANDOMISED_SVD_H
#define UMI_CORE_RANDOMISED_SVD_H

#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>
#include <stdint.h>

/* A ~ U diag(s) Vt, with A the mean of the n_channels >= 1 matrices of equal width that stand side
 * by side in V, m x n each; it is never formed. U is m x r, s has r values in falling order, Vt is
 * r x n, with 1 <= r <= min(m, n). Columns of U and rows of Vt are orthonormal. The same seed
 * gives the same values. Values that are near each other are found less well, and all of them are
 * below or at the true ones. UM_ERR_MEMORY; UM_ERR_DATA for what is not finite. */
UM_MUST_USE um_status umi_randomised_svd(um_cview V, size_t n_channels, uint64_t seed, um_view U,
                                         float *s, um_view Vt);

#endif
