/* Threads and locks. */
#include "job/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct shared {
    umi_lock *lock;
    long count; /* under the lock */
    atomic_bool has_lock, let_go;
} shared;

static void count(umi_thread *thread, void *user)
{
    shared *s = user;
    while (!umi_thread_is_stopping(thread)) {
        umi_lock_enter(s->lock);
        s->count++;
        umi_lock_leave(s->lock);
    }
}

static void runs_until_it_is_stopped(void **state)
{
    (void)state;
    shared s = {.lock = umi_lock_new()};
    umi_thread *thread = umi_thread_new(count, &s);
    assert_non_null(thread);
    long seen = 0;
    while (seen < 1000) {
        umi_lock_enter(s.lock);
        seen = s.count;
        umi_lock_leave(s.lock);
    }
    umi_thread_free(thread);
    assert_true(s.count >= 1000);
    umi_lock_free(s.lock);
    umi_thread_free(NULL);
    umi_lock_free(NULL);
}

static void keep(umi_thread *thread, void *user)
{
    (void)thread;
    shared *s = user;
    umi_lock_enter(s->lock);
    atomic_store(&s->has_lock, true);
    while (!atomic_load(&s->let_go)) {
    }
    umi_lock_leave(s->lock);
}

static void waits_no_longer_than_it_is_told_to(void **state)
{
    (void)state;
    shared s = {.lock = umi_lock_new()};
    umi_thread *thread = umi_thread_new(keep, &s);
    while (!atomic_load(&s.has_lock)) {
    }
    assert_false(umi_lock_enter_within(s.lock, 0.0));
    assert_false(umi_lock_enter_within(s.lock, 0.05));
    atomic_store(&s.let_go, true);
    assert_true(umi_lock_enter_within(s.lock, 20.0));
    umi_lock_leave(s.lock);
    umi_thread_free(thread);
    umi_lock_free(s.lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_until_it_is_stopped),
        cmocka_unit_test(waits_no_longer_than_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
