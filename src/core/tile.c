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

umi_tile_problem umi_tile_problem_of(um_cview V, um_cview D)
{
    return (umi_tile_problem){.V = V, .D = D, .n = D.rows};
}

/* One row of H: the n activations at work of every shift. */
static size_t n_shifts(const umi_tile_problem *p)
{
    return p->shifted != NULL ? p->shifted->n_shifts : 1;
}

/* The same value for every component of a frame, such that the model has the frame's sum. */
static void start_flat(const umi_tile_problem *p, um_view H)
{
    for (size_t t = 0; t < H.rows; t++) {
        const float *v = um_crow(p->V, t);
        double sum = 0.0;
        for (size_t f = 0; f < p->V.cols; f++) {
            sum += (double)v[f];
        }
        float flat = (float)(sum / (double)(n_shifts(p) * p->n));
        for (size_t s = 0; s < n_shifts(p); s++) {
            float *h = um_row(H, t) + s * p->D.rows + p->first;
            for (size_t k = 0; k < p->n; k++) {
                h[k] = flat;
            }
        }
    }
}

/* R = V / (C + H D) */
static void ratio(const umi_kernels *kernels, const umi_tile_problem *p, um_cview atoms, um_cview H,
                  const umi_tile_scratch *scratch)
{
    if (p->C.data == NULL) {
        umi_tile_ratio(kernels, p->V, atoms, H, scratch);
        return;
    }
    kernels->model(H.rows, atoms.cols, atoms.rows, H.data, H.stride, atoms.data, atoms.stride,
                   scratch->R, scratch->R_stride);
    for (size_t t = 0; t < H.rows; t++) {
        const float *v = um_crow(p->V, t), *c = um_crow(p->C, t);
        float *r = scratch->R + t * scratch->R_stride;
        for (size_t f = 0; f < p->V.cols; f++) {
            float model = c[f] + r[f];
            r[f] = v[f] / (model < UMI_MODEL_FLOOR ? UMI_MODEL_FLOOR : model);
        }
    }
}

static void update(const umi_kernels *kernels, const umi_tile_problem *p, um_cview atoms, um_view H,
                   const umi_tile_scratch *scratch)
{
    umi_tile_scale_activations(kernels, atoms, H, scratch);
    for (size_t t = 0; t < H.rows && p->shrinkage != NULL; t++) {
        float *h = um_row(H, t);
        for (size_t k = 0; k < H.cols; k++) {
            h[k] *= p->shrinkage[p->first + k];
        }
    }
}

void umi_tile_improve(const umi_kernels *kernels, const umi_tile_problem *p, size_t iterations,
                      um_view H, const umi_tile_scratch *scratch)
{
    assert(p->V.rows == H.rows && H.rows <= UMI_TILE_FRAMES && p->first + p->n <= p->D.rows);
    assert(p->shifted == NULL || p->C.data == NULL);
    um_cview atoms = {um_crow(p->D, p->first), p->n, p->D.cols, p->D.stride};
    um_view own = {H.data + p->first, H.rows, p->n, H.stride};
    if (p->shifted != NULL) {
        umi_shifted_enter(p->shifted, p->V, um_const_view(H), p->first, p->n, p->moved);
    }
    for (size_t i = 0; i < iterations; i++) {
        if (p->shifted != NULL) {
            umi_shifted_ratio(p->shifted, kernels, p->first, p->n, p->moved);
            umi_shifted_update(p->shifted, kernels, p->first, p->n, p->shrinkage, p->moved);
        } else {
            ratio(kernels, p, atoms, um_const_view(own), scratch);
            update(kernels, p, atoms, own, scratch);
        }
    }
    if (p->shifted != NULL) {
        umi_shifted_leave(p->shifted, p->first, p->n, H, p->moved);
    }
}

void umi_tile_solve(const umi_kernels *kernels, const umi_tile_problem *problem, size_t iterations,
                    um_view H, const umi_tile_scratch *scratch)
{
    start_flat(problem, H);
    umi_tile_improve(kernels, problem, iterations, H, scratch);
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
