/* The transform that a job takes when the user names none. */
#ifndef UMI_JOB_TRANSFORM_H
#define UMI_JOB_TRANSFORM_H

#include "unmingle/stft.h"

/* window and hop in samples, 0 for the default: of the window the power of two nearest to 93 ms
 * (4096 at 44.1 kHz), long enough to tell low notes apart, short enough for their onsets; of the
 * hop a quarter of the window. */
um_stft_config umi_transform(double sample_rate, size_t window, size_t hop, um_window shape);

/* Checks the transform and tells its sizes. UM_ERR_ARGUMENT with a message that names the options;
 * UM_ERR_MEMORY. */
um_status umi_transform_sizes(const um_stft_config *config, size_t *n_bins, size_t *fft_size,
                              um_error *error) UM_MUST_USE;

#endif
