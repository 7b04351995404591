#define _POSIX_C_SOURCE 200809L
#include "job/live.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/clock.h"
#include "job/live_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Callbacks must come within so many seconds, and the driver must let go within so many. */
static const double HEARTBEAT_SECONDS = 0.5, FIRST_BEAT_SECONDS = 2.0, CLOSE_SECONDS = 0.5;
static const double FIRST_PAUSE = 0.25, LAST_PAUSE = 4.0;

/* Of digital silence, after which people are told. */
static const double SILENT_SECONDS = 3.0;

/* Frames that go to the learner in a second, at least. */
static const double LEARNED_FRAMES = 90.0;

/* The queues hold so much: what is more than that late is lost. */
static const double QUEUE_SECONDS = 0.25;
enum { QUEUE_PERIODS = 16 };

/* What people should know, both in the state and, where it is new, by word. */
static void say(umi_live *live, umi_live_condition condition, const char *text)
{
    umi_lock_enter(live->lock);
    live->condition = condition;
    bool is_new = strcmp(live->message, text) != 0;
    (void)snprintf(live->message, sizeof live->message, "%s", text);
    umi_lock_leave(live->lock);
    if (is_new && text[0] != '\0' && live->config.say != NULL) {
        live->config.say(live->config.user, text);
    }
}

/* -- The stream -------------------------------------------------------------------------------- */

static um_status open_stream(umi_live *live, double rate, um_error *error)
{
    char in[UMI_LIVE_NAME_SIZE], out[UMI_LIVE_NAME_SIZE];
    umi_lock_enter(live->lock);
    memcpy(in, live->in, sizeof in);
    memcpy(out, live->out, sizeof out);
    bool plays = live->plays;
    umi_lock_leave(live->lock);
    umi_stream_config config = {
        .in = in[0] != '\0' ? in : NULL,
        .out = out[0] != '\0' ? out : NULL,
        .plays = plays,
        .rate = rate,
        .period = live->config.period,
        .channels_in = live->config.channels,
        .channels_out = 0,
        .process = umi_live_io_process,
        .user = live->io,
    };
    um_status status = umi_stream_open(live->host, &config, &live->stream, error);
    if (status == UM_OK) {
        umi_lock_enter(live->lock);
        live->info = *umi_stream_get_info(live->stream);
        umi_lock_leave(live->lock);
    }
    return status;
}

/* At the wanted rate, or at the device's own, which is resampled then. */
static um_status open_any(umi_live *live, um_error *error)
{
    double wanted = live->rate > 0.0 ? live->rate : live->config.rate;
    um_error reason = {UM_OK, ""};
    um_status status = open_stream(live, wanted, &reason);
    if (status == UM_ERR_ARGUMENT && wanted > 0.0) {
        status = open_stream(live, 0.0, &reason);
    }
    if (status != UM_OK && error != NULL) {
        *error = reason;
    }
    return status;
}

/* A machine that has nothing to play on can still listen. */
static um_status open_first(umi_live *live, um_error *error)
{
    um_status status = open_any(live, error);
    if (status != UM_ERR_NO_DEVICE || !live->config.plays || live->config.out != NULL) {
        return status;
    }
    um_error reason;
    live->plays = false;
    um_status alone = open_any(live, &reason);
    if (alone == UM_OK) {
        say(live, UMI_LIVE_RUNNING, "there is nothing to play on: only listening");
    }
    return alone == UM_OK ? UM_OK : status;
}

/* The opened stream begins to sound. */
static um_status start_stream(umi_live *live, um_error *error)
{
    double frames =
        fmax(QUEUE_SECONDS * live->info.rate, (double)(QUEUE_PERIODS * live->config.period));
    frames = fmin(frames, UMI_LIVE_IO_FRAMES_MAX);
    umi_live_io_begin(live->io, live->info.channels_in, live->info.channels_out, (size_t)frames);
    um_status status = umi_live_worker_start(live->worker, live->io, live->info.rate, error);
    if (status == UM_OK) {
        status = umi_stream_start(live->stream, error);
    }
    live->heartbeat = 0;
    live->heard_at = live->ticked_at = umi_clock_now();
    return status;
}

/* False: the driver hangs, and its callback may still use the queues. */
static bool close_stream(umi_live *live)
{
    live->hangs = !umi_stream_close(live->stream, CLOSE_SECONDS) || live->hangs;
    live->stream = NULL;
    if (live->worker != NULL) {
        umi_live_worker_stop(live->worker);
    }
    return !live->hangs;
}

/* -- Watching ---------------------------------------------------------------------------------- */

static void try_later(umi_live *live, const char *reason)
{
    char text[UMI_LIVE_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "%.200s; trying again", reason);
    say(live, UMI_LIVE_RETRYING, text);
    live->retry_at = umi_clock_now() + live->pause;
    live->pause = fmin(2.0 * live->pause, LAST_PAUSE);
}

