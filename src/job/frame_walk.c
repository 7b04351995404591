#include "job/frame_walk.h"

#include "core/error.h"
#include "core/kernels/kernels.h"
#include "core/memory.h"
#include "core/parallel.h"

#include <string.h>

enum { BLOCK_FRAMES = 8192 }; /* sample frames read at once */

typedef struct walk {
    const umi_frame_walk_config *config;
    umi_frame_taker *taker;
    size_t n_channels, n_bins;
    um_analysis *analyses[UMI_CHANNELS_MAX];
    float *block;      /* samples x n_channels */
    size_t n_block;    /* sample frames in it */
    float *spectra;    /* frames of a block x n_channels x n_bins x (re, im) */
    float *magnitudes; /* of one frame, n_channels x n_bins */
    uint64_t i_frame;  /* number of the next frame to come */
    bool wanted;       /* some frame of this block is */
} walk;

size_t umi_frame_walk_columns(const umi_frame_walk_config *config, const umi_recording *recording)
{
    return um_stft_n_bins(config->stft) *
           (config->mean_channels ? 1 : (size_t)recording->format.channels);
}

uint64_t umi_frame_walk_frames(const um_stft *stft, uint64_t n_samples)
{
    size_t hop = um_stft_hop(stft);
    return n_samples / hop + (n_samples % hop != 0);
}

static void walk_free(walk *w)
{
    for (size_t c = 0; c < UMI_CHANNELS_MAX; c++) {
        um_analysis_free(w->analyses[c]);
    }
    umi_free(w->block);
    umi_free(w->spectra);
    umi_free(w->magnitudes);
}

static um_status walk_init(walk *w, const umi_frame_walk_config *config,
                           const umi_recording *recording, umi_frame_taker *taker, um_error *error)
{
    size_t hop = um_stft_hop(config->stft);
    *w = (walk){.config = config, .taker = taker};
    w->n_channels = recording->format.channels;
    w->n_bins = um_stft_n_bins(config->stft);
    size_t block_frames = hop > BLOCK_FRAMES ? hop : BLOCK_FRAMES;
    w->block = umi_alloc(block_frames * w->n_channels, sizeof(float));
    w->spectra = umi_alloc((BLOCK_FRAMES / hop + 1) * w->n_channels * w->n_bins, 2 * sizeof(float));
    w->magnitudes = umi_alloc(w->n_channels * w->n_bins, sizeof(float));
    bool whole = w->block != NULL && w->spectra != NULL && w->magnitudes != NULL;
    for (size_t c = 0; whole && c < w->n_channels; c++) {
        whole = um_analysis_new(config->stft, &w->analyses[c]) == UM_OK;
    }
    return whole ? UM_OK
                 : umi_error_set(error, UM_ERR_MEMORY, "not enough memory to analyse a recording");
}

static void analyse_channel(void *argument, size_t c, size_t i_worker)
{
    (void)i_worker;
    walk *w = argument;
    um_analysis_push(w->analyses[c], w->block + c, w->n_channels, w->n_block,
                     w->wanted ? w->spectra + 2 * c * w->n_bins : NULL,
                     2 * w->n_channels * w->n_bins);
}

/* The magnitudes of one frame, from the spectra of its channels. */
static void measure_frame(walk *w, const float *spectra)
{
    size_t F = w->n_bins;
    umi_kernels_get()->magnitude(w->n_channels * F, spectra, w->magnitudes);
    if (!w->config->mean_channels) {
        return;
    }
    float *mean = w->magnitudes; /* the first channel's place */
    for (size_t f = 0; f < F; f++) {
        mean[f] /= (float)w->n_channels;
    }
    for (size_t c = 1; c < w->n_channels; c++) {
        const float *channel = w->magnitudes + c * F;
        for (size_t f = 0; f < F; f++) {
            mean[f] += channel[f] / (float)w->n_channels;
        }
    }
}

static um_status take_block(walk *w, um_error *error)
{
    size_t n = um_analysis_frames_after(w->analyses[0], w->n_block);
    w->wanted = w->taker->next < w->i_frame + n;
    umi_parallel_run(&w->config->parallel, w->n_channels, analyse_channel, w);
    um_status status = UM_OK;
    for (size_t j = 0; j < n && status == UM_OK; j++, w->i_frame++) {
        if (w->i_frame == w->taker->next) {
            const float *spectra = w->spectra + j * 2 * w->n_channels * w->n_bins;
            measure_frame(w, spectra);
            status = w->taker->take(w->taker->user, w->magnitudes, spectra, error);
        }
    }
    return status;
}

/* After n_samples of sound: as much as is asked for, and what completes the last frame. */
static um_status walk_over_silence(walk *w, uint64_t n_samples, um_error *error)
{
    size_t hop = um_stft_hop(w->config->stft);
    size_t over = (size_t)((n_samples + w->config->n_silence) % hop);
    size_t left = w->config->n_silence + (over > 0 ? hop - over : 0);
    um_status status = UM_OK;
    memset(w->block, 0, BLOCK_FRAMES * w->n_channels * sizeof(float));
    while (status == UM_OK && left > 0) {
        w->n_block = left < BLOCK_FRAMES ? left : BLOCK_FRAMES;
        status = take_block(w, error);
        left -= w->n_block;
    }
    return status;
}

/* Reads all up to the end of the stretch; silence completes the last frame. */
static um_status walk_over(walk *w, umi_recording *recording, uint64_t first, uint64_t end,
                           um_error *error)
{
    um_status status = umi_recording_rewind(recording, error);
    for (uint64_t at = 0; status == UM_OK && at < end;) {
        /* A block never crosses the first sample, so that those before it can be dropped. */
        uint64_t stop = at < first ? first : end;
        size_t n = stop - at < BLOCK_FRAMES ? (size_t)(stop - at) : BLOCK_FRAMES;
        status = umi_recording_read(recording, w->block, NULL, n, &w->n_block, error);
        if (status == UM_OK && w->n_block < n) {
            status = umi_error_set(error, UM_ERR_CHANGED, "%s: it became shorter while it was read",
                                   umi_audio_reader_name(recording->reader));
        }
        if (status == UM_OK && at >= first) {
            status = take_block(w, error);
        }
        if (status == UM_OK && at >= first && w->taker->advance != NULL) {
            status = w->taker->advance(w->taker->user, n, error);
        }
        at += n;
    }
    return status == UM_OK ? walk_over_silence(w, end - first, error) : status;
}

um_status umi_frame_walk(const umi_frame_walk_config *config, umi_recording *recording,
                         uint64_t first, uint64_t n_samples, umi_frame_taker *taker,
                         um_error *error)
{
    walk w;
    um_status status = walk_init(&w, config, recording, taker, error);
    if (status == UM_OK) {
        status = walk_over(&w, recording, first, first + n_samples, error);
    }
    walk_free(&w);
    return status;
}
