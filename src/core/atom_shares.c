#include "core/atom_shares.h"

#include "core/memory.h"
#include "core/tile.h"

#include <math.h>

/* Adds to sums[k] the sum over the tile of X h_k / M. */
static void add_tile(const umi_kernels *kernels, um_cview X, um_cview H, um_cview D,
                     const umi_tile_scratch *scratch, double *sums)
{
    umi_tile_ratio(kernels, X, D, H, scratch);
    kernels->project(H.rows, D.cols, D.rows, scratch->R, scratch->R_stride, D.data, D.stride,
                     scratch->P, scratch->P_stride);
    for (size_t t = 0; t < H.rows; t++) {
        for (size_t k = 0; k < D.rows; k++) {
            sums[k] += (double)um_crow(H, t)[k] * (double)scratch->P[t * scratch->P_stride + k];
        }
    }
}

static um_cview tile_of(um_cview X, size_t first)
{
    size_t left = X.rows - first;
    return (um_cview){um_crow(X, first), left < UMI_TILE_FRAMES ? left : UMI_TILE_FRAMES, X.cols,
                      X.stride};
}

um_status umi_atom_shares(um_cview V, um_cview L, um_cview H, um_cview D, double *share)
{
    umi_tile_scratch scratch;
    const umi_kernels *kernels = umi_kernels_get();
    double *sums = umi_alloc(2 * D.rows, sizeof *sums);
    bool whole = umi_tile_scratch_init(&scratch, D.cols, D.rows, false) && sums != NULL;
    unsigned before = umi_flush_denormals();
    for (size_t first = 0; whole && first < V.rows; first += UMI_TILE_FRAMES) {
        add_tile(kernels, tile_of(L, first), tile_of(H, first), D, &scratch, sums);
        add_tile(kernels, tile_of(V, first), tile_of(H, first), D, &scratch, sums + D.rows);
    }
    umi_restore_denormals(before);
    for (size_t k = 0; whole && k < D.rows; k++) {
        share[k] = sums[D.rows + k] > 0.0 ? fmin(sums[k] / sums[D.rows + k], 1.0) : 0.0;
    }
    umi_tile_scratch_free(&scratch);
    umi_free(sums);
    return whole ? UM_OK : UM_ERR_MEMORY;
}
