#define _POSIX_C_SOURCE 200809L
#include "job/live_worker.h"

#include "core/error.h"
#include "core/kernels/kernels.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "io/clock.h"
#include "io/resample.h"
#include "job/thread.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* A block is a period of the device, up to this many frames. */
enum { BLOCK_FRAMES = 4096, PERIOD_UNKNOWN = 64, CHANNELS_OUT_MAX = 2 };
enum { LAG_STEP = 16 };
static const double LAG_SECONDS = 0.5;

/* How far into a period the thread sleeps after the block before, and between looks from then on;
 * of a period. */
static const double SLEEP_SHARE = 0.85, LOOK_SHARE = 1.0 / 16.0;

static const float SAMPLE_MAX = 1e6f;

static const double LOAD_SECONDS = 1.0;

struct umi_live_worker {
    umi_live_worker_config config;
    um_separator *separator;
    const umi_live_atom_set *atoms;
    size_t n_bins, n_frames_heard;
    float *mono;                                         /* n_bins: mean of a frame's channels */
    um_view in, out, sum, sources[UMI_LIVE_SOURCES_MAX]; /* a block; sum: of all sources */
    umi_resampler *down, *up;                   /* from and to the device's rate, or NULL */
    float *from_device, *resampled, *to_device; /* a block at the device's rate */
    umi_live_io *io;
    double device_rate;
    umi_thread *thread;
    _Atomic double load, silence, lag_seconds;
};

/* -- A block ----------------------------------------------------------------------------------- */

static bool is_silent(um_cview x)
{
    for (size_t t = 0; t < x.rows; t++) {
        for (size_t c = 0; c < x.cols; c++) {
            if (um_crow(x, t)[c] != 0.0f) {
                return false;
            }
        }
    }
    return true;
}

/* A device may give what is no number, and the separator refuses the block it is in. */
static void sanitise(um_view x)
{
    for (size_t t = 0; t < x.rows; t++) {
        float *row = um_row(x, t);
        for (size_t c = 0; c < x.cols; c++) {
            row[c] = fabsf(row[c]) <= SAMPLE_MAX ? row[c] : 0.0f;
        }
    }
}

static void hear(umi_live_worker *w, um_cview V)
{
    size_t C = w->config.separator.n_channels;
    for (size_t t = 0; t < V.rows; t++) {
        if (w->n_frames_heard++ % w->config.learn_every != 0) {
            continue;
        }
        const float *v = um_crow(V, t);
        for (size_t f = 0; f < w->n_bins; f++) {
            float sum = v[f];
            for (size_t c = 1; c < C; c++) {
                sum += v[c * w->n_bins + f];
            }
            w->mono[f] = sum / (float)C;
        }
        umi_live_learning_hear(w->config.learning, w->mono);
    }
}

/* The sources that exist, side by side, the rest last. */
static size_t existing(const umi_live_worker *w, const um_view *sources, um_view *there)
{
    size_t n = w->atoms->n_sources;
    for (size_t i = 0; i + 1 < n; i++) {
        there[i] = sources[i];
    }
    there[n - 1] = sources[UMI_LIVE_SOURCES_MAX - 1];
    return n;
}

static void record(umi_live_worker *w, const um_view *sources, size_t n)
{
    size_t C = w->config.separator.n_channels;
    for (size_t i = 0; i < n * C; i++) {
        w->sum.data[i] = 0.0f;
        for (size_t k = 0; k < UMI_LIVE_SOURCES_MAX; k++) {
            w->sum.data[i] += sources[k].data[i];
        }
    }
    um_cview sum = {w->sum.data, n, C, C};
    umi_live_recorder_take(w->config.recorder, sum, sources, w->atoms->labels, w->atoms->n_sources);
}

