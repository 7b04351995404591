/* Sound at another sample rate, by soxr: a linear-phase filter that keeps what lies below 0.91 of
 * the lower Nyquist frequency to 0.01 dB, and stops what lies above that frequency, over 140 dB
 * down. */
#ifndef UMI_IO_RESAMPLE_H
#define UMI_IO_RESAMPLE_H

#include "unmingle/status.h"

#include <stddef.h>

typedef struct umi_resampler umi_resampler;

/* From one rate to another, both within UMI_RATE_MIN..UMI_RATE_MAX Hz, for interleaved sound of
 * 1..UMI_CHANNELS_MAX channels. UM_ERR_MEMORY; *out is then NULL. */
um_status umi_resampler_new(double from, double to, size_t n_channels,
                            umi_resampler **out) UM_MUST_USE;
void umi_resampler_free(umi_resampler *resampler); /* NULL is fine */

/* Takes up to n_in frames of `in` and gives up to `room` frames of output: *n_used and *n_made tell
 * how many. Not all is used only where `room` was too small. What is made follows some way behind,
 * but the filter's delay is taken out: output sample 0 stands for input sample 0. Input in blocks
 * of any size gives the same bits; equal rates give the samples unchanged. UM_ERR_MEMORY. */
um_status umi_resampler_push(umi_resampler *resampler, const float *in, size_t n_in, size_t *n_used,
                             float *out, size_t room, size_t *n_made) UM_MUST_USE;

/* After the last push: gives what is still to come; *n_made < room only at the end. All calls
 * together make as many frames as were used times to / from, rounded to a whole number (a half to
 * either side). UM_ERR_MEMORY. */
um_status umi_resampler_flush(umi_resampler *resampler, float *out, size_t room,
                              size_t *n_made) UM_MUST_USE;

#endif
