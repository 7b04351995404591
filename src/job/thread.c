#define _GNU_SOURCE /* PR_SET_TIMERSLACK */
#include "job/thread.h"

#include "core/memory.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

/* Below that of sound servers' threads. */
enum { REALTIME_PRIORITY = 60 };

struct umi_thread {
    pthread_t thread;
    atomic_bool stop;
    void (*run)(umi_thread *thread, void *user);
    void *user;
};

static void *begin(void *argument)
{
    umi_thread *thread = argument;
    thread->run(thread, thread->user);
    return NULL;
}

umi_thread *umi_thread_new(void (*run)(umi_thread *thread, void *user), void *user)
{
    umi_thread *thread = umi_alloc(1, sizeof *thread);
    if (thread == NULL) {
        return NULL;
    }
    thread->run = run;
    thread->user = user;
    if (pthread_create(&thread->thread, NULL, begin, thread) != 0) {
        umi_free(thread);
        return NULL;
    }
    return thread;
}

void umi_thread_free(umi_thread *thread)
{
    if (thread != NULL) {
        atomic_store(&thread->stop, true);
        (void)pthread_join(thread->thread, NULL);
        umi_free(thread);
    }
}

bool umi_thread_is_stopping(const umi_thread *thread)
{
    return atomic_load(&thread->stop);
}

void umi_thread_become_realtime(void)
{
    struct sched_param parameter = {.sched_priority = REALTIME_PRIORITY};
    (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* else it is 50 us */
}

struct umi_lock {
    pthread_mutex_t mutex;
};

umi_lock *umi_lock_new(void)
{
    umi_lock *lock = umi_alloc(1, sizeof *lock);
    if (lock != NULL && pthread_mutex_init(&lock->mutex, NULL) != 0) {
        umi_free(lock);
        return NULL;
    }
    return lock;
}

void umi_lock_free(umi_lock *lock)
{
    if (lock != NULL) {
        (void)pthread_mutex_destroy(&lock->mutex);
        umi_free(lock);
    }
}

void umi_lock_enter(umi_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

void umi_lock_leave(umi_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

bool umi_lock_enter_within(umi_lock *lock, double seconds)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    double end = (double)until.tv_sec + 1e-9 * (double)until.tv_nsec + seconds;
    until.tv_sec = (time_t)floor(end);
    until.tv_nsec = (long)(1e9 * (end - floor(end)));
    return pthread_mutex_timedlock(&lock->mutex, &until) == 0;
}
