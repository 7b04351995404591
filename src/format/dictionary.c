#define _POSIX_C_SOURCE 200809L
#include "unmingle/dictionary.h"

#include "core/error.h"
#include "core/fft.h"
#include "core/memory.h"
#include "core/window.h"
#include "format/dictionary_internal.h"
#include "format/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How far the sum of an atom may be from 1: float32 sums of half a million bins, in any order. */
static const double ROW_SUM_TOLERANCE = 1e-3;

um_status um_dictionary_new(size_t n_components, size_t n_frames, size_t n_bins,
                            um_dictionary **out)
{
    *out = NULL;
    if (n_components == 0 || n_components > UM_DICTIONARY_COMPONENTS_MAX || n_frames == 0 ||
        n_frames > UM_DICTIONARY_FRAMES_MAX || n_bins == 0 ||
        n_bins > UM_DICTIONARY_BINS_MAX / n_frames) {
        return UM_ERR_ARGUMENT;
    }
    um_dictionary *dictionary = umi_alloc(1, sizeof *dictionary);
    if (dictionary == NULL) {
        return UM_ERR_MEMORY;
    }
    size_t n_values = n_frames * n_bins;
    size_t stride = umi_padded(n_values);
    size_t n_floats;
    if (umi_multiply(n_components, stride, &n_floats)) {
        dictionary->W.data = umi_alloc(n_floats, sizeof(float));
    }
    dictionary->labels = umi_alloc(n_components, sizeof *dictionary->labels);
    if (dictionary->W.data == NULL || dictionary->labels == NULL) {
        um_dictionary_free(dictionary);
        return UM_ERR_MEMORY;
    }
    dictionary->W.rows = n_components;
    dictionary->W.cols = n_values;
    dictionary->W.stride = stride;
    dictionary->n_frames = n_frames;
    dictionary->stft = um_stft_config_default();
    dictionary->exponent = 1;
    *out = dictionary;
    return UM_OK;
}

void um_dictionary_free(um_dictionary *dictionary)
{
    if (dictionary != NULL) {
        umi_free(dictionary->W.data);
        umi_free(dictionary->labels);
        umi_free(dictionary->gains.data);
        umi_free(dictionary->covariances.data);
        umi_free(dictionary->program);
        umi_free(dictionary->trained_from);
        umi_free(dictionary);
    }
}

size_t um_dictionary_n_bins(const um_dictionary *dictionary)
{
    return dictionary->W.cols / dictionary->n_frames;
}

um_status um_dictionary_set_origin(um_dictionary *dictionary, const char *program,
                                   const char *trained_from)
{
    char *new_program = NULL;
    char *new_trained_from = NULL;
    if (program != NULL) {
        new_program = umi_utf8_repaired(program, UM_DICTIONARY_ORIGIN_MAX);
    }
    if (trained_from != NULL) {
        new_trained_from = umi_utf8_repaired(trained_from, UM_DICTIONARY_ORIGIN_MAX);
    }
    if ((program != NULL) != (new_program != NULL) ||
        (trained_from != NULL) != (new_trained_from != NULL)) {
        umi_free(new_program);
        umi_free(new_trained_from);
        return UM_ERR_MEMORY;
    }
    umi_free(dictionary->program);
    umi_free(dictionary->trained_from);
    dictionary->program = new_program;
    dictionary->trained_from = new_trained_from;
    return UM_OK;
}

bool um_label_is_valid(const char *label)
{
    if (label == NULL || label[0] == '.' || label[0] == '\0') {
        return false;
    }
    size_t left = strnlen(label, UM_LABEL_MAX + 1);
    if (left > UM_LABEL_MAX) {
        return false;
    }
    while (left > 0) {
        size_t n = umi_utf8_character(label, left);
        if (n == 0 || label[0] == '/' || umi_utf8_is_control(label, n)) {
            return false;
        }
        label += n;
        left -= n;
    }
    return true;
}

static um_status wrong(const umi_dictionary_complaint *complaint, const char *field, double value,
                       const char *range)
{
    return umi_error_set(complaint->error, complaint->status, "%s: %s: %.15g is not %s%s",
                         complaint->name, field, value, range, complaint->cure);
}

