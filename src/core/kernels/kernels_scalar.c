/* The specification of the inner loops: what they compute, in the order in which they add. */
#include "core/kernels/kernels.h"
#include "core/kernels/product.h"

#include <float.h>
#include <math.h>

/* The model's row is built in place, atom by atom: the loop over columns reads D as it lies in
 * memory, and an element adds its atoms in their order. */
static void model(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, float *X, size_t X_stride)
{
    for (size_t t = 0; t < rows; t++) {
        float *x = X + t * X_stride;
        for (size_t m = 0; m < cols; m++) {
            x[m] = 0.0f;
        }
        for (size_t k = 0; k < atoms; k++) {
            float h = H[t * H_stride + k];
            const float *d = D + k * D_stride;
            for (size_t m = 0; m < cols; m++) {
                x[m] += h * d[m];
            }
        }
    }
}

static void ratio(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, const float *V, size_t V_stride, float *R,
                  size_t R_stride)
{
    model(rows, cols, atoms, H, H_stride, D, D_stride, R, R_stride);
    for (size_t t = 0; t < rows; t++) {
        const float *v = V + t * V_stride;
        float *r = R + t * R_stride;
        for (size_t m = 0; m < cols; m++) {
            r[m] = v[m] / (r[m] > UMI_MODEL_FLOOR ? r[m] : UMI_MODEL_FLOOR);
        }
    }
}

/* The sum of n products, by UMI_PARTIAL_SUMS partial ones. They also keep the rounding error of a
 * long sum down. */
static float dot(size_t n, const float *x, const float *y)
{
    float sums[UMI_PARTIAL_SUMS] = {0.0f};
    for (size_t i = 0; i < n; i++) {
        sums[i % UMI_PARTIAL_SUMS] += x[i] * y[i];
    }
    for (size_t half = UMI_PARTIAL_SUMS / 2; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            sums[i] += sums[i + half];
        }
    }
    return sums[0];
}

static void project(size_t rows, size_t cols, size_t atoms, const float *R, size_t R_stride,
                    const float *D, size_t D_stride, float *P, size_t P_stride)
{
    const size_t width = umi_projection_width(cols, UMI_PARTIAL_SUMS);
    for (size_t t = 0; t < rows; t++) {
        for (size_t k = 0; k < atoms; k++) {
            const float *r = R + t * R_stride;
            const float *d = D + k * D_stride;
            float *p = &P[t * P_stride + k];
            *p = dot(cols < width ? cols : width, r, d);
            for (size_t m = width; m < cols; m += width) {
                *p += dot(cols - m < width ? cols - m : width, r + m, d + m);
            }
        }
    }
}

static void accumulate(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                       const float *R, size_t R_stride, float *N, size_t N_stride)
{
    for (size_t t = 0; t < rows; t++) {
        const float *r = R + t * R_stride;
        for (size_t k = 0; k < atoms; k++) {
            float h = H[t * H_stride + k];
            float *n = N + k * N_stride;
            for (size_t m = 0; m < cols; m++) {
                n[m] += h * r[m];
            }
        }
    }
}

static double weighted_log(size_t n, const float *V, const float *R)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        /* The bound stands in for log 0, whose weight V is 0 or next to it. */
        float r = R[i] > FLT_MIN ? R[i] : FLT_MIN;
        sum += (double)V[i] * (double)logf(r);
    }
    return sum;
}

static void ratio_entries(size_t n, size_t atoms, const uint32_t *index, const float *V,
                          const float *x, const float *D, size_t D_stride, float *R)
{
    for (size_t i = 0; i < n; i++) {
        float sum = dot(atoms, x, D + index[i] * D_stride);
        R[i] = V[i] / (sum > UMI_MODEL_FLOOR ? sum : UMI_MODEL_FLOOR);
    }
}

static void project_entries(size_t n, size_t atoms, const uint32_t *index, const float *R,
                            const float *D, size_t D_stride, float *P)
{
    for (size_t i = 0; i < n; i++) {
        const float *d = D + index[i] * D_stride;
        for (size_t k = 0; k < atoms; k++) {
            P[k] += R[i] * d[k];
        }
    }
}

static void beta_terms(size_t n, const umi_beta_terms *terms, const float *V, float *A, float *X)
{
    for (size_t i = 0; i < n; i++) {
        float v = fmaxf(V[i] * terms->unit, terms->V_floor);
        float x = fmaxf(X[i] * terms->unit, terms->model_floor);
        float lower = powf(x, terms->power);
        A[i] = v * lower;
        X[i] = x * lower;
    }
}

static void band(size_t rows, size_t cols, size_t taps, const uint32_t *first, const float *weights,
                 const float *X, size_t X_stride, float *Y, size_t Y_stride)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t m = 0; m < cols; m++) {
            float sum = Y[i * Y_stride + m];
            for (size_t t = 0; t < taps; t++) {
                sum += weights[i * taps + t] * X[(first[i] + t) * X_stride + m];
            }
            Y[i * Y_stride + m] = sum;
        }
    }
}

static void magnitude(size_t n, const float *spectrum, float *result)
{
    for (size_t i = 0; i < n; i++) {
        float re = spectrum[2 * i];
        float im = spectrum[2 * i + 1];
        result[i] = sqrtf(re * re + im * im);
    }
}

void umi_kernels_init_scalar(umi_kernels *kernels)
{
    kernels->name = "scalar";
    kernels->model = model;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
    kernels->weighted_log = weighted_log;
    kernels->ratio_entries = ratio_entries;
    kernels->project_entries = project_entries;
    kernels->beta_terms = beta_terms;
    kernels->band = band;
    kernels->magnitude = magnitude;
}
