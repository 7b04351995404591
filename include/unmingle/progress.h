/* How long work tells its caller how far it is, and how the caller stops it. */
#ifndef UNMINGLE_PROGRESS_H
#define UNMINGLE_PROGRESS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `report` is called from the thread that called the library, with 0 <= done <= total in units of
 * the work at hand (iterations, seconds of sound), and the divergence known so far or NaN.
 * Returning false cancels: the call ends soon with UM_ERR_CANCELLED. A NULL um_progress pointer or
 * a NULL `report` means that nobody listens. */
typedef struct um_progress {
    bool (*report)(void *user, double done, double total, double divergence);
    void *user;
} um_progress;

#ifdef __cplusplus
}
#endif

#endif
