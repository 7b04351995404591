/* The points of a recording's spectrum that are one source's alone, by its atoms: what they tell of
 * the source, nothing else has touched. */
#ifndef UMI_JOB_ALONE_POINTS_H
#define UMI_JOB_ALONE_POINTS_H

#include "job/recording.h"
#include "unmingle/parallel.h"
#include "unmingle/progress.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

/* Who takes the points of a frame: its spectrum, channel after channel n_bins pairs (re, im), with
 * zeros at all points that are not this source's alone. */
typedef void (*umi_alone_taker)(void *user, size_t source, const float *spectrum);

typedef struct umi_alone_config {
    um_stft_config stft;
    um_cview W;              /* atoms, n_components x n_bins */
    um_cview G;              /* their gains, n_components x n_channels; no data: told apart by the
                                mean of the channels */
    const size_t *source_of; /* n_components */
    size_t n_sources;
    double alone;    /* a point is a source's alone when more than this share of the model is,
                        0.5..1 */
    size_t n_frames; /* to look at, at most; spread over the whole */
    uint64_t seed;
    um_parallel parallel;
    const um_progress *progress;
    umi_alone_taker take; /* called for one source after the other, frame after frame */
    void *user;
} umi_alone_config;

/* UM_ERR_MEMORY, UM_ERR_CANCELLED, and what reading says. */
um_status umi_alone_points(const umi_alone_config *config, umi_recording *recording,
                           um_error *error) UM_MUST_USE;

#endif
