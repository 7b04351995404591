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
enum { TRACKS = UMI_LIVE_SOURCES_MAX + 1, BLOCK_FRAMES = 2048, PAUSE_MS = 50, NAMES_MAX = 99 };
static const double QUEUE_SECONDS = 4.0;

typedef struct track {
    char label[UM_LABEL_MAX + 1]; /* set before `exists`, and never again */
    atomic_bool exists;
    umi_audio_writer *writer; /* the thread's */
} track;

struct umi_live_recorder {
    char *folder;
    double rate;
    size_t n_channels;
    track tracks[TRACKS];
    umi_ring *queue; /* frames of TRACKS x n_channels */

    /* The taker's. */
    float *staged; /* a block before it goes into the queue */
    size_t lost;   /* frames that are still to be told by silence */
    atomic_uint_fast64_t lost_in_all;

    /* The thread's. */
    umi_thread *thread;
    float *block, *one;
    uint64_t n_written; /* frames */
    um_error error;     /* the first that happened; for others once `failed` is set */
    atomic_bool failed;

    /* Whoever asks for trouble's. */
    bool told_failure, told_loss;
};

/* -- Files ------------------------------------------------------------------------------------- */

/* "LABEL.wav"; the n-th attempt "LABEL (n).wav", for what is there is not overwritten. */
static um_status create(umi_live_recorder *r, track *t, unsigned attempt, um_error *error)
{
    char name[UM_LABEL_MAX + 32];
    if (attempt == 1) {
        (void)snprintf(name, sizeof name, "%s.wav", t->label);
    } else {
        (void)snprintf(name, sizeof name, "%s (%u).wav", t->label, attempt);
    }
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
    return status;
}

