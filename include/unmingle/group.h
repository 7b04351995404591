/* Which atoms make a source: grouping the atoms of a blind factorisation by how they sound and
 * where they are.
 *
 * Each atom becomes a point: its timbre (mel-frequency cepstral coefficients 1 to 13, without the
 * level) and its place among the channels (its gains). Weighted k-means, with the root of the
 * atom's share of the energy as weight, puts near points together. */
#ifndef UNMINGLE_GROUP_H
#define UNMINGLE_GROUP_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* W: n_components x n_bins, rows sum to 1, bins from 0 Hz to sample_rate / 2 (Hz, above 80).
 * gains: n_components x n_channels, rows sum to 1.
 * energy: n_components values >= 0: how much each atom has to say, e.g. the sums of its squared
 * activations.
 * evidence: n_components values 0..1 of anything else that tells sources apart, of which 0 and 1
 * are a third as far apart as hard left and hard right; NULL: none. Fills source_of[n_components]
 * with 0..n_sources-1, every source used, in falling order of their energy; 1 <= n_sources <=
 * n_components. The same seed gives the same groups. UM_ERR_ARGUMENT, UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_group_atoms(um_cview W, um_cview gains, const double *energy,
                                            const double *evidence, double sample_rate,
                                            size_t n_sources, uint64_t seed, size_t *source_of);

/* -- How many sources --------------------------------------------------------------------------
 */

enum { UM_GROUP_FITS = 5 }; /* 2 to 6 sources */

/* What speaks for a number of sources. */
typedef struct um_group_fit {
    size_t n_sources;
    double clarity;  /* -1..1: mean silhouette of the atoms, (b - a) / max(a, b), with a the mean
                        distance to the others of its source and b that to the nearest other source,
                        0 for a source of one atom (Rousseeuw, J. Comput. Appl. Math. 1987); the
                        weights are as above */
    double smallest; /* 0..1: the energy of the least source, of that of all ... */
    bool heard;      /* ... is 3 % or more */
} um_group_fit;

/* Groups the atoms, as um_group_atoms does, into 2, 3, ... sources: fills n_fits of the fits, 1 <=
 * n_fits <= UM_GROUP_FITS and < n_components, and returns in *suggested the number of sources that
 * is clearest: clarity less 0.06 for every source more or fewer than 3, the most usual number,
 * among those whose least source has 3 % of the energy; 2 where none has. It is a guess: right or
 * one off for most mixtures, no more. */
UM_API UM_MUST_USE um_status um_group_survey(um_cview W, um_cview gains, const double *energy,
                                             double sample_rate, uint64_t seed, size_t n_fits,
                                             um_group_fit *fits, size_t *suggested);

#ifdef __cplusplus
}
#endif

#endif
