/* What it hears it plays, by io/audio_host.h: the shortest program with a real-time callback.
 *
 * Usage: loopback DEVICE PERIOD [SIN]
 *
 * SIN is what the callback does that it must not, once, in its tenth call: malloc, free, lock,
 * print, sleep. Lines on standard output tell what happens, with seconds since the start: "open
 * RATE", "running PERIOD", "lost", "closed yes|no SECONDS", "back". Ends when its standard input
 * does. */
#define _POSIX_C_SOURCE 200809L
#include "core/memory.h"
#include "io/audio_host.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double LOST_SECONDS = 0.5, CLOSE_SECONDS = 1.0;
enum { TICK_MS = 20, SIN_CALL = 10, PATIENCE = 500 /* ticks for something to come */ };

/* In the host's memory. */
typedef struct echo {
    size_t channels, calls;
    char sin[16];
    char *block; /* of the heap of the process that has the callback */
} echo;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static double begun;

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec - begun;
}

static void sin_once(echo *loop)
{
    if (strcmp(loop->sin, "malloc") == 0) {
        loop->block = malloc(100);
    } else if (strcmp(loop->sin, "free") == 0) {
        free(loop->block);
    } else if (strcmp(loop->sin, "lock") == 0) {
        (void)pthread_mutex_lock(&mutex);
        (void)pthread_mutex_unlock(&mutex);
    } else if (strcmp(loop->sin, "print") == 0) {
        (void)fprintf(stderr, "%zu\n", loop->calls);
    } else if (strcmp(loop->sin, "sleep") == 0) {
        (void)nanosleep(&(struct timespec){0, 1000}, NULL);
    }
}

static void process(void *user, const float *in, float *out, size_t n_frames, unsigned flags)
{
    (void)flags;
    echo *loop = user;
    memcpy(out, in, n_frames * loop->channels * sizeof *out);
    if (++loop->calls == SIN_CALL) {
        sin_once(loop);
    }
}

static void tell(const char *what)
{
    printf("%.3f %s\n", now(), what);
    (void)fflush(stdout);
}

/* Waits a tick; false when standard input has ended. */
static bool tick(void)
{
    char byte;
    struct pollfd input = {.fd = 0, .events = POLLIN};
    return poll(&input, 1, TICK_MS) == 0 || read(0, &byte, 1) > 0;
}

static umi_stream *open_and_start(umi_audio_host *host, const umi_stream_config *config)
{
    char line[64];
    um_error error = {UM_OK, ""};
    umi_stream *stream;
    echo *loop = config->user;
    if (umi_stream_open(host, config, &stream, &error) != UM_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return NULL;
    }
    const umi_stream_info *info = umi_stream_get_info(stream);
    loop->channels = info->channels_in;
    loop->calls = 0;
    (void)snprintf(line, sizeof line, "open %.15g", info->rate);
    tell(line);
    if (info->channels_in != info->channels_out || umi_stream_start(stream, &error) != UM_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        (void)!umi_stream_close(stream, CLOSE_SECONDS);
        return NULL;
    }
    for (int i = 0; umi_stream_heartbeat(stream) < 2 * SIN_CALL; i++) {
        if (i == PATIENCE || !tick()) {
            (void)!umi_stream_close(stream, CLOSE_SECONDS);
            return NULL;
        }
    }
    (void)snprintf(line, sizeof line, "running %zu", umi_stream_period(stream));
    tell(line);
    return stream;
}

static void close_and_tell(umi_stream *stream)
{
    char line[64];
    double start = now();
    bool closed = umi_stream_close(stream, CLOSE_SECONDS);
    (void)snprintf(line, sizeof line, "closed %s %.3f", closed ? "yes" : "no", now() - start);
    tell(line);
}

/* Until the stream is lost, or standard input ends: then false. */
static bool watch(const umi_stream *stream)
{
    uint64_t heard = 0;
    double heard_at = now();
    while (now() - heard_at < LOST_SECONDS) {
        uint64_t heartbeat = umi_stream_heartbeat(stream);
        heard_at = heartbeat != heard ? now() : heard_at;
        heard = heartbeat;
        if (!tick()) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    um_error error = {UM_OK, ""};
    umi_audio_host_config shares = {.memory_size = sizeof(echo)};
    umi_audio_host *host;
    begun = now();
    if (argc < 3 || umi_audio_host_new(&shares, &host, &error) != UM_OK) {
        (void)fprintf(stderr, "usage: loopback DEVICE PERIOD [SIN] %s\n", error.message);
        return 1;
    }
    echo *loop = umi_audio_host_memory(host);
    (void)snprintf(loop->sin, sizeof loop->sin, "%s", argc > 3 ? argv[3] : "");
    loop->block = malloc(1);
    umi_stream_config config = {.in = argv[1],
                                .out = argv[1],
                                .plays = true,
                                .period = strtoul(argv[2], NULL, 10),
                                .process = process,
                                .user = loop};
    umi_stream *stream = open_and_start(host, &config);
    int code = stream != NULL ? 0 : 1;
    while (stream != NULL && watch(stream)) {
        tell("lost");
        close_and_tell(stream);
        do {
            stream = tick() ? open_and_start(host, &config) : NULL;
        } while (stream == NULL && tick());
    }
    if (stream != NULL) {
        close_and_tell(stream);
    }
    umi_audio_host_free(host);
    return code;
}
