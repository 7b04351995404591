/* The pool: every task once, no worker index twice at a time, and ready for the next job. */
#include "job/thread_pool.h"

#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>

enum { N_TASKS_MAX = 500, N_WORKERS_MAX = 16 };

/* Assertions stay on the test's own thread: tasks only count. */
typedef struct tally {
    size_t n_workers;
    atomic_size_t ran[N_TASKS_MAX];
    atomic_bool busy[N_WORKERS_MAX];
    atomic_size_t clashes;   /* a worker index in use twice at once */
    atomic_size_t outsiders; /* a worker index that is none */
} tally;

static void count_task(void *argument, size_t i_task, size_t i_worker)
{
    tally *t = argument;
    if (i_worker >= t->n_workers) {
        atomic_fetch_add(&t->outsiders, 1);
        return;
    }
    if (atomic_exchange(&t->busy[i_worker], true)) {
        atomic_fetch_add(&t->clashes, 1);
    }
    atomic_fetch_add(&t->ran[i_task], 1);
    sched_yield(); /* gives others the time to clash */
    atomic_store(&t->busy[i_worker], false);
}

static void run_and_check(const um_parallel *parallel, size_t n_tasks)
{
    tally t = {.n_workers = parallel->n_workers};
    parallel->run(parallel->user, n_tasks, count_task, &t);
    assert_int_equal(t.outsiders, 0);
    assert_int_equal(t.clashes, 0);
    for (size_t i = 0; i < N_TASKS_MAX; i++) {
        assert_int_equal(t.ran[i], i < n_tasks ? 1 : 0);
    }
}

static void every_task_runs_once(void **state)
{
    (void)state;
    const size_t n_threads[] = {1, 2, 3, 8};
    const size_t n_tasks[] = {0, 1, 2, 3, 7, 8, 9, 100, N_TASKS_MAX};
    for (size_t i = 0; i < 4; i++) {
        umi_thread_pool *pool;
        assert_int_equal(umi_thread_pool_new(n_threads[i], &pool), UM_OK);
        um_parallel parallel = umi_thread_pool_parallel(pool);
        assert_int_equal(parallel.n_workers, n_threads[i]);
        for (size_t round = 0; round < 20; round++) {
            for (size_t j = 0; j < sizeof n_tasks / sizeof *n_tasks; j++) {
                run_and_check(&parallel, n_tasks[j]);
            }
        }
        umi_thread_pool_free(pool);
    }
}

/* What a task wrote without a lock must be there for the caller, and what the caller wrote for the
 * tasks of the next job: the thread sanitizer looks on. */
static void add_one(void *argument, size_t i_task, size_t i_worker)
{
    (void)i_worker;
    size_t *counts = argument;
    counts[i_task]++;
}

static void results_are_seen_by_the_caller(void **state)
{
    (void)state;
    size_t counts[10] = {0};
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(3, &pool), UM_OK);
    um_parallel parallel = umi_thread_pool_parallel(pool);
    for (size_t round = 1; round <= 200; round++) {
        parallel.run(parallel.user, 10, add_one, counts);
        for (size_t i = 0; i < 10; i++) {
            assert_int_equal(counts[i], 2 * round - 1);
            counts[i]++;
        }
    }
    umi_thread_pool_free(pool);
}

/* Each waits until all have begun, which only as many threads as tasks can bring about. */
typedef struct meeting {
    atomic_size_t n_present;
    size_t n_expected;
} meeting;

static void meet(void *argument, size_t i_task, size_t i_worker)
{
    (void)i_task;
    (void)i_worker;
    meeting *m = argument;
    atomic_fetch_add(&m->n_present, 1);
    while (atomic_load(&m->n_present) < m->n_expected) {
        sched_yield();
    }
}

static void tasks_run_at_once(void **state)
{
    (void)state;
    meeting m = {0, 4};
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(4, &pool), UM_OK);
    um_parallel parallel = umi_thread_pool_parallel(pool);
    parallel.run(parallel.user, 4, meet, &m);
    assert_int_equal(m.n_present, 4);
    umi_thread_pool_free(pool);
}

static void unused_pools_end(void **state)
{
    (void)state;
    umi_thread_pool_free(NULL);
    for (size_t i = 0; i < 50; i++) {
        umi_thread_pool *pool;
        assert_int_equal(umi_thread_pool_new(1 + i % 8, &pool), UM_OK);
        umi_thread_pool_free(pool);
    }
}

static void a_job_allocates_nothing(void **state)
{
    (void)state;
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(3, &pool), UM_OK);
    um_parallel parallel = umi_thread_pool_parallel(pool);
    size_t calls = counting_allocator_calls();
    run_and_check(&parallel, 100);
    assert_int_equal(counting_allocator_calls(), calls);
    umi_thread_pool_free(pool);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1025, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        umi_thread_pool *pool = (void *)state; /* anything but NULL */
        assert_int_equal(umi_thread_pool_new(sizes[i], &pool), UM_ERR_ARGUMENT);
        assert_null(pool);
    }
}

static um_status make_pool(void *context)
{
    (void)context;
    umi_thread_pool *pool;
    um_status status = umi_thread_pool_new(3, &pool);
    assert_true((status == UM_OK) == (pool != NULL));
    umi_thread_pool_free(pool);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(make_pool, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),    cmocka_unit_test(results_are_seen_by_the_caller),
        cmocka_unit_test(tasks_run_at_once),       cmocka_unit_test(unused_pools_end),
        cmocka_unit_test(a_job_allocates_nothing), cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("thread_pool", tests, NULL, NULL);
}
