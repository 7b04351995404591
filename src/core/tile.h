/* One tile of frames through an update: what nmf.c, activations.c and separator.c share.
 *
 * A tile is a few dozen frames, so that its ratio matrix stays in cache between the products that
 * read it. D is the stacked dictionary, K x (n_channels * n_bins): row k is atom k once a channel,
 * times its gain there; rows of D sum to 1. */
#ifndef UMI_CORE_TILE_H
#define UMI_CORE_TILE_H

#include "core/kernels/kernels.h"
#include "core/shifted_atoms.h"
#include "unmingle/view.h"

#include <stdbool.h>

/* Frames a tile: measured best between 24 and 40 for 1000 to 4000 columns. */
enum { UMI_TILE_FRAMES = 32 };

typedef struct umi_tile_scratch {
    float *R; /* UMI_TILE_FRAMES x columns of V: ratio or model */
    float *S; /* the same size, for updates with two such matrices; else NULL */
    size_t R_stride;
    float *P; /* UMI_TILE_FRAMES x K: numerators */
    float *Q; /* UMI_TILE_FRAMES x K: denominators */
    size_t P_stride;
} umi_tile_scratch;

/* Whether V is a matrix of magnitudes: rows in memory, every value 0..UMI_MAGNITUDE_MAX. */
bool umi_tile_magnitudes_are_valid(um_cview V);

/* All rows of V together <= UMI_TILE_FRAMES. */

/* R = V / (H D). */
void umi_tile_ratio(const umi_kernels *kernels, um_cview V, um_cview D, um_cview H,
                    const umi_tile_scratch *scratch);

/* H = H * (R D^T): the Kullback-Leibler update of H, from the ratio in scratch. Its denominator,
 * the row sums of D, is 1. */
void umi_tile_scale_activations(const umi_kernels *kernels, um_cview D, um_view H,
                                const umi_tile_scratch *scratch);

/* Activations for a dictionary that stays as it is: V ~ C + H D. */
typedef struct umi_tile_problem {
    um_cview V;
    um_cview C; /* a part of the model that stays, as large as V; or no data for none */
    um_cview D;
    size_t first, n; /* the atoms at work: D's rows, and H's columns, first .. first + n - 1 */
    const umi_shifted_atoms *shifted; /* NULL; else D's atoms at several pitches, and H's columns
                                         those of the first shift, of the second, ... */
    umi_shifted_tile *moved;          /* room for them */
    const float *shrinkage; /* NULL; else 1 / (1 + the weight in a penalty on the L1 norm) for every
                               column of H */
} umi_tile_problem;

/* All atoms of D on V, plainly. */
umi_tile_problem umi_tile_problem_of(um_cview V, um_cview D);

/* H by `iterations` Kullback-Leibler updates: from the same value for all atoms of a frame, or from
 * what is there. */
void umi_tile_solve(const umi_kernels *kernels, const umi_tile_problem *problem, size_t iterations,
                    um_view H, const umi_tile_scratch *scratch);
void umi_tile_improve(const umi_kernels *kernels, const umi_tile_problem *problem,
                      size_t iterations, um_view H, const umi_tile_scratch *scratch);

/* `two` asks for S. False when memory is short; the scratch may be freed all the same. */
bool umi_tile_scratch_init(umi_tile_scratch *scratch, size_t n_columns, size_t n_components,
                           bool two);
void umi_tile_scratch_free(umi_tile_scratch *scratch);

#endif
