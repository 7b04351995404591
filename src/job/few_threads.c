#include "job/few_threads.h"

#include <stdatomic.h>

typedef struct work {
    um_task task;
    void *argument;
    size_t n_tasks;
    atomic_size_t next;
} work;

/* What one of the few does, whichever thread it is. */
static void take_tasks(void *user, size_t i_few, size_t i_worker)
{
    work *w = user;
    (void)i_worker;
    for (size_t i = atomic_fetch_add(&w->next, 1); i < w->n_tasks;
         i = atomic_fetch_add(&w->next, 1)) {
        w->task(w->argument, i, i_few);
    }
}

static void run(void *user, size_t n_tasks, um_task task, void *argument)
{
    const umi_few_threads *few = user;
    work w = {task, argument, n_tasks, 0};
    few->all.run(few->all.user, few->n_workers < n_tasks ? few->n_workers : n_tasks, take_tasks,
                 &w);
}

um_parallel umi_few_threads_of(const um_parallel *all, size_t n_workers, umi_few_threads *few)
{
    if (n_workers >= all->n_workers) {
        return *all;
    }
    if (n_workers < 2) {
        return um_parallel_serial();
    }
    *few = (umi_few_threads){*all, n_workers};
    return (um_parallel){n_workers, run, few};
}