/* A file for the track, in which what was before it came is silence. */
static um_status open_track(umi_live_recorder *r, track *t, um_error *error)
{
    um_status status = create(r, t, 1, error);
    for (unsigned attempt = 2; status == UM_ERR_CREATE && attempt <= NAMES_MAX; attempt++) {
        status = create(r, t, attempt, error);
    }
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

static void check(umi_live_recorder *r, um_status status)
{
    if (status != UM_OK) {
        atomic_store(&r->failed, true); /* and nothing more is written */
    }
}

/* How many frames were written. */
static size_t write_block(umi_live_recorder *r)
{
    size_t width = TRACKS * r->n_channels;
    size_t n = umi_ring_read(r->queue, r->block, BLOCK_FRAMES * width) / width;
    for (size_t i = 0; n > 0 && i < TRACKS && !atomic_load(&r->failed); i++) {
        if (atomic_load(&r->tracks[i].exists)) {
            check(r, write_track(r, i, n, &r->error));
        }
    }
    r->n_written += n;
    return n;
}

static void update_headers(umi_live_recorder *r)
{
    for (size_t i = 0; i < TRACKS && !atomic_load(&r->failed); i++) {
        if (r->tracks[i].writer != NULL) {
            check(r, umi_audio_writer_update(r->tracks[i].writer, &r->error));
        }
    }
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

/* -- What is recorded ------------------------------------------------------------------------- */

static void add_label(track *t, const char *label)
{
    (void)snprintf(t->label, sizeof t->label, "%s", label);
    atomic_store(&t->exists, true);
}

/* The track of that label, a new one if need be; 0 when there is none left. */
static size_t track_of(umi_live_recorder *r, const char *label)
{
    for (size_t i = 1; i < TRACKS; i++) {
        track *t = &r->tracks[i];
        if (!atomic_load(&t->exists)) {
            add_label(t, label);
        }
        if (strcmp(t->label, label) == 0) {
            return i;
        }
    }
    return 0;
}

/* Adds rows first.. of the sound to its track of what is staged. */
static void stage(umi_live_recorder *r, size_t i_track, size_t n, um_cview sound, size_t first)
{
    size_t C = r->n_channels;
    for (size_t k = 0; k < n; k++) {
        for (size_t c = 0; c < C; c++) {
            r->staged[(k * TRACKS + i_track) * C + c] += um_crow(sound, first + k)[c];
        }
    }
}

/* n frames of silence for what was lost, as long as the queue takes them. */
static void make_up(umi_live_recorder *r)
{
    size_t width = TRACKS * r->n_channels;
    memset(r->staged, 0, BLOCK_FRAMES * width * sizeof *r->staged);
    while (r->lost > 0) {
        size_t n = r->lost < BLOCK_FRAMES ? r->lost : BLOCK_FRAMES;
        if (!umi_ring_write(r->queue, r->staged, n * width)) {
            return;
        }
        r->lost -= n;
    }
}

void umi_live_recorder_take(umi_live_recorder *r, um_cview mix, const um_view *sources,
                            const char (*labels)[UM_LABEL_MAX + 1], size_t n_sources)
{
    size_t width = TRACKS * r->n_channels, tracks[UMI_LIVE_SOURCES_MAX];
    size_t rest = track_of(r, labels[n_sources - 1]); /* first: it is always there */
    for (size_t i = 0; i < n_sources; i++) {
        size_t found = track_of(r, labels[i]);
        tracks[i] = found > 0 ? found : rest;
    }
    for (size_t done = 0; done < mix.rows; done += BLOCK_FRAMES) {
        size_t n = mix.rows - done < BLOCK_FRAMES ? mix.rows - done : BLOCK_FRAMES;
        make_up(r);
        memset(r->staged, 0, n * width * sizeof *r->staged);
        stage(r, 0, n, mix, done);
        for (size_t i = 0; i < n_sources; i++) {
            size_t slot = i + 1 == n_sources ? UMI_LIVE_SOURCES_MAX - 1 : i;
            stage(r, tracks[i], n, um_const_view(sources[slot]), done);
        }
        if (r->lost > 0 || !umi_ring_write(r->queue, r->staged, n * width)) {
            r->lost += n;
            atomic_fetch_add(&r->lost_in_all, n);
        }
    }
}

bool umi_live_recorder_trouble(umi_live_recorder *r, char *text, size_t size)
{
    if (atomic_load(&r->failed) && !r->told_failure) {
        r->told_failure = true;
        (void)snprintf(text, size, "the recording has ended: %s", r->error.message);
        return true;
    }
    if (atomic_load(&r->lost_in_all) > 0 && !r->told_loss) {
        r->told_loss = true;
        (void)snprintf(text, size, "the disk is too slow: the recording has gaps");
        return true;
    }
    return false;
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
    size_t width = TRACKS * n_channels;
    r->rate = rate;
    r->n_channels = n_channels;
    r->folder = umi_path_copy(folder, strlen(folder));
    r->queue = umi_ring_new((size_t)(QUEUE_SECONDS * rate) * width);
    r->block = umi_alloc(BLOCK_FRAMES * width, sizeof *r->block);
    r->staged = umi_alloc(BLOCK_FRAMES * width, sizeof *r->staged);
    r->one = umi_alloc(BLOCK_FRAMES * n_channels, sizeof *r->one);
    um_status status = UM_OK;
    if (r->folder == NULL || r->queue == NULL || r->block == NULL || r->staged == NULL ||
        r->one == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to record");
    }
    char *inside = status == UM_OK ? umi_path_join(folder, "mix.wav") : NULL;
    if (inside != NULL) {
        status = umi_path_make_parents(inside, error);
    }
    umi_free(inside);
    if (status == UM_OK) {
        add_label(&r->tracks[0], "mix");
        status = create(r, &r->tracks[0], 1, error); /* the folder may hold no other recording */
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
        if (r->tracks[i].writer != NULL && !atomic_load(&r->failed)) {
            check(r, umi_audio_writer_finish(r->tracks[i].writer, &r->error));
        }
    }
    um_status status = atomic_load(&r->failed) ? r->error.status : UM_OK;
    if (error != NULL && status != UM_OK) {
        *error = r->error;
    }
    free_all(r);
    return status;
}
