#include "job/gather.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"
#include "job/frame_draw.h"
#include "job/frame_walk.h"
#include "unmingle/matrix_mask.h"

#include <math.h>
#include <string.h>

/* Seconds of music: much longer than atoms that last, and than what tells what is struck. */
enum { RUN_FRAMES = 256 };

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
    umi_frame_walk_config walk;
    bool channels_alike; /* all passages measured so far have config->channels_kept of them */
    stretch *stretches;
    umi_frame_draw draw;
    uint64_t next;     /* number of the next frame to keep, over all passages */
    uint64_t n_before; /* frames of the passages before the one at hand */
    umi_frame_taker taker;
    uint64_t n_samples; /* of all passages, for progress */
    uint64_t samples_done;
    const um_progress *progress;
} gatherer;

void umi_material_free(umi_material *material)
{
    umi_free(material->V.data);
    umi_free(material->covariance_sums);
    memset(material, 0, sizeof *material);
}

/* -- One passage ------------------------------------------------------------------------------- */

/* The frame to keep next, as its passage counts. */
static void aim(gatherer *g)
{
    g->taker.next = g->next == UINT64_MAX ? UINT64_MAX : g->next - g->n_before;
}

/* Keeps a frame as the next row of V, unless it is silent and silence is not wanted. */
static um_status keep_frame(void *user, const float *magnitudes, const float *spectra,
                            um_error *error)
{
    (void)error;
    gatherer *g = user;
    um_view *V = &g->material->V;
    if (g->material->covariance_sums != NULL) {
        um_covariance_add(spectra, g->material->n_channels, V->cols / g->material->n_channels,
                          g->material->covariance_sums);
    }
    bool silent = !g->config->keep_silence;
    for (size_t f = 0; silent && f < V->cols; f++) {
        silent = magnitudes[f] == 0.0f;
    }
    if (!silent) {
        memcpy(V->data + V->rows * V->stride, magnitudes, V->cols * sizeof(float));
        V->rows++;
    }
    g->next = umi_frame_draw_next(&g->draw);
    aim(g);
    return UM_OK;
}

static um_status report(void *user, size_t n_samples, um_error *error)
{
    gatherer *g = user;
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

/* -- All of them ------------------------------------------------------------------------------- */

/* The passage in samples; checks that it fits what came before. */
static um_status measure_passage(gatherer *g, const umi_passage *passage, umi_recording *recording,
                                 stretch *s, bool first, um_error *error)
{
    const umi_audio_format *format = &recording->format;
    const char *name = umi_audio_reader_name(recording->reader);
    umi_material *m = g->material;
    size_t n_channels = g->walk.mean_channels ? 1 : format->channels;
    g->channels_alike = g->channels_alike && format->channels == g->config->channels_kept;
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
    s->n_frames = umi_frame_walk_frames(g->stft, s->n_samples);
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
            umi_recording_warn(recording, g->config->watch);
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
    const stretch *s = &g->stretches[i];
    aim(g);
    um_status status =
        umi_frame_walk(&g->walk, recording, s->first, s->n_samples, &g->taker, error);
    g->n_before += s->n_frames;
    return status;
}

/* Whether channels stay apart is known when all passages are. */
static um_status keep_channels(gatherer *g, um_error *error)
{
    if (!g->channels_alike) {
        return UM_OK;
    }
    umi_material *m = g->material;
    size_t C = g->config->channels_kept;
    g->walk.mean_channels = false;
    m->n_channels = C;
    m->covariance_sums = umi_alloc(C * C * um_stft_n_bins(g->stft), sizeof(double));
    return m->covariance_sums != NULL
               ? UM_OK
               : umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the channels");
}

/* Frames that are drawn together. */
static uint64_t run_of(const gatherer *g)
{
    uint64_t n_drawn = g->material->n_drawn;
    return g->config->in_runs && n_drawn >= RUN_FRAMES ? RUN_FRAMES : 1;
}

static um_status allocate_material(gatherer *g, um_error *error)
{
    umi_material *m = g->material;
    size_t cols = um_stft_n_bins(g->stft) * m->n_channels;
    size_t row_bytes = umi_padded(cols) * sizeof(float);
    uint64_t most = g->config->memory / row_bytes;
    m->n_drawn = m->n_available < most ? m->n_available : most;
    if (m->n_drawn < m->n_available) {
        m->n_drawn -= m->n_drawn % run_of(g);
    }
    if (m->n_drawn == 0 && m->n_available > 0) {
        return umi_error_set(error, UM_ERR_MEMORY,
                             "one frame needs %zu bytes and --memory leaves %zu to learn",
                             row_bytes, g->config->memory);
    }
    m->V = (um_view){umi_alloc((size_t)m->n_drawn, row_bytes), 0, cols, umi_padded(cols)};
    if (m->V.data == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY,
                             "learning needs %.0f MiB; a lower --memory takes fewer frames",
                             (double)m->n_drawn * (double)row_bytes / 1048576.0);
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
    g.taker = (umi_frame_taker){UINT64_MAX, keep_frame, report, &g};
    um_status status = um_stft_new(&config->stft, &g.stft, error);
    if (status == UM_OK) {
        g.stretches = umi_alloc(n_passages, sizeof *g.stretches);
        g.walk = (umi_frame_walk_config){g.stft, config->mean_channels, config->parallel, 0};
        g.channels_alike = config->channels_kept > 0;
        if (g.stretches == NULL) {
            status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
        }
    }
    if (status == UM_OK) {
        status = each_passage(&g, passages, n_passages, measure_task, true, error);
    }
    if (status == UM_OK) {
        status = keep_channels(&g, error);
    }
    if (status == UM_OK) {
        status = allocate_material(&g, error);
    }
    if (status == UM_OK) {
        g.draw = umi_frame_draw_start(material->n_available, material->n_drawn, run_of(&g),
                                      config->seed);
        g.next = umi_frame_draw_next(&g.draw);
        status = each_passage(&g, passages, n_passages, read_task, false, error);
    }
    if (status != UM_OK) {
        umi_material_free(material);
    }
    umi_free(g.stretches);
    um_stft_free(g.stft);
    return status;
}
