/* Every task is done once, by no more at a time than there may be, each with a number of its own.
 */
#include "job/few_threads.h"

#include "job/thread_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_TASKS = 500, N_THREADS = 6 };

typedef struct record {
    atomic_int done[N_TASKS];
    atomic_int at_work[N_THREADS];
    atomic_bool wrong;
    size_t n_workers;
} record;

static void note(void *argument, size_t i_task, size_t i_worker)
{
    record *r = argument;
    if (i_worker >= r->n_workers || atomic_fetch_add(&r->at_work[i_worker], 1) != 0) {
        atomic_store(&r->wrong, true);
        return;
    }
    for (volatile int pause = 0; pause < 1000; pause++) {
    }
    atomic_fetch_add(&r->done[i_task], 1);
    atomic_fetch_sub(&r->at_work[i_worker], 1);
}

static void no_more_than_may_be(void **state)
{
    (void)state;
    umi_thread_pool *pool;
    assert_int_equal(umi_thread_pool_new(N_THREADS, &pool), UM_OK);
    um_parallel all = umi_thread_pool_parallel(pool);
    for (size_t n = 1; n <= N_THREADS + 1; n++) {
        umi_few_threads few;
        um_parallel some = umi_few_threads_of(&all, n, &few);
        assert_int_equal(some.n_workers, n < N_THREADS ? n : N_THREADS);
        for (size_t n_tasks = 0; n_tasks <= N_TASKS; n_tasks += n_tasks < 3 ? 1 : 497) {
            static record r;
            r = (record){.n_workers = some.n_workers};
            if (some.run != NULL) {
                some.run(some.user, n_tasks, note, &r);
                for (size_t i = 0; i < N_TASKS; i++) {
                    assert_int_equal(atomic_load(&r.done[i]), i < n_tasks);
                }
            }
            assert_false(atomic_load(&r.wrong));
        }
    }
    umi_thread_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_more_than_may_be)};
    return cmocka_run_group_tests_name("few_threads", tests, NULL, NULL);
}
