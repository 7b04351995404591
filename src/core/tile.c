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

static umi_shift_scratch shift_scratch(const umi_tile_scratch *scratch)
{
    return (umi_shift_scratch){scratch->S, scratch->R_stride, scratch->Q, scratch->P_stride};
}

/* R = V / (C + the model) */
static void ratio(const umi_kernels *kernels, const umi_tile_problem *p, um_cview atoms, um_cview H,
                  const umi_tile_scratch *scratch)
{
    if (p->C.data == NULL && p->shifted == NULL) {
        umi_tile_ratio(kernels, p->V, atoms, H, scratch);
        return;
    }
    if (p->shifted == NULL) {
        kernels->model(H.rows, atoms.cols, atoms.rows, H.data, H.stride, atoms.data, atoms.stride,
                       scratch->R, scratch->R_stride);
    } else {
        umi_shift_scratch moved = shift_scratch(scratch);
        umi_shifted_model(p->shifted, kernels, p->D, H, p->first, p->n, scratch->R,
                          scratch->R_stride, &moved);
    }
    for (size_t t = 0; t < H.rows; t++) {
        const float *v = um_crow(p->V, t);
        const float *c = p->C.data != NULL ? um_crow(p->C, t) : NULL;
        float *r = scratch->R + t * scratch->R_stride;
        for (size_t f = 0; f < p->V.cols; f++) {
            float model = c != NULL ? c[f] + r[f] : r[f];
            r[f] = v[f] / (model < UMI_MODEL_FLOOR ? UMI_MODEL_FLOOR : model);
        }
    }
}

static void shrink(const umi_tile_problem *p, um_view H)
{
    for (size_t t = 0; t < H.rows; t++) {
        for (size_t s = 0; s < n_shifts(p); s++) {
            size_t column = s * p->D.rows + p->first;
            float *h = um_row(H, t) + column;
            for (size_t k = 0; k < p->n; k++) {
                h[k] *= p->shrinkage[column + k];
            }
        }
    }
}

void umi_tile_improve(const umi_kernels *kernels, const umi_tile_problem *p, size_t iterations,
                      um_view H, const umi_tile_scratch *scratch)
{
    assert(p->V.rows == H.rows && H.rows <= UMI_TILE_FRAMES && p->first + p->n <= p->D.rows);
    um_cview atoms = {um_crow(p->D, p->first), p->n, p->D.cols, p->D.stride};
    um_view own = {H.data + p->first, H.rows, p->n, H.stride};
    um_cview read = um_const_view(p->shifted != NULL ? H : own);
    for (size_t i = 0; i < iterations; i++) {
        ratio(kernels, p, atoms, read, scratch);
        if (p->shifted != NULL) {
            umi_shift_scratch moved = shift_scratch(scratch);
            umi_shifted_update(p->shifted, kernels, p->D, scratch->R, scratch->R_stride, H,
                               p->first, p->n, &moved);
        } else {
            umi_tile_scale_activations(kernels, atoms, own, scratch);
        }
        if (p->shrinkage != NULL) {
            shrink(p, H);
        }
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
