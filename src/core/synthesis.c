#include "core/stft.h"

#include "core/memory.h"

#include <string.h>

struct um_synthesis {
    const um_stft *stft;
    float *spectrum; /* 2 * n_bins */
    float *frame;    /* fft_size */
    /* The overlapped sum of the frames so far, synthesis_length samples, the oldest first. In
     * double, so that a small hop, which adds thousands of frames, costs no accuracy. */
    double *sum;
};

um_status um_synthesis_new(const um_stft *stft, um_synthesis **out)
{
    if (out != NULL) {
        *out = NULL;
    }
    if (stft == NULL || out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    um_synthesis *synthesis = umi_alloc(1, sizeof *synthesis);
    if (synthesis == NULL) {
        return UM_ERR_MEMORY;
    }
    synthesis->stft = stft;
    synthesis->spectrum = umi_alloc(2 * um_stft_n_bins(stft), sizeof(float));
    synthesis->frame = umi_alloc(stft->fft_size, sizeof(float));
    synthesis->sum = umi_alloc(stft->synthesis_length, sizeof(double));
    if (synthesis->spectrum == NULL || synthesis->frame == NULL || synthesis->sum == NULL) {
        um_synthesis_free(synthesis);
        return UM_ERR_MEMORY;
    }
    *out = synthesis;
    return UM_OK;
}

void um_synthesis_free(um_synthesis *synthesis)
{
    if (synthesis == NULL) {
        return;
    }
    umi_free(synthesis->spectrum);
    umi_free(synthesis->frame);
    umi_free(synthesis->sum);
    umi_free(synthesis);
}

void um_synthesis_reset(um_synthesis *synthesis)
{
    memset(synthesis->sum, 0, synthesis->stft->synthesis_length * sizeof(double));
}

/* Adds one frame to the sum. */
static void add_frame(um_synthesis *synthesis, const float *spectrum)
{
    const um_stft *stft = synthesis->stft;
    /* The inverse transform overwrites its input and wants it aligned. */
    memcpy(synthesis->spectrum, spectrum, 2 * um_stft_n_bins(stft) * sizeof(float));
    umi_fft_inverse(stft->fft, synthesis->spectrum, synthesis->frame);
    size_t start = stft->length - stft->synthesis_length;
    const float *frame = synthesis->frame + start;
    const float *window = stft->synthesis_window + start;
    for (size_t t = 0; t < stft->synthesis_length; t++) {
        synthesis->sum[t] += (double)(frame[t] * window[t]);
    }
}

/* Gives the oldest hop samples, which no later frame reaches, and moves the others up. */
static void take_hop(um_synthesis *synthesis, float *samples, size_t stride)
{
    size_t hop = synthesis->stft->hop;
    size_t n_kept = synthesis->stft->synthesis_length - hop;
    for (size_t i = 0; i < hop; i++) {
        samples[i * stride] = (float)synthesis->sum[i];
    }
    memmove(synthesis->sum, synthesis->sum + hop, n_kept * sizeof(double));
    memset(synthesis->sum + n_kept, 0, hop * sizeof(double));
}

void um_synthesis_push(um_synthesis *synthesis, const float *spectra, size_t spectra_stride,
                       size_t n_frames, float *samples, size_t stride)
{
    size_t hop = synthesis->stft->hop;
    for (size_t j = 0; j < n_frames; j++) {
        if (spectra != NULL) {
            add_frame(synthesis, spectra + j * spectra_stride);
        }
        take_hop(synthesis, samples + j * hop * stride, stride);
    }
}
