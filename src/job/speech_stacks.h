/* Frames of a recording of any length, each between its neighbours, as 'denoise' hears them. */
#ifndef UMI_JOB_SPEECH_STACKS_H
#define UMI_JOB_SPEECH_STACKS_H

#include "job/recording.h"
#include "unmingle/parallel.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

typedef struct umi_speech_stacks_config {
    const um_stft *stft; /* umi_speech_transform */
    uint64_t seed;       /* of the draw */
    um_parallel parallel;
    const um_progress *progress; /* in samples; may be NULL */
} umi_speech_stacks_config;

/* Fills M, whose rows are of UM_DENOISER_STACKED * UMI_SPEECH_BINS magnitudes up to 8 kHz, the mean
 * of the channels: a frame of the recording after those before it and before those after it. The
 * first and last frame stand for those that lie beyond the ends. M has as many rows as there are
 * frames, umi_frame_walk_frames, or fewer: then so many are drawn, see frame_draw.h. The recording
 * is rewound before. UM_ERR_CANCELLED, and what umi_frame_walk says. */
um_status umi_speech_stacks_read(const umi_speech_stacks_config *config, umi_recording *recording,
                                 um_view M, um_error *error) UM_MUST_USE;

#endif
