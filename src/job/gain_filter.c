#include "job/gain_filter.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { BATCH_FRAMES = 16 };

struct umi_gain_filter {
    umi_gain_filter_config config;
    umi_gain_track *track;
    size_t hop, n_all, n_tracks;
    um_analysis *analyses[UMI_CHANNELS_MAX];
    um_synthesis *syntheses[UMI_CHANNELS_MAX];
    float *gains;   /* of a batch: frame, track, all bins */
    float *spectra; /* of a batch, one channel */
    float *fifo;    /* sound not given out yet, all channels */
    size_t fifo_n;
};

um_status umi_gain_filter_new(const umi_gain_filter_config *config, umi_gain_track *track,
                              umi_gain_filter **out, um_error *error)
{
    *out = NULL;
    umi_gain_filter *g = umi_alloc(1, sizeof *g);
    bool whole = g != NULL;
    if (whole) {
        g->config = *config;
        g->track = track;
        g->hop = um_stft_hop(config->stft);
        g->n_all = um_stft_n_bins(config->stft);
        g->n_tracks = config->keep_channels ? config->n_channels : 1;
        g->gains = umi_alloc(BATCH_FRAMES * g->n_tracks * g->n_all, sizeof(float));
        g->spectra = umi_alloc(BATCH_FRAMES * g->n_all, 2 * sizeof(float));
        g->fifo = umi_alloc((BATCH_FRAMES + 1) * g->hop * config->n_channels, sizeof(float));
        /* A frame gives hop samples at once, when its last one came: so many less one must be there
         * before, for every sample to be answered by one. */
        g->fifo_n = g->hop - 1;
        whole = g->gains != NULL && g->spectra != NULL && g->fifo != NULL;
    }
    for (size_t c = 0; whole && c < config->n_channels; c++) {
        whole = um_analysis_new(config->stft, &g->analyses[c]) == UM_OK &&
                um_synthesis_new(config->stft, &g->syntheses[c]) == UM_OK;
    }
    if (!whole) {
        umi_gain_filter_free(g);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to denoise");
    }
    *out = g;
    return UM_OK;
}

void umi_gain_filter_free(umi_gain_filter *g)
{
    if (g == NULL) {
        return;
    }
    for (size_t c = 0; c < g->config.n_channels; c++) {
        um_analysis_free(g->analyses[c]);
        um_synthesis_free(g->syntheses[c]);
    }
    umi_free(g->gains);
    umi_free(g->spectra);
    umi_free(g->fifo);
    umi_free(g);
}

size_t umi_gain_filter_delay(const umi_gain_filter *g)
{
    return um_stft_synthesis_length(g->config.stft) - 1;
}

/* What the user wants of the gains, for all bins. */
static void shape(const umi_gain_filter *g, const float *gains, float *all)
{
    float strength = (float)g->config.strength, floor = (float)g->config.floor;
    size_t n = g->config.n_bins;
    double upper = 0.0;
    for (size_t f = n / 2; f < n; f++) {
        upper += (double)gains[f];
    }
    float above = (float)(upper / (double)(n - n / 2));
    for (size_t f = 0; f < g->n_all; f++) {
        float gain = f < n ? gains[f] : above;
        gain = strength == 1.0f ? gain : powf(gain, strength);
        all[f] = gain > floor ? gain : floor;
    }
}

static um_status fetch_gains(umi_gain_filter *g, size_t n_frames, um_error *error)
{
    for (size_t i = 0; i < n_frames; i++) {
        const float *gains;
        um_status status = umi_gain_track_next(g->track, &gains, error);
        if (status != UM_OK) {
            return status;
        }
        for (size_t t = 0; t < g->n_tracks; t++) {
            shape(g, gains + t * g->config.n_bins, g->gains + (i * g->n_tracks + t) * g->n_all);
        }
    }
    return UM_OK;
}

static void filter_channel(umi_gain_filter *g, size_t c, um_cview in, size_t n_frames)
{
    size_t C = g->config.n_channels;
    um_analysis_push(g->analyses[c], in.data + c, in.stride, in.rows, g->spectra, 2 * g->n_all);
    for (size_t i = 0; i < n_frames; i++) {
        size_t track = g->config.keep_channels ? c : 0;
        const float *gains = g->gains + (i * g->n_tracks + track) * g->n_all;
        float *x = g->spectra + i * 2 * g->n_all;
        for (size_t f = 0; f < g->n_all; f++) {
            x[2 * f] *= gains[f];
            x[2 * f + 1] *= gains[f];
        }
    }
    um_synthesis_push(g->syntheses[c], g->spectra, 2 * g->n_all, n_frames,
                      g->fifo + g->fifo_n * C + c, C);
}

um_status umi_gain_filter_push(umi_gain_filter *g, um_cview in, um_view out, um_error *error)
{
    size_t C = g->config.n_channels;
    for (size_t done = 0; done < in.rows;) {
        size_t room = BATCH_FRAMES * g->hop;
        size_t n = in.rows - done < room ? in.rows - done : room;
        size_t n_frames = um_analysis_frames_after(g->analyses[0], n);
        um_status status = fetch_gains(g, n_frames, error);
        if (status != UM_OK) {
            return status;
        }
        um_cview part = {um_crow(in, done), n, C, in.stride};
        for (size_t c = 0; c < C; c++) {
            filter_channel(g, c, part, n_frames);
        }
        g->fifo_n += n_frames * g->hop;
        for (size_t i = 0; i < n; i++) {
            memcpy(um_row(out, done + i), g->fifo + i * C, C * sizeof(float));
        }
        g->fifo_n -= n;
        memmove(g->fifo, g->fifo + n * C, g->fifo_n * C * sizeof *g->fifo);
        done += n;
    }
    return UM_OK;
}
