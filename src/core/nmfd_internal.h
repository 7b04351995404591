/* What nmfd.c, nmfd_start.c and nmfd_update.c share: the deconvolution's state.
 *
 * With frame n goes the row h~ of T K numbers (H[n - T + 1], ..., H[n]), and with W the stack D of
 * all its frames, the last ones first, T K rows of n_bins. Then the model of frame n is h~ D, and
 * a tile of frames is a tile of an ordinary factorisation with T K components.
 *
 * H lies in memory without gaps, so the rows h~ are there already: each starts K floats after the
 * one before, and overlaps it. T - 1 rows of zeros come ahead of the first frame. */
#ifndef UMI_CORE_NMFD_INTERNAL_H
#define UMI_CORE_NMFD_INTERNAL_H

#include "core/kernels/kernels.h"
#include "core/nmf_internal.h"
#include "core/tile.h"
#include "unmingle/nmfd.h"

/* The sums of one part, a range of V's frames (see nmf_internal.h), over its frames n. */
typedef struct umi_nmfd_part {
    um_view N;              /* T K x n_bins: h~^T R */
    double *activation_sum; /* K: of H[n], when all frames of an atom from n on lie inside V */
    double divergence;      /* before the update */
} umi_nmfd_part;

struct um_nmfd {
    um_nmfd_config config;
    umi_kernels kernels;
    um_view W;         /* K x (T n_bins) */
    um_view D;         /* T K x n_bins: frame tau of atom k is row (T - 1 - tau) K + k */
    double *frame_sum; /* T K: sums of D's rows */
    double *inside;    /* T x K: row d - 1 holds the sums of the first d frames of each atom */
    double *onsets;    /* T x K: row tau holds the sums of H over the n with n + tau inside V */
    float *H;          /* (T - 1 + n_frames) x K */
    float *P;          /* numerators of H, (n_parts (T - 1) + n_frames) x K; see nmfd_update.c */
    bool *fixed;       /* K: the atom stays as it is */
    size_t n_rows;     /* of V in the last run: so many rows of H mean something */
    umi_nmfd_part parts[UMI_NMF_PARTS_MAX];
    umi_tile_scratch *scratch; /* one a worker */
    double *curve;
    size_t n_curve;
    size_t iterations;
};

/* Row n of H, behind the T - 1 rows of zeros. */
static inline float *umi_nmfd_activations(const um_nmfd *nmfd, size_t n)
{
    return nmfd->H + (nmfd->config.atom_frames - 1 + n) * nmfd->config.n_components;
}

/* Writes what follows from atom k of W: its rows of D and of the sums. */
void umi_nmfd_expand(um_nmfd *nmfd, size_t k);

#endif