static um_status lost(umi_live *live, um_error *error)
{
    char text[UMI_LIVE_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "%.100s: the device is gone, or its sound server is",
                   live->info.in.name);
    bool closed = close_stream(live);
    if (!live->config.retry || !closed) {
        say(live, UMI_LIVE_STOPPED, text);
        return umi_error_set(error, UM_ERR_NO_DEVICE, "%s", text);
    }
    live->pause = FIRST_PAUSE;
    try_later(live, text);
    return UM_OK;
}

static um_status retry(umi_live *live, um_error *error)
{
    um_error reason = {UM_OK, ""};
    um_status status = open_any(live, &reason);
    if (status == UM_OK) {
        status = start_stream(live, &reason);
    }
    if (status == UM_OK) {
        live->pause = FIRST_PAUSE;
        say(live, UMI_LIVE_RUNNING, "");
        return UM_OK;
    }
    if (!close_stream(live) || !live->config.retry) {
        say(live, UMI_LIVE_STOPPED, reason.message);
        return umi_error_set(error, UM_ERR_NO_DEVICE, "%s", reason.message);
    }
    try_later(live, reason.message);
    return UM_OK;
}

static void watch_silence(umi_live *live)
{
    bool silent = umi_live_worker_silence(live->worker) >= SILENT_SECONDS;
    if (silent != live->was_silent) {
        char text[UMI_LIVE_TEXT_SIZE];
        (void)snprintf(text, sizeof text,
                       "%.100s is silent: is it muted, or not connected, or another device meant?",
                       live->info.in.name);
        say(live, silent ? UMI_LIVE_SILENT : UMI_LIVE_RUNNING, silent ? text : "");
    }
    live->was_silent = silent;
}

/* A disk that is full, or too slow. */
static void watch_recording(umi_live *live)
{
    char text[UMI_LIVE_TEXT_SIZE];
    if (live->recorder != NULL && umi_live_recorder_trouble(live->recorder, text, sizeof text)) {
        say(live, UMI_LIVE_RUNNING, text);
    }
}

/* Another device is wanted. */
static bool take_reopen(umi_live *live)
{
    umi_lock_enter(live->lock);
    bool reopen = live->reopen;
    live->reopen = false;
    umi_lock_leave(live->lock);
    return reopen;
}

um_status umi_live_tick(umi_live *live, um_error *error)
{
    watch_recording(live);
    if (take_reopen(live)) {
        if (!close_stream(live)) {
            return umi_error_set(error, UM_ERR_NO_DEVICE, "the device's driver hangs");
        }
        live->pause = FIRST_PAUSE;
        live->retry_at = 0.0;
    }
    if (live->stream == NULL) {
        return umi_clock_now() >= live->retry_at ? retry(live, error) : UM_OK;
    }
    uint64_t heartbeat = umi_stream_heartbeat(live->stream);
    double time = umi_clock_now();
    /* A program that was stopped itself has heard nothing meanwhile. */
    if (heartbeat != live->heartbeat || time - live->ticked_at > HEARTBEAT_SECONDS) {
        live->heartbeat = heartbeat;
        live->heard_at = time;
    }
    live->ticked_at = time;
    if (time - live->heard_at > (heartbeat == 0 ? FIRST_BEAT_SECONDS : HEARTBEAT_SECONDS)) {
        return lost(live, error);
    }
    watch_silence(live);
    return UM_OK;
}

/* -- Making one -------------------------------------------------------------------------------- */

static um_status load_dictionary(umi_live *live, const char *path, um_error *error)
{
    um_dictionary *dictionary;
    um_status status = um_dictionary_load(path, &dictionary, error);
    if (status == UM_OK) {
        status = umi_live_learning_add_dictionary(live->learning, dictionary, path, error);
    }
    um_dictionary_free(dictionary);
    return status;
}

/* What is no speech is not heard, until somebody wants to. */
static void mute_noise(umi_live *live)
{
    umi_live_state state = {0};
    umi_live_learning_state(live->learning, &state);
    for (size_t i = 0; i + 1 < state.n_sources; i++) {
        bool speech = strcmp(state.sources[i].label, "speech") == 0;
        atomic_store(&live->mixer.mute[i], !speech);
    }
    atomic_store(&live->mixer.mute[UMI_LIVE_SOURCES_MAX - 1], true);
}

