/* Atoms of noise, from the moments in which it is most likely to be alone (quiet_frames.h). */
#ifndef UMI_JOB_LIVE_NOISE_H
#define UMI_JOB_LIVE_NOISE_H

#include "unmingle/view.h"

#include <stdbool.h>

/* Atoms of white noise, for a start. Their data, NULL when memory is short, is freed by
 * umi_free. */
um_view umi_live_noise_new(size_t n_bins);

/* Learns W, with rows that sum to 1, from the quietest tenth of the frames V. False, and W as it
 * was, when these are too few or silent, or memory is short. */
bool umi_live_noise_find(um_cview V, um_view W);

#endif
