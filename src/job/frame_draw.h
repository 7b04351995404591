/* Which frames to learn from when there are more than memory holds. */
#ifndef UMI_JOB_FRAME_DRAW_H
#define UMI_JOB_FRAME_DRAW_H

#include "core/random.h"

#include <stdint.h>

/* The frames are cut into strata, as equal as whole frames can be, and a run of so many that follow
 * each other is drawn from each, one frame by itself where neighbours do not matter: spread over
 * the whole, yet without a beat against the music. */
typedef struct umi_frame_draw {
    umi_random random;
    uint64_t n_available;
    uint64_t run;     /* frames of each run */
    uint64_t n_runs;  /* wanted */
    uint64_t n_drawn; /* runs so far */
    uint64_t stratum; /* where the next one begins */
    uint64_t carried; /* n_runs-ths of a frame that the strata so far fall short of */
    uint64_t next;    /* in the run at hand, of which so many are left */
    uint64_t n_left;
} umi_frame_draw;

/* n_wanted <= n_available, in runs of `run` >= 1: n_wanted is a multiple of it, or all. */
umi_frame_draw umi_frame_draw_start(uint64_t n_available, uint64_t n_wanted, uint64_t run,
                                    uint64_t seed);

/* The number of the next frame, always higher than the one before; UINT64_MAX after n_wanted. */
uint64_t umi_frame_draw_next(umi_frame_draw *draw);

#endif
