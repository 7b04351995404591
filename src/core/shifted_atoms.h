/* A dictionary of which every atom may sound at several pitches, held once.
 *
 * Column s K + k of the activations is atom k at shift s. A moved atom is scaled to sum to 1 again,
 * as all atoms are; of one that is moved out of the spectrum altogether the activations become 0.
 */
#ifndef UMI_CORE_SHIFTED_ATOMS_H
#define UMI_CORE_SHIFTED_ATOMS_H

#include "core/kernels/kernels.h"
#include "core/pitch_shift.h"
#include "unmingle/view.h"

typedef struct umi_shifted_atoms {
    size_t n_channels;
    size_t n_atoms; /* K */
    size_t n_shifts;
    umi_pitch_shift *shifts; /* n_shifts */
    float *scale;            /* n_shifts x K: 1 / the sum of the moved atom, or 0 */
} umi_shifted_atoms;

/* What the products below need beside their results: rows x columns of D, rows x K. */
typedef struct umi_shift_scratch {
    float *moved;
    size_t moved_stride;
    float *scaled;
    size_t scaled_stride;
} umi_shift_scratch;

/* D: K x (n_channels n_bins), rows sum to 1. False when memory is short; to be freed all the same.
 */
bool umi_shifted_atoms_init(umi_shifted_atoms *shifted, um_cview D, size_t n_channels,
                            const double *semitones, size_t n_shifts);
void umi_shifted_atoms_free(umi_shifted_atoms *shifted);

/* X, H.rows x columns of D: the model of atoms first .. first + n - 1 at all shifts. */
void umi_shifted_model(const umi_shifted_atoms *shifted, const umi_kernels *kernels, um_cview D,
                       um_cview H, size_t first, size_t n, float *X, size_t X_stride,
                       const umi_shift_scratch *scratch);

/* H = H (R moved back) D^T, the Kullback-Leibler update of all activations of the same atoms. */
void umi_shifted_update(const umi_shifted_atoms *shifted, const umi_kernels *kernels, um_cview D,
                        const float *R, size_t R_stride, um_view H, size_t first, size_t n,
                        const umi_shift_scratch *scratch);

#endif
