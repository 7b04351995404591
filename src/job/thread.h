/* Threads that run beside the caller's, and locks between them. */
#ifndef UMI_JOB_THREAD_H
#define UMI_JOB_THREAD_H

#include <stdbool.h>

typedef struct umi_thread umi_thread;

/* Runs `run`, which should come back soon after umi_thread_is_stopping says so. NULL when the
 * system has no thread, or no memory, to give. */
umi_thread *umi_thread_new(void (*run)(umi_thread *thread, void *user), void *user);

/* Asks it to stop, and waits until it has. NULL is fine. */
void umi_thread_free(umi_thread *thread);

bool umi_thread_is_stopping(const umi_thread *thread);

/* The calling thread goes before those of other programs, where the system grants it, and wakes
 * from sleep to the microsecond. */
void umi_thread_become_realtime(void);

typedef struct umi_lock umi_lock;

/* NULL when memory is short. */
umi_lock *umi_lock_new(void);
void umi_lock_free(umi_lock *lock); /* NULL is fine */
void umi_lock_enter(umi_lock *lock);
void umi_lock_leave(umi_lock *lock);

/* False when it is taken, still after so many seconds. */
bool umi_lock_enter_within(umi_lock *lock, double seconds);

#endif
