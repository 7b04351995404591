#include "job/gather.h"

#include "core/error.h"
#include "core/kernels/kernels.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "core/random.h"

#include <math.h>
#include <string.h>

enum { BLOCK_FRAMES = 8192 }; /* sample frames read at once */

/* A passage in samples, once its recording is known. */
typedef struct stretch {
    uint64_t first, n_samples;
    uint64_t n_frames;   /* of the spectrogram */
    uint64_t n_recorded; /* sample frames of the recording ... */
    double gain;         /* ... and its gain, so that it need not be scanned again */
} stretch;

typedef struct gatherer {
    const umi_gather_config *config;
    umi_material *material;
    um_stft *stft;
    stretch *stretches;
    umi_random random;
    uint64_t n_wanted;  /* frames to draw */
    uint64_t n_drawn;   /* frames drawn so far */
    uint64_t stratum;   /* where the next stratum begins */
    uint64_t carried;   /* n_wanted-ths of a frame that the strata so far fall short of */
    uint64_t next;      /* number of the next frame to keep, over all passages */
    uint64_t i_frame;   /* number of the next frame to come */
    uint64_t n_samples; /* of all passages, for progress */
    uint64_t samples_done;
    const um_progress *progress;
    /* For the passage at hand. */
    size_t n_channels;
    um_analysis *analyses[UMI_CHANNELS_MAX];
    float *block;     /* BLOCK_FRAMES x n_channels samples */
    size_t n_block;   /* sample frames in it */
    float *spectra;   /* frames of a block x n_channels x n_bins x (re, im) */
    float *magnitude; /* n_bins, for the mean */
} gatherer;

void umi_material_free(umi_material *material)
{
    umi_free(material->V.data);
    memset(material, 0, sizeof *material);
}

/* -- Which frames ------------------------------------------------------------------------------ */

/* The frames are cut into n_wanted strata, as equal as whole frames can be, and one is drawn from
 * each: spread over the whole, yet without a beat against the music. */
static void draw_next(gatherer *g)
{
    if (g->n_drawn == g->n_wanted) {
        g->next = UINT64_MAX;
        return;
    }
    uint64_t n = g->material->n_available;
    uint64_t length = n / g->n_wanted;
    g->carried += n % g->n_wanted;
    if (g->carried >= g->n_wanted) {
        g->carried -= g->n_wanted;
        length++;
    }
    g->next = g->stratum + umi_random_below(&g->random, (size_t)length);
    g->stratum += length;
    g->n_drawn++;
}

/* -- One passage ------------------------------------------------------------------------------- */

static void close_passage(gatherer *g)
{
    for (size_t c = 0; c < UMI_CHANNELS_MAX; c++) {
        um_analysis_free(g->analyses[c]);
        g->analyses[c] = NULL;
    }
    umi_free(g->block);
    umi_free(g->spectra);
    g->block = g->spectra = NULL;
}

static um_status open_passage(gatherer *g, const umi_recording *recording, um_error *error)
{
    size_t frames = BLOCK_FRAMES / um_stft_hop(g->stft) + 1;
    g->n_channels = recording->format.channels;
    size_t block_frames = um_stft_hop(g->stft) > BLOCK_FRAMES ? um_stft_hop(g->stft) : BLOCK_FRAMES;
    g->block = umi_alloc(block_frames * g->n_channels, sizeof(float));
    g->spectra = umi_alloc(frames * g->n_channels * um_stft_n_bins(g->stft), 2 * sizeof(float));
    bool whole = g->block != NULL && g->spectra != NULL;
    for (size_t c = 0; whole && c < g->n_channels; c++) {
        whole = um_analysis_new(g->stft, &g->analyses[c]) == UM_OK;
    }
    return whole ? UM_OK
                 : umi_error_set(error, UM_ERR_MEMORY, "not enough memory to analyse a recording");
}

static void analyse_channel(void *argument, size_t c, size_t i_worker)
{
    (void)i_worker;
    gatherer *g = argument;
    size_t F = um_stft_n_bins(g->stft);
    um_analysis_push(g->analyses[c], g->block + c, g->n_channels, g->n_block,
                     g->spectra + 2 * c * F, 2 * g->n_channels * F);
}

/* Writes frame `spectra` behind the rows of V that there are, and keeps it unless it is silent and
 * silence is not wanted. */
