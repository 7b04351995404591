/* Sound devices by PortAudio: what there is, and a stream of sound from and to them.
 *
 * In the very process that calls, where PortAudio may hang for minutes or abort: its assertions are
 * on, and one of them fails when the server of a stream has died. So the program does not call this
 * but audio_host.h, which does so in a process apart. */
#ifndef UMI_IO_AUDIO_DEVICE_H
#define UMI_IO_AUDIO_DEVICE_H

#include "unmingle/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UMI_DEVICE_NAME_SIZE = 128 };

typedef struct umi_device {
    char name[UMI_DEVICE_NAME_SIZE]; /* UTF-8, printable */
    char host[UMI_DEVICE_NAME_SIZE]; /* what it is reached by, such as "ALSA" */
    size_t inputs, outputs;          /* channels, at most; 0: none */
    double rate;                     /* Hz, its own */
    bool default_in, default_out;
} umi_device;

typedef struct umi_devices {
    umi_device *items; /* in PortAudio's order */
    size_t n;
} umi_devices;

void umi_devices_free(umi_devices *devices);

/* -- Streams ----------------------------------------------------------------------------------- */

enum {
    UMI_STREAM_INPUT_LOST = 1 << 0, /* before this call input was lost (overflow) */
    UMI_STREAM_OUTPUT_GAP = 1 << 1  /* before this call output was missing (underflow) */
};

/* Called from PortAudio's thread, in real time: no memory from the heap, no lock, no system call.
 * `in` is n_frames x channels_in and `out` n_frames x channels_out, interleaved, full scale 1;
 * `out` is NULL for a stream without output, and is to be filled otherwise. */
typedef void umi_stream_process(void *user, const float *in, float *out, size_t n_frames,
                                unsigned flags);

typedef struct umi_stream_config {
    const char *in;  /* name or part of it, see device_name.h; NULL: the default */
    const char *out; /* likewise, where plays */
    bool plays;      /* there is output */
    double rate;     /* Hz; 0: that of the input device */
    size_t period;   /* frames of a call; 0: as the device likes, may vary; JACK: its own */
    size_t channels_in, channels_out; /* 0: what the device has, at most 2 */
    umi_stream_process *process;
    void *user;
} umi_stream_config;

/* What was opened. */
typedef struct umi_stream_info {
    umi_device in, out; /* `out` all zero where there is none */
    double rate;        /* Hz, true */
    size_t channels_in, channels_out;
    double latency_in, latency_out; /* seconds, as PortAudio tells, within 0..2 */
} umi_stream_info;

/* What other threads and processes may watch of a stream. */
typedef struct umi_stream_pulse {
    atomic_uint_fast64_t heartbeat; /* calls of `process` that are over */
    atomic_size_t period;           /* frames of the latest */
} umi_stream_pulse;

/* -- PortAudio --------------------------------------------------------------------------------- */

/* Before all else. UM_ERR_NO_DEVICE when PortAudio does not start. */
um_status umi_portaudio_begin(um_error *error) UM_MUST_USE;

/* Without a stream. A sound server waits for seconds for a client that leaves without a word. */
void umi_portaudio_end(void);

/* What there was when it was begun, without what runs of ours show to JACK. None is no error.
 * UM_ERR_MEMORY; *devices is then empty. */
um_status umi_portaudio_list(umi_devices *devices, um_error *error) UM_MUST_USE;

typedef struct umi_portaudio_stream {
    umi_stream_config config;
    umi_stream_info info;
    umi_stream_pulse *pulse;
    void *stream;
} umi_portaudio_stream;

/* Opens *stream, which stays where it is; `pulse` is counted up. The message names the device:
 * UM_ERR_NO_DEVICE when there is none, none of that name, when it is busy or its server is gone;
 * UM_ERR_ARGUMENT when several have that name, or it takes no such rate, period or channels;
 * UM_ERR_MEMORY. */
um_status umi_portaudio_open(umi_portaudio_stream *stream, const umi_stream_config *config,
                             umi_stream_pulse *pulse, um_error *error) UM_MUST_USE;
um_status umi_portaudio_start(umi_portaudio_stream *stream, um_error *error) UM_MUST_USE;

/* Stops and lets go of the devices, and ends PortAudio, if it is able to. */
void umi_portaudio_close(umi_portaudio_stream *stream);

#endif
