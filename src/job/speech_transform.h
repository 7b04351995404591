/* The transform in which speech is told from noise: the same bins at every sample rate. */
#ifndef UMI_JOB_SPEECH_TRANSFORM_H
#define UMI_JOB_SPEECH_TRANSFORM_H

#include "unmingle/stft.h"

/* Bins from 0 to 8 kHz, 15.625 Hz apart: what is looked at of a frame. Fewer at rates below 16
 * kHz. */
enum { UMI_SPEECH_BINS = 513 };

/* A sine window (the root of Hann's) of 64 ms, a new frame every 16 ms. The window is the number of
 * samples nearest to 64 ms that a transform of the same size can be fast with, so that the bins
 * are 15.625 Hz apart within 1.5 %. */
um_stft_config umi_speech_transform(double sample_rate);

#endif
