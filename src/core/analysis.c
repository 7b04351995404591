#include "core/stft.h"

#include "core/memory.h"

#include <string.h>

/* The last samples lie without a gap in `history`, the newest at n_samples - 1. New ones are
 * appended; when the room is used up, the part that the next frame still needs moves to the
 * front. With room for two frames that is about one copied sample a sample. */
struct um_analysis {
    const um_stft *stft;
    size_t n_samples; /* in history */
    size_t n_pending; /* since the last frame, 0..hop - 1 */
    float *history;   /* 2 * length */
    float *frame;     /* fft_size; zeros from length on, which a transform leaves as they are */
    float *spectrum;  /* 2 * n_bins */
};

um_status um_analysis_new(const um_stft *stft, um_analysis **out)
{
    if (out != NULL) {
        *out = NULL;
    }
    if (stft == NULL || out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    um_analysis *analysis = umi_alloc(1, sizeof *analysis);
    if (analysis == NULL) {
        return UM_ERR_MEMORY;
    }
    analysis->stft = stft;
    analysis->history = umi_alloc(2 * stft->length, sizeof(float));
    analysis->frame = umi_alloc(stft->fft_size, sizeof(float));
    analysis->spectrum = umi_alloc(2 * um_stft_n_bins(stft), sizeof(float));
    if (analysis->history == NULL || analysis->frame == NULL || analysis->spectrum == NULL) {
        um_analysis_free(analysis);
        return UM_ERR_MEMORY;
    }
    um_analysis_reset(analysis);
    *out = analysis;
    return UM_OK;
}

void um_analysis_free(um_analysis *analysis)
{
    if (analysis == NULL) {
        return;
    }
    umi_free(analysis->history);
    umi_free(analysis->frame);
    umi_free(analysis->spectrum);
    umi_free(analysis);
}

void um_analysis_reset(um_analysis *analysis)
{
    /* The first frame ends with sample hop - 1: all before is silence. */
    analysis->n_samples = analysis->stft->length - analysis->stft->hop;
    analysis->n_pending = 0;
    memset(analysis->history, 0, analysis->n_samples * sizeof(float));
}

size_t um_analysis_frames_after(const um_analysis *analysis, size_t n_samples)
{
    size_t hop = analysis->stft->hop;
    /* Divided before the sum, which could overflow. */
    return n_samples / hop + (analysis->n_pending + n_samples % hop) / hop;
}

/* Transforms the newest `length` samples. */
static void transform_frame(um_analysis *analysis, float *spectrum)
{
    const um_stft *stft = analysis->stft;
    const float *newest = analysis->history + analysis->n_samples - stft->length;
    for (size_t t = 0; t < stft->length; t++) {
        analysis->frame[t] = newest[t] * stft->analysis_window[t];
    }
    /* By way of an array of our own, because the caller's need not be aligned. */
    umi_fft_forward(stft->fft, analysis->frame, analysis->spectrum);
    memcpy(spectrum, analysis->spectrum, 2 * um_stft_n_bins(stft) * sizeof(float));
}

/* Makes room for the hop to come. */
static void make_room(um_analysis *analysis)
{
    const um_stft *stft = analysis->stft;
    if (analysis->n_samples + stft->hop <= 2 * stft->length) {
        return;
    }
    size_t n_kept = stft->length - stft->hop;
    memmove(analysis->history, analysis->history + analysis->n_samples - n_kept,
            n_kept * sizeof(float));
    analysis->n_samples = n_kept;
}

size_t um_analysis_push(um_analysis *analysis, const float *samples, size_t stride,
                        size_t n_samples, float *spectra, size_t spectra_stride)
{
    size_t hop = analysis->stft->hop;
    size_t n_frames = 0;
    while (n_samples > 0) {
        size_t wanted = hop - analysis->n_pending;
        size_t n_taken = n_samples < wanted ? n_samples : wanted;
        float *end = analysis->history + analysis->n_samples;
        for (size_t i = 0; i < n_taken; i++) {
            end[i] = samples[i * stride];
        }
        samples += n_taken * stride;
        n_samples -= n_taken;
        analysis->n_samples += n_taken;
        analysis->n_pending += n_taken;
        if (analysis->n_pending == hop) {
            if (spectra != NULL) {
                transform_frame(analysis, spectra + n_frames * spectra_stride);
            }
            n_frames++;
            analysis->n_pending = 0;
            make_room(analysis);
        }
    }
    return n_frames;
}
