/* The spectrogram of a stretch of a recording, frame after frame, in memory that does not grow with
 * it. Frames that nobody wants are passed over, which costs next to nothing. */
#ifndef UMI_JOB_FRAME_WALK_H
#define UMI_JOB_FRAME_WALK_H

#include "job/recording.h"
#include "unmingle/parallel.h"
#include "unmingle/stft.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who takes the frames. The calls come from the caller's thread. */
typedef struct umi_frame_taker {
    /* Number of the frame to hand over next, the stretch's first being 0, or UINT64_MAX for none;
     * `take` moves it on, always forward. */
    uint64_t next;
    /* One frame's magnitudes, as many as umi_frame_walk_columns, and the channels' spectra that
     * they are of, n_bins pairs (re, im) each, one after the other. */
    um_status (*take)(void *user, const float *magnitudes, const float *spectra, um_error *error);
    /* So many more samples of the stretch are done. May be NULL. */
    um_status (*advance)(void *user, size_t n_samples, um_error *error);
    void *user;
} umi_frame_taker;

typedef struct umi_frame_walk_config {
    const um_stft *stft;
    bool mean_channels; /* one spectrum a frame, the mean of the channels' magnitudes; else theirs
                           one after the other */
    um_parallel parallel;
    size_t n_silence; /* samples of silence that follow the stretch, so that frames are centred on
                         its end, too */
} umi_frame_walk_config;

size_t umi_frame_walk_columns(const umi_frame_walk_config *config, const umi_recording *recording);

/* How many frames n_samples have, without n_silence: the last one may reach past the end. */
uint64_t umi_frame_walk_frames(const um_stft *stft, uint64_t n_samples);

/* Walks over n_samples from the sample `first` on, from the recording's beginning, to which it is
 * rewound. Ends with what `take` or `advance` says unless that is UM_OK; UM_ERR_CHANGED when the
 * recording is shorter than it was; UM_ERR_MEMORY; and what umi_recording_read says. */
um_status umi_frame_walk(const umi_frame_walk_config *config, umi_recording *recording,
                         uint64_t first, uint64_t n_samples, umi_frame_taker *taker,
                         um_error *error) UM_MUST_USE;

#endif
