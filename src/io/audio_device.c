#include "io/audio_device.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/utf8.h"
#include "io/device_name.h"

#include <pa_jack.h>
#include <portaudio.h>
#include <string.h>

enum { CHANNELS_MAX = 2 }; /* unless more are asked for */
static const double LATENCY_MAX = 2.0;

/* What people see of us in JACK's graph. JACK adds "-01" and so on when there are several. */
static const char CLIENT_NAME[] = "unmingle";

um_status umi_portaudio_begin(um_error *error)
{
    (void)PaJack_SetClientName(CLIENT_NAME);
    PaError failed = Pa_Initialize();
    return failed == paNoError
               ? UM_OK
               : umi_error_set(error, UM_ERR_NO_DEVICE, "the sound system does not start: %s",
                               Pa_GetErrorText(failed));
}

void umi_portaudio_end(void)
{
    (void)Pa_Terminate();
}

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

/* A run of this program, which JACK takes for a device like any other that has ports. */
static bool is_ours(PaDeviceIndex index)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
    return Pa_GetHostApiInfo(info->hostApi)->type == paJACK &&
           strncmp(info->name, CLIENT_NAME, strlen(CLIENT_NAME)) == 0;
}

/* PortAudio's number of the device at that place of the list. */
static PaDeviceIndex index_of(size_t place)
{
    PaDeviceIndex index = 0;
    for (size_t n = 0; n < place || is_ours(index); index++) {
        n += is_ours(index) ? 0 : 1;
    }
    return index;
}

um_status umi_portaudio_list(umi_devices *devices, um_error *error)
{
    PaDeviceIndex n = Pa_GetDeviceCount();
    devices->n = 0;
    devices->items = umi_alloc(n > 0 ? (size_t)n : 1, sizeof *devices->items);
    if (devices->items == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the list of devices");
    }
    for (PaDeviceIndex i = 0; i < n; i++) {
        if (!is_ours(i)) {
            devices->items[devices->n++] = describe(i);
        }
    }
    return UM_OK;
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
    const umi_portaudio_stream *stream = user;
    unsigned told = (flags & (paInputOverflow | paInputUnderflow) ? UMI_STREAM_INPUT_LOST : 0U) |
                    (flags & paOutputUnderflow ? UMI_STREAM_OUTPUT_GAP : 0U);
    stream->config.process(stream->config.user, in, out, n, told);
    atomic_store_explicit(&stream->pulse->period, n, memory_order_relaxed);
    atomic_fetch_add_explicit(&stream->pulse->heartbeat, 1, memory_order_relaxed);
    return paContinue;
}

static um_status refused(const umi_portaudio_stream *s, PaError failed, um_error *error)
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
    return umi_error_set(error, status, "%s%s%s: cannot be opened at %.15g Hz: %s", s->info.in.name,
                         s->config.plays ? ", " : "", s->info.out.name, s->info.rate, why);
}

/* Over JACK the latency is that of a port less a period, and wraps below zero. */
static double sensible(double latency)
{
    return latency > 0.0 && latency <= LATENCY_MAX ? latency : 0.0;
}

static size_t channels_of(size_t wanted, size_t there)
{
    return wanted > 0 ? wanted : there < CHANNELS_MAX ? there : CHANNELS_MAX;
}

static PaStreamParameters parameters(size_t place, size_t channels, umi_device_use use)
{
    const PaDeviceIndex index = index_of(place);
    const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
    PaTime latency =
        use == UMI_DEVICE_IN ? info->defaultLowInputLatency : info->defaultLowOutputLatency;
    return (PaStreamParameters){index, (int)channels, paFloat32, latency, NULL};
}

/* JACK's period is its server's. Asked for one, even the same, PortAudio puts a queue between,
 * which makes sound a period later. */
static unsigned long period_for(PaDeviceIndex index, size_t period)
{
    PaHostApiIndex host = Pa_GetDeviceInfo(index)->hostApi;
    return Pa_GetHostApiInfo(host)->type == paJACK ? paFramesPerBufferUnspecified : period;
}

/* Finds the devices in the list and opens them. */
static um_status open_found(umi_portaudio_stream *s, const umi_devices *devices, um_error *error)
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
    PaStreamParameters listens = parameters(in, s->info.channels_in, UMI_DEVICE_IN);
    PaStreamParameters plays = {0};
    if (c->plays) {
        s->info.out = devices->items[out];
        s->info.channels_out = channels_of(c->channels_out, s->info.out.outputs);
        plays = parameters(out, s->info.channels_out, UMI_DEVICE_OUT);
    }
    PaError failed = Pa_OpenStream(&s->stream, &listens, c->plays ? &plays : NULL, s->info.rate,
                                   period_for(listens.device, c->period), paNoFlag, call, s);
    if (failed != paNoError) {
        return refused(s, failed, error);
    }
    const PaStreamInfo *info = Pa_GetStreamInfo(s->stream);
    s->info.rate = info->sampleRate;
    s->info.latency_in = sensible(info->inputLatency);
    s->info.latency_out = c->plays ? sensible(info->outputLatency) : 0.0;
    return UM_OK;
}

um_status umi_portaudio_open(umi_portaudio_stream *s, const umi_stream_config *config,
                             umi_stream_pulse *pulse, um_error *error)
{
    umi_devices devices;
    *s = (umi_portaudio_stream){.config = *config, .pulse = pulse};
    um_status status = umi_portaudio_list(&devices, error);
    if (status == UM_OK) {
        status = open_found(s, &devices, error);
    }
    umi_devices_free(&devices);
    return status;
}

um_status umi_portaudio_start(umi_portaudio_stream *s, um_error *error)
{
    PaError failed = Pa_StartStream(s->stream);
    return failed == paNoError ? UM_OK : refused(s, failed, error);
}

void umi_portaudio_close(umi_portaudio_stream *s)
{
    /* When JACK's server has died the stream is not active, though nobody stopped it. To abort it
     * then takes ten minutes, and ends in a failed assertion. */
    if (Pa_IsStreamStopped(s->stream) == 1 || Pa_IsStreamActive(s->stream) == 1) {
        (void)Pa_AbortStream(s->stream);
        (void)Pa_CloseStream(s->stream);
        umi_portaudio_end();
    }
}
