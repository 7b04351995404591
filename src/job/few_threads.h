/* Fewer of the threads there are, where each takes memory that there is not. */
#ifndef UMI_JOB_FEW_THREADS_H
#define UMI_JOB_FEW_THREADS_H

#include "unmingle/parallel.h"

typedef struct umi_few_threads {
    um_parallel all;
    size_t n_workers;
} umi_few_threads;

/* At most n_workers, 1 or more, of `all`. *few is what it works with, and stays the caller's. */
um_parallel umi_few_threads_of(const um_parallel *all, size_t n_workers, umi_few_threads *few);

#endif
