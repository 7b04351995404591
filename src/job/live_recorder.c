#define _POSIX_C_SOURCE 200809L
#include "job/live_recorder.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/ring.h"
#include "io/audio_writer.h"
#include "io/path.h"
#include "job/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The mix, and then a track for every label there ever was. */
enum { TRACKS = UMI_LIVE_SOURCES_MAX + 1, BLOCK_FRAMES = 2048, PAUSE_MS = 50 };
static const double QUEUE_SECONDS = 4.0;

typedef struct track {
    char label[UM_LABEL_MAX + 1];
    umi_audio_writer *writer;
    bool exists;
} track;

struct umi_live_recorder {
    char *folder;
    double rate;
    size_t n_channels;
    umi_ring *queue; /* frames of TRACKS x n_channels */
    float *block, *one;
    float *staged; /* the taker's: a frame block before it goes into the queue */
    size_t lost;   /* the taker's: frames that are still to be told by silence */
    atomic_uchar of[UMI_LIVE_SOURCES_MAX]; /* the track of each separator source, 0 for none */
    umi_lock *lock;                        /* of the tracks */
    track tracks[TRACKS];
    uint64_t n_written; /* frames */
    umi_thread *thread;
    um_error error; /* the first that happened; the thread's until it has ended */
};

/* -- Files ------------------------------------------------------------------------------------- */

static um_status open_track(umi_live_recorder *r, track *t, um_error *error)
{
    char name[UM_LABEL_MAX + sizeof " (source).wav"];
    bool like_mix = t != &r->tracks[0] && strcmp(t->label, r->tracks[0].label) == 0;
    (void)snprintf(name, sizeof name, like_mix ? "%s (source).wav" : "%s.wav", t->label);
    char *path = umi_path_join(r->folder, name);
    if (path == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to record");
    }
    umi_audio_writer_config config = {.path = path,
                                      .format = {.container = UMI_CONTAINER_WAV,
                                                 .sample = UMI_SAMPLE_FLOAT,
                                                 .channels = r->n_channels,
                                                 .sample_rate = r->rate},
                                      .n_frames = UMI_FRAMES_UNKNOWN};
    um_status status = umi_audio_writer_new(&config, &t->writer, error);
    umi_free(path);
    /* What was before it came is silence. */
    memset(r->one, 0, BLOCK_FRAMES * r->n_channels * sizeof *r->one);
    for (uint64_t done = 0; status == UM_OK && done < r->n_written; done += BLOCK_FRAMES) {
        uint64_t left = r->n_written - done;
        status = umi_audio_writer_write_float(
            t->writer, r->one, left < BLOCK_FRAMES ? (size_t)left : BLOCK_FRAMES, error);
    }
    return status;
}

static um_status write_track(umi_live_recorder *r, size_t i, size_t n, um_error *error)
{
    size_t C = r->n_channels;
    track *t = &r->tracks[i];
    um_status status = t->writer == NULL ? open_track(r, t, error) : UM_OK;
    for (size_t k = 0; k < n; k++) {
        memcpy(r->one + k * C, r->block + (k * TRACKS + i) * C, C * sizeof *r->one);
    }
    return status == UM_OK ? umi_audio_writer_write_float(t->writer, r->one, n, error) : status;
}

/* -- The thread -------------------------------------------------------------------------------- */

/* How many frames were written. */
static size_t write_block(umi_live_recorder *r)
{
    size_t width = TRACKS * r->n_channels;
    size_t n = umi_ring_read(r->queue, r->block, BLOCK_FRAMES * width) / width;
    if (n == 0 || r->error.status != UM_OK) {
        return n;
    }
    umi_lock_enter(r->lock);
    for (size_t i = 0; i < TRACKS && r->error.status == UM_OK; i++) {
        if (r->tracks[i].exists) {
            (void)!write_track(r, i, n, &r->error);
        }
    }
    r->n_written += n;
    umi_lock_leave(r->lock);
    return n;
}

static void update_headers(umi_live_recorder *r)
{
    umi_lock_enter(r->lock);
    for (size_t i = 0; i < TRACKS && r->error.status == UM_OK; i++) {
        if (r->tracks[i].writer != NULL) {
            (void)!umi_audio_writer_update(r->tracks[i].writer, &r->error);
        }
    }
    umi_lock_leave(r->lock);
}

static void run(umi_thread *thread, void *user)
{
    umi_live_recorder *r = user;
    const struct timespec pause = {0, PAUSE_MS * 1000000};
    uint64_t updated = 0;
    for (bool last = false; !last;) {
        last = umi_thread_is_stopping(thread); /* what came before the stop is still written */
        while (write_block(r) > 0) {
        }
        if ((double)(r->n_written - updated) >= r->rate) {
            update_headers(r);
            updated = r->n_written;
        }
        if (!last) {
            (void)nanosleep(&pause, NULL);
        }
    }
}

um_status umi_live_recorder_start(umi_live_recorder *r, um_error *error)
{
    r->thread = umi_thread_new(run, r);
    return r->thread != NULL
               ? UM_OK
               : umi_error_set(error, UM_ERR_MEMORY, "the system gives no thread to record in");
}

