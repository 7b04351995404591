#include "core/bss_eval_internal.h"

#include "core/blas.h"
#include "core/toeplitz.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What is added to the diagonal, relative to its mean. */
static const double LOADING = 1e-9;

/* -- Products of spectra, n_doubles / 2 pairs (re, im) each ----------------------------------- */

static void add_product(double *sum, const double *a, const double *b, size_t n_doubles)
{
    for (size_t i = 0; i < n_doubles; i += 2) {
        sum[i] += a[i] * b[i] - a[i + 1] * b[i + 1];
        sum[i + 1] += a[i] * b[i + 1] + a[i + 1] * b[i];
    }
}

/* sum += a conj(b): the spectrum of the correlation of a with b delayed. */
static void add_correlation(double *sum, const double *a, const double *b, size_t n_doubles)
{
    for (size_t i = 0; i < n_doubles; i += 2) {
        sum[i] += a[i] * b[i] + a[i + 1] * b[i + 1];
        sum[i + 1] += a[i + 1] * b[i] - a[i] * b[i + 1];
    }
}

/* -- First pass ------------------------------------------------------------------------------- */

static void transform_references(um_bss_eval *bss)
{
    for (size_t line = 0; line < bss->n_lines; line++) {
        umi_fft_double_forward(bss->fft, bss->references + line * bss->fft_size,
                               bss->spectra + line * bss->spectrum_size);
    }
}

/* Adds the block of `samples`, without what went before it, times every reference, with it. */
static void correlate_line(um_bss_eval *bss, const double *samples, double *pairs)
{
    size_t n_old = bss->config.n_taps - 1;
    memset(bss->own, 0, n_old * sizeof(double));
    memcpy(bss->own + n_old, samples + n_old, bss->block_length * sizeof(double));
    umi_fft_double_forward(bss->fft, bss->own, bss->spectrum);
    for (size_t line = 0; line < bss->n_lines; line++) {
        add_correlation(pairs + line * bss->spectrum_size, bss->spectrum,
                        bss->spectra + line * bss->spectrum_size, bss->spectrum_size);
    }
}

void umi_bss_correlate_block(um_bss_eval *bss)
{
    size_t row = bss->n_lines * bss->spectrum_size;
    transform_references(bss);
    for (size_t line = 0; line < bss->n_lines; line++) {
        correlate_line(bss, bss->references + line * bss->fft_size,
                       bss->reference_pairs + line * row);
        correlate_line(bss, bss->estimates + line * bss->fft_size,
                       bss->estimate_pairs + line * row);
    }
}

/* -- Second pass ------------------------------------------------------------------------------ */

/* Filters n_filters references from `first_line` on and adds them up, over the block at hand. */
static void project(um_bss_eval *bss, const double *filters, size_t first_line, size_t n_filters,
                    double *samples)
{
    memset(bss->spectrum, 0, bss->spectrum_size * sizeof(double));
    for (size_t i = 0; i < n_filters; i++) {
        add_product(bss->spectrum, filters + i * bss->spectrum_size,
                    bss->spectra + (first_line + i) * bss->spectrum_size, bss->spectrum_size);
    }
    umi_fft_double_inverse(bss->fft, bss->spectrum, samples);
}

static double square(double x)
{
    return x * x;
}

static void measure_line(um_bss_eval *bss, size_t line, umi_bss_energies *total)
{
    size_t channels = bss->config.n_channels, row = bss->spectrum_size;
    project(bss, bss->own_filters + line * channels * row, line / channels * channels, channels,
            bss->own);
    project(bss, bss->estimate_pairs + line * bss->n_lines * row, 0, bss->n_lines, bss->all);
    const double *reference = bss->references + line * bss->fft_size;
    const double *estimate = bss->estimates + line * bss->fft_size;
    umi_bss_energies sums = *total;
    for (size_t t = bss->config.n_taps - 1; t < bss->fft_size; t++) {
        double s = reference[t], e = estimate[t], own = bss->own[t], all = bss->all[t];
        sums.reference += square(s);
        sums.own += square(own);
        sums.all += square(all);
        sums.reference_less_estimate += square(s - e);
        sums.own_less_reference += square(own - s);
        sums.all_less_own += square(all - own);
        sums.estimate_less_own += square(e - own);
        sums.estimate_less_all += square(e - all);
    }
    *total = sums;
}

