/* Jobs are handed out, answered, and lost one at a time. */
#define _DEFAULT_SOURCE
#include "job/worker_processes.h"

#include "core/error.h"
#include "core/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_JOBS = 200 };

typedef struct test {
    size_t n_jobs, next;
    int answers[N_JOBS], deaths[N_JOBS];
    size_t n_progress, n_ticks, stop_after;
    bool stop;
    size_t answer_bytes;
    void (*deed)(size_t job); /* what a worker does besides */
    int *n_started;           /* shared with the workers */
} test;

static void start(void *user)
{
    test *t = user;
    __atomic_add_fetch(t->n_started, 1, __ATOMIC_SEQ_CST);
}

static char *work(void *user, size_t job, const um_progress *progress)
{
    const test *t = user;
    char *answer = umi_alloc(t->answer_bytes + 32, 1);
    if (t->deed != NULL) {
        t->deed(job);
    }
    while (t->stop_after > 0 && progress->report(progress->user, 1.0, 2.0, 0.0)) {
        usleep(1000); /* until it is stopped */
    }
    memset(answer, 'x', t->answer_bytes);
    snprintf(answer + t->answer_bytes, 32, "%zu", job);
    return answer;
}

static bool next(void *user, size_t *job)
{
    test *t = user;
    *job = t->next;
    return t->next < t->n_jobs && t->next++ < t->n_jobs;
}

static void progressed(void *user, size_t job, double share)
{
    test *t = user;
    assert_true(job < t->next && share == 0.5);
    t->n_progress++;
}

static void answered(void *user, size_t job, const char *answer, size_t n)
{
    test *t = user;
    char expected[32];
    snprintf(expected, sizeof expected, "%zu", job);
    assert_int_equal(n, t->answer_bytes + strlen(expected));
    assert_memory_equal(answer + t->answer_bytes, expected, strlen(expected));
    t->answers[job]++;
}

static void died(void *user, size_t job, int wait_status)
{
    test *t = user;
    assert_true(WIFSIGNALED(wait_status) || WEXITSTATUS(wait_status) != 0);
    t->deaths[job]++;
}

static void tick(void *user)
{
    test *t = user;
    t->n_ticks++;
    t->stop = t->stop || (t->stop_after > 0 && t->n_progress >= t->stop_after);
}

static volatile sig_atomic_t signalled;

static void note(int number)
{
    signalled = number;
}

static bool stopped(void *user)
{
    const test *t = user;
    return t->stop || signalled != 0;
}

static um_status run(test *t, size_t n_workers)
{
    umi_workers workers = {n_workers, start, work, next,    progressed,
                           answered,  died,  tick, stopped, t};
    um_error error;
    t->n_started =
        mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(t->n_started, MAP_FAILED);
    um_status status = umi_workers_run(&workers, &error);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    return status;
}

static void every_job_is_done_once(void **state)
{
    (void)state;
    static const size_t n_workers[] = {1, 2, 7};
    for (size_t i = 0; i < 3; i++) {
        test t = {.n_jobs = N_JOBS};
        assert_int_equal(run(&t, n_workers[i]), UM_OK);
        for (size_t job = 0; job < N_JOBS; job++) {
            assert_int_equal(t.answers[job], 1);
            assert_int_equal(t.deaths[job], 0);
        }
        assert_int_equal(*t.n_started, n_workers[i]);
        assert_true(t.n_ticks > 0);
    }
}

static void no_more_workers_than_jobs(void **state)
{
    (void)state;
    for (size_t n_jobs = 0; n_jobs < 3; n_jobs++) {
        test t = {.n_jobs = n_jobs};
        assert_int_equal(run(&t, 5), UM_OK);
        assert_int_equal(*t.n_started, n_jobs);
    }
}

static void long_answers(void **state)
{
    (void)state;
    test t = {.n_jobs = 5, .answer_bytes = UMI_ANSWER_MAX - 1};
    assert_int_equal(run(&t, 2), UM_OK);
    for (size_t job = 0; job < 5; job++) {
        assert_int_equal(t.answers[job], 1);
    }
}

static void crash_now_and_then(size_t job)
{
    if (job % 10 == 3) {
        kill(getpid(), SIGKILL);
    } else if (job % 10 == 7) {
        _exit(job % 20 == 7 ? 0 : 5);
    }
}

/* As with a worker that ends by itself, though none of ours does, with 0. */
static void died_in_any_way(void *user, size_t job, int wait_status)
{
    test *t = user;
    (void)wait_status;
    t->deaths[job]++;
}

static void a_crash_takes_one_job(void **state)
{
    (void)state;
    test t = {.n_jobs = 100, .deed = crash_now_and_then};
    umi_workers workers = {3,        start,           work, next,    progressed,
                           answered, died_in_any_way, tick, stopped, &t};
    um_error error;
    int n_started = 0;
    t.n_started = &n_started;
    assert_int_equal(umi_workers_run(&workers, &error), UM_OK);
    for (size_t job = 0; job < 100; job++) {
        bool crashes = job % 10 == 3 || job % 10 == 7;
        assert_int_equal(t.deaths[job], crashes);
        assert_int_equal(t.answers[job], !crashes);
    }
}

static void an_answer_too_long_is_a_death(void **state)
{
    (void)state;
    test t = {.n_jobs = 2, .answer_bytes = UMI_ANSWER_MAX};
    assert_int_equal(run(&t, 1), UM_OK);
    assert_int_equal(t.deaths[0] + t.deaths[1], 2);
}

static void stopped_at_work(void **state)
{
    (void)state;
    test t = {.n_jobs = 50, .stop_after = 2};
    struct sigaction action = {.sa_handler = note}, old;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGTERM, &action, &old), 0);
    assert_int_equal(run(&t, 3), UM_ERR_CANCELLED);
    assert_int_equal(sigaction(SIGTERM, &old, NULL), 0);
    assert_true(t.n_progress >= 2 && t.next == 3);
    for (size_t job = 0; job < 50; job++) {
        assert_int_equal(t.answers[job] + t.deaths[job], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_done_once),
        cmocka_unit_test(no_more_workers_than_jobs),
        cmocka_unit_test(long_answers),
        cmocka_unit_test(a_crash_takes_one_job),
        cmocka_unit_test(an_answer_too_long_is_a_death),
        cmocka_unit_test(stopped_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
