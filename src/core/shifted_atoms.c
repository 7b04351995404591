#include "core/shifted_atoms.h"

#include "core/memory.h"

#include <string.h>

/* Sum of atom * S over all channels. */
static double moved_sum(const umi_pitch_shift *shift, size_t n_channels, const float *atom)
{
    double sum = 0.0;
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t f = 0; f < shift->n_moved; f++) {
            const float *pair = atom + c * shift->n_bins + shift->below[f];
            double fraction = (double)shift->fraction[f];
            sum += (1.0 - fraction) * (double)pair[0] + fraction * (double)pair[1];
        }
    }
    return sum;
}

bool umi_shifted_atoms_init(umi_shifted_atoms *shifted, um_cview D, size_t n_channels,
                            const double *semitones, size_t n_shifts)
{
    /* The least that is left of an atom, so that its scale stays finite. */
    const double least = 1e-6;
    *shifted = (umi_shifted_atoms){.n_channels = n_channels, .n_atoms = D.rows};
    shifted->shifts = umi_alloc(n_shifts, sizeof *shifted->shifts);
    shifted->scale = umi_alloc(n_shifts * D.rows, sizeof(float));
    if (shifted->shifts == NULL || shifted->scale == NULL) {
        return false;
    }
    for (size_t s = 0; s < n_shifts; s++) {
        umi_pitch_shift *shift = &shifted->shifts[s];
        shifted->n_shifts = s + 1;
        if (!umi_pitch_shift_init(shift, D.cols / n_channels, semitones[s])) {
            return false;
        }
        for (size_t k = 0; k < D.rows; k++) {
            double sum = moved_sum(shift, n_channels, um_crow(D, k));
            shifted->scale[s * D.rows + k] = sum > least ? (float)(1.0 / sum) : 0.0f;
        }
    }
    return true;
}

void umi_shifted_atoms_free(umi_shifted_atoms *shifted)
{
    for (size_t s = 0; s < shifted->n_shifts; s++) {
        umi_pitch_shift_free(&shifted->shifts[s]);
    }
    umi_free(shifted->shifts);
    umi_free(shifted->scale);
    memset(shifted, 0, sizeof *shifted);
}

void umi_shifted_model(const umi_shifted_atoms *shifted, const umi_kernels *kernels, um_cview D,
                       um_cview H, size_t first, size_t n, float *X, size_t X_stride,
                       const umi_shift_scratch *scratch)
{
    um_cview atoms = {um_crow(D, first), n, D.cols, D.stride};
    for (size_t t = 0; t < H.rows; t++) {
        memset(X + t * X_stride, 0, D.cols * sizeof *X);
    }
    for (size_t s = 0; s < shifted->n_shifts; s++) {
        size_t column = s * shifted->n_atoms + first;
        for (size_t t = 0; t < H.rows; t++) {
            float *scaled = scratch->scaled + t * scratch->scaled_stride;
            for (size_t k = 0; k < n; k++) {
                scaled[k] = um_crow(H, t)[column + k] * shifted->scale[column + k];
            }
        }
        kernels->model(H.rows, D.cols, n, scratch->scaled, scratch->scaled_stride, atoms.data,
                       atoms.stride, scratch->moved, scratch->moved_stride);
        for (size_t t = 0; t < H.rows; t++) {
            umi_pitch_shift_add(&shifted->shifts[s], shifted->n_channels,
                                scratch->moved + t * scratch->moved_stride, X + t * X_stride);
        }
    }
}

void umi_shifted_update(const umi_shifted_atoms *shifted, const umi_kernels *kernels, um_cview D,
                        const float *R, size_t R_stride, um_view H, size_t first, size_t n,
                        const umi_shift_scratch *scratch)
{
    um_cview atoms = {um_crow(D, first), n, D.cols, D.stride};
    for (size_t s = 0; s < shifted->n_shifts; s++) {
        size_t column = s * shifted->n_atoms + first;
        for (size_t t = 0; t < H.rows; t++) {
            umi_pitch_shift_transposed(&shifted->shifts[s], shifted->n_channels, R + t * R_stride,
                                       scratch->moved + t * scratch->moved_stride);
        }
        kernels->project(H.rows, D.cols, n, scratch->moved, scratch->moved_stride, atoms.data,
                         atoms.stride, scratch->scaled, scratch->scaled_stride);
        for (size_t t = 0; t < H.rows; t++) {
            const float *numerator = scratch->scaled + t * scratch->scaled_stride;
            float *h = um_row(H, t) + column;
            for (size_t k = 0; k < n; k++) {
                h[k] *= numerator[k] * shifted->scale[column + k];
            }
        }
    }
}
