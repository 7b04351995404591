#include "core/mfcc.h"

#include "core/memory.h"

#include <math.h>

#define PI 3.14159265358979323846

struct umi_mfcc {
    size_t n_bins, n_bands, n_coefficients;
    double bin_hz;
    double *edges; /* n_bands + 2 frequencies in Hz: band b rises from edge b and falls to b + 2 */
    double *dct;   /* n_coefficients x n_bands */
};

static double mel_of(double hz)
{
    return 2595.0 * log10(1.0 + hz / 700.0);
}

static double hz_of(double mel)
{
    return 700.0 * (pow(10.0, mel / 2595.0) - 1.0);
}

um_status umi_mfcc_new(size_t n_bins, double sample_rate, size_t n_bands, double low_hz,
                       double high_hz, size_t n_coefficients, umi_mfcc **out)
{
    *out = NULL;
    if (n_bins < 2 || !(sample_rate > 0.0 && isfinite(sample_rate)) || n_bands < 1 ||
        n_coefficients < 1 || n_coefficients > n_bands || !(low_hz >= 0.0 && high_hz > low_hz) ||
        low_hz >= sample_rate / 2.0) {
        return UM_ERR_ARGUMENT;
    }
    umi_mfcc *mfcc = umi_alloc(1, sizeof *mfcc);
    if (mfcc == NULL) {
        return UM_ERR_MEMORY;
    }
    mfcc->n_bins = n_bins;
    mfcc->n_bands = n_bands;
    mfcc->n_coefficients = n_coefficients;
    mfcc->bin_hz = sample_rate / 2.0 / (double)(n_bins - 1);
    mfcc->edges = umi_alloc(n_bands + 2, sizeof(double));
    mfcc->dct = umi_alloc(n_coefficients * n_bands, sizeof(double));
    if (mfcc->edges == NULL || mfcc->dct == NULL) {
        umi_mfcc_free(mfcc);
        return UM_ERR_MEMORY;
    }
    double low = mel_of(low_hz);
    double high = mel_of(fmin(high_hz, sample_rate / 2.0));
    for (size_t b = 0; b < n_bands + 2; b++) {
        mfcc->edges[b] = hz_of(low + (high - low) * (double)b / (double)(n_bands + 1));
    }
    for (size_t i = 0; i < n_coefficients; i++) {
        double norm = sqrt((i == 0 ? 1.0 : 2.0) / (double)n_bands);
        for (size_t b = 0; b < n_bands; b++) {
            mfcc->dct[i * n_bands + b] =
                norm * cos(PI * (double)i * ((double)b + 0.5) / (double)n_bands);
        }
    }
    *out = mfcc;
    return UM_OK;
}

void umi_mfcc_free(umi_mfcc *mfcc)
{
    if (mfcc == NULL) {
        return;
    }
    umi_free(mfcc->edges);
    umi_free(mfcc->dct);
    umi_free(mfcc);
}

/* The spectrum seen through band b. */
static double band_sum(const umi_mfcc *mfcc, size_t b, const float *spectrum)
{
    double low = mfcc->edges[b], centre = mfcc->edges[b + 1], high = mfcc->edges[b + 2];
    size_t first = low > 0.0 ? (size_t)(low / mfcc->bin_hz) : 0;
    double sum = 0.0;
    for (size_t f = first; f < mfcc->n_bins && (double)f * mfcc->bin_hz < high; f++) {
        double hz = (double)f * mfcc->bin_hz;
        double weight = fmin((hz - low) / (centre - low), (high - hz) / (high - centre));
        sum += weight > 0.0 ? weight * (double)spectrum[f] : 0.0;
    }
    return sum;
}

void umi_mfcc_compute(const umi_mfcc *mfcc, const float *spectrum, double scale, double floor,
                      double *coefficients)
{
    for (size_t i = 0; i < mfcc->n_coefficients; i++) {
        coefficients[i] = 0.0;
    }
    for (size_t b = 0; b < mfcc->n_bands; b++) {
        double level = log(scale * band_sum(mfcc, b, spectrum) + floor);
        for (size_t i = 0; i < mfcc->n_coefficients; i++) {
            coefficients[i] += mfcc->dct[i * mfcc->n_bands + b] * level;
        }
    }
}
