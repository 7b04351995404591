#include "core/pitch_shift.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static bool band_init(umi_band_matrix *band, size_t rows, size_t taps)
{
    *band = (umi_band_matrix){rows, taps, umi_alloc(rows, sizeof(uint32_t)),
                              umi_alloc(rows * taps, sizeof(float))};
    return band->first != NULL && band->weights != NULL;
}

static void band_free(umi_band_matrix *band)
{
    umi_free(band->first);
    umi_free(band->weights);
    memset(band, 0, sizeof *band);
}

/* Fills both matrices: bin f of S x lies between two bins of x, and bin i of x reaches the bins f
 * with |f / r - i| < 1. */
static void fill(umi_pitch_shift *shift, size_t n_bins, double ratio)
{
    umi_band_matrix *S = &shift->forward, *T = &shift->transposed;
    for (size_t f = 0; f < S->rows; f++) {
        double at = (double)f / ratio;
        size_t below = (size_t)at;
        below = below > n_bins - 2 ? n_bins - 2 : below;
        double fraction = fmin(at - (double)below, 1.0);
        S->first[f] = (uint32_t)below;
        S->weights[2 * f] = (float)(1.0 - fraction);
        S->weights[2 * f + 1] = (float)fraction;
    }
    for (size_t i = 0; i < n_bins; i++) {
        double lowest = floor(((double)i - 1.0) * ratio) + 1.0;
        size_t first = (size_t)fmin(fmax(lowest, 0.0), (double)(n_bins - T->taps));
        T->first[i] = (uint32_t)first;
        for (size_t t = 0; t < T->taps && first + t < S->rows; t++) {
            size_t below = S->first[first + t];
            if (below == i || below + 1 == i) {
                T->weights[i * T->taps + t] = S->weights[2 * (first + t) + (i - below)];
            }
        }
    }
}

bool umi_pitch_shift_init(umi_pitch_shift *shift, size_t n_bins, double semitones)
{
    assert(n_bins >= 2 && fabs(semitones) <= 24.0);
    double ratio = exp2(semitones / 12.0);
    double reach = floor((double)(n_bins - 1) * ratio) + 1.0;
    size_t n_moved = reach < (double)n_bins ? (size_t)reach : n_bins;
    size_t n_taps = (size_t)ceil(2.0 * ratio) + 1;
    bool whole = band_init(&shift->forward, n_moved, 2);
    whole = band_init(&shift->transposed, n_bins, n_taps < n_bins ? n_taps : n_bins) && whole;
    if (whole) {
        fill(shift, n_bins, ratio);
    }
    return whole;
}

void umi_pitch_shift_free(umi_pitch_shift *shift)
{
    band_free(&shift->forward);
    band_free(&shift->transposed);
}
