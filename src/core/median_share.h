/* What of a spectrogram is struck, and what sounds on, by median filters.
 *
 * A sound that lasts is a ridge along time, one that is struck a ridge along frequency; a median
 * along either removes the other. With P the median over frequency and L that over time, the share
 * of what is struck is P^2 / (P^2 + L^2) (Fitzgerald, DAFx 2010). */
#ifndef UMI_CORE_MEDIAN_SHARE_H
#define UMI_CORE_MEDIAN_SHARE_H

#include "unmingle/view.h"

typedef struct umi_median_share {
    size_t n_bins; /* of each channel; V has them side by side */
    size_t frames; /* before and after a frame that the median over time takes in, 0..63 */
    size_t bins;   /* below and above a bin that the one over frequency takes in, 0..63 */
} umi_median_share;

/* Floats of scratch that a frame of n_columns needs. */
size_t umi_median_share_floats(const umi_median_share *medians, size_t n_columns);

/* share: of row i_frame of V, as many as V's columns. At either end of V there are fewer frames;
 * past the ends of the spectrum its mirror image follows. Where nothing is heard the share
 * is 1/2.
 */
void umi_median_share_of(const umi_median_share *medians, um_cview V, size_t i_frame, float *share,
                         float *scratch);

#endif