/* Separates and mixes n frames of w->in into w->out. */
static void work(umi_live_worker *w, size_t n)
{
    um_view in = w->in, out = w->out, sources[UMI_LIVE_SOURCES_MAX], there[UMI_LIVE_SOURCES_MAX];
    in.rows = out.rows = n;
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        sources[i] = w->sources[i];
        sources[i].rows = n;
    }
    sanitise(in);
    atomic_store(&w->silence, is_silent(um_const_view(in))
                                  ? atomic_load(&w->silence) + (double)n / w->config.rate
                                  : 0.0);
    w->atoms = umi_live_learning_latest(w->config.learning, w->atoms);
    um_status status = um_separator_use(w->separator, w->atoms->dictionary);
    assert(status == UM_OK);
    status = um_separator_push(w->separator, um_const_view(in), sources);
    (void)status; /* the sound was made fit for it */
    umi_live_mixer_mix(w->config.mixer, sources, out);
    um_cview V, H;
    (void)um_separator_frames(w->separator, &V, &H);
    hear(w, V);
    size_t n_there = existing(w, sources, there);
    umi_live_display_sound(w->config.display, um_const_view(in), um_const_view(out), there,
                           n_there);
    umi_live_display_frames(w->config.display, V, H);
    if (w->config.recorder != NULL) {
        record(w, sources, n);
    }
}

/* n frames of w->out, as the device wants them, into its queue. */
static void give(umi_live_worker *w, const float *samples, size_t n)
{
    size_t C = w->config.separator.n_channels, D = w->io->channels_out;
    float *to = w->to_device;
    for (size_t t = 0; t < n; t++) {
        const float *from = samples + t * C;
        for (size_t d = 0; d < D; d++) {
            to[t * D + d] = D < C ? (from[0] + from[1]) / 2.0f : from[d < C ? d : 0];
        }
    }
    /* The queue is longer than all that can be under way, see QUEUE_SECONDS in live.c. */
    (void)umi_ring_write(w->io->out, to, n * D);
}

/* n frames of w->out, at the device's rate. */
static void give_resampled(umi_live_worker *w, size_t n)
{
    size_t C = w->config.separator.n_channels, used = 0;
    while (used < n) {
        size_t taken, made;
        if (umi_resampler_push(w->up, w->out.data + used * C, n - used, &taken, w->resampled,
                               BLOCK_FRAMES, &made) != UM_OK) {
            return; /* out of memory: silence, and counted as an overrun */
        }
        used += taken;
        give(w, w->resampled, made);
    }
}

/* The next n frames of the device, where its rate is another. */
static void do_block_resampled(umi_live_worker *w, size_t n)
{
    size_t C = w->config.separator.n_channels, used = 0;
    (void)umi_ring_read(w->io->in, w->from_device, n * C);
    while (used < n) {
        size_t taken, made;
        if (umi_resampler_push(w->down, w->from_device + used * C, n - used, &taken, w->in.data,
                               BLOCK_FRAMES, &made) != UM_OK) {
            return;
        }
        used += taken;
        work(w, made);
        if (w->io->channels_out > 0) {
            give_resampled(w, made);
        }
    }
}

/* The next n frames of the device. */
static void do_block(umi_live_worker *w, size_t n)
{
    if (w->down != NULL) {
        do_block_resampled(w, n);
        return;
    }
    (void)umi_ring_read(w->io->in, w->in.data, n * w->config.separator.n_channels);
    work(w, n);
    if (w->io->channels_out > 0) {
        give(w, w->out.data, n);
    }
}

/* -- The thread -------------------------------------------------------------------------------- */

