/* Activations for a dictionary that does not change.
 *
 * With W fixed and the Kullback-Leibler divergence every frame is a convex problem of its own: the
 * same frame gets the same bits alone, in a block, or on another thread. This is what separates a
 * recording after learning, block by block, and what runs live. */
#ifndef UNMINGLE_ACTIVATIONS_H
#define UNMINGLE_ACTIVATIONS_H

#include "unmingle/export.h"
#include "unmingle/parallel.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_activations_config {
    size_t iterations;    /* multiplicative updates a frame, 1..100000; default 50 */
    um_parallel parallel; /* default the caller's thread */
} um_activations_config;

UM_API um_activations_config um_activations_config_default(void);

typedef struct um_activations um_activations;

/* Copies D, n_components x n_columns, >= 0, finite, no row all zero; rows are scaled to sum to 1
 * (a stack of channels, atom times gain, counts as one row). UM_ERR_ARGUMENT, UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_activations_new(const um_activations_config *config, um_cview D,
                                                um_activations **out);
UM_API void um_activations_free(um_activations *activations);

/* Fills H, V.rows x n_components, for the frames V, V.rows x n_columns (0..1e12): from flat, by the
 * configured number of updates. Frames of zeros get zeros. Any number of rows.
 * UM_ERR_ARGUMENT. */
UM_API UM_MUST_USE um_status um_activations_solve(um_activations *activations, um_cview V,
                                                  um_view H);

#ifdef __cplusplus
}
#endif

#endif
