/* Running tasks on the threads that the caller lent, or on none. */
#ifndef UMI_CORE_PARALLEL_H
#define UMI_CORE_PARALLEL_H

#include "unmingle/parallel.h"

/* Calls task(argument, i, worker) for i in 0..n_tasks-1 and returns when all have ended. */
static inline void umi_parallel_run(const um_parallel *parallel, size_t n_tasks, um_task task,
                                    void *argument)
{
    if (parallel->run != NULL && n_tasks > 1) {
        parallel->run(parallel->user, n_tasks, task, argument);
        return;
    }
    for (size_t i = 0; i < n_tasks; i++) {
        task(argument, i, 0);
    }
}

#endif
