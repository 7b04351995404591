/* A spectrum on a frequency scale: from bins, which lie evenly, to places, which need not. */
#ifndef UMI_JOB_PLOT_BANDS_H
#define UMI_JOB_PLOT_BANDS_H

#include "job/plot_scale.h"

#include <stddef.h>

/* Values at n places, place i being the stretch i / n .. (i + 1) / n of the scale. Of several bins
 * in it the largest, so that no partial is lost; where the bins are wider, between the two nearest
 * ones in a straight line. bins[f] is at f * bin_hertz. */
void umi_plot_bands(const float *bins, size_t n_bins, double bin_hertz,
                    const umi_frequency_scale *scale, float *places, size_t n);

#endif
