/* The program's threads, as a um_parallel that the library may be given. */
#ifndef UMI_JOB_THREAD_POOL_H
#define UMI_JOB_THREAD_POOL_H

#include "unmingle/parallel.h"
#include "unmingle/status.h"

typedef struct umi_thread_pool umi_thread_pool;

/* n_threads 1..1024, the caller's thread included: n_threads - 1 are started, with all signals
 * blocked. UM_ERR_ARGUMENT, UM_ERR_MEMORY (no memory or no thread to be had). */
um_status umi_thread_pool_new(size_t n_threads, umi_thread_pool **out) UM_MUST_USE;

/* Waits for the threads to end. NULL is fine. */
void umi_thread_pool_free(umi_thread_pool *pool);

/* Borrowed: lives as long as the pool. For one job at a time. */
um_parallel umi_thread_pool_parallel(umi_thread_pool *pool);

#endif
