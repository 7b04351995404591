#include "job/plot_bands.h"

#include <math.h>

static float between(const float *bins, size_t n_bins, double at)
{
    double last = (double)(n_bins - 1);
    double within = at < last ? at : last;
    size_t below = (size_t)within;
    size_t above = below + 1 < n_bins ? below + 1 : below;
    double share = within - (double)below;
    return (float)((1 - share) * (double)bins[below] + share * (double)bins[above]);
}

void umi_plot_bands(const float *bins, size_t n_bins, double bin_hertz,
                    const umi_frequency_scale *scale, float *places, size_t n)
{
    double begin = umi_frequency_at(scale, 0) / bin_hertz;
    for (size_t i = 0; i < n; i++) {
        double end = umi_frequency_at(scale, (double)(i + 1) / (double)n) / bin_hertz;
        size_t first = (size_t)ceil(begin);
        places[i] = between(bins, n_bins, 0.5 * (begin + end));
        for (size_t f = first; f < n_bins && (double)f < end; f++) {
            places[i] = f == first || bins[f] > places[i] ? bins[f] : places[i];
        }
        begin = end;
    }
}
