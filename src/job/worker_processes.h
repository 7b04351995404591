/* Jobs handed out to processes of our own, so that one that crashes takes a single job with it.
 *
 * The parent is one thread in a loop; a worker is a fork of it that takes one job after another. No
 * worker outlives its parent, however that ends. For a process whose other threads, if any, wait
 * for nothing that a fork could leave locked. */
#ifndef UMI_JOB_WORKER_PROCESSES_H
#define UMI_JOB_WORKER_PROCESSES_H

#include "unmingle/progress.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Every function gets `user`; in a worker that is its own copy of the parent's, as it was when the
 * worker began. */
typedef struct umi_workers {
    size_t n_workers; /* at most; no more are started than there are jobs */

    /* In a worker. */
    void (*start)(void *user); /* before all else; may be NULL */
    /* Does a job; the answer, a text of at most UMI_ANSWER_MAX bytes, goes to `answered`. NULL when
     * memory is short: the worker then dies. The progress cancels when `stopped` says so. */
    char *(*work)(void *user, size_t job, const um_progress *progress);

    /* In the parent. */
    bool (*next)(void *user, size_t *job); /* false: no more are to be handed out */
    void (*progressed)(void *user, size_t job, double share);
    void (*answered)(void *user, size_t job, const char *answer, size_t n_bytes);
    /* The worker is gone; wait_status as from waitpid. */
    void (*died)(void *user, size_t job, int wait_status);
    void (*tick)(void *user); /* some ten times a second */

    /* In both: true when all is to end. */
    bool (*stopped)(void *user);
    void *user;
} umi_workers;

enum { UMI_ANSWER_MAX = 1 << 20 };

/* Runs until `next` has no more jobs and all are answered. UM_ERR_CANCELLED when stopped: all
 * workers have been sent SIGTERM and have ended then, and no answer came since. UM_ERR_MEMORY when
 * no worker can be started. */
um_status umi_workers_run(const umi_workers *workers, um_error *error) UM_MUST_USE;

#endif
