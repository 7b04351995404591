/* A recording's sound through the gains of its frames: transform, product, transform back.
 *
 *     Y(t, f) = max(G^strength, floor) X(t, f)
 *
 * Above the bins that have gains, those above 8 kHz, the mean gain of the upper half of them
 * holds: speech has little there that does not come and go with what is below. */
#ifndef UMI_JOB_GAIN_FILTER_H
#define UMI_JOB_GAIN_FILTER_H

#include "job/gain_track.h"

typedef struct umi_gain_filter umi_gain_filter;

typedef struct umi_gain_filter_config {
    const um_stft *stft; /* outlives the filter */
    size_t n_channels;
    size_t n_bins;      /* that have gains */
    bool keep_channels; /* gains a channel */
    double strength;    /* 0..1 */
    double floor;       /* 0..1 */
} umi_gain_filter_config;

/* The gains come from `track`, which outlives the filter. UM_ERR_MEMORY. */
um_status umi_gain_filter_new(const umi_gain_filter_config *config, umi_gain_track *track,
                              umi_gain_filter **out, um_error *error) UM_MUST_USE;
void umi_gain_filter_free(umi_gain_filter *filter); /* NULL is fine */

/* Sample frames by which what comes out lags what goes in. */
size_t umi_gain_filter_delay(const umi_gain_filter *filter);

/* n sample frames in, n out; what the track says. */
um_status umi_gain_filter_push(umi_gain_filter *filter, um_cview in, um_view out,
                               um_error *error) UM_MUST_USE;

#endif
