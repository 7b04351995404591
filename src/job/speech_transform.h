/* The transform in which speech is told from noise: the same bins at every sample rate. */
#ifndef UMI_JOB_SPEECH_TRANSFORM_H
#define UMI_JOB_SPEECH_TRANSFORM_H

#include "unmingle/stft.h"

/* Bins from 0 to 8 kHz, 15.625 Hz apart: what is looked at of a frame. Fewer at rates below 16
 * kHz. */
enum { UMI_SPEECH_BINS = 513 };

/* A sine window (the root of Hann's) of 64 ms, a new frame every 16 ms. The window is the multiple
 * of 4 samples nearest to 64 ms whose transform needs no padding. So the bins are 15.625 Hz apart
 * within 0.8 % at the usual rates, and within 2.1 % at any from 8 to 192 kHz. */
um_stft_config umi_speech_transform(double sample_rate);

#endif
