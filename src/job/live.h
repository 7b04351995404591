/* The third job: sound from a device, taken apart while it plays.
 *
 * Threads: the device's callback (live_io.h), the worker (live_worker.h), the learner
 * (live_learning.h), the recorder (live_recorder.h), and the caller's, which watches the others by
 * _tick. Whoever shows what is going on asks by _state, _newest and _atoms, from any thread. */
#ifndef UMI_JOB_LIVE_H
#define UMI_JOB_LIVE_H

#include "io/audio_device.h"
#include "job/live_state.h"
#include "job/live_transform.h"
#include "unmingle/dictionary.h"

typedef struct umi_live_config {
    const char *in, *out; /* devices by name or part of it; NULL: the default */
    bool plays;           /* there is output */
    double rate;          /* Hz of the separation; 0: the device's */
    size_t period;        /* frames of a callback; 0: as the device likes */
    size_t channels;      /* 1 or 2 */
    umi_live_latency latency;
    const char *const *dictionaries; /* files */
    size_t n_dictionaries;
    bool find_noise;      /* a source "noise", found where it is quietest */
    bool learning;        /* free atoms learn from the start */
    size_t n_atoms;       /* free ones */
    size_t n_label_atoms; /* of a label that is held */
    size_t iterations;    /* of a frame's activations */
    double exponent;      /* of the masks */
    uint64_t seed;
    const char *record;                        /* folder, or NULL */
    bool retry;                                /* when the device is gone; else _tick fails */
    void (*say)(void *user, const char *text); /* by _tick: what people should know */
    bool (*stopped)(void *user);               /* true: do not wait for a device any more */
    void *user;
} umi_live_config;

typedef struct umi_live umi_live;

/* Opens the device and starts. UM_ERR_NO_DEVICE, UM_ERR_ARGUMENT, UM_ERR_CONFIG for dictionaries,
 * UM_ERR_CREATE and so on, with a message. On failure *out is NULL. */
um_status umi_live_new(const umi_live_config *config, umi_live **out, um_error *error) UM_MUST_USE;

/* To be called every 50 ms or so: sees whether the device is there, and tries again when it is not,
 * after .25, .5, 1 and at last 4 s. UM_ERR_NO_DEVICE when it is gone and is not to be retried, or
 * cannot be, as the system hangs. */
um_status umi_live_tick(umi_live *live, um_error *error) UM_MUST_USE;

/* Stops within a second or so and frees. When the device's driver hangs *hangs is true: then the
 * process must end by _exit. Status of the recording. */
um_status umi_live_finish(umi_live *live, bool *hangs, um_error *error) UM_MUST_USE;

/* -- By any thread ----------------------------------------------------------------------------- */

void umi_live_get_state(umi_live *live, umi_live_state *state);
bool umi_live_newest(umi_live *live, uint64_t after, umi_live_frame *frame);
void umi_live_get_atoms(umi_live *live, umi_live_atoms *atoms);

/* What devices there are; as umi_devices_get. */
um_status umi_live_get_devices(umi_live *live, umi_devices *devices, um_error *error) UM_MUST_USE;

/* A command as JSON, an object whose "do" is one of
 *
 *     gain            source, value 0..2
 *     mute, solo      source, value
 *     rename          source, label
 *     remove          source
 *     hold            label
 *     release
 *     learn, freeze   value
 *     save            name: of a file that does not exist, in the working directory
 *     device          in; out, or null to play nothing
 *
 * UM_ERR_ARGUMENT with a message for people, and what the command may fail with. */
um_status umi_live_command(umi_live *live, const char *text, size_t n_bytes,
                           um_error *error) UM_MUST_USE;

#endif
