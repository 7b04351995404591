/* The thread that works on the sound: from the queue of the device's callback through the separator
 * and the mixer back to it.
 *
 * It polls, as a callback in real time must not wake anybody: after each block it sleeps until
 * shortly before the next one is due. In real-time mode, where the system grants it, it runs before
 * other programs' threads. */
#ifndef UMI_JOB_LIVE_WORKER_H
#define UMI_JOB_LIVE_WORKER_H

#include "job/live_io.h"
#include "job/live_learning.h"
#include "job/live_mixer.h"
#include "job/live_recorder.h"

typedef struct umi_live_worker_config {
    um_separator_config separator; /* n_sources: UMI_LIVE_SOURCES_MAX; one or two channels */
    size_t n_bins;                 /* of its transform */
    double rate;                   /* of the separation, Hz */
    umi_live_learning *learning;
    size_t learn_every; /* of how many frames one goes to the learner */
    umi_live_display *display;
    umi_live_mixer *mixer;
    umi_live_recorder *recorder; /* or NULL */
} umi_live_worker_config;

typedef struct umi_live_worker umi_live_worker;

/* UM_ERR_MEMORY; and a message for a transform that cannot be. On failure *out is NULL. */
um_status umi_live_worker_new(const umi_live_worker_config *config, umi_live_worker **out,
                              um_error *error) UM_MUST_USE;
void umi_live_worker_free(umi_live_worker *worker); /* stopped; NULL is fine */

/* Works on what comes through `io`, at the device's rate, Hz, as from silence. Between the two the
 * queues are the worker's. UM_ERR_MEMORY. */
um_status umi_live_worker_start(umi_live_worker *worker, umi_live_io *io, double device_rate,
                                um_error *error) UM_MUST_USE;
void umi_live_worker_stop(umi_live_worker *worker);

/* -- By any thread ----------------------------------------------------------------------------- */

/* Frames by which sources trail the sound: what the transform needs. */
size_t umi_live_worker_delay(const umi_live_worker *worker);

/* Seconds that changing the sample rate adds, both ways. */
double umi_live_worker_resampling_delay(const umi_live_worker *worker);

/* Time of one core that the thread took, as a share of the last second or so. */
double umi_live_worker_load(const umi_live_worker *worker);

/* Seconds since something other than digital silence was heard. */
double umi_live_worker_silence(const umi_live_worker *worker);

#endif
