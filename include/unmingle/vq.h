/* Vector quantisation as a factorisation: every frame is one atom.
 *
 *     V ~ H W    with one 1 in every row of H, and zeros besides
 *
 * This is one of the two methods that Lee and Seung (Nature 401, 1999) compare NMF with; their V is
 * ours transposed. W are prototypes, not parts: each atom is the mean of the frames that it stands
 * for. The Euclidean divergence, 1/2 sum (V - H W)^2, is lowered by Lloyd's iteration (IEEE Trans.
 * Information Theory 28, 1982): every frame takes the nearest atom, every atom becomes the mean of
 * its frames. The start is k-means++ (Arthur, Vassilvitskii, SODA 2007).
 *
 * V, H, W and K are as in nmf.h, but rows of W are not scaled: H is 0 or 1, so the scale is in W.
 * Results do not depend on the number of threads. */
#ifndef UNMINGLE_VQ_H
#define UNMINGLE_VQ_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/progress.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_vq_config {
    size_t n_frames;      /* rows of the largest V to come, 1.. */
    size_t n_columns;     /* of V and W, 1..67108864 */
    size_t n_components;  /* K, 1..4096; atoms beyond the number of frames get none */
    size_t iterations;    /* at most so many, 0..1000000; default 200. Ends before, when one
                             lowers the divergence no more */
    um_parallel parallel; /* default the caller's thread */
} um_vq_config;

UM_API um_vq_config um_vq_config_default(void);

typedef struct um_vq um_vq;

/* Checks every field (UM_ERR_ARGUMENT) and allocates all that the object will ever need
 * (UM_ERR_MEMORY). On failure *out is NULL. W and H start at 0. */
UM_API UM_MUST_USE um_status um_vq_new(const um_vq_config *config, um_vq **out);
UM_API void um_vq_free(um_vq *vq);

/* Starts anew with this seed and iterates. V is within 0..1e12, 1 <= V.rows <= config.n_frames. An
 * atom that loses all its frames takes the one that lies worst. Ends in one of many minima: run
 * several seeds and keep the best. UM_ERR_ARGUMENT; UM_ERR_CANCELLED by progress, called after
 * every iteration with the last value of the curve; the values are then those of that iteration. */
UM_API UM_MUST_USE um_status um_vq_run(um_vq *vq, um_cview V, uint64_t seed,
                                       const um_progress *progress);

/* -- Results: borrowed until the next call that is not const, or _free --------------------------
 */

UM_API um_cview um_vq_activations(const um_vq *vq); /* rows of the last V x n_components */
UM_API um_cview um_vq_atoms(const um_vq *vq);       /* n_components x n_columns */

/* Euclidean divergences of the start and after every iteration. */
UM_API const double *um_vq_curve(const um_vq *vq, size_t *n_values);

#ifdef __cplusplus
}
#endif

#endif
