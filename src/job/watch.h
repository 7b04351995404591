/* How a job tells who runs it what it is doing, and how it is stopped. */
#ifndef UMI_JOB_WATCH_H
#define UMI_JOB_WATCH_H

#include "unmingle/progress.h"

typedef struct umi_watch {
    /* The progress of the phase at hand; cancels. May be NULL. */
    const um_progress *progress;
    /* Now comes `phase` (a literal, for people), the work from share `from` to `to`, 0..1. May be
     * NULL. */
    void (*phase)(void *user, const char *phase, double from, double to);
    /* A line that people should read though the work goes on. May be NULL. */
    void (*warn)(void *user, const char *message);
    void *user;
} umi_watch;

static inline void umi_watch_phase(const umi_watch *watch, const char *phase, double from,
                                   double to)
{
    if (watch->phase != NULL) {
        watch->phase(watch->user, phase, from, to);
    }
}

static inline void umi_watch_warn(const umi_watch *watch, const char *message)
{
    if (watch->warn != NULL) {
        watch->warn(watch->user, message);
    }
}

#endif
