/* Free atoms, learned all the time from what was heard of late, beside atoms that stay.
 *
 * Sound comes in the order of time, and online factorisation wants a fair sample in every batch
 * (online.h): so batches are drawn at random from the frames of the time that counts, over and
 * over. Two things keep atoms from staying with a sound that is over: after every round each gets
 * 0.3 % of the mean spectrum of what none explains, from which it can grow into that; and one that
 * takes next to no part any more begins anew, as what is explained worst.
 *
 * Measured on music, with a round every quarter of a second over the last 10 s, as the divergence
 * of these above that of 100 iterations of um_nmf on the same 10 s: 10 to 34 % for 8 atoms and 21
 * to 78 % for 32 when 3 s were heard, -3 to 6 and -15 to -6 % after 19 s and more; 11 to 15 s after
 * quite another music began, 6 to 16 and 5 to 8 % (24 to 48 and 18 to 53 % without the two). It
 * took 1 to 3 % of a core. */
#ifndef UMI_JOB_LIVE_REST_H
#define UMI_JOB_LIVE_REST_H

#include "core/random.h"
#include "core/tile.h"
#include "unmingle/online.h"

#include <stdbool.h>

typedef struct umi_live_rest {
    um_online *online;
    size_t n_fixed;
    bool is_random; /* the free atoms are to be fitted first */
    umi_random random;
    um_view batch;       /* frames to learn from */
    um_view H;           /* activations of some of them */
    um_view start;       /* the free atoms for the next round */
    float *left;         /* what the atoms leave: of a frame, ... */
    float *mean, *worst; /* ... on average, and of the frame of which it is the most */
    double *shares;      /* of each free atom in what was heard; their mean is 1 */
    umi_kernels kernels;
    umi_tile_scratch scratch;
} umi_live_rest;

/* Room for n_atoms in all. UM_ERR_MEMORY; the object may be freed all the same. */
um_status umi_live_rest_init(size_t n_atoms, size_t n_bins, uint64_t seed,
                             umi_live_rest *rest) UM_MUST_USE;
void umi_live_rest_free(umi_live_rest *rest); /* leaves it empty; of an empty one does nothing */

/* The first n_fixed atoms of W, n_atoms x n_bins with rows that sum to 1, stay as they are; the
 * others are where learning starts. When those are `random`, they are fitted first to what the
 * fixed ones leave of what is heard. */
void umi_live_rest_start(umi_live_rest *rest, um_cview W, size_t n_fixed, bool random);

/* Other atoms in the place of those from `first` on, which stay. */
void umi_live_rest_replace(umi_live_rest *rest, size_t first, um_cview W);

/* A round: learns from the frames `heard`, none of which is silent, and copies all atoms to W. */
void umi_live_rest_learn(umi_live_rest *rest, um_cview heard, um_view W);

#endif
