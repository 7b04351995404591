#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "io/audio_device.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/utf8.h"
#include "io/device_name.h"

#include <dlfcn.h>
#include <math.h>
#include <portaudio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CHANNELS_MAX = 2 };
static const double LATENCY_MAX = 2.0;

/* PortAudio is begun anew for each list and each stream that has no other beside it: it sees
 * devices that came later, and finds a server again that was restarted, only then. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned n_users;  /* lists and streams that need it */
static atomic_bool hangs; /* a thread of ours is stuck in it: nothing more can be asked */

struct umi_stream {
    umi_stream_config config;
    umi_stream_info info;
    PaStream *stream;
    atomic_uint_fast64_t heartbeat;
    atomic_size_t period;
};

/* -- Beginning and ending ------------------------------------------------------------------------
 */

static void say_nothing(const char *text)
{
    (void)text;
}

static void say_nothing_of_alsa(const char *file, int line, const char *function, int error,
                                const char *format, ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)error;
    (void)format;
}

/* Without a device ALSA and JACK print a hundred lines. They are there because PortAudio links
 * them; where it does not, there is nobody to be silenced. */
static void silence_libraries(void)
{
    typedef void jack_setter(void (*)(const char *));
    typedef int alsa_setter(void (*)(const char *, int, const char *, int, const char *, ...));
    static const char *const jack[] = {"jack_set_error_function", "jack_set_info_function"};
    for (size_t i = 0; i < sizeof jack / sizeof *jack; i++) {
        jack_setter *set;
        *(void **)&set = dlsym(RTLD_DEFAULT, jack[i]);
        if (set != NULL) {
            set(say_nothing);
        }
    }
    alsa_setter *set;
    *(void **)&set = dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler");
    if (set != NULL) {
        (void)set(say_nothing_of_alsa);
    }
}

/* Under the lock. */
static um_status begin(um_error *error)
{
    if (atomic_load(&hangs)) {
        return umi_error_set(error, UM_ERR_NO_DEVICE, "the sound system hangs");
    }
    if (n_users == 0) {
        silence_libraries();
        PaError failed = Pa_Initialize();
        if (failed != paNoError) {
            return umi_error_set(error, UM_ERR_NO_DEVICE, "the sound system does not start: %s",
                                 Pa_GetErrorText(failed));
        }
    }
    n_users++;
    return UM_OK;
}

static void end(void)
{
    if (--n_users == 0) {
        (void)Pa_Terminate();
    }
}

/* -- What there is ------------------------------------------------------------------------------
 */

static umi_device describe(PaDeviceIndex index)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
    umi_device device = {.inputs = (size_t)info->maxInputChannels,
                         .outputs = (size_t)info->maxOutputChannels,
                         .rate = info->defaultSampleRate,
                         .default_in = index == Pa_GetDefaultInputDevice(),
                         .default_out = index == Pa_GetDefaultOutputDevice()};
    umi_utf8_printable(info->name, device.name, sizeof device.name);
    umi_utf8_printable(Pa_GetHostApiInfo(info->hostApi)->name, device.host, sizeof device.host);
    return device;
}

/* Device i of the list is PortAudio's i-th. */
static um_status list(umi_devices *devices, um_error *error)
{
    PaDeviceIndex n = Pa_GetDeviceCount();
    devices->items = umi_alloc(n > 0 ? (size_t)n : 1, sizeof *devices->items);
    if (devices->items == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the list of devices");
    }
    for (PaDeviceIndex i = 0; i < n; i++) {
        devices->items[devices->n++] = describe(i);
    }
    return UM_OK;
}

um_status umi_devices_get(umi_devices *devices, um_error *error)
{
    memset(devices, 0, sizeof *devices);
    (void)pthread_mutex_lock(&lock);
    um_status status = begin(error);
    if (status == UM_OK) {
        status = list(devices, error);
        end();
    }
    (void)pthread_mutex_unlock(&lock);
    return status;
}

void umi_devices_free(umi_devices *devices)
{
    umi_free(devices->items);
    memset(devices, 0, sizeof *devices);
}

/* -- Streams ----------------------------------------------------------------------------------- */

static int call(const void *in, void *out, unsigned long n, const PaStreamCallbackTimeInfo *time,
                PaStreamCallbackFlags flags, void *user)
{
    (void)time;
    umi_stream *stream = user;
    unsigned told = (flags & (paInputOverflow | paInputUnderflow) ? UMI_STREAM_INPUT_LOST : 0U) |
                    (flags & paOutputUnderflow ? UMI_STREAM_OUTPUT_GAP : 0U);
    stream->config.process(stream->config.user, in, out, n, told);
    atomic_store_explicit(&stream->period, n, memory_order_relaxed);
    atomic_fetch_add_explicit(&stream->heartbeat, 1, memory_order_relaxed);
    return paContinue;
}

static size_t channels_of(size_t wanted, size_t there)
{
    return wanted > 0 ? wanted : there < CHANNELS_MAX ? there : CHANNELS_MAX;
}

static um_status refused(const umi_stream *s, PaError failed, um_error *error)
{
    const PaHostErrorInfo *host = Pa_GetLastHostErrorInfo();
    const char *why = failed == paUnanticipatedHostError && host != NULL && host->errorText != NULL
                          ? host->errorText
                          : Pa_GetErrorText(failed);
    bool asked = failed == paInvalidSampleRate || failed == paInvalidChannelCount ||
                 failed == paSampleFormatNotSupported || failed == paBufferTooBig ||
                 failed == paBufferTooSmall;
    um_status status = failed == paInsufficientMemory ? UM_ERR_MEMORY
                       : asked                        ? UM_ERR_ARGUMENT
                                                      : UM_ERR_NO_DEVICE;
    return umi_error_set(error, status, "%s%s%s: cannot be opened with %.0f Hz: %s",
                         s->info.in.name, s->config.plays ? ", " : "", s->info.out.name,
                         s->info.rate, why);
}

