/* The sums of every row, to the bit: whatever the width of a vector, products are added in one
 * order. Rows differ in one thing alone, whether a product is rounded before it is added. */
#define _DEFAULT_SOURCE

#include "kernel_cases.h"

#include "kernel_memory.h"

#include <string.h>

enum { T = 5, K = 37, M_MAX = 2500 };

static float H[T * K], D[K * M_MAX], V[T * M_MAX];
static bool fused;

static float multiply_add(float a, float b, float c)
{
    float product = a * b;
    return fused ? fmaf(a, b, c) : product + c;
}

/* 16 partial sums, folded in halves. */
static float dot(size_t n, const float *x, const float *y)
{
    float sums[16] = {0.0F};
    for (size_t i = 0; i < n; i++) {
        sums[i % 16] = multiply_add(x[i], y[i], sums[i % 16]);
    }
    for (size_t half = 8; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            sums[i] += sums[i + half];
        }
    }
    return sums[0];
}

static void require_bits(float actual, float expected)
{
    require(memcmp(&actual, &expected, sizeof actual) == 0, "the order of a sum is kept");
}

/* The divided sum over atoms, one by one. */
static void check_ratio(const umi_kernels *kernels, size_t cols)
{
    static float R[T * M_MAX];
    kernels->ratio(T, cols, K, H, K, D, M_MAX, V, M_MAX, R, M_MAX);
    for (size_t t = 0; t < T; t++) {
        for (size_t m = 0; m < cols; m++) {
            float model = 0.0F;
            for (size_t k = 0; k < K; k++) {
                model = multiply_add(H[t * K + k], D[k * M_MAX + m], model);
            }
            require_bits(R[t * M_MAX + m], V[t * M_MAX + m] / model);
        }
    }
}

static void check_accumulate(const umi_kernels *kernels, size_t cols)
{
    static float N[K * M_MAX];
    memset(N, 0, sizeof N);
    kernels->accumulate(T, cols, K, H, K, V, M_MAX, N, M_MAX);
    for (size_t k = 0; k < K; k++) {
        for (size_t m = 0; m < cols; m++) {
            float sum = 0.0F;
            for (size_t t = 0; t < T; t++) {
                sum = multiply_add(H[t * K + k], V[t * M_MAX + m], sum);
            }
            require_bits(N[k * M_MAX + m], sum);
        }
    }
}

/* Blocks of `width` columns, the sum of each added to those before. */
static void check_project(const umi_kernels *kernels, size_t cols, size_t width)
{
    static float P[T * K];
    kernels->project(T, cols, K, V, M_MAX, D, M_MAX, P, K);
    for (size_t t = 0; t < T; t++) {
        for (size_t k = 0; k < K; k++) {
            const float *v = V + t * M_MAX, *d = D + k * M_MAX;
            float sum = dot(cols < width ? cols : width, v, d);
            for (size_t m = width; m < cols; m += width) {
                sum += dot(cols - m < width ? cols - m : width, v + m, d + m);
            }
            require_bits(P[t * K + k], sum);
        }
    }
}

static void check_entries(const umi_kernels *kernels, size_t atoms)
{
    enum { N = 7 };
    static const uint32_t index[N] = {3, 0, 5, 3, 1, 7, 2};
    float R[N];
    kernels->ratio_entries(N, atoms, index, V, H, D, M_MAX, R);
    for (size_t i = 0; i < N; i++) {
        require_bits(R[i], V[i] / dot(atoms, H, D + index[i] * M_MAX));
    }
}

void check_bits(const umi_kernels *kernels)
{
    umi_random random = umi_random_seeded(12);
    float *const all[] = {H, D, V};
    const size_t sizes[] = {T * K, K * M_MAX, T * M_MAX};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            all[i][j] = 0.01F + (float)umi_random_uniform(&random);
        }
    }
    fused = strcmp(kernels->name, "scalar") != 0 && strcmp(kernels->name, "sse2") != 0;
    for (size_t n = 1; n <= 70; n++) {
        check_ratio(kernels, n);
        check_accumulate(kernels, n);
        check_project(kernels, n, n);
    }
    for (size_t atoms = 1; atoms <= K; atoms++) {
        check_entries(kernels, atoms);
    }
    check_project(kernels, 1025, 1025);
    check_project(kernels, 1536, 784);
    check_project(kernels, M_MAX, 1264);
}
