#include "job/gain_track.h"

#include "core/error.h"
#include "core/kernels/kernels.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "unmingle/denoiser.h"

#include <string.h>

enum {
    SECTION_FRAMES = 2048,    /* of one track; with more tracks fewer, for the memory they take */
    SECTION_FRAMES_MIN = 384, /* 6 s: less says too little of the noise */
    OVERLAP_FRAMES = 128,
    READ_FRAMES = 4096 /* sample frames read at once */
};

struct umi_gain_track {
    umi_gain_track_config config;
    umi_kernels kernels;
    umi_recording recording; /* read ahead */
    um_denoiser *denoiser;
    size_t n_tracks;
    um_analysis *analyses[UMI_CHANNELS_MAX];
    float *samples;           /* READ_FRAMES x channels */
    float *spectra;           /* frames of a block of one channel x bins x (re, im) */
    float *magnitudes;        /* of one frame and channel */
    uint64_t n_frames;        /* of the recording */
    size_t n_section, n_step; /* frames a section, and from one section to the next */
    um_view *V, *G;           /* a track each: frames of the section; and those read beyond it */
    float *tail;              /* the last section's gains where the next one overlaps */
    float *gains;             /* what was given out last */
    uint64_t first;           /* number of the section's first frame */
    size_t n_there;           /* frames in V */
    size_t n_ready;           /* frames of the section whose gains are in G */
    uint64_t next;            /* number of the frame to give out */
    bool is_first;
};

static size_t frames_of_block(const umi_gain_track *t)
{
    return READ_FRAMES / um_stft_hop(t->config.stft) + 1;
}

static void plan_sections(umi_gain_track *t)
{
    size_t most = SECTION_FRAMES / t->n_tracks;
    most = most < SECTION_FRAMES_MIN ? SECTION_FRAMES_MIN : most;
    if (t->n_frames <= most) {
        t->n_section = t->n_step = t->n_frames > 0 ? (size_t)t->n_frames : 1;
        return;
    }
    uint64_t step = most - OVERLAP_FRAMES, covered = t->n_frames - OVERLAP_FRAMES;
    uint64_t n_sections = (covered + step - 1) / step;
    t->n_step = (size_t)((covered + n_sections - 1) / n_sections);
    t->n_section = t->n_step + OVERLAP_FRAMES;
}

static bool allocate(umi_gain_track *t)
{
    size_t n_bins = t->config.n_bins, n_all = um_stft_n_bins(t->config.stft);
    t->samples = umi_alloc(READ_FRAMES * t->recording.format.channels, sizeof(float));
    t->spectra = umi_alloc(frames_of_block(t) * n_all, 2 * sizeof(float));
    t->magnitudes = umi_alloc(n_all, sizeof(float));
    t->tail = umi_alloc(t->n_tracks * OVERLAP_FRAMES * n_bins, sizeof(float));
    t->gains = umi_alloc(t->n_tracks * n_bins, sizeof(float));
    t->V = umi_alloc(t->n_tracks, sizeof *t->V);
    t->G = umi_alloc(t->n_tracks, sizeof *t->G);
    if (t->samples == NULL || t->spectra == NULL || t->magnitudes == NULL || t->tail == NULL ||
        t->gains == NULL || t->V == NULL || t->G == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->n_tracks; i++) {
        t->V[i] = umi_matrix_new(t->n_section + frames_of_block(t), n_bins);
        t->G[i] = umi_matrix_new(t->n_section, n_bins);
        if (t->V[i].data == NULL || t->G[i].data == NULL) {
            return false;
        }
    }
    for (size_t c = 0; c < t->recording.format.channels; c++) {
        if (um_analysis_new(t->config.stft, &t->analyses[c]) != UM_OK) {
            return false;
        }
    }
    return true;
}

