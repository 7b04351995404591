#include "core/shifted_atoms.h"

#include "core/memory.h"

#include <assert.h>
#include <string.h>

/* Bins of the ratio that are projected at once: they stay in the nearest cache for all atoms. */
enum { PROJECTED_BINS = 256 };

/* -- The dictionary ---------------------------------------------------------------------------- */

/* Sum of the moved atom k over all channels. */
static double moved_sum(const umi_shifted_atoms *a, const umi_pitch_shift *shift, size_t k)
{
    const umi_band_matrix *S = &shift->forward;
    double sum = 0.0;
    for (size_t c = 0; c < a->n_channels; c++) {
        for (size_t f = 0; f < S->rows; f++) {
            for (size_t t = 0; t < S->taps; t++) {
                size_t bin = c * a->n_bins + S->first[f] + t;
                sum += (double)S->weights[f * S->taps + t] * (double)um_row(a->Dt, bin)[k];
            }
        }
    }
    return sum;
}

bool umi_shifted_atoms_init(umi_shifted_atoms *a, um_cview D, size_t n_channels,
                            const double *semitones, size_t n_shifts)
{
    /* The least that is left of an atom, so that its scale stays finite. */
    const double least = 1e-6;
    size_t stride = umi_padded(D.rows);
    *a = (umi_shifted_atoms){
        .n_bins = D.cols / n_channels, .n_channels = n_channels, .n_atoms = D.rows};
    a->shifts = umi_alloc(n_shifts, sizeof *a->shifts);
    a->scale = umi_alloc(n_shifts * D.rows, sizeof(float));
    a->Dt = (um_view){umi_alloc(D.cols * stride, sizeof(float)), D.cols, D.rows, stride};
    if (a->shifts == NULL || a->scale == NULL || a->Dt.data == NULL) {
        return false;
    }
    for (size_t f = 0; f < D.cols; f++) {
        for (size_t k = 0; k < D.rows; k++) {
            um_row(a->Dt, f)[k] = um_crow(D, k)[f];
        }
    }
    for (size_t s = 0; s < n_shifts; s++) {
        a->n_shifts = s + 1;
        if (!umi_pitch_shift_init(&a->shifts[s], a->n_bins, semitones[s])) {
            return false;
        }
        for (size_t k = 0; k < D.rows; k++) {
            double sum = moved_sum(a, &a->shifts[s], k);
            a->scale[s * D.rows + k] = sum > least ? (float)(1.0 / sum) : 0.0f;
        }
    }
    return true;
}

void umi_shifted_atoms_free(umi_shifted_atoms *a)
{
    for (size_t s = 0; s < a->n_shifts; s++) {
        umi_pitch_shift_free(&a->shifts[s]);
    }
    umi_free(a->shifts);
    umi_free(a->scale);
    umi_free(a->Dt.data);
    memset(a, 0, sizeof *a);
}

/* -- A tile ------------------------------------------------------------------------------------ */

bool umi_shifted_tile_init(umi_shifted_tile *tile, size_t width, size_t n_columns,
                           size_t n_activations)
{
    size_t bytes = width * sizeof(float);
    *tile = (umi_shifted_tile){.width = width};
    tile->H = umi_alloc(n_activations, bytes);
    tile->V = umi_alloc(n_columns, bytes);
    tile->X = umi_alloc(n_columns, bytes);
    tile->moved = umi_alloc(n_columns, bytes);
    tile->P = umi_alloc(n_activations, bytes);
    return tile->H != NULL && tile->V != NULL && tile->X != NULL && tile->moved != NULL &&
           tile->P != NULL;
}

void umi_shifted_tile_free(umi_shifted_tile *tile)
{
    umi_free(tile->H);
    umi_free(tile->V);
    umi_free(tile->X);
    umi_free(tile->moved);
    umi_free(tile->P);
    memset(tile, 0, sizeof *tile);
}

/* to[i * width + t] = from[t][i] for n values of every row, with 0 for frames that there are not.
 */
static void transpose_in(um_cview from, size_t first, size_t n, float *to, size_t width)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < width; t++) {
            to[i * width + t] = t < from.rows ? um_crow(from, t)[first + i] : 0.0f;
        }
    }
}

static void transpose_out(const float *from, size_t width, um_view to, size_t first, size_t n)
{
    for (size_t t = 0; t < to.rows; t++) {
        float *row = um_row(to, t) + first;
        for (size_t i = 0; i < n; i++) {
            row[i] = from[i * width + t];
        }
    }
}

static void take_activations(const umi_shifted_atoms *a, um_cview H, size_t first, size_t n,
                             umi_shifted_tile *tile)
{
    for (size_t s = 0; s < a->n_shifts; s++) {
        size_t column = s * a->n_atoms + first;
        transpose_in(H, column, n, tile->H + column * tile->width, tile->width);
    }
}

