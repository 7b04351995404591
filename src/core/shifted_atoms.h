/* A dictionary of which every atom may sound at several pitches, held once.
 *
 * Column s K + k of the activations is atom k at shift s. With S_s what moves a spectrum by that
 * shift, the model is the sum over s of (H_s D) S_s^T, and the updates of H_s need (R S_s) D^T: so
 * spectra are moved, one a frame, and not atoms. A moved atom is scaled to sum to 1 again, as all
 * atoms are; of one that is moved out of the spectrum altogether the activations become 0.
 *
 * The work is done on transposed matrices, in which a bin of all frames of a tile lies together:
 * moving spectra is then as fast as adding rows. */
#ifndef UMI_CORE_SHIFTED_ATOMS_H
#define UMI_CORE_SHIFTED_ATOMS_H

#include "core/kernels/kernels.h"
#include "core/pitch_shift.h"
#include "unmingle/view.h"

typedef struct umi_shifted_atoms {
    size_t n_bins, n_channels;
    size_t n_atoms; /* K */
    size_t n_shifts;
    umi_pitch_shift *shifts; /* n_shifts */
    float *scale;            /* n_shifts x K: 1 / the sum of the moved atom, or 0 */
    um_view Dt;              /* n_channels n_bins x K: the dictionary, transposed */
} umi_shifted_atoms;

/* A tile of up to `width` frames, transposed. */
typedef struct umi_shifted_tile {
    size_t width;
    float *H;     /* n_shifts K x width */
    float *V;     /* columns of D x width */
    float *X;     /* the same: the model, or the ratio */
    float *moved; /* the same */
    float *P;     /* K x width */
} umi_shifted_tile;

/* D: K x (n_channels n_bins), rows sum to 1. False when memory is short; to be freed all the same.
 */
bool umi_shifted_atoms_init(umi_shifted_atoms *shifted, um_cview D, size_t n_channels,
                            const double *semitones, size_t n_shifts);
void umi_shifted_atoms_free(umi_shifted_atoms *shifted);

/* For any dictionary of at most n_activations (n_shifts K) activations and n_columns. */
bool umi_shifted_tile_init(umi_shifted_tile *tile, size_t width, size_t n_columns,
                           size_t n_activations);
void umi_shifted_tile_free(umi_shifted_tile *tile);

/* -- One update: into the tile, as many ratios and updates as wanted, out of it -----------------
 */

void umi_shifted_enter(const umi_shifted_atoms *shifted, um_cview V, um_cview H, size_t first,
                       size_t n, umi_shifted_tile *tile);

/* X = V / (the model of atoms first .. first + n - 1 at all shifts). */
void umi_shifted_ratio(const umi_shifted_atoms *shifted, const umi_kernels *kernels, size_t first,
                       size_t n, umi_shifted_tile *tile);

/* The Kullback-Leibler update of the activations of the same atoms, from that ratio. shrinkage, one
 * a column of H, may be NULL. */
void umi_shifted_update(const umi_shifted_atoms *shifted, const umi_kernels *kernels, size_t first,
                        size_t n, const float *shrinkage, umi_shifted_tile *tile);

void umi_shifted_leave(const umi_shifted_atoms *shifted, size_t first, size_t n, um_view H,
                       const umi_shifted_tile *tile);

/* M, H.rows x columns of D: the model of the same atoms. */
void umi_shifted_model(const umi_shifted_atoms *shifted, const umi_kernels *kernels, um_cview H,
                       size_t first, size_t n, um_view M, umi_shifted_tile *tile);

#endif