um_status umi_gain_track_new(const umi_gain_track_config *config, const umi_recording *recording,
                             umi_gain_track **out, um_error *error)
{
    *out = NULL;
    umi_gain_track *t = umi_alloc(1, sizeof *t);
    if (t == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to denoise");
    }
    size_t hop = um_stft_hop(config->stft);
    t->config = *config;
    t->kernels = *umi_kernels_get();
    t->is_first = true;
    um_status status = umi_recording_open_beside(recording, &t->recording, error);
    if (status != UM_OK) {
        umi_free(t);
        return status;
    }
    t->n_tracks = config->keep_channels ? recording->format.channels : 1;
    t->n_frames = (recording->n_frames + um_stft_length(config->stft) - 1) / hop;
    plan_sections(t);
    um_denoiser_config denoiser = um_denoiser_config_default();
    denoiser.n_bins = config->n_bins;
    denoiser.n_frames = t->n_section;
    denoiser.frame_rate = recording->format.sample_rate / (double)hop;
    denoiser.fast = config->fast;
    status = um_denoiser_new(&denoiser, config->speech, &t->denoiser);
    if (status == UM_OK && !allocate(t)) {
        status = UM_ERR_MEMORY;
    }
    if (status != UM_OK) {
        umi_gain_track_free(t);
        return status == UM_ERR_MEMORY
                   ? umi_error_set(error, status, "not enough memory to denoise")
                   : umi_error_set(error, UM_ERR_INTERNAL, "the denoiser refused its settings");
    }
    *out = t;
    return UM_OK;
}

void umi_gain_track_free(umi_gain_track *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t c = 0; c < UMI_CHANNELS_MAX; c++) {
        um_analysis_free(t->analyses[c]);
    }
    for (size_t i = 0; i < t->n_tracks; i++) {
        umi_free(t->V != NULL ? t->V[i].data : NULL);
        umi_free(t->G != NULL ? t->G[i].data : NULL);
    }
    um_denoiser_free(t->denoiser);
    umi_recording_close(&t->recording);
    umi_free(t->samples);
    umi_free(t->spectra);
    umi_free(t->magnitudes);
    umi_free(t->tail);
    umi_free(t->gains);
    umi_free(t->V);
    umi_free(t->G);
    umi_free(t);
}

/* -- Sections ---------------------------------------------------------------------------------- */

/* Adds the magnitudes of a channel's n new frames to the rows of V that they belong to. */
static void add_magnitudes(umi_gain_track *t, size_t channel, size_t n)
{
    size_t n_all = um_stft_n_bins(t->config.stft), n_bins = t->config.n_bins;
    bool own = t->config.keep_channels;
    float share = own ? 1.0f : 1.0f / (float)t->recording.format.channels;
    for (size_t i = 0; i < n; i++) {
        float *row = um_row(t->V[own ? channel : 0], t->n_there + i);
        t->kernels.magnitude(n_bins, t->spectra + i * 2 * n_all, t->magnitudes);
        for (size_t f = 0; f < n_bins; f++) {
            row[f] = (own || channel == 0 ? 0.0f : row[f]) + share * t->magnitudes[f];
        }
    }
}

/* Reads on until `wanted` frames are in V; past the end of the recording comes silence. */
static um_status read_frames(umi_gain_track *t, size_t wanted, um_error *error)
{
    size_t channels = t->recording.format.channels;
    while (t->n_there < wanted) {
        size_t n_read;
        um_status status =
            umi_recording_read(&t->recording, t->samples, NULL, READ_FRAMES, &n_read, error);
        if (status != UM_OK) {
            return status;
        }
        memset(t->samples + n_read * channels, 0,
               (READ_FRAMES - n_read) * channels * sizeof *t->samples);
        size_t n = um_analysis_frames_after(t->analyses[0], READ_FRAMES);
        for (size_t c = 0; c < channels; c++) {
            um_analysis_push(t->analyses[c], t->samples + c, channels, READ_FRAMES, t->spectra,
                             2 * um_stft_n_bins(t->config.stft));
            add_magnitudes(t, c, n);
        }
        t->n_there += n;
    }
    return UM_OK;
}

