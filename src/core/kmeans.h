/* Weighted k-means: points into groups of the nearest mean (Lloyd 1982), started by k-means++
 * (Arthur, Vassilvitskii 2007), the best of several runs. */
#ifndef UMI_CORE_KMEANS_H
#define UMI_CORE_KMEANS_H

#include "unmingle/status.h"

#include <stddef.h>
#include <stdint.h>

/* points: n x n_dimensions, row-major; weights: n values >= 0; 1 <= n_groups <= n.
 * Fills group_of[n] with 0..n_groups-1, no group empty, minimising
 *     sum over points of weight * squared distance to the group's weighted mean
 * over n_restarts runs. The same seed gives the same groups. UM_ERR_MEMORY; UM_ERR_ARGUMENT. */
um_status umi_kmeans(const double *points, const double *weights, size_t n, size_t n_dimensions,
                     size_t n_groups, size_t n_restarts, uint64_t seed,
                     size_t *group_of) UM_MUST_USE;

#endif
