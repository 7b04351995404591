#include "core/pitch_shift.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The place in x that bin f of S x comes from. */
static double place(double ratio, size_t f)
{
    return (double)f / ratio;
}

static void fill_forward(umi_pitch_shift *shift, double ratio)
{
    for (size_t f = 0; f < shift->n_moved; f++) {
        double at = place(ratio, f);
        size_t below = (size_t)at;
        below = below > shift->n_bins - 2 ? shift->n_bins - 2 : below;
        shift->below[f] = (uint32_t)below;
        shift->fraction[f] = (float)(at - (double)below);
    }
}

/* Bin i reaches the bins f with |f / r - i| < 1. */
static void fill_transposed(umi_pitch_shift *shift, double ratio)
{
    for (size_t i = 0; i < shift->n_bins; i++) {
        double lowest = floor(((double)i - 1.0) * ratio) + 1.0;
        double last_start = (double)(shift->n_bins - shift->n_taps);
        size_t first = (size_t)fmin(fmax(lowest, 0.0), last_start);
        shift->first[i] = (uint32_t)first;
        for (size_t t = 0; t < shift->n_taps; t++) {
            size_t f = first + t;
            double distance = fabs(place(ratio, f) - (double)i);
            if (f < shift->n_moved && distance < 1.0) {
                shift->weights[t * shift->n_bins + i] = (float)(1.0 - distance);
            }
        }
    }
}

bool umi_pitch_shift_init(umi_pitch_shift *shift, size_t n_bins, double semitones)
{
    assert(n_bins >= 2 && fabs(semitones) <= 24.0);
    double ratio = exp2(semitones / 12.0);
    double reach = floor((double)(n_bins - 1) * ratio) + 1.0;
    size_t n_taps = (size_t)ceil(2.0 * ratio);
    *shift = (umi_pitch_shift){.semitones = semitones, .n_bins = n_bins};
    shift->n_moved = reach < (double)n_bins ? (size_t)reach : n_bins;
    shift->n_taps = n_taps < n_bins ? n_taps : n_bins;
    shift->below = umi_alloc(shift->n_moved, sizeof(uint32_t));
    shift->fraction = umi_alloc(shift->n_moved, sizeof(float));
    shift->first = umi_alloc(n_bins, sizeof(uint32_t));
    shift->weights = umi_alloc(shift->n_taps * n_bins, sizeof(float));
    if (shift->below == NULL || shift->fraction == NULL || shift->first == NULL ||
        shift->weights == NULL) {
        return false;
    }
    fill_forward(shift, ratio);
    fill_transposed(shift, ratio);
    return true;
}

void umi_pitch_shift_free(umi_pitch_shift *shift)
{
    umi_free(shift->below);
    umi_free(shift->fraction);
    umi_free(shift->first);
    umi_free(shift->weights);
    memset(shift, 0, sizeof *shift);
}

void umi_pitch_shift_add(const umi_pitch_shift *shift, size_t n_channels, const float *x, float *y)
{
    for (size_t c = 0; c < n_channels; c++) {
        const float *from = x + c * shift->n_bins;
        float *to = y + c * shift->n_bins;
        for (size_t f = 0; f < shift->n_moved; f++) {
            const float *pair = from + shift->below[f];
            to[f] += pair[0] + shift->fraction[f] * (pair[1] - pair[0]);
        }
    }
}

void umi_pitch_shift_transposed(const umi_pitch_shift *shift, size_t n_channels, const float *y,
                                float *x)
{
    size_t F = shift->n_bins;
    for (size_t c = 0; c < n_channels; c++) {
        const float *from = y + c * F;
        float *to = x + c * F;
        memset(to, 0, F * sizeof *to);
        for (size_t t = 0; t < shift->n_taps; t++) {
            const float *weights = shift->weights + t * F;
            for (size_t i = 0; i < F; i++) {
                to[i] += weights[i] * from[shift->first[i] + t];
            }
        }
    }
}