/* Blends the beginning of the section's gains with the end of those before. */
static void blend(umi_gain_track *t, size_t track)
{
    const float *tail = t->tail + track * OVERLAP_FRAMES * t->config.n_bins;
    for (size_t i = 0; i < OVERLAP_FRAMES && !t->is_first; i++) {
        float *row = um_row(t->G[track], i);
        float share = ((float)i + 1.0f) / (OVERLAP_FRAMES + 1.0f);
        for (size_t f = 0; f < t->config.n_bins; f++) {
            float before = tail[i * t->config.n_bins + f];
            row[f] = before + share * (row[f] - before);
        }
    }
}

/* Frames that reach past the ends of the recording, into silence, are quiet for no good reason. */
static um_cview without_ends(const umi_gain_track *t, um_cview V, bool is_last)
{
    size_t reach = um_stft_length(t->config.stft) / um_stft_hop(t->config.stft) - 1;
    size_t head = t->is_first ? reach : 0, foot = is_last ? reach : 0;
    if (V.rows <= 2 * (head + foot)) {
        return V;
    }
    um_cview inner = {um_crow(V, head), V.rows - head - foot, V.cols, V.stride};
    return inner;
}

static um_status find_gains(umi_gain_track *t, size_t track, size_t n, bool is_last)
{
    um_cview V = {t->V[track].data, n, t->config.n_bins, t->V[track].stride};
    um_view G = {t->G[track].data, n, t->config.n_bins, t->G[track].stride};
    um_status status = UM_OK;
    if (t->config.noise != NULL && (t->is_first || t->n_tracks > 1)) {
        status = um_denoiser_set_noise(t->denoiser, um_const_view(t->config.noise[track]));
    }
    if (status == UM_OK) {
        status = um_denoiser_find_noise(t->denoiser, without_ends(t, V, is_last));
    }
    return status == UM_OK ? um_denoiser_gains(t->denoiser, V, G) : status;
}

/* Moves on to the section that begins at t->first. */
static um_status do_section(umi_gain_track *t, um_error *error)
{
    uint64_t left = t->n_frames - t->first;
    size_t n = left < t->n_section ? (size_t)left : t->n_section;
    bool is_last = n == left;
    um_status status = read_frames(t, n, error);
    for (size_t i = 0; i < t->n_tracks && status == UM_OK; i++) {
        status = find_gains(t, i, n, is_last);
        if (status != UM_OK) {
            return umi_error_set(error, status, "the denoiser refused a section");
        }
        blend(t, i);
        for (size_t k = 0; k < OVERLAP_FRAMES && !is_last; k++) {
            memcpy(t->tail + (i * OVERLAP_FRAMES + k) * t->config.n_bins,
                   um_row(t->G[i], t->n_step + k), t->config.n_bins * sizeof *t->tail);
        }
    }
    t->n_ready = is_last ? n : t->n_step;
    t->is_first = false;
    return status;
}

/* Forgets the frames whose gains were given out. */
static void leave_section(umi_gain_track *t)
{
    for (size_t i = 0; i < t->n_tracks; i++) {
        um_view V = t->V[i];
        memmove(V.data, um_row(V, t->n_ready),
                (t->n_there - t->n_ready) * V.stride * sizeof *V.data);
    }
    t->n_there -= t->n_ready;
    t->first += t->n_ready;
    t->n_ready = 0;
}

um_status umi_gain_track_next(umi_gain_track *t, const float **gains, um_error *error)
{
    if (t->next < t->n_frames) {
        if (t->n_ready > 0 && t->next == t->first + t->n_ready) {
            leave_section(t);
        }
        if (t->n_ready == 0) {
            um_status status = do_section(t, error);
            if (status != UM_OK) {
                return status;
            }
        }
        for (size_t i = 0; i < t->n_tracks; i++) {
            memcpy(t->gains + i * t->config.n_bins, um_row(t->G[i], (size_t)(t->next - t->first)),
                   t->config.n_bins * sizeof *t->gains);
        }
        t->next++;
    }
    *gains = t->gains;
    return UM_OK;
}