/* -- What is recorded ---------------------------------------------------------------------------
 */

static void stage(umi_live_recorder *r, size_t track_of, size_t n, um_cview sound, size_t first)
{
    size_t C = r->n_channels;
    for (size_t k = 0; k < n; k++) {
        memcpy(r->staged + (k * TRACKS + track_of) * C, um_crow(sound, first + k),
               C * sizeof *r->staged);
    }
}

void umi_live_recorder_take(umi_live_recorder *r, um_cview mix, const um_view *sources)
{
    size_t width = TRACKS * r->n_channels;
    for (size_t done = 0; done < mix.rows; done += BLOCK_FRAMES) {
        size_t n = mix.rows - done < BLOCK_FRAMES ? mix.rows - done : BLOCK_FRAMES;
        memset(r->staged, 0, n * width * sizeof *r->staged);
        size_t silent = r->lost < n ? r->lost : n;
        while (r->lost > 0 && umi_ring_write(r->queue, r->staged, silent * width)) {
            r->lost -= silent;
            silent = r->lost < n ? r->lost : n;
        }
        stage(r, 0, n, mix, done);
        for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
            size_t track_of = atomic_load(&r->of[i]);
            if (track_of > 0) {
                stage(r, track_of, n, um_const_view(sources[i]), done);
            }
        }
        if (r->lost > 0 || !umi_ring_write(r->queue, r->staged, n * width)) {
            r->lost += n;
        }
    }
}

/* The track of that label, a new one if need be; 0 when there is none left. */
static size_t track_for(umi_live_recorder *r, const char *label)
{
    for (size_t i = 1; i < TRACKS; i++) {
        track *t = &r->tracks[i];
        if (!t->exists) {
            (void)snprintf(t->label, sizeof t->label, "%s", label);
            t->exists = true;
        }
        if (strcmp(t->label, label) == 0) {
            return i;
        }
    }
    return 0;
}

void umi_live_recorder_name(umi_live_recorder *r, const umi_live_state *state)
{
    umi_lock_enter(r->lock);
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        bool rest = i + 1 == UMI_LIVE_SOURCES_MAX;
        size_t source = rest ? state->n_sources - 1 : i;
        size_t track_of =
            rest || i + 1 < state->n_sources ? track_for(r, state->sources[source].label) : 0;
        atomic_store(&r->of[i], (unsigned char)track_of);
    }
    umi_lock_leave(r->lock);
}

/* -- Making one -------------------------------------------------------------------------------- */

static void free_all(umi_live_recorder *r)
{
    for (size_t i = 0; i < TRACKS; i++) {
        umi_audio_writer_free(r->tracks[i].writer);
    }
    umi_ring_free(r->queue);
    umi_free(r->folder);
    umi_free(r->block);
    umi_free(r->one);
    umi_free(r->staged);
    umi_lock_free(r->lock);
    umi_free(r);
}

um_status umi_live_recorder_new(const char *folder, double rate, size_t n_channels,
                                umi_live_recorder **out, um_error *error)
{
    *out = NULL;
    umi_live_recorder *r = umi_alloc(1, sizeof *r);
    if (r == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to record");
    }
    r->lock = umi_lock_new();
    size_t width = TRACKS * n_channels;
    r->rate = rate;
    r->n_channels = n_channels;
    r->folder = umi_path_copy(folder, strlen(folder));
    r->queue = umi_ring_new((size_t)(QUEUE_SECONDS * rate) * width);
    r->block = umi_alloc(BLOCK_FRAMES * width, sizeof *r->block);
    r->staged = umi_alloc(BLOCK_FRAMES * width, sizeof *r->staged);
    r->one = umi_alloc(BLOCK_FRAMES * n_channels, sizeof *r->one);
    um_status status = UM_OK;
    if (r->lock == NULL || r->folder == NULL || r->queue == NULL || r->block == NULL ||
        r->staged == NULL || r->one == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to record");
    }
    char *inside = status == UM_OK ? umi_path_join(folder, "mix.wav") : NULL;
    if (inside != NULL) {
        status = umi_path_make_parents(inside, error);
    }
    umi_free(inside);
    if (status == UM_OK) {
        (void)snprintf(r->tracks[0].label, sizeof r->tracks[0].label, "mix");
        r->tracks[0].exists = true;
        status = open_track(r, &r->tracks[0], error);
    }
    if (status != UM_OK) {
        free_all(r);
        return status;
    }
    *out = r;
    return UM_OK;
}

um_status umi_live_recorder_finish(umi_live_recorder *r, um_error *error)
{
    if (r == NULL) {
        return UM_OK;
    }
    umi_thread_free(r->thread);
    for (size_t i = 0; i < TRACKS; i++) {
        if (r->tracks[i].writer != NULL && r->error.status == UM_OK) {
            (void)!umi_audio_writer_finish(r->tracks[i].writer, &r->error);
        }
    }
    um_status status = r->error.status;
    if (error != NULL && status != UM_OK) {
        *error = r->error;
    }
    free_all(r);
    return status;
}
