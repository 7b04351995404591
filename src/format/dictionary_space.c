/* Where the sources of a dictionary lie among the channels: gains and covariances. */
#include "core/error.h"
#include "core/memory.h"
#include "format/dictionary_internal.h"

#include <math.h>
#include <string.h>

/* How far the sum of an atom's gains may be from 1. */
static const double GAIN_SUM_TOLERANCE = 1e-3;

size_t um_dictionary_n_sources(const um_dictionary *dictionary)
{
    size_t n = 0;
    for (size_t k = 0; k < dictionary->W.rows; k++) {
        size_t before = 0;
        while (strcmp(dictionary->labels[before], dictionary->labels[k]) != 0) {
            before++;
        }
        n += before == k;
    }
    return n;
}

size_t umi_dictionary_covariance_channels(size_t n_values)
{
    size_t n_channels = 1;
    while (n_channels < UM_DICTIONARY_CHANNELS_MAX && n_channels * n_channels < n_values) {
        n_channels++;
    }
    return n_channels * n_channels == n_values ? n_channels : 0;
}

/* Puts zeros in the place of what *view held. */
static um_status replace(um_view *view, size_t rows, size_t cols)
{
    size_t n_values;
    float *data = umi_multiply(rows, cols, &n_values) ? umi_alloc(n_values, sizeof(float)) : NULL;
    if (data == NULL) {
        return UM_ERR_MEMORY;
    }
    umi_free(view->data);
    *view = um_view_of(data, rows, cols);
    return UM_OK;
}

um_status um_dictionary_add_gains(um_dictionary *dictionary, size_t n_channels)
{
    if (n_channels == 0 || n_channels > UM_DICTIONARY_CHANNELS_MAX) {
        return UM_ERR_ARGUMENT;
    }
    return replace(&dictionary->gains, dictionary->W.rows, n_channels);
}

um_status um_dictionary_add_covariances(um_dictionary *dictionary, size_t n_channels)
{
    if (n_channels == 0 || n_channels > UM_DICTIONARY_CHANNELS_MAX) {
        return UM_ERR_ARGUMENT;
    }
    size_t n_sources = um_dictionary_n_sources(dictionary);
    size_t cols = um_dictionary_n_bins(dictionary) * n_channels * n_channels;
    if (cols > UM_DICTIONARY_COVARIANCES_MAX / n_sources) {
        return UM_ERR_ARGUMENT;
    }
    return replace(&dictionary->covariances, n_sources, cols);
}

static um_status check_gains(const um_dictionary *d, const umi_dictionary_complaint *complaint)
{
    if (d->gains.rows != d->W.rows || d->gains.cols == 0 ||
        d->gains.cols > UM_DICTIONARY_CHANNELS_MAX) {
        return umi_error_set(complaint->error, complaint->status,
                             "%s: gains: %zu rows of %zu channels for %zu atoms%s", complaint->name,
                             d->gains.rows, d->gains.cols, d->W.rows, complaint->cure);
    }
    for (size_t k = 0; k < d->gains.rows; k++) {
        const float *gains = um_row(d->gains, k);
        double sum = 0;
        for (size_t c = 0; c < d->gains.cols; c++) {
            if (!(gains[c] >= 0) || isinf(gains[c])) {
                return umi_error_set(complaint->error, complaint->status,
                                     "%s: gains[%zu][%zu]: %g is not a finite number >= 0%s",
                                     complaint->name, k, c, (double)gains[c], complaint->cure);
            }
            sum += (double)gains[c];
        }
        if (fabs(sum - 1) > GAIN_SUM_TOLERANCE) {
            return umi_error_set(complaint->error, complaint->status,
                                 "%s: gains[%zu]: the sum is %.6g and should be 1%s",
                                 complaint->name, k, sum, complaint->cure);
        }
    }
    return UM_OK;
}

/* Every value finite, what stands on a diagonal, a power, not negative. */
static um_status check_covariances(const um_dictionary *d,
                                   const umi_dictionary_complaint *complaint)
{
    size_t n_bins = um_dictionary_n_bins(d);
    size_t n_sources = um_dictionary_n_sources(d);
    size_t n_values = d->covariances.cols / n_bins;
    size_t n_channels = umi_dictionary_covariance_channels(n_values);
    if (d->covariances.rows != n_sources || d->covariances.cols % n_bins != 0 || n_channels == 0 ||
        (d->gains.data != NULL && d->gains.cols != n_channels)) {
        return umi_error_set(complaint->error, complaint->status,
                             "%s: covariances: %zu rows of %zu values do not fit %zu sources, %zu "
                             "bins and a square for each pair of channels%s",
                             complaint->name, d->covariances.rows, d->covariances.cols, n_sources,
                             n_bins, complaint->cure);
    }
    for (size_t s = 0; s < n_sources; s++) {
        const float *values = um_row(d->covariances, s);
        for (size_t i = 0; i < d->covariances.cols; i++) {
            size_t place = i % n_values;
            bool is_power = place / n_channels == place % n_channels;
            if (!isfinite(values[i]) || (is_power && values[i] < 0)) {
                return umi_error_set(
                    complaint->error, complaint->status,
                    "%s: covariances[%zu][%zu][%zu]: %g is not a finite number%s%s",
                    complaint->name, s, i / n_values, place, (double)values[i],
                    is_power ? " >= 0" : "", complaint->cure);
            }
        }
    }
    return UM_OK;
}

um_status umi_dictionary_check_space(const um_dictionary *dictionary,
                                     const umi_dictionary_complaint *complaint)
{
    um_status status = UM_OK;
    if (dictionary->gains.data != NULL) {
        status = check_gains(dictionary, complaint);
    }
    if (status == UM_OK && dictionary->covariances.data != NULL) {
        status = check_covariances(dictionary, complaint);
    }
    return status;
}
