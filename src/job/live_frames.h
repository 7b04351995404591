/* Frames that were heard, kept for learning: the last ones of a stretch of time, or all of it,
 * thinned evenly where it is too long. */
#ifndef UMI_JOB_LIVE_FRAMES_H
#define UMI_JOB_LIVE_FRAMES_H

#include "unmingle/view.h"

#include <stdbool.h>

typedef struct umi_live_frames {
    um_view V;      /* room */
    size_t n;       /* rows that are filled */
    size_t next;    /* of _keep_last: where the next one goes */
    size_t every;   /* of _keep_all: of how many one is kept, a power of two */
    size_t n_heard; /* of _keep_all */
} umi_live_frames;

/* Room for n_frames of n_bins. False when memory is short. */
bool umi_live_frames_init(umi_live_frames *frames, size_t n_frames, size_t n_bins);
void umi_live_frames_free(umi_live_frames *frames);

/* In the place of the oldest, when there is no more room. The order of the rows is lost. */
void umi_live_frames_keep_last(umi_live_frames *frames, const float *frame);

/* When there is no more room every second one goes, of those there are and of those to come. */
void umi_live_frames_keep_all(umi_live_frames *frames, const float *frame);

/* The frames that are kept; borrowed. */
um_cview umi_live_frames_kept(const umi_live_frames *frames);

#endif