static void sleep_until(double time)
{
    double whole = floor(time);
    struct timespec until = {(time_t)whole, (long)(1e9 * (time - whole))};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* The load so far, anew about once a second. */
static void measure(umi_live_worker *w, double *wall, double *cpu)
{
    double now = umi_clock_now();
    if (now - *wall >= LOAD_SECONDS) {
        double used = umi_clock_thread();
        atomic_store(&w->load, (used - *cpu) / (now - *wall));
        *wall = now;
        *cpu = used;
    }
}

static void run(umi_thread *thread, void *user)
{
    umi_live_worker *w = user;
    size_t C = w->config.separator.n_channels;
    unsigned before = umi_flush_denormals();
    umi_thread_become_realtime();
    double wall = umi_clock_now(), cpu = umi_clock_thread();
    while (!umi_thread_is_stopping(thread)) {
        size_t period = atomic_load(&w->io->period);
        size_t n = umi_ring_filled(w->io->in) / C;
        double seconds = (double)(period > 0 ? period : PERIOD_UNKNOWN) / w->device_rate;
        double now = umi_clock_now();
        if (n == 0) {
            sleep_until(now + LOOK_SHARE * seconds);
        } else {
            do_block(w, n < BLOCK_FRAMES ? n : BLOCK_FRAMES);
        }
        if (n > 0 && n <= BLOCK_FRAMES) { /* else there is more to do */
            sleep_until(now + SLEEP_SHARE * seconds);
        }
        measure(w, &wall, &cpu);
    }
    umi_restore_denormals(before);
}

/* -- Starting and stopping --------------------------------------------------------------------- */

static void free_resamplers(umi_live_worker *w)
{
    umi_resampler_free(w->down);
    umi_resampler_free(w->up);
    w->down = w->up = NULL;
}

static um_status make_resamplers(umi_live_worker *w)
{
    size_t C = w->config.separator.n_channels;
    free_resamplers(w);
    um_status status = umi_resampler_new(w->device_rate, w->config.rate, C, &w->down);
    return status == UM_OK ? umi_resampler_new(w->config.rate, w->device_rate, C, &w->up) : status;
}

/* Frames of the device that are under way in both resamplers at most: tried out on silence, which
 * goes in in small pieces. */
static um_status find_lag(umi_live_worker *w, size_t *lag)
{
    size_t C = w->config.separator.n_channels, n_in = 0, n_out = 0, n, made;
    memset(w->from_device, 0, LAG_STEP * C * sizeof(float));
    *lag = 0;
    um_status status = UM_OK;
    while (status == UM_OK && (double)n_in < LAG_SECONDS * w->device_rate) {
        status = umi_resampler_push(w->down, w->from_device, LAG_STEP, &n, w->in.data, BLOCK_FRAMES,
                                    &made);
        if (status == UM_OK) {
            status =
                umi_resampler_push(w->up, w->in.data, made, &n, w->resampled, BLOCK_FRAMES, &made);
        }
        n_in += LAG_STEP;
        n_out += made;
        *lag = n_in - n_out > *lag ? n_in - n_out : *lag;
    }
    return status;
}

um_status umi_live_worker_start(umi_live_worker *w, umi_live_io *io, double device_rate,
                                um_error *error)
{
    size_t lag = 0;
    um_status status = UM_OK;
    w->io = io;
    w->device_rate = device_rate;
    if (device_rate != w->config.rate) {
        status = make_resamplers(w);
        if (status == UM_OK) {
            status = find_lag(w, &lag);
        }
        if (status == UM_OK) {
            status = make_resamplers(w); /* as new */
        }
    }
    if (status != UM_OK) {
        return umi_error_set(error, status, "not enough memory to resample");
    }
    io->gap = lag;
    atomic_store(&w->lag_seconds, (double)lag / device_rate);
    um_separator_reset(w->separator);
    atomic_store(&w->silence, 0.0);
    w->thread = umi_thread_new(run, w);
    return w->thread != NULL
               ? UM_OK
               : umi_error_set(error, UM_ERR_MEMORY, "the system gives no thread to work in");
}

void umi_live_worker_stop(umi_live_worker *w)
{
    umi_thread_free(w->thread);
    w->thread = NULL;
    free_resamplers(w);
}

/* -- Making one -------------------------------------------------------------------------------- */

static bool allocate(umi_live_worker *w)
{
    size_t C = w->config.separator.n_channels;
    bool ok = true;
    um_view *blocks[] = {&w->in, &w->out, &w->sum};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        blocks[i]->data = umi_alloc(BLOCK_FRAMES * C, sizeof(float));
        *blocks[i] = (um_view){blocks[i]->data, BLOCK_FRAMES, C, C};
        ok = ok && blocks[i]->data != NULL;
    }
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        w->sources[i].data = umi_alloc(BLOCK_FRAMES * C, sizeof(float));
        w->sources[i] = (um_view){w->sources[i].data, BLOCK_FRAMES, C, C};
        ok = ok && w->sources[i].data != NULL;
    }
    w->mono = umi_alloc(w->n_bins, sizeof(float));
    w->from_device = umi_alloc(BLOCK_FRAMES * C, sizeof(float));
    w->resampled = umi_alloc(BLOCK_FRAMES * C, sizeof(float));
    w->to_device = umi_alloc(BLOCK_FRAMES * CHANNELS_OUT_MAX, sizeof(float));
    return ok && w->mono != NULL && w->from_device != NULL && w->resampled != NULL &&
           w->to_device != NULL;
}

