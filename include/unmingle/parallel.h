/* Threads that the caller lends.
 *
 * The library starts no threads. It cuts its work into tasks whose number and bounds depend on the
 * data alone, and adds their results in a fixed order, so that the bits of a result do not depend
 * on how many threads there are. Who wants several threads passes a um_parallel. */
#ifndef UNMINGLE_PARALLEL_H
#define UNMINGLE_PARALLEL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*um_task)(void *argument, size_t i_task, size_t i_worker);

typedef struct um_parallel {
    /* How many tasks may run at once; scratch memory is kept for each. 1..1024. */
    size_t n_workers;
    /* Calls task(argument, i, w) once for each i in 0..n_tasks-1, in any order, on any threads,
     * with w < n_workers and no two at once with the same w; returns when all have ended.
     * Must not fail. NULL: the tasks run one after another on the caller's thread. */
    void (*run)(void *user, size_t n_tasks, um_task task, void *argument);
    void *user;
} um_parallel;

/* The caller's thread alone. */
static inline um_parallel um_parallel_serial(void)
{
    um_parallel p = {1, NULL, NULL};
    return p;
}

#ifdef __cplusplus
}
#endif

#endif
