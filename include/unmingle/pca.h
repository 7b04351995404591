/* Principal components as a factorisation: atoms that are orthogonal and signed.
 *
 *     V ~ H W    with W W^T = 1 and H^T H diagonal, the largest first
 *
 * This is one of the two methods that Lee and Seung (Nature 401, 1999) compare NMF with, in the
 * sense that they define: columns of their W, our rows, are orthonormal, and rows of their H, our
 * columns, are orthogonal to each other, both with either sign. Their V is factorised as it is, so
 * no mean is subtracted here either: the first atom is near the mean frame. (Statistics' PCA
 * subtracts it; who wants that subtracts it before, and adds it to the model.)
 *
 * Such W and H with the least Euclidean divergence, 1/2 sum (V - H W)^2, are those of the singular
 * value decomposition V = U S X^T: W the first K rows of X^T, H = V W^T (Eckart, Young 1936). They
 * are found by a randomised range finder (Halko, Martinsson, Tropp 2011). Singular values that lie
 * near each other may come out mixed, at little cost to the divergence; W is orthonormal and H's
 * columns are orthogonal all the same. Each atom has the sign that makes its sum at least 0. */
#ifndef UNMINGLE_PCA_H
#define UNMINGLE_PCA_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_pca_config {
    size_t n_frames;     /* rows of the largest V to come, 1..2147483647 */
    size_t n_columns;    /* of V and W, 1..67108864 */
    size_t n_components; /* K, 1..4096. Those past the smaller side of V have zeros in W and H */
} um_pca_config;

UM_API um_pca_config um_pca_config_default(void);

typedef struct um_pca um_pca;

/* Checks every field (UM_ERR_ARGUMENT) and allocates the results (UM_ERR_MEMORY). On failure *out
 * is NULL. W and H start at 0. */
UM_API UM_MUST_USE um_status um_pca_new(const um_pca_config *config, um_pca **out);
UM_API void um_pca_free(um_pca *pca);

/* Fills W and H for V: within 0..1e12, 1 <= V.rows <= config.n_frames. The same seed gives the same
 * values. Allocates while it works. UM_ERR_ARGUMENT, UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_pca_run(um_pca *pca, um_cview V, uint64_t seed);

/* -- Results: borrowed until the next call that is not const, or _free --------------------------
 */

UM_API um_cview um_pca_activations(const um_pca *pca); /* rows of the last V x n_components */
UM_API um_cview um_pca_atoms(const um_pca *pca);       /* n_components x n_columns */
UM_API double um_pca_divergence(const um_pca *pca);    /* Euclidean, of the last V */

#ifdef __cplusplus
}
#endif

#endif
