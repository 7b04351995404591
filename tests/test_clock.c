/* Clocks. */
#define _POSIX_C_SOURCE 200809L
#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

/* Sleep takes time, but none of a core. */
static void sleep_is_not_work(void **state)
{
    (void)state;
    const struct timespec pause = {0, 50000000};
    double begun = umi_clock_now(), used = umi_clock_thread();
    (void)nanosleep(&pause, NULL);
    assert_true(umi_clock_now() - begun >= 0.05);
    assert_true(umi_clock_thread() - used < 0.04);
}

static void work_is(void **state)
{
    (void)state;
    double begun = umi_clock_now(), used = umi_clock_thread();
    while (umi_clock_thread() - used < 0.02) {
    }
    assert_true(umi_clock_now() - begun >= 0.019);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleep_is_not_work),
        cmocka_unit_test(work_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
