#include "core/bands.h"

#include "core/memory.h"

/* Below this bin every bin is a band. */
enum { SINGLE_BINS = 32 };

static const double GROWTH = 0.06;

bool umi_bands_init(umi_bands *bands, size_t n_bins)
{
    bands->n_bins = n_bins;
    bands->n_bands = 0;
    bands->first = umi_alloc(n_bins + 1, sizeof *bands->first);
    if (bands->first == NULL) {
        return false;
    }
    for (double edge = 0.0; (size_t)edge < n_bins; bands->n_bands++) {
        bands->first[bands->n_bands] = (size_t)edge;
        double width = edge * GROWTH;
        edge += edge < SINGLE_BINS || width < 1.0 ? 1.0 : width;
    }
    bands->first[bands->n_bands] = n_bins;
    return true;
}

void umi_bands_free(umi_bands *bands)
{
    umi_free(bands->first);
    bands->first = NULL;
}

void umi_bands_sum(const umi_bands *bands, const float *weights, const float *row, float *sums)
{
    for (size_t b = 0; b < bands->n_bands; b++) {
        float sum = 0.0f;
        for (size_t f = bands->first[b]; f < bands->first[b + 1]; f++) {
            sum += weights[f] * row[f];
        }
        sums[b] = sum;
    }
}
