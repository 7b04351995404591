/* The sources played together: gain, mute and solo of each, and how loud each is.
 *
 * Settings may be changed by any thread at any time; changes are faded over the next block, so that
 * nothing clicks. */
#ifndef UMI_JOB_LIVE_MIXER_H
#define UMI_JOB_LIVE_MIXER_H

#include "job/live_state.h"
#include "unmingle/view.h"

#include <stdatomic.h>

typedef struct umi_live_mixer {
    _Atomic float gain[UMI_LIVE_SOURCES_MAX]; /* 0..2 */
    atomic_bool mute[UMI_LIVE_SOURCES_MAX], solo[UMI_LIVE_SOURCES_MAX];
    float now[UMI_LIVE_SOURCES_MAX]; /* the mixing thread's own: gains at the end of the block */
} umi_live_mixer;

/* All gains 1, nothing muted. */
void umi_live_mixer_init(umi_live_mixer *mixer);

/* The settings of source i become those of source i - 1, for all i above `source`; those of the
 * last one but one, which comes free, are as at first. The last, the rest, stays. */
void umi_live_mixer_remove(umi_live_mixer *mixer, size_t source);

/* out = sum of gain times source, n x channels; of UMI_LIVE_SOURCES_MAX sources. */
void umi_live_mixer_mix(umi_live_mixer *mixer, const um_view *sources, um_view out);

#endif