/* PortAudio's numbers may be nonsense, such as 89478 s: then nothing is known. */
static double sensible(double latency)
{
    return latency > 0.0 && latency <= LATENCY_MAX ? latency : 0.0;
}

static PaStreamParameters parameters(size_t place, size_t channels)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo((PaDeviceIndex)place);
    return (PaStreamParameters){(PaDeviceIndex)place, (int)channels, paFloat32,
                                info->defaultLowInputLatency, NULL};
}

/* JACK's period is its server's. Asked for one, even the same, PortAudio puts a queue between,
 * which makes sound a period later. */
static unsigned long period_for(size_t place, size_t period)
{
    PaHostApiIndex host = Pa_GetDeviceInfo((PaDeviceIndex)place)->hostApi;
    return Pa_GetHostApiInfo(host)->type == paJACK ? paFramesPerBufferUnspecified : period;
}

/* Finds the devices and opens. */
static um_status open_found(umi_stream *s, const umi_devices *devices, um_error *error)
{
    const umi_stream_config *c = &s->config;
    size_t in, out = 0;
    um_status status = umi_device_find(devices, UMI_DEVICE_IN, c->in, &in, error);
    if (status == UM_OK && c->plays) {
        status = umi_device_find(devices, UMI_DEVICE_OUT, c->out, &out, error);
    }
    if (status != UM_OK) {
        return status;
    }
    s->info.in = devices->items[in];
    s->info.rate = c->rate > 0.0 ? c->rate : s->info.in.rate;
    s->info.channels_in = channels_of(c->channels_in, s->info.in.inputs);
    PaStreamParameters listens = parameters(in, s->info.channels_in), plays = {0};
    if (c->plays) {
        s->info.out = devices->items[out];
        s->info.channels_out = channels_of(c->channels_out, s->info.out.outputs);
        plays = parameters(out, s->info.channels_out);
        plays.suggestedLatency = Pa_GetDeviceInfo((PaDeviceIndex)out)->defaultLowOutputLatency;
    }
    PaError failed = Pa_OpenStream(&s->stream, &listens, c->plays ? &plays : NULL, s->info.rate,
                                   period_for(in, c->period), paNoFlag, call, s);
    if (failed != paNoError) {
        s->stream = NULL;
        return refused(s, failed, error);
    }
    const PaStreamInfo *info = Pa_GetStreamInfo(s->stream);
    s->info.rate = info->sampleRate;
    s->info.latency_in = sensible(info->inputLatency);
    s->info.latency_out = c->plays ? sensible(info->outputLatency) : 0.0;
    return UM_OK;
}

um_status umi_stream_open(const umi_stream_config *config, umi_stream **out, um_error *error)
{
    *out = NULL;
    umi_stream *s = umi_alloc(1, sizeof *s);
    if (s == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the sound device");
    }
    s->config = *config;
    umi_devices devices = {NULL, 0};
    (void)pthread_mutex_lock(&lock);
    um_status status = begin(error);
    if (status == UM_OK) {
        status = list(&devices, error);
        if (status == UM_OK) {
            status = open_found(s, &devices, error);
        }
        if (status != UM_OK) {
            end();
        }
    }
    (void)pthread_mutex_unlock(&lock);
    umi_devices_free(&devices);
    if (status != UM_OK) {
        umi_free(s);
        return status;
    }
    *out = s;
    return UM_OK;
}

um_status umi_stream_start(umi_stream *s, um_error *error)
{
    PaError failed = Pa_StartStream(s->stream);
    return failed == paNoError ? UM_OK : refused(s, failed, error);
}

const umi_stream_info *umi_stream_get_info(const umi_stream *s)
{
    return &s->info;
}

uint64_t umi_stream_heartbeat(const umi_stream *s)
{
    return atomic_load_explicit(&s->heartbeat, memory_order_relaxed);
}

size_t umi_stream_period(const umi_stream *s)
{
    return atomic_load_explicit(&s->period, memory_order_relaxed);
}

/* -- Closing ------------------------------------------------------------------------------------
 */

/* When its server died PortAudio waits for it for ten minutes, and then aborts the process. */
static void *tear_down(void *argument)
{
    umi_stream *s = argument;
    (void)pthread_mutex_lock(&lock);
    (void)Pa_AbortStream(s->stream);
    (void)Pa_CloseStream(s->stream);
    end();
    (void)pthread_mutex_unlock(&lock);
    return NULL;
}

bool umi_stream_close(umi_stream *s, double seconds)
{
    if (s == NULL) {
        return true;
    }
    pthread_t thread;
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    double end_time = (double)until.tv_sec + 1e-9 * (double)until.tv_nsec + seconds;
    until.tv_sec = (time_t)end_time;
    until.tv_nsec = (long)(1e9 * (end_time - floor(end_time)));
    if (pthread_create(&thread, NULL, tear_down, s) != 0 ||
        pthread_timedjoin_np(thread, NULL, &until) != 0) {
        atomic_store(&hangs, true);
        return false;
    }
    umi_free(s);
    return true;
}
