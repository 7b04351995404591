/* The gains of a recording's frames, one frame after the other, found ahead of who asks.
 *
 * A section of the recording is looked at as a whole, for its noise shows only here and there. So
 * sections of equal length, half a minute at most, are read ahead and go through the denoiser one
 * by one; where two overlap their gains are blended, so that nothing is heard of the seam. What is
 * held does not grow with the recording. */
#ifndef UMI_JOB_GAIN_TRACK_H
#define UMI_JOB_GAIN_TRACK_H

#include "job/recording.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

#include <stdbool.h>

typedef struct umi_gain_track umi_gain_track;

typedef struct umi_gain_track_config {
    const um_stft *stft; /* outlives the track */
    um_cview speech;     /* atoms, see denoiser.h */
    size_t n_bins;       /* of a frame, as many as the atoms have */
    bool keep_channels;  /* a track of gains a channel, else one of all */
    bool fast;
    const um_view *noise; /* frames of noise alone, one matrix of n_bins columns a track, borrowed;
                             NULL: to be found in each section */
} umi_gain_track_config;

/* UM_ERR_MEMORY, and what reading says. */
um_status umi_gain_track_new(const umi_gain_track_config *config, const umi_recording *recording,
                             umi_gain_track **out, um_error *error) UM_MUST_USE;
void umi_gain_track_free(umi_gain_track *track); /* NULL is fine */

/* The next frame's gains, tracks x n_bins without gaps, valid until the next call. Frames past the
 * end of the recording have the last one's. What reading says. */
um_status umi_gain_track_next(umi_gain_track *track, const float **gains,
                              um_error *error) UM_MUST_USE;

#endif
