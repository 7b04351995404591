/* The power of the noise as it goes along, where it shows between the speech.
 *
 * With w = (1 - M)^8, M the share of speech that a bin is thought to hold,
 *
 *     R_tf^2 = sum over s of k(s - t) w_sf V_sf^2 / sum over s of k(s - t) w_sf
 *
 * with the Gaussian k of standard deviation sigma frames, cut off at 4 sigma; beyond the ends of
 * the recording its mirror image counts. */
#ifndef UMI_CORE_NOISE_FLOOR_H
#define UMI_CORE_NOISE_FLOOR_H

#include "unmingle/view.h"

#include <stdbool.h>

typedef struct umi_noise_floor {
    size_t reach;            /* frames to each side */
    float *kernel;           /* 2 reach + 1 */
    float *weights, *powers; /* of some columns: n_frames + 2 reach rows */
} umi_noise_floor;

/* For at most n_frames. False when memory is short; to be freed all the same. */
bool umi_noise_floor_init(umi_noise_floor *floor, double sigma, size_t n_frames);
void umi_noise_floor_free(umi_noise_floor *floor);

/* Fills R from V and W, the weights w, all of one size. R may be W. */
void umi_noise_floor_run(const umi_noise_floor *floor, um_cview V, um_cview W, um_view R);

#endif