static um_status make_learning(umi_live *live, um_stft *stft, double full_scale, um_error *error)
{
    const umi_live_config *c = &live->config;
    size_t fft_size = um_stft_fft_size(stft), hop = um_stft_hop(stft);
    live->display = umi_live_display_new(live->rate, fft_size, c->channels, full_scale);
    if (live->display == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    double frames = live->rate / (double)hop;
    umi_live_learning_config learning = {umi_live_learner_config_default(), um_stft_n_bins(stft),
                                         c->channels, live->display};
    learning.learner.stft = live->stft;
    learning.learner.sample_rate = live->rate;
    learning.learner.frame_rate = frames / fmax(1.0, floor(frames / LEARNED_FRAMES));
    learning.learner.n_free = c->n_atoms;
    learning.learner.n_label_atoms = c->n_label_atoms;
    learning.learner.seed = c->seed;
    um_status status = umi_live_learning_new(&learning, &live->learning, error);
    for (size_t i = 0; i < c->n_dictionaries && status == UM_OK; i++) {
        status = load_dictionary(live, c->dictionaries[i], error);
    }
    if (status == UM_OK && c->find_noise) {
        status = umi_live_learning_find_noise(live->learning, error);
    }
    if (status == UM_OK && c->find_noise) {
        mute_noise(live);
    }
    if (status == UM_OK && !c->learning) {
        status = umi_live_learning_learn(live->learning, false, error);
    }
    return status;
}

static um_status make_worker(umi_live *live, um_stft *stft, um_error *error)
{
    const umi_live_config *c = &live->config;
    umi_live_worker_config worker = {.separator = um_separator_config_default(),
                                     .n_bins = um_stft_n_bins(stft),
                                     .rate = live->rate,
                                     .learning = live->learning,
                                     .display = live->display,
                                     .mixer = &live->mixer};
    worker.separator.stft = live->stft;
    worker.separator.n_channels = c->channels;
    worker.separator.n_components_max = UMI_LIVE_ATOMS_MAX;
    worker.separator.iterations = c->iterations;
    worker.separator.exponent = c->exponent;
    double frames = live->rate / (double)um_stft_hop(stft);
    worker.learn_every = (size_t)fmax(1.0, floor(frames / LEARNED_FRAMES));
    um_status status = UM_OK;
    if (c->record != NULL) {
        status = umi_live_recorder_new(c->record, live->rate, c->channels, &live->recorder, error);
        worker.recorder = live->recorder;
    }
    if (status == UM_OK) {
        status = umi_live_worker_new(&worker, &live->worker, error);
    }
    return status;
}

/* The sum of the analysis window, half of which a sine of amplitude 1 gives. */
static um_status window_sum(const um_window_config *config, double *sum, um_error *error)
{
    float *analysis = umi_alloc(2 * config->length, sizeof *analysis);
    if (analysis == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    um_status status = um_window_pair(config, analysis, analysis + config->length, error);
    *sum = 0.0;
    for (size_t t = 0; t < config->length && status == UM_OK; t++) {
        *sum += (double)analysis[t];
    }
    umi_free(analysis);
    return status;
}

static um_status make_parts(umi_live *live, um_error *error)
{
    live->rate = live->config.rate > 0.0 ? live->config.rate : live->info.rate;
    live->stft = umi_live_transform(live->config.latency, live->rate, live->config.period);
    um_stft *stft = NULL;
    double sum = 0.0;
    um_status status = um_stft_new(&live->stft, &stft, error);
    if (status == UM_OK) {
        status = window_sum(&live->stft.window, &sum, error);
    }
    if (status == UM_OK) {
        status = make_learning(live, stft, sum / 2.0, error);
    }
    if (status == UM_OK) {
        status = make_worker(live, stft, error);
    }
    um_stft_free(stft);
    return status;
}

um_status umi_live_new(const umi_live_config *config, umi_live **out, um_error *error)
{
    *out = NULL;
    umi_live *live = umi_alloc(1, sizeof *live);
    if (live == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    live->config = *config;
    live->plays = config->plays;
    live->pause = FIRST_PAUSE;
    (void)snprintf(live->in, sizeof live->in, "%s", config->in != NULL ? config->in : "");
    (void)snprintf(live->out, sizeof live->out, "%s", config->out != NULL ? config->out : "");
    umi_live_mixer_init(&live->mixer);
    live->lock = umi_lock_new();
    umi_audio_host_config host = {umi_live_io_bytes(), config->stopped, config->user};
    um_status status = live->lock != NULL
                           ? umi_audio_host_new(&host, &live->host, error)
                           : umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    if (status == UM_OK) {
        live->io = umi_audio_host_memory(live->host);
        status = open_first(live, error);
    }
    if (status == UM_OK) {
        status = make_parts(live, error);
    }
    if (status == UM_OK && live->recorder != NULL) {
        status = umi_live_recorder_start(live->recorder, error);
    }
    if (status == UM_OK) {
        status = umi_live_learning_start(live->learning, error);
    }
    if (status == UM_OK) {
        status = start_stream(live, error);
    }
    if (status != UM_OK) {
        bool hangs; /* the process ends in a moment either way */
        (void)!umi_live_finish(live, &hangs, NULL);
        return status;
    }
    *out = live;
    return UM_OK;
}

um_status umi_live_finish(umi_live *live, bool *hangs, um_error *error)
{
    if (live->worker != NULL) { /* first what is to be kept: a driver may hang */
        umi_live_worker_stop(live->worker);
    }
    um_status status = umi_live_recorder_finish(live->recorder, error);
    *hangs = !close_stream(live);
    if (live->learning != NULL) {
        umi_live_learning_stop(live->learning);
    }
    if (*hangs) {
        return status; /* the callback may still come */
    }
    umi_live_worker_free(live->worker);
    umi_live_learning_free(live->learning);
    umi_live_display_free(live->display);
    umi_audio_host_free(live->host);
    umi_lock_free(live->lock);
    umi_free(live);
    return status;
}