static void keep_frame(gatherer *g, const float *spectra)
{
    size_t F = um_stft_n_bins(g->stft);
    um_view *V = &g->material->V;
    float *row = V->data + V->rows * V->stride;
    const umi_kernels *kernels = umi_kernels_get();
    if (g->config->mean_channels) {
        memset(row, 0, F * sizeof(float));
        for (size_t c = 0; c < g->n_channels; c++) {
            kernels->magnitude(F, spectra + 2 * c * F, g->magnitude);
            for (size_t f = 0; f < F; f++) {
                row[f] += g->magnitude[f] / (float)g->n_channels;
            }
        }
    } else {
        kernels->magnitude(g->n_channels * F, spectra, row);
    }
    bool silent = !g->config->keep_silence;
    for (size_t f = 0; silent && f < V->cols; f++) {
        silent = row[f] == 0.0f;
    }
    V->rows += silent ? 0 : 1;
}

static void take_block(gatherer *g)
{
    size_t n = um_analysis_frames_after(g->analyses[0], g->n_block);
    umi_parallel_run(&g->config->parallel, g->n_channels, analyse_channel, g);
    for (size_t j = 0; j < n; j++) {
        if (g->i_frame == g->next) {
            keep_frame(g, g->spectra + j * 2 * g->n_channels * um_stft_n_bins(g->stft));
            draw_next(g);
        }
        g->i_frame++;
    }
}

static um_status report(gatherer *g, size_t n_samples, um_error *error)
{
    g->samples_done += n_samples;
    if (!umi_progress_report(g->progress, (double)g->samples_done, (double)g->n_samples, NAN)) {
        return umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
    }
    return UM_OK;
}

/* Lets a scan be cancelled; how far all is, is not known yet. */
static bool scanning(void *user, double done, double total, double divergence)
{
    (void)done;
    (void)total;
    (void)divergence;
    return report(user, 0, NULL) == UM_OK;
}

/* Reads the stretch and keeps the frames that were drawn; silence completes the last one. */
static um_status read_stretch(gatherer *g, umi_recording *recording, const stretch *s,
                              um_error *error)
{
    uint64_t end = s->first + s->n_samples;
    um_status status = umi_recording_rewind(recording, error);
    for (uint64_t at = 0; status == UM_OK && at < end;) {
        /* A block never crosses the first sample, so that those before it can be dropped. */
        uint64_t stop = at < s->first ? s->first : end;
        size_t n = stop - at < BLOCK_FRAMES ? (size_t)(stop - at) : BLOCK_FRAMES;
        status = umi_recording_read(recording, g->block, NULL, n, &g->n_block, error);
        if (status == UM_OK && g->n_block < n) {
            status = umi_error_set(error, UM_ERR_CHANGED, "%s: it became shorter while it was read",
                                   umi_audio_reader_name(recording->reader));
        }
        if (status == UM_OK && at >= s->first) {
            take_block(g);
            status = report(g, n, error);
        }
        at += n;
    }
    size_t hop = um_stft_hop(g->stft);
    size_t rest = (size_t)(s->n_samples % hop);
    if (status == UM_OK && rest > 0) {
        g->n_block = hop - rest;
        memset(g->block, 0, g->n_block * g->n_channels * sizeof(float));
        take_block(g);
    }
    return status;
}

/* -- All of them ------------------------------------------------------------------------------- */

static void pass_on_warnings(const umi_gather_config *config, umi_recording *recording)
{
    const char *message;
    for (size_t i = 0; (message = umi_audio_reader_warning(recording->reader, i)) != NULL; i++) {
        umi_watch_warn(config->watch, message);
    }
}

/* The passage in samples; checks that it fits what came before. */
static um_status measure_passage(gatherer *g, const umi_passage *passage, umi_recording *recording,
                                 stretch *s, bool first, um_error *error)
{
    const umi_audio_format *format = &recording->format;
    const char *name = umi_audio_reader_name(recording->reader);
    umi_material *m = g->material;
    size_t n_channels = g->config->mean_channels ? 1 : format->channels;
    if (first) {
        m->sample_rate = format->sample_rate;
        m->n_channels = n_channels;
    } else if (format->sample_rate != m->sample_rate) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: %.0f Hz, but the recordings before it have %.0f Hz; give all of "
                             "them one sample rate",
                             name, format->sample_rate, m->sample_rate);
    } else if (n_channels != m->n_channels) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %zu channels, but those before it have %zu",
                             name, n_channels, m->n_channels);
    }
    size_t hop = um_stft_hop(g->stft);
    double start = passage->start * format->sample_rate;
    double end = passage->end * format->sample_rate;
    double length = (double)recording->n_frames;
    if (start > 0.0 && start >= length) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: the stretch from %g s lies past its end, %g s", name,
                             passage->start, length / format->sample_rate);
    }
    s->n_recorded = recording->n_frames;
    s->gain = recording->gain;
    s->first = (uint64_t)start;
    s->n_samples = (uint64_t)fmin(end, length) - s->first;
    s->n_frames = (s->n_samples + hop - 1) / hop;
    m->n_available += s->n_frames;
    g->n_samples += s->n_samples;
    return UM_OK;
}

