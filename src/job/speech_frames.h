/* Frames of a stretch of a recording in memory: their magnitudes up to 8 kHz. */
#ifndef UMI_JOB_SPEECH_FRAMES_H
#define UMI_JOB_SPEECH_FRAMES_H

#include "job/recording.h"
#include "unmingle/parallel.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

typedef struct umi_speech_frames_config {
    const um_stft *stft;   /* with as many bins as the matrices have columns, or more */
    uint64_t first_sample; /* where the stretch begins, in silence */
    size_t first_frame;    /* of the stretch, that goes into the first row */
    um_parallel parallel;
} umi_speech_frames_config;

/* Fills all rows of n_matrices matrices of one size: of one, with the mean of the channels, else
 * one of each channel. The recording, which is rewound before, must reach so far that the last
 * frame begins in it. What umi_frame_walk says. */
um_status umi_speech_frames_read(const umi_speech_frames_config *config, umi_recording *recording,
                                 const um_view *matrices, size_t n_matrices,
                                 um_error *error) UM_MUST_USE;

#endif