/* The separator starts with an atom that takes all; the learner's come with the first block. */
static um_status make_separator(umi_live_worker *w, um_error *error)
{
    const um_separator_config *c = &w->config.separator;
    um_view W = umi_matrix_new(UMI_LIVE_SOURCES_MAX, w->n_bins);
    um_view gains = umi_matrix_new(UMI_LIVE_SOURCES_MAX, c->n_channels);
    size_t source_of[UMI_LIVE_SOURCES_MAX];
    um_status status = UM_ERR_MEMORY;
    for (size_t i = 0; W.data != NULL && gains.data != NULL && i < UMI_LIVE_SOURCES_MAX; i++) {
        source_of[i] = i;
        for (size_t f = 0; f < w->n_bins; f++) {
            um_row(W, i)[f] = 1.0f;
        }
        for (size_t ch = 0; ch < c->n_channels; ch++) {
            um_row(gains, i)[ch] = 1.0f;
        }
        status = UM_OK;
    }
    if (status == UM_OK) {
        um_separator_dictionary_config dictionary = {.atoms = um_const_view(W),
                                                     .gains = um_const_view(gains),
                                                     .source_of = source_of,
                                                     .n_sources = UMI_LIVE_SOURCES_MAX};
        status = um_separator_new(c, &dictionary, &w->separator, error);
    } else {
        status = umi_error_set(error, status, "not enough memory for the separator");
    }
    umi_free(W.data);
    umi_free(gains.data);
    return status;
}

um_status umi_live_worker_new(const umi_live_worker_config *config, umi_live_worker **out,
                              um_error *error)
{
    *out = NULL;
    umi_live_worker *w = umi_alloc(1, sizeof *w);
    if (w == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    w->config = *config;
    w->n_bins = config->n_bins;
    um_status status = make_separator(w, error);
    if (status == UM_OK && !allocate(w)) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    if (status != UM_OK) {
        umi_live_worker_free(w);
        return status;
    }
    w->atoms = umi_live_learning_latest(config->learning, NULL);
    status = um_separator_use(w->separator, w->atoms->dictionary);
    assert(status == UM_OK); /* both have the sizes of one config */
    (void)status;
    *out = w;
    return UM_OK;
}

void umi_live_worker_free(umi_live_worker *w)
{
    if (w == NULL) {
        return;
    }
    um_separator_free(w->separator);
    umi_free(w->mono);
    umi_free(w->in.data);
    umi_free(w->out.data);
    umi_free(w->sum.data);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        umi_free(w->sources[i].data);
    }
    umi_free(w->from_device);
    umi_free(w->resampled);
    umi_free(w->to_device);
    umi_free(w);
}

size_t umi_live_worker_delay(const umi_live_worker *w)
{
    return um_separator_delay(w->separator);
}

double umi_live_worker_resampling_delay(const umi_live_worker *w)
{
    return atomic_load(&w->lag_seconds);
}

double umi_live_worker_load(const umi_live_worker *w)
{
    return atomic_load(&w->load);
}

double umi_live_worker_silence(const umi_live_worker *w)
{
    return atomic_load(&w->silence);
}