/* Opens the recording of passage i, unless it is open already. The first time it is scanned, and
 * who cancels is heard meanwhile. */
static um_status open_recording(gatherer *g, size_t i, const umi_passage *passage, bool first_time,
                                umi_recording *own, um_error *error)
{
    const umi_audio_reader_options *how = &g->config->reader;
    const stretch *s = &g->stretches[i];
    if (!first_time) {
        return umi_recording_reopen(passage->path, how, s->n_recorded, s->gain, own, error);
    }
    um_progress listening = {scanning, g};
    return umi_recording_open(passage->path, how, &listening, own, error);
}

typedef um_status (*passage_task)(gatherer *g, size_t i, umi_passage *passage,
                                  umi_recording *recording, um_error *error);

/* Calls task for every passage, with its recording open. */
static um_status each_passage(gatherer *g, umi_passage *passages, size_t n_passages,
                              passage_task task, bool first_time, um_error *error)
{
    um_status status = UM_OK;
    for (size_t i = 0; i < n_passages && status == UM_OK; i++) {
        umi_recording own = {0};
        umi_recording *recording = passages[i].recording;
        if (recording == NULL) {
            status = open_recording(g, i, &passages[i], first_time, &own, error);
            recording = &own;
        }
        if (status == UM_OK) {
            status = task(g, i, &passages[i], recording, error);
        }
        if (status == UM_OK && !first_time && recording == &own) {
            pass_on_warnings(g->config, recording);
        }
        if (status == UM_OK && recording == &own) {
            status = umi_audio_reader_check_unchanged(recording->reader, error);
        }
        umi_recording_close(&own);
    }
    return status;
}

static um_status measure_task(gatherer *g, size_t i, umi_passage *passage, umi_recording *recording,
                              um_error *error)
{
    um_status status = measure_passage(g, passage, recording, &g->stretches[i], i == 0, error);
    return status == UM_OK ? report(g, 0, error) : status;
}

static um_status read_task(gatherer *g, size_t i, umi_passage *passage, umi_recording *recording,
                           um_error *error)
{
    (void)passage;
    um_status status = open_passage(g, recording, error);
    if (status == UM_OK) {
        status = read_stretch(g, recording, &g->stretches[i], error);
    }
    close_passage(g);
    return status;
}

static um_status allocate_material(gatherer *g, um_error *error)
{
    umi_material *m = g->material;
    size_t cols = um_stft_n_bins(g->stft) * m->n_channels;
    size_t row_bytes = umi_padded(cols) * sizeof(float);
    uint64_t most = g->config->memory / row_bytes;
    g->n_wanted = m->n_available < most ? m->n_available : most;
    m->n_drawn = g->n_wanted;
    if (g->n_wanted == 0 && m->n_available > 0) {
        return umi_error_set(error, UM_ERR_MEMORY,
                             "one frame needs %zu bytes and --memory leaves %zu to learn",
                             row_bytes, g->config->memory);
    }
    /* One row more: a frame is written before it is known to be silent. */
    m->V = (um_view){umi_alloc((size_t)g->n_wanted + 1, row_bytes), 0, cols, umi_padded(cols)};
    if (m->V.data == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY,
                             "learning needs %.0f MiB; a lower --memory takes fewer frames",
                             (double)(g->n_wanted + 1) * (double)row_bytes / 1048576.0);
    }
    return UM_OK;
}

um_status umi_gather(const umi_gather_config *config, umi_passage *passages, size_t n_passages,
                     umi_material *material, um_error *error)
{
    gatherer g = {0};
    memset(material, 0, sizeof *material);
    g.config = config;
    g.material = material;
    g.progress = config->watch->progress;
    g.random = umi_random_seeded(config->seed);
    um_status status = um_stft_new(&config->stft, &g.stft, error);
    if (status == UM_OK) {
        g.stretches = umi_alloc(n_passages, sizeof *g.stretches);
        g.magnitude = umi_alloc(um_stft_n_bins(g.stft), sizeof(float));
        if (g.stretches == NULL || g.magnitude == NULL) {
            status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
        }
    }
    if (status == UM_OK) {
        status = each_passage(&g, passages, n_passages, measure_task, true, error);
    }
    if (status == UM_OK) {
        status = allocate_material(&g, error);
    }
    if (status == UM_OK) {
        draw_next(&g);
        status = each_passage(&g, passages, n_passages, read_task, false, error);
    }
    if (status != UM_OK) {
        umi_material_free(material);
    }
    umi_free(g.stretches);
    umi_free(g.magnitude);
    um_stft_free(g.stft);
    return status;
}