void umi_bss_measure_block(um_bss_eval *bss)
{
    transform_references(bss);
    for (size_t line = 0; line < bss->n_lines; line++) {
        measure_line(bss, line, &bss->sums[line / bss->config.n_channels]);
    }
}

/* -- The filters ------------------------------------------------------------------------------ */

/* Turns sums of cross-spectra, n_pairs of them, into correlations at lags 0 .. n_taps - 1. The
 * inverse transform leaves them all fft_size times too large, which the equations do not feel. */
static void lags_from_pairs(um_bss_eval *bss, const double *pairs, size_t n_pairs, double *lags)
{
    for (size_t i = 0; i < n_pairs; i++) {
        memcpy(bss->spectrum, pairs + i * bss->spectrum_size, bss->spectrum_size * sizeof(double));
        umi_fft_double_inverse(bss->fft, bss->spectrum, bss->own);
        memcpy(lags + i * bss->config.n_taps, bss->own, bss->config.n_taps * sizeof(double));
    }
}

static bool all_finite(const double *values, size_t n_values)
{
    for (size_t i = 0; i < n_values; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

/* The spectra of n_filters filters of n_taps, divided by fft_size for the inverse transform after
 * them, which does not divide. */
static void filters_from_taps(um_bss_eval *bss, const double *taps, size_t n_filters,
                              double *filters)
{
    memset(bss->own, 0, bss->fft_size * sizeof(double));
    for (size_t i = 0; i < n_filters; i++) {
        for (size_t a = 0; a < bss->config.n_taps; a++) {
            bss->own[a] = taps[i * bss->config.n_taps + a] / (double)bss->fft_size;
        }
        umi_fft_double_forward(bss->fft, bss->own, filters + i * bss->spectrum_size);
    }
}

/* The filters of source q's estimate from its own channels: columns of the same correlations. */
static um_status solve_own(um_bss_eval *bss, size_t source, double loading)
{
    size_t channels = bss->config.n_channels, taps = bss->config.n_taps, first = source * channels;
    for (size_t c = 0; c < channels; c++) {
        memcpy(bss->own_sides + c * channels * taps,
               bss->all_sides + ((first + c) * bss->n_lines + first) * taps,
               channels * taps * sizeof(double));
    }
    umi_correlations correlations = {bss->reference_lags, bss->n_lines, taps};
    um_status status =
        umi_toeplitz_factor(&correlations, first, channels, loading, bss->own_matrix);
    if (status != UM_OK) {
        return status;
    }
    umi_cholesky_solve(bss->own_matrix, channels * taps, bss->own_sides, channels);
    filters_from_taps(bss, bss->own_sides, channels * channels,
                      bss->own_filters + first * channels * bss->spectrum_size);
    return UM_OK;
}

um_status umi_bss_find_filters(um_bss_eval *bss)
{
    size_t lines = bss->n_lines, taps = bss->config.n_taps;
    lags_from_pairs(bss, bss->reference_pairs, lines * lines, bss->reference_lags);
    lags_from_pairs(bss, bss->estimate_pairs, lines * lines, bss->all_sides);
    double mean_energy = 0;
    for (size_t line = 0; line < lines; line++) {
        mean_energy += bss->reference_lags[(line * lines + line) * taps] / (double)lines;
    }
    if (!all_finite(bss->reference_lags, lines * lines * taps) ||
        !all_finite(bss->all_sides, lines * lines * taps)) {
        return UM_ERR_DATA;
    }
    if (mean_energy == 0) {
        memset(bss->estimate_pairs, 0, lines * lines * bss->spectrum_size * sizeof(double));
        return UM_OK;
    }
    double loading = LOADING * mean_energy;
    for (size_t source = 0; source < bss->config.n_sources; source++) {
        um_status status = solve_own(bss, source, loading);
        if (status != UM_OK) {
            return status;
        }
    }
    umi_correlations correlations = {bss->reference_lags, lines, taps};
    um_status status = umi_toeplitz_factor(&correlations, 0, lines, loading, bss->all_matrix);
    if (status != UM_OK) {
        return status;
    }
    umi_cholesky_solve(bss->all_matrix, lines * taps, bss->all_sides, lines);
    filters_from_taps(bss, bss->all_sides, lines * lines, bss->estimate_pairs);
    return UM_OK;
}
