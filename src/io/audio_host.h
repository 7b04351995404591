/* Sound devices, handled by processes of their own, for the program to live on whatever PortAudio
 * and the servers and drivers behind it do.
 *
 * When a sound server dies, PortAudio hangs for ten minutes or aborts the process, and cannot be
 * begun anew in a process in which that happened. So the host, a process that is forked off at the
 * start and does nothing but fork, gives every list and every stream a fresh process, which can be
 * killed; a stream that is lost is closed and opened again, and knows nothing of what was before.
 *
 * A stream's `process` then runs in another process, where the program's memory is as it was when
 * the host began, but for the host's memory, which is shared: there must be everything that
 * `process` uses, at the same addresses on both sides.
 *
 * What is here may be called from any thread; a stream belongs to one at a time. */
#ifndef UMI_IO_AUDIO_HOST_H
#define UMI_IO_AUDIO_HOST_H

#include "io/audio_device.h"

typedef struct umi_audio_host umi_audio_host;

typedef struct umi_audio_host_config {
    size_t memory_size;          /* bytes to share */
    bool (*stopped)(void *user); /* asked while it waits for a device: true, and it gives up at
                                    once. NULL: it never is */
    void *user;
} umi_audio_host_config;

/* Forks: early, while nothing is half done. UM_ERR_MEMORY, UM_ERR_IO. */
um_status umi_audio_host_new(const umi_audio_host_config *config, umi_audio_host **out,
                             um_error *error) UM_MUST_USE;

/* Its streams have been closed. NULL is fine. */
void umi_audio_host_free(umi_audio_host *host);

/* The memory_size bytes, zero at first and aligned to UMI_ALIGNMENT. Pages that are never touched
 * cost nothing. */
void *umi_audio_host_memory(const umi_audio_host *host);

/* What devices there are now. None is no error: n is 0. UM_ERR_NO_DEVICE when the sound system does
 * not start or does not answer, UM_ERR_MEMORY; *devices is then empty. At most UMI_OPEN_SECONDS. */
um_status umi_devices_get(umi_audio_host *host, umi_devices *devices, um_error *error) UM_MUST_USE;

typedef struct umi_stream umi_stream;

enum { UMI_OPEN_SECONDS = 5 };

/* Opens a stream; nothing runs before _start. One at a time. config.user is in the host's memory,
 * or NULL. *out is NULL on failure, and the message names the device: UM_ERR_NO_DEVICE when there
 * is none, none of that name, when it is busy, its server is gone or hangs; UM_ERR_ARGUMENT when
 * several have that name, or it takes no such rate, period or channels; UM_ERR_MEMORY. At most
 * UMI_OPEN_SECONDS. */
um_status umi_stream_open(umi_audio_host *host, const umi_stream_config *config, umi_stream **out,
                          um_error *error) UM_MUST_USE;

/* Once. UM_ERR_NO_DEVICE. At most UMI_OPEN_SECONDS. */
um_status umi_stream_start(umi_stream *stream, um_error *error) UM_MUST_USE;

const umi_stream_info *umi_stream_get_info(const umi_stream *stream);

/* How often `process` has been called. From any thread. A running stream whose count stands still
 * for longer than a few periods has lost its device: nothing else tells for sure. */
uint64_t umi_stream_heartbeat(const umi_stream *stream);

/* Frames of the latest call; 0 before the first. */
size_t umi_stream_period(const umi_stream *stream);

/* Stops and closes; what does not end within `seconds` is killed. Then `process` is not called any
 * more. False: the system does not let go of it (a driver hangs), so the host's memory may still be
 * used, and no other stream will open. NULL is fine. */
bool umi_stream_close(umi_stream *stream, double seconds) UM_MUST_USE;

#endif
