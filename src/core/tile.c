#include "core/tile.h"

#include "core/memory.h"

#include <assert.h>

bool umi_tile_magnitudes_are_valid(um_cview V)
{
    if (V.stride < V.cols || (V.rows > 0 && V.data == NULL)) {
        return false;
    }
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        for (size_t f = 0; f < V.cols; f++) {
            if (!(v[f] >= 0.0f && v[f] <= UMI_MAGNITUDE_MAX)) { /* so that NaN fails too */
                return false;
            }
        }
    }
    return true;
}

void umi_tile_ratio(const umi_kernels *kernels, um_cview V, um_cview D, um_cview H,
                    const umi_tile_scratch *scratch)
{
    assert(V.rows <= UMI_TILE_FRAMES && H.rows == V.rows && D.cols == V.cols);
    kernels->ratio(V.rows, V.cols, D.rows, H.data, H.stride, D.data, D.stride, V.data, V.stride,
                   scratch->R, scratch->R_stride);
}

void umi_tile_scale_activations(const umi_kernels *kernels, um_cview D, um_view H,
                                const umi_tile_scratch *scratch)
{
    kernels->project(H.rows, D.cols, D.rows, scratch->R, scratch->R_stride, D.data, D.stride,
                     scratch->P, scratch->P_stride);
    for (size_t n = 0; n < H.rows; n++) {
        float *h = um_row(H, n);
        const float *p = scratch->P + n * scratch->P_stride;
        for (size_t k = 0; k < H.cols; k++) {
            h[k] *= p[k];
        }
    }
}

/* The same value for every component of a frame, such that the model has the frame's sum. */
static void start_flat(um_cview V, um_view H)
{
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        double sum = 0.0;
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)v[f];
        }
        float flat = (float)(sum / (double)H.cols);
        float *h = um_row(H, n);
        for (size_t k = 0; k < H.cols; k++) {
            h[k] = flat;
        }
    }
}

void umi_tile_solve_activations(const umi_kernels *kernels, um_cview V, um_cview D,
                                size_t iterations, um_view H, const umi_tile_scratch *scratch)
{
    start_flat(V, H);
    for (size_t i = 0; i < iterations; i++) {
        umi_tile_ratio(kernels, V, D, um_const_view(H), scratch);
        umi_tile_scale_activations(kernels, D, H, scratch);
    }
}

/* R = V / (C + H D) */
static void ratio_beside(const umi_kernels *kernels, um_cview V, um_cview C, um_cview D, um_cview H,
                         const umi_tile_scratch *scratch)
{
    kernels->model(V.rows, V.cols, D.rows, H.data, H.stride, D.data, D.stride, scratch->R,
                   scratch->R_stride);
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n), *c = um_crow(C, n);
        float *r = scratch->R + n * scratch->R_stride;
        for (size_t f = 0; f < V.cols; f++) {
            float model = c[f] + r[f];
            r[f] = v[f] / (model < UMI_MODEL_FLOOR ? UMI_MODEL_FLOOR : model);
        }
    }
}

void umi_tile_solve_penalised(const umi_kernels *kernels, um_cview V, um_cview C, um_cview D,
                              const float *shrinkage, size_t iterations, um_view H,
                              const umi_tile_scratch *scratch)
{
    start_flat(V, H);
    for (size_t i = 0; i < iterations; i++) {
        if (C.data != NULL) {
            ratio_beside(kernels, V, C, D, um_const_view(H), scratch);
        } else {
            umi_tile_ratio(kernels, V, D, um_const_view(H), scratch);
        }
        umi_tile_scale_activations(kernels, D, H, scratch);
        for (size_t n = 0; n < H.rows; n++) {
            for (size_t k = 0; k < H.cols; k++) {
                um_row(H, n)[k] *= shrinkage[k];
            }
        }
    }
}

bool umi_tile_scratch_init(umi_tile_scratch *scratch, size_t n_columns, size_t n_components,
                           bool two)
{
    scratch->R_stride = umi_padded(n_columns);
    scratch->P_stride = umi_padded(n_components);
    scratch->R = umi_alloc(UMI_TILE_FRAMES * scratch->R_stride, sizeof(float));
    scratch->S = two ? umi_alloc(UMI_TILE_FRAMES * scratch->R_stride, sizeof(float)) : NULL;
    scratch->P = umi_alloc(UMI_TILE_FRAMES * scratch->P_stride, sizeof(float));
    scratch->Q = umi_alloc(UMI_TILE_FRAMES * scratch->P_stride, sizeof(float));
    return scratch->R != NULL && (scratch->S != NULL || !two) && scratch->P != NULL &&
           scratch->Q != NULL;
}

void umi_tile_scratch_free(umi_tile_scratch *scratch)
{
    umi_free(scratch->R);
    umi_free(scratch->S);
    umi_free(scratch->P);
    umi_free(scratch->Q);
    scratch->R = scratch->S = scratch->P = scratch->Q = NULL;
}