static um_status check_transform(const um_dictionary *dictionary,
                                 const umi_dictionary_complaint *complaint)
{
    const um_stft_config *stft = &dictionary->stft;
    um_error window_error;
    if (umi_window_check(&stft->window, &window_error) != UM_OK) {
        return umi_error_set(complaint->error, complaint->status, "%s: window: %s%s",
                             complaint->name, window_error.message, complaint->cure);
    }
    size_t fft_size = stft->fft_size != 0 ? stft->fft_size : stft->window.length;
    if (fft_size < stft->window.length || fft_size > UMI_FFT_MAX_SIZE ||
        umi_fft_good_size(fft_size) != fft_size) {
        return wrong(complaint, "fft_size", (double)fft_size,
                     "an even product of 2, 3, 5 and 7, with 11 or 13 once at most, in "
                     "window_length..1048576");
    }
    size_t n_frames = dictionary->n_frames;
    if (n_frames == 0 || n_frames > UM_DICTIONARY_FRAMES_MAX ||
        dictionary->W.cols % n_frames != 0) {
        return wrong(complaint, "n_frames", (double)n_frames, "the atoms' number of frames");
    }
    if (um_dictionary_n_bins(dictionary) != fft_size / 2 + 1) {
        return umi_error_set(complaint->error, complaint->status,
                             "%s: W: %zu bins do not fit fft_size %zu, which has %zu%s",
                             complaint->name, um_dictionary_n_bins(dictionary), fft_size,
                             fft_size / 2 + 1, complaint->cure);
    }
    return UM_OK;
}

/* Names a value of W as the tensor has it. */
static um_status wrong_value(const um_dictionary *dictionary, size_t i_component, size_t i_value,
                             const umi_dictionary_complaint *complaint)
{
    char place[64];
    size_t n_bins = um_dictionary_n_bins(dictionary);
    if (dictionary->n_frames == 1) {
        snprintf(place, sizeof place, "[%zu]", i_value);
    } else {
        snprintf(place, sizeof place, "[%zu][%zu]", i_value / n_bins, i_value % n_bins);
    }
    return umi_error_set(complaint->error, complaint->status,
                         "%s: W[%zu]%s: %g is not a finite number >= 0%s", complaint->name,
                         i_component, place, (double)um_row(dictionary->W, i_component)[i_value],
                         complaint->cure);
}

static um_status check_atom(const um_dictionary *dictionary, size_t i_component,
                            const umi_dictionary_complaint *complaint)
{
    const float *atom = um_row(dictionary->W, i_component);
    double sum = 0;
    for (size_t i = 0; i < dictionary->W.cols; i++) {
        if (!(atom[i] >= 0) || isinf(atom[i])) {
            return wrong_value(dictionary, i_component, i, complaint);
        }
        sum += (double)atom[i];
    }
    if (sum == 0) {
        return umi_error_set(complaint->error, complaint->status, "%s: W[%zu]: all zero%s",
                             complaint->name, i_component, complaint->cure);
    }
    if (fabs(sum - 1) > ROW_SUM_TOLERANCE) {
        return umi_error_set(complaint->error, complaint->status,
                             "%s: W[%zu]: the sum is %.6g and should be 1%s", complaint->name,
                             i_component, sum, complaint->cure);
    }
    return UM_OK;
}

um_status umi_dictionary_check(const um_dictionary *dictionary,
                               const umi_dictionary_complaint *complaint)
{
    um_status status = check_transform(dictionary, complaint);
    if (status != UM_OK) {
        return status;
    }
    if (!(dictionary->sample_rate >= 1000 && dictionary->sample_rate <= 768000)) {
        return wrong(complaint, "sample_rate", dictionary->sample_rate, "in 1000..768000 Hz");
    }
    if (!(dictionary->exponent > 0 && dictionary->exponent <= UM_DICTIONARY_EXPONENT_MAX)) {
        return wrong(complaint, "exponent", dictionary->exponent, "above 0 and at most 4");
    }
    for (size_t k = 0; k < dictionary->W.rows; k++) {
        if (!um_label_is_valid(dictionary->labels[k])) {
            return umi_error_set(complaint->error, complaint->status,
                                 "%s: labels[%zu]: not 1 to %d bytes of UTF-8 without '/', control "
                                 "characters or a leading '.'%s",
                                 complaint->name, k, UM_LABEL_MAX, complaint->cure);
        }
        status = check_atom(dictionary, k, complaint);
        if (status != UM_OK) {
            return status;
        }
    }
    return umi_dictionary_check_space(dictionary, complaint);
}
