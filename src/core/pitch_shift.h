/* Magnitude spectra moved in pitch.
 *
 *     (S x)(f) = x(f / r),    r = 2^(semitones / 12)
 *
 * by linear interpolation between bins; 0 where f / r is past the highest bin. S and its transpose
 * are band matrices, as the kernel `band` takes them. */
#ifndef UMI_CORE_PITCH_SHIFT_H
#define UMI_CORE_PITCH_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_band_matrix {
    size_t rows, taps;
    uint32_t *first; /* rows: the column of the first of `taps` values */
    float *weights;  /* rows x taps */
} umi_band_matrix;

typedef struct umi_pitch_shift {
    umi_band_matrix forward;    /* S; only the bins that x reaches: f / r <= n_bins - 1 */
    umi_band_matrix transposed; /* S^T */
} umi_pitch_shift;

/* semitones -24..24, n_bins >= 2. False when memory is short; to be freed all the same. */
bool umi_pitch_shift_init(umi_pitch_shift *shift, size_t n_bins, double semitones);
void umi_pitch_shift_free(umi_pitch_shift *shift);

#endif
