/* Sound devices, by PortAudio: what there is, and streams of sound from and to them.
 *
 * PortAudio is no friend of threads. What is here may be called from any thread but the one that
 * calls `process`; calls that need PortAudio wait for each other. */
#ifndef UMI_IO_AUDIO_DEVICE_H
#define UMI_IO_AUDIO_DEVICE_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UMI_DEVICE_NAME_SIZE = 128 };

typedef struct umi_device {
    char name[UMI_DEVICE_NAME_SIZE]; /* UTF-8, printable, not empty */
    char host[UMI_DEVICE_NAME_SIZE]; /* what it is reached by: "ALSA", "JACK Audio Connection Kit" */
    size_t inputs, outputs;          /* channels, at most; 0: none */
    double rate;                     /* Hz, its own */
    bool default_in, default_out;
} umi_device;

typedef struct umi_devices {
    umi_device *items; /* defaults first, then as PortAudio has them */
    size_t n;
} umi_devices;

typedef enum umi_device_use { UMI_DEVICE_IN, UMI_DEVICE_OUT } umi_device_use;

/* What there is now; while a stream is open, what there was when the first one was opened. No device
 * is no error: n is 0. UM_ERR_NO_DEVICE when PortAudio does not start, UM_ERR_MEMORY. On failure
 * *devices is empty. */
um_status umi_devices_get(umi_devices *devices, um_error *error) UM_MUST_USE;
void umi_devices_free(umi_devices *devices);

/* -- Streams ----------------------------------------------------------------------------------- */

enum {
    UMI_STREAM_INPUT_LOST = 1 << 0, /* before this call input was lost (overflow) */
    UMI_STREAM_OUTPUT_GAP = 1 << 1  /* before this call output was missing (underflow) */
};

/* Called from PortAudio's thread, in real time: no memory from the heap, no lock, no system call.
 * `in` is n_frames x channels_in and `out` n_frames x channels_out, interleaved, full scale 1; `out`
 * is NULL for a stream without output, and is to be filled otherwise. */
typedef void umi_stream_process(void *user, const float *in, float *out, size_t n_frames,
                                unsigned flags);

typedef struct umi_stream_config {
    const char *in;                   /* name or part of it, see device_name.h; NULL: the default */
    const char *out;                  /* likewise, where plays */
    bool plays;                       /* there is output */
    double rate;                      /* Hz; 0: that of the input device */
    size_t period;                    /* frames of a call; 0: as the device likes, may vary */
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

typedef struct umi_stream umi_stream;

/* Opens a stream; nothing runs before _start. *out is NULL on failure, and the message names the
 * device: UM_ERR_NO_DEVICE when there is none, none of that name, when it is busy or its server is
 * gone; UM_ERR_ARGUMENT when several have that name, or it takes no such rate, period or channels;
 * UM_ERR_MEMORY. */
um_status umi_stream_open(const umi_stream_config *config, umi_stream **out,
                          um_error *error) UM_MUST_USE;

/* Once. UM_ERR_NO_DEVICE. */
um_status umi_stream_start(umi_stream *stream, um_error *error) UM_MUST_USE;

const umi_stream_info *umi_stream_get_info(const umi_stream *stream);

/* How often `process` has been called, from any thread at any time. A running stream whose count
 * stands still for longer than a few periods has lost its device: nothing else tells for sure. */
uint64_t umi_stream_heartbeat(const umi_stream *stream);

/* Frames of the latest call; 0 before the first. */
size_t umi_stream_period(const umi_stream *stream);

/* Stops and closes, within `seconds`. True: `process` is not called any more and the stream is
 * freed. False: PortAudio hangs. `process` may then still be called, `config.user` must stay, the
 * stream is lost, and no other will open: finish what is to be saved and _exit. NULL is fine. */
bool umi_stream_close(umi_stream *stream, double seconds) UM_MUST_USE;

#endif