void umi_shifted_enter(const umi_shifted_atoms *a, um_cview V, um_cview H, size_t first, size_t n,
                       umi_shifted_tile *tile)
{
    assert(V.rows <= tile->width && V.rows == H.rows && V.cols == a->Dt.rows);
    transpose_in(V, 0, V.cols, tile->V, tile->width);
    take_activations(a, H, first, n, tile);
}

void umi_shifted_leave(const umi_shifted_atoms *a, size_t first, size_t n, um_view H,
                       const umi_shifted_tile *tile)
{
    for (size_t s = 0; s < a->n_shifts; s++) {
        size_t column = s * a->n_atoms + first;
        transpose_out(tile->H + column * tile->width, tile->width, H, column, n);
    }
}

/* -- Products ---------------------------------------------------------------------------------- */

/* y = y + B x for the bins of every channel. */
static void move(const umi_shifted_atoms *a, const umi_kernels *kernels, const umi_band_matrix *B,
                 size_t width, const float *x, float *y)
{
    for (size_t c = 0; c < a->n_channels; c++) {
        size_t at = c * a->n_bins * width;
        kernels->band(B->rows, width, B->taps, B->first, B->weights, x + at, width, y + at, width);
    }
}

/* X = the model. */
static void form_model(const umi_shifted_atoms *a, const umi_kernels *kernels, size_t first,
                       size_t n, umi_shifted_tile *tile)
{
    size_t width = tile->width, n_columns = a->Dt.rows;
    memset(tile->X, 0, n_columns * width * sizeof(float));
    for (size_t s = 0; s < a->n_shifts; s++) {
        const float *H = tile->H + (s * a->n_atoms + first) * width;
        const float *scale = a->scale + s * a->n_atoms + first;
        for (size_t k = 0; k < n; k++) {
            for (size_t t = 0; t < width; t++) {
                tile->P[k * width + t] = scale[k] * H[k * width + t];
            }
        }
        kernels->model(n_columns, width, n, a->Dt.data + first, a->Dt.stride, tile->P, width,
                       tile->moved, width);
        move(a, kernels, &a->shifts[s].forward, width, tile->moved, tile->X);
    }
}

void umi_shifted_ratio(const umi_shifted_atoms *a, const umi_kernels *kernels, size_t first,
                       size_t n, umi_shifted_tile *tile)
{
    form_model(a, kernels, first, n, tile);
    for (size_t i = 0; i < a->Dt.rows * tile->width; i++) {
        float model = tile->X[i];
        tile->X[i] = tile->V[i] / (model < UMI_MODEL_FLOOR ? UMI_MODEL_FLOOR : model);
    }
}

/* P = (R moved back) D^T, transposed. */
static void project(const umi_shifted_atoms *a, const umi_kernels *kernels, size_t first, size_t n,
                    const float *R, umi_shifted_tile *tile)
{
    size_t width = tile->width, n_columns = a->Dt.rows;
    memset(tile->P, 0, n * width * sizeof(float));
    for (size_t f = 0; f < n_columns; f += PROJECTED_BINS) {
        size_t bins = n_columns - f < PROJECTED_BINS ? n_columns - f : PROJECTED_BINS;
        kernels->accumulate(bins, width, n, um_row(a->Dt, f) + first, a->Dt.stride, R + f * width,
                            width, tile->P, width);
    }
}

void umi_shifted_update(const umi_shifted_atoms *a, const umi_kernels *kernels, size_t first,
                        size_t n, const float *shrinkage, umi_shifted_tile *tile)
{
    size_t width = tile->width;
    for (size_t s = 0; s < a->n_shifts; s++) {
        memset(tile->moved, 0, a->Dt.rows * width * sizeof(float));
        move(a, kernels, &a->shifts[s].transposed, width, tile->X, tile->moved);
        project(a, kernels, first, n, tile->moved, tile);
        for (size_t k = 0; k < n; k++) {
            size_t column = s * a->n_atoms + first + k;
            float factor = a->scale[column] * (shrinkage != NULL ? shrinkage[column] : 1.0f);
            float *h = tile->H + column * width;
            for (size_t t = 0; t < width; t++) {
                h[t] *= factor * tile->P[k * width + t];
            }
        }
    }
}

void umi_shifted_model(const umi_shifted_atoms *a, const umi_kernels *kernels, um_cview H,
                       size_t first, size_t n, um_view M, umi_shifted_tile *tile)
{
    take_activations(a, H, first, n, tile);
    form_model(a, kernels, first, n, tile);
    transpose_out(tile->X, tile->width, M, 0, M.cols);
}
