/* A sound card that is none: a client of JACK that plays a recording as what a microphone hears,
 * and records what is played to its speakers, sample for sample.
 *
 * Usage: virtual_card NAME MICROPHONES SPEAKERS
 *
 * MICROPHONES and SPEAKERS are numbers of channels. Commands come on standard input, one a line,
 * and each is answered by a line:
 *
 *     load FILE     -> loaded FRAMES  what the microphones hear from the next "play" on
 *     pace X        -> paced          from now on the server waits for every client as long as
 *                                     that takes, so that none is late, and runs X times as
 *                                     fast as its clock would let it, 0: as fast as it can
 *     connected N   -> connected      waits until N ports of the card are connected
 *     play TAIL     -> played XRUNS   plays, then silence for TAIL frames, and records as
 *                                     many frames as that is, from the very cycle on in
 *                                     which it begins
 *     save FILE     -> saved FRAMES   what was recorded, 32-bit float
 *     cycles        -> cycles N       how many there were
 *
 * What goes wrong is told on standard error, and ends it. So does the end of standard input.
 */
#define _POSIX_C_SOURCE 200809L
#include <jack/jack.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHANNELS_MAX = 8, LINE = 4096, ATTEMPTS = 50 };

typedef struct recording {
    float *samples; /* n_frames x n_channels */
    size_t n_frames, n_channels;
} recording;

static struct card {
    jack_client_t *client;
    jack_port_t *microphones[CHANNELS_MAX], *speakers[CHANNELS_MAX];
    size_t n_microphones, n_speakers;
    recording heard, played; /* `played` has a channel a speaker */
    /* True while the callback uses both; it alone has `position` then. */
    atomic_bool plays;
    size_t position;
    atomic_ulong cycles, xruns;
    /* Freewheeling: seconds that a cycle takes at least; -1: not freewheeling. */
    _Atomic double cycle_seconds;
    double next_cycle;
} card = {.cycle_seconds = -1.0};

static void fail(const char *what)
{
    (void)fprintf(stderr, "virtual_card: %s\n", what);
    exit(1);
}

/* -- In real time ------------------------------------------------------------------------------ */

static void sleep_until_next_cycle(double seconds)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    double now = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
    if (card.next_cycle > now) {
        double left = card.next_cycle - now;
        time.tv_sec = (time_t)left;
        time.tv_nsec = (long)(1e9 * (left - (double)time.tv_sec));
        (void)nanosleep(&time, NULL);
    }
    card.next_cycle = (card.next_cycle > now ? card.next_cycle : now) + seconds;
}

/* A cycle that is cut short by the end of the recording goes on in silence. */
static size_t left_of(const recording *sound, size_t n)
{
    size_t left = card.position < sound->n_frames ? sound->n_frames - card.position : 0;
    return left < n ? left : n;
}

static void hear(size_t c, float *out, size_t n, bool plays)
{
    size_t there = plays ? left_of(&card.heard, n) : 0;
    for (size_t t = 0; t < there; t++) {
        out[t] =
            card.heard
                .samples[(card.position + t) * card.heard.n_channels + c % card.heard.n_channels];
    }
    memset(out + there, 0, (n - there) * sizeof *out);
}

static int process(jack_nframes_t n, void *argument)
{
    (void)argument;
    double seconds = atomic_load(&card.cycle_seconds);
    if (seconds > 0.0) {
        sleep_until_next_cycle(seconds);
    }
    bool plays = atomic_load(&card.plays);
    for (size_t c = 0; c < card.n_microphones; c++) {
        hear(c, jack_port_get_buffer(card.microphones[c], n), n, plays);
    }
    if (plays) {
        size_t there = left_of(&card.played, n);
        for (size_t c = 0; c < card.n_speakers; c++) {
            const float *in = jack_port_get_buffer(card.speakers[c], n);
            for (size_t t = 0; t < there; t++) {
                card.played.samples[(card.position + t) * card.n_speakers + c] = in[t];
            }
        }
        card.position += n;
        if (card.position >= card.played.n_frames) {
            atomic_store(&card.plays, false);
        }
    }
    atomic_fetch_add(&card.cycles, 1);
    return 0;
}

static int count_xrun(void *argument)
{
    (void)argument;
    atomic_fetch_add(&card.xruns, 1);
    return 0;
}

static void end_with_server(void *argument)
{
    (void)argument;
    _Exit(2);
}

/* -- Commands ---------------------------------------------------------------------------------- */

