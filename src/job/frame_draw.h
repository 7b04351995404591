/* Which frames to learn from when there are more than memory holds. */
#ifndef UMI_JOB_FRAME_DRAW_H
#define UMI_JOB_FRAME_DRAW_H

#include "core/random.h"

#include <stdint.h>

/* The frames are cut into n_wanted strata, as equal as whole frames can be, and one is drawn from
 * each: spread over the whole, yet without a beat against the music. */
typedef struct umi_frame_draw {
    umi_random random;
    uint64_t n_available;
    uint64_t n_wanted;
    uint64_t n_drawn; /* so far */
    uint64_t stratum; /* where the next one begins */
    uint64_t carried; /* n_wanted-ths of a frame that the strata so far fall short of */
} umi_frame_draw;

/* n_wanted <= n_available. */
umi_frame_draw umi_frame_draw_start(uint64_t n_available, uint64_t n_wanted, uint64_t seed);

/* The number of the next frame, always higher than the one before; UINT64_MAX after n_wanted. */
uint64_t umi_frame_draw_next(umi_frame_draw *draw);

#endif
