/* What nmf.c, nmf_update.c and nmf_start.c share: the factorisation's state. */
#ifndef UMI_CORE_NMF_INTERNAL_H
#define UMI_CORE_NMF_INTERNAL_H

#include "core/kernels/kernels.h"
#include "core/tile.h"
#include "unmingle/nmf.h"

/* V's frames are cut into at most so many parts. Each sums what the dictionary needs from its
 * frames; the parts' sums are added in order. The number of parts is a matter of V alone, so that
 * the bits do not depend on who did the work. */
enum { UMI_NMF_PARTS_MAX = 8 };

enum { UMI_NMF_CHANNELS_MAX = 64 };

/* The sums of one part over its frames. */
typedef struct umi_nmf_part {
    um_view N;              /* K x columns: H^T R (Kullback-Leibler) or H^T V (Euclidean) */
    um_view HH;             /* K x K: H^T H (Euclidean only) */
    double *activation_sum; /* K: sum of H over the frames */
    double divergence;      /* of the part, before the update */
} umi_nmf_part;

struct um_nmf {
    um_nmf_config config;
    umi_kernels kernels;
    size_t n_columns; /* n_channels * n_bins */
    um_view W;        /* K x n_bins */
    um_view G;        /* K x n_channels */
    um_view D;        /* K x n_columns: W once a channel, times its gain; W itself for 1 channel */
    um_view H;        /* n_frames x K */
    um_view B;        /* K x K: D D^T (Euclidean only) */
    um_view E;        /* K x n_columns: H^T H D (Euclidean only) */
    bool *fixed;      /* K: the atom keeps its spectrum */
    double *scale;    /* K: factors that the next pass applies to the columns of H */
    size_t n_rows;    /* of V in the last run: so many rows of H mean something */
    umi_nmf_part parts[UMI_NMF_PARTS_MAX];
    umi_tile_scratch *scratch; /* one a worker */
    double *curve;
    size_t n_curve;
    size_t iterations;
};

/* How many parts the frames of a V with n_rows rows are cut into, 1..UMI_NMF_PARTS_MAX. */
size_t umi_nmf_n_parts(size_t n_rows);

/* Writes D from W and G. */
void umi_nmf_expand(um_nmf *nmf);

/* Divides the row by its sum; false, and nothing done, when the sum is not finite and above 0. */
bool umi_nmf_normalise_row(float *row, size_t n);

#endif
