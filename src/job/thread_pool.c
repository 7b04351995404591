#define _POSIX_C_SOURCE 200809L
#include "job/thread_pool.h"

#include "core/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

typedef struct worker {
    umi_thread_pool *pool;
    pthread_t thread;
    size_t index;
} worker;

struct umi_thread_pool {
    pthread_mutex_t lock;
    pthread_cond_t work_came;
    pthread_cond_t work_ended;
    worker *workers; /* without the caller, who is worker 0 */
    size_t n_workers;
    /* The job at hand, under the lock. */
    um_task task;
    void *argument;
    size_t n_tasks;
    size_t next_task;
    size_t n_running; /* tasks handed out and not ended */
    bool stop;
};

/* Takes tasks until there are none. Called and left with the lock held. */
static void take_tasks(umi_thread_pool *pool, size_t i_worker)
{
    while (pool->next_task < pool->n_tasks) {
        size_t i_task = pool->next_task++;
        pool->n_running++;
        pthread_mutex_unlock(&pool->lock);
        pool->task(pool->argument, i_task, i_worker);
        pthread_mutex_lock(&pool->lock);
        pool->n_running--;
    }
    if (pool->n_running == 0) {
        pthread_cond_signal(&pool->work_ended);
    }
}

static void *worker_main(void *argument)
{
    const worker *self = argument;
    umi_thread_pool *pool = self->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stop) {
        if (pool->next_task < pool->n_tasks) {
            take_tasks(pool, self->index);
        } else {
            pthread_cond_wait(&pool->work_came, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void run(void *user, size_t n_tasks, um_task task, void *argument)
{
    umi_thread_pool *pool = user;
    pthread_mutex_lock(&pool->lock);
    pool->task = task;
    pool->argument = argument;
    pool->n_tasks = n_tasks;
    pool->next_task = 0;
    if (n_tasks > 1) {
        pthread_cond_broadcast(&pool->work_came);
    }
    take_tasks(pool, 0);
    while (pool->n_running > 0) {
        pthread_cond_wait(&pool->work_ended, &pool->lock);
    }
    pool->n_tasks = 0;
    pthread_mutex_unlock(&pool->lock);
}

um_status umi_thread_pool_new(size_t n_threads, umi_thread_pool **out)
{
    *out = NULL;
    if (n_threads < 1 || n_threads > 1024) {
        return UM_ERR_ARGUMENT;
    }
    umi_thread_pool *pool = umi_alloc(1, sizeof *pool);
    worker *workers = umi_alloc(n_threads, sizeof *workers);
    if (pool == NULL || workers == NULL) {
        umi_free(pool);
        umi_free(workers);
        return UM_ERR_MEMORY;
    }
    pool->workers = workers;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work_came, NULL);
    pthread_cond_init(&pool->work_ended, NULL);

    /* Signals are the main thread's affair. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->n_workers < n_threads - 1) {
        worker *next = &workers[pool->n_workers];
        next->pool = pool;
        next->index = pool->n_workers + 1;
        if (pthread_create(&next->thread, NULL, worker_main, next) != 0) {
            break;
        }
        pool->n_workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pool->n_workers < n_threads - 1) {
        umi_thread_pool_free(pool);
        return UM_ERR_MEMORY;
    }
    *out = pool;
    return UM_OK;
}

void umi_thread_pool_free(umi_thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->work_came);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_workers; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->work_came);
    pthread_cond_destroy(&pool->work_ended);
    pthread_mutex_destroy(&pool->lock);
    umi_free(pool->workers);
    umi_free(pool);
}

um_parallel umi_thread_pool_parallel(umi_thread_pool *pool)
{
    um_parallel parallel = {pool->n_workers + 1, run, pool};
    return parallel;
}
