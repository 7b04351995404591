#define _POSIX_C_SOURCE 200809L
#include "io/clock.h"

#include <time.h>

static double seconds_on(clockid_t clock)
{
    struct timespec time;
    (void)clock_gettime(clock, &time); /* cannot fail for these */
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double umi_clock_now(void)
{
    return seconds_on(CLOCK_MONOTONIC);
}

double umi_clock_thread(void)
{
    return seconds_on(CLOCK_THREAD_CPUTIME_ID);
}
