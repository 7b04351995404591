/* Frames of noise alone, from where the user says that it can be heard: the profile. */
#ifndef UMI_JOB_NOISE_PROFILE_H
#define UMI_JOB_NOISE_PROFILE_H

#include "job/recording.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

#include <stdbool.h>

typedef struct umi_noise_profile_frames {
    um_view *V; /* n_matrices: frames x n_bins magnitudes */
    size_t n_matrices;
} umi_noise_profile_frames;

typedef struct umi_noise_profile_source {
    const um_stft *stft; /* for the recording's rate */
    size_t n_bins;       /* wanted of each frame */
    double start, end;   /* seconds; end may be INFINITY */
    bool keep_channels;  /* a matrix a channel, else one of the channels' mean */
} umi_noise_profile_source;

/* Reads the stretch, and rewinds. Of a longer one the first 2048 frames, half a minute, count.
 * UM_ERR_DATA when the recording has fewer bins, ends before the stretch does begin, or the stretch
 * is too short for a frame and its neighbours; UM_ERR_MEMORY; and what reading says. */
um_status umi_noise_profile_read(const umi_noise_profile_source *source, umi_recording *recording,
                                 umi_noise_profile_frames *frames, um_error *error) UM_MUST_USE;

/* Empty ones are fine. */
void umi_noise_profile_free(umi_noise_profile_frames *frames);

#endif
