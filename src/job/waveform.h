/* The waveform of sound that comes block by block, in as many columns as a picture has, whatever
 * the length: when they are full, two become one and hold twice as much. */
#ifndef UMI_JOB_WAVEFORM_H
#define UMI_JOB_WAVEFORM_H

#include "unmingle/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct umi_waveform umi_waveform;

/* For at most n_columns, even, at least 2. UM_ERR_MEMORY. */
um_status umi_waveform_new(size_t n_columns, size_t n_channels, umi_waveform **out) UM_MUST_USE;
void umi_waveform_free(umi_waveform *waveform); /* NULL is fine */

/* What comes next: n_frames of interleaved channels, full scale 1, or whole numbers of that many
 * bits. How the sound is cut into blocks changes nothing. */
void umi_waveform_add(umi_waveform *waveform, const float *samples, size_t n_frames);
void umi_waveform_add_whole(umi_waveform *waveform, const int32_t *samples, size_t n_frames,
                            unsigned bits);

/* Sample frames in a column, a power of two; the last column may have fewer. */
uint64_t umi_waveform_column_frames(const umi_waveform *waveform);

/* Largest magnitude of all samples; 0 for silence. */
double umi_waveform_peak(const umi_waveform *waveform);

/* Six hexadecimal digits a column, of all channels together: lowest and highest sample as 8-bit
 * two's complement, and the root of the mean square, each with 127 for the peak. NULL when memory
 * is short; umi_free. */
char *umi_waveform_text(const umi_waveform *waveform);

#endif