static void pause_for_ms(long ms)
{
    (void)nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static void load(const char *path)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (file == NULL) {
        fail(path);
    }
    free(card.heard.samples);
    card.heard.n_frames = (size_t)info.frames;
    card.heard.n_channels = (size_t)info.channels;
    card.heard.samples = calloc(card.heard.n_frames * card.heard.n_channels, sizeof(float));
    if (card.heard.samples == NULL ||
        sf_readf_float(file, card.heard.samples, info.frames) != info.frames) {
        fail(path);
    }
    (void)sf_close(file);
    printf("loaded %zu\n", card.heard.n_frames);
}

static void save(const char *path)
{
    SF_INFO info = {.samplerate = (int)jack_get_sample_rate(card.client),
                    .channels = (int)card.n_speakers,
                    .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    sf_count_t n = (sf_count_t)card.played.n_frames;
    if (file == NULL || sf_writef_float(file, card.played.samples, n) != n || sf_close(file) != 0) {
        fail(path);
    }
    printf("saved %zu\n", card.played.n_frames);
}

static void play(size_t tail)
{
    card.position = 0;
    card.played.n_frames = card.heard.n_frames + tail;
    free(card.played.samples);
    card.played.samples = calloc(card.played.n_frames * card.n_speakers + 1, sizeof(float));
    if (card.played.samples == NULL || card.heard.samples == NULL) {
        fail("nothing to play");
    }
    atomic_store(&card.xruns, 0);
    atomic_store(&card.plays, true);
    while (atomic_load(&card.plays)) {
        pause_for_ms(2);
    }
    printf("played %lu\n", atomic_load(&card.xruns));
}

static void pace(double speed)
{
    double seconds =
        (double)jack_get_buffer_size(card.client) / (double)jack_get_sample_rate(card.client);
    if (jack_set_freewheel(card.client, 1) != 0) {
        fail("the server does not run freely");
    }
    atomic_store(&card.cycle_seconds, speed > 0.0 ? seconds / speed : 0.0);
    puts("paced");
}

static size_t count_connected(void)
{
    size_t n = 0;
    for (size_t c = 0; c < card.n_microphones; c++) {
        n += jack_port_connected(card.microphones[c]) > 0;
    }
    for (size_t c = 0; c < card.n_speakers; c++) {
        n += jack_port_connected(card.speakers[c]) > 0;
    }
    return n;
}

static void obey(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *argument = line + strcspn(line, " ");
    argument += *argument == ' ' ? 1 : 0;
    if (strncmp(line, "load ", 5) == 0) {
        load(argument);
    } else if (strncmp(line, "save ", 5) == 0) {
        save(argument);
    } else if (strncmp(line, "play ", 5) == 0) {
        play(strtoul(argument, NULL, 10));
    } else if (strncmp(line, "pace ", 5) == 0) {
        pace(strtod(argument, NULL));
    } else if (strncmp(line, "connected ", 10) == 0) {
        while (count_connected() < strtoul(argument, NULL, 10)) {
            pause_for_ms(2);
        }
        puts("connected");
    } else if (strcmp(line, "cycles") == 0) {
        printf("cycles %lu\n", atomic_load(&card.cycles));
    } else {
        fail("unknown command");
    }
    (void)fflush(stdout);
}

static size_t add_ports(jack_port_t **ports, const char *kind, unsigned long flags,
                        const char *many)
{
    size_t n = strtoul(many, NULL, 10);
    for (size_t c = 0; c < n && n <= CHANNELS_MAX; c++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%s_%zu", kind, c + 1);
        ports[c] = jack_port_register(card.client, name, JACK_DEFAULT_AUDIO_TYPE,
                                      flags | JackPortIsTerminal, 0);
        if (ports[c] == NULL) {
            fail("no port");
        }
    }
    return n <= CHANNELS_MAX ? n : 0;
}

int main(int argc, char **argv)
{
    char line[LINE];
    if (argc != 4) {
        fail("usage: virtual_card NAME MICROPHONES SPEAKERS");
    }
    /* A server that has just begun, or another that begins beside it, may make it fail. */
    for (int i = 0; i < ATTEMPTS && card.client == NULL; i++) {
        card.client = jack_client_open(argv[1], JackNoStartServer | JackUseExactName, NULL);
        if (card.client == NULL) {
            pause_for_ms(100);
        }
    }
    if (card.client == NULL) {
        fail("no server");
    }
    (void)jack_set_process_callback(card.client, process, NULL);
    (void)jack_set_xrun_callback(card.client, count_xrun, NULL);
    jack_on_shutdown(card.client, end_with_server, NULL);
    card.n_microphones = add_ports(card.microphones, "microphone", JackPortIsOutput, argv[2]);
    card.n_speakers = add_ports(card.speakers, "speaker", JackPortIsInput, argv[3]);
    if (jack_activate(card.client) != 0) {
        fail("not activated");
    }
    puts("ready");
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line);
    }
    (void)jack_client_close(card.client);
    return 0;
}
