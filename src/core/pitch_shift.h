/* Magnitude spectra moved in pitch.
 *
 *     (S x)(f) = x(f / r),    r = 2^(semitones / 12)
 *
 * by linear interpolation between bins; 0 where f / r is past the highest bin. So a dictionary
 * serves for the same sound at other pitches without being held again for each of them: with H_s
 * the activations at shift s, the model is the sum over s of (H_s D) S_s^T, and what the updates of
 * H_s need is (R S_s) D^T: spectra are moved, one a frame, and not atoms. */
#ifndef UMI_CORE_PITCH_SHIFT_H
#define UMI_CORE_PITCH_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_pitch_shift {
    double semitones;
    size_t n_bins;
    size_t n_moved;  /* bins f that x reaches: f / r <= n_bins - 1 */
    uint32_t *below; /* n_moved: the bin of x at or below f / r, at most n_bins - 2 */
    float *fraction; /* n_moved: f / r - below */
    size_t n_taps;   /* bins f that one bin of x can reach */
    uint32_t *first; /* n_bins: the first of n_taps bins f that bin i of x may reach */
    float *weights;  /* n_taps x n_bins: how much of it */
} umi_pitch_shift;

/* semitones -24..24, n_bins >= 2. False when memory is short; to be freed all the same. */
bool umi_pitch_shift_init(umi_pitch_shift *shift, size_t n_bins, double semitones);
void umi_pitch_shift_free(umi_pitch_shift *shift);

/* y = y + S x, for n_channels spectra side by side. */
void umi_pitch_shift_add(const umi_pitch_shift *shift, size_t n_channels, const float *x, float *y);

/* x = S^T y, likewise. */
void umi_pitch_shift_transposed(const umi_pitch_shift *shift, size_t n_channels, const float *y,
                                float *x);

#endif
