/* The specification of the loops with operands in bfloat16: what they compute, in plain C. */
#include "core/kernels/bf16.h"

static void pack_dictionary(size_t cols, size_t atoms, const float *D, size_t D_stride,
                            umi_bf16 *D_pairs, umi_bf16 *D_lines)
{
    const size_t width = umi_bf16_filled(cols);
    for (size_t k = 0; k < atoms; k++) {
        for (size_t m = 0; m < cols; m++) {
            umi_bf16 d = umi_bf16_from_float(D[k * D_stride + m]);
            D_pairs[k / 2 * 2 * width + 2 * m + k % 2] = d;
            D_lines[k * width + m] = d;
        }
    }
}

static void pack_activations(size_t rows, size_t atoms, const float *from, size_t from_stride,
                             umi_bf16 *H, umi_bf16 *H_t)
{
    const size_t height = umi_bf16_filled(rows);
    const size_t width = umi_bf16_filled(atoms);
    for (size_t t = 0; t < height; t++) {
        for (size_t k = 0; k < width; k++) {
            bool inside = t < rows && k < atoms;
            umi_bf16 h = inside ? umi_bf16_from_float(from[t * from_stride + k]) : 0;
            H[t * width + k] = h;
            if (H_t != NULL) {
                H_t[k * height + t] = h;
            }
        }
    }
}

static float model_value(const umi_bf16 *h, const umi_bf16 *D_pairs, size_t width, size_t atoms)
{
    float sum = 0.0f;
    for (size_t k = 0; k < atoms; k++) {
        sum += umi_bf16_to_float(h[k]) * umi_bf16_to_float(D_pairs[k / 2 * 2 * width + k % 2]);
    }
    return sum;
}

static void ratio(size_t rows, size_t ahead, size_t cols, size_t atoms, const umi_bf16 *H,
                  const umi_bf16 *D_pairs, const float *V, size_t V_stride, umi_bf16 *R,
                  umi_bf16 *R_pairs)
{
    const size_t width = umi_bf16_filled(cols);
    (void)ahead;
    for (size_t t = 0; t < umi_bf16_filled(rows); t++) {
        const umi_bf16 *h = H + t * umi_bf16_filled(atoms);
        for (size_t m = 0; m < width; m++) {
            umi_bf16 r = 0;
            if (t < rows && m < cols) {
                float x = model_value(h, D_pairs + 2 * m, width, atoms);
                float divisor = x > UMI_MODEL_FLOOR ? x : UMI_MODEL_FLOOR;
                r = umi_bf16_from_float(V[t * V_stride + m] / divisor);
            }
            if (R != NULL) {
                R[t * width + m] = r;
            }
            if (R_pairs != NULL) {
                R_pairs[t / 2 * 2 * width + 2 * m + t % 2] = r;
            }
        }
    }
}

static void project(size_t rows, size_t cols, size_t atoms, const umi_bf16 *R,
                    const umi_bf16 *D_lines, float *P, size_t P_stride)
{
    enum { N_SUMS = 16 };
    const size_t width = umi_bf16_filled(cols);
    for (size_t t = 0; t < rows; t++) {
        const umi_bf16 *r = R + t * width;
        for (size_t k = 0; k < atoms; k++) {
            const umi_bf16 *d = D_lines + k * width;
            float sums[N_SUMS] = {0.0f};
            for (size_t m = 0; m < cols; m++) {
                sums[m / 2 % N_SUMS] += umi_bf16_to_float(r[m]) * umi_bf16_to_float(d[m]);
            }
            for (size_t half = N_SUMS / 2; half > 0; half /= 2) {
                for (size_t i = 0; i < half; i++) {
                    sums[i] += sums[i + half];
                }
            }
            P[t * P_stride + k] = sums[0];
        }
    }
}

static void accumulate(size_t rows, size_t cols, size_t atoms, const umi_bf16 *H_t,
                       const umi_bf16 *R_pairs, float *N, size_t N_stride)
{
    const size_t width = umi_bf16_filled(cols);
    const size_t height = umi_bf16_filled(rows);
    for (size_t k = 0; k < atoms; k++) {
        float *n = N + k * N_stride;
        for (size_t t = 0; t < rows; t++) {
            float h = umi_bf16_to_float(H_t[k * height + t]);
            const umi_bf16 *r = R_pairs + t / 2 * 2 * width + t % 2;
            for (size_t m = 0; m < cols; m++) {
                n[m] += h * umi_bf16_to_float(r[2 * m]);
            }
        }
    }
}

void umi_bf16_kernels_init_scalar(umi_bf16_kernels *kernels)
{
    kernels->name = "scalar";
    kernels->pack_dictionary = pack_dictionary;
    kernels->pack_activations = pack_activations;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
}
