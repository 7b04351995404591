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

#ifdef __cplusplus
}
#endif

#endif
