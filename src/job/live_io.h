/* Between a device's callback, in real time, and the thread that works on the sound: two queues and
 * a few counters, no lock, no waiting.
 *
 * What is played lags what is heard by as many frames as the callback has asked for at most in one
 * call, and what the worker's processing takes; and always by the same. When the worker is late,
 * silence is played in place of what is missing, and that is dropped when it comes: nothing is ever
 * queued up.
 *
 * The callback runs in another process (io/audio_host.h): all of this lies in the memory that both
 * share. */
#ifndef UMI_JOB_LIVE_IO_H
#define UMI_JOB_LIVE_IO_H

#include "core/ring.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_live_io {
    size_t channels_in, channels_out; /* channels_out 0: nothing is played */
    umi_ring *in, *out;
    /* The callback's own, in frames. */
    size_t lead; /* longest call so far: how far what is played trails what is heard */
    size_t gap;  /* silence to be played before what is in the queue; before the first call the
                    worker may set it to what its processing takes besides */
    size_t debt; /* late: to be dropped from the queue */
    /* For all to read. */
    atomic_uint_fast64_t overruns; /* calls for which the worker was late, or the device */
    atomic_uint_fast64_t dropped;  /* frames that were not taken, or not played */
    atomic_size_t period;          /* `lead` */
} umi_live_io;

/* What an object and its queues take at most, in bytes. */
size_t umi_live_io_bytes(void);

enum { UMI_LIVE_IO_FRAMES_MAX = 1 << 17, UMI_LIVE_IO_CHANNELS_MAX = 2 };

/* Places the queues, of `frames` frames, behind the object, and forgets the callback's state, while
 * neither side runs. The counters go on from what they are: 0 at first, which memory is when it is
 * new. */
void umi_live_io_begin(umi_live_io *io, size_t channels_in, size_t channels_out, size_t frames);

/* The callback, as io/audio_device.h has it; `user` is the umi_live_io. */
void umi_live_io_process(void *user, const float *in, float *out, size_t n_frames, unsigned flags);

#endif
