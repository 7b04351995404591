#include "job/speech_dictionary.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/atoms_remap.h"
#include "job/speech_transform.h"
#include "unmingle/denoiser.h"

#include <stdio.h>
#include <string.h>

enum { RATE = 16000 };

static const char speech_label[] = "speech";

static bool is_of_speech(const um_dictionary *d)
{
    um_stft_config stft = umi_speech_transform(d->sample_rate);
    return d->n_frames == UM_DENOISER_STACKED && um_dictionary_n_bins(d) == UMI_SPEECH_BINS &&
           d->stft.window.length == stft.window.length && d->stft.window.hop == stft.window.hop;
}

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the dictionary");
}

/* The rows that are labelled so, together in `W`, which has room for all. */
static void gather(const um_dictionary *d, um_view *W)
{
    W->rows = 0;
    for (size_t k = 0; k < d->W.rows; k++) {
        if (strcmp(d->labels[k], speech_label) == 0) {
            memcpy(um_row(*W, W->rows++), um_row(d->W, k), d->W.cols * sizeof(float));
        }
    }
}

/* Atoms of one frame as those of three, each with a third of the sum. */
static void repeat(um_cview W, um_view stacked)
{
    for (size_t k = 0; k < W.rows; k++) {
        for (size_t i = 0; i < stacked.cols; i++) {
            um_row(stacked, k)[i] = um_crow(W, k)[i % W.cols] / (float)UM_DENOISER_STACKED;
        }
    }
}

static um_status convert(const um_dictionary *d, const char *path, um_dictionary **out,
                         um_error *error)
{
    um_stft_config stft = umi_speech_transform(RATE);
    umi_bin_grid from = {d->sample_rate, d->stft.fft_size}, to = {RATE, stft.window.length};
    um_view W = umi_matrix_new(d->W.rows, d->W.cols);
    um_view remapped = umi_matrix_new(d->W.rows, UMI_SPEECH_BINS);
    um_status status = UM_OK;
    if (W.data == NULL || remapped.data == NULL) {
        status = out_of_memory(error);
        goto done;
    }
    gather(d, &W);
    remapped.rows = W.rows;
    if (W.rows == 0) {
        status = umi_error_set(error, UM_ERR_CONFIG,
                               "%s: labels: no atom is labelled '%s'; 'unmingle learn --speech' "
                               "makes a dictionary of speech",
                               path, speech_label);
        goto done;
    }
    status = umi_atoms_remap(um_const_view(W), 1, from, to, path, remapped, error);
    if (status != UM_OK) {
        goto done;
    }
    if (um_dictionary_new(W.rows, UM_DENOISER_STACKED, UMI_SPEECH_BINS, out) != UM_OK) {
        status = out_of_memory(error);
        goto done;
    }
    repeat(um_const_view(remapped), (*out)->W);
    for (size_t k = 0; k < W.rows; k++) {
        (void)snprintf((*out)->labels[k], sizeof(*out)->labels[k], "%s", speech_label);
    }
    (*out)->sample_rate = RATE;
    (*out)->stft = stft;
    (*out)->seed = d->seed;
done:
    umi_free(W.data);
    umi_free(remapped.data);
    return status;
}

um_status umi_speech_load(const char *path, um_dictionary **out, um_error *error)
{
    um_dictionary *d;
    *out = NULL;
    um_status status = um_dictionary_load(path, &d, error);
    if (status != UM_OK) {
        return status;
    }
    if (is_of_speech(d)) {
        *out = d;
        return UM_OK;
    }
    status = d->n_frames == 1
                 ? convert(d, path, out, error)
                 : umi_error_set(error, UM_ERR_CONFIG,
                                 "%s: W: atoms of %zu frames of %zu bins are not of speech; "
                                 "'unmingle learn --speech' makes a dictionary of speech",
                                 path, d->n_frames, um_dictionary_n_bins(d));
    um_dictionary_free(d);
    return status;
}
