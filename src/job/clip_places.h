/* Whether clips tell where their sources are in the recording: those from elsewhere can mislead. */
#ifndef UMI_JOB_CLIP_PLACES_H
#define UMI_JOB_CLIP_PLACES_H

#include "job/sources.h"
#include "job/watch.h"

typedef struct umi_clip_places_config {
    um_stft_config stft;
    um_parallel parallel;
    uint64_t seed;
    const umi_watch *watch;
} umi_clip_places_config;

/* Looks in the recording where what is one source's alone, by the atoms, comes from. Where that is
 * not where its clip has it, gains and covariances of all sources are left out, so that gains are
 * learned from the recording and masks are ratios; and a warning names the clips. Does nothing
 * unless there are several sources, all with covariances.
 * UM_ERR_MEMORY, UM_ERR_CANCELLED, and what reading says. */
um_status umi_clip_places_check(const umi_clip_places_config *config, umi_recording *recording,
                                umi_sources *sources, um_error *error) UM_MUST_USE;

#endif
