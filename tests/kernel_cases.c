/* Each row against a plain computation in double, and the promises that hold to the bit. */
#define _DEFAULT_SOURCE

#include "kernel_cases.h"

#include "kernel_memory.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* -- Products ---------------------------------------------------------------------------------- */

/* The sizes and strides of one case. Strides are odd where the padding is. */
typedef struct shape {
    size_t T, M, K, H_stride, D_stride, V_stride, out_stride;
} shape;

static shape new_shape(size_t T, size_t M, size_t K)
{
    shape s = {T, M, K, K + 1 + K % 3, M + 1 + M % 5, M + 3, 0};
    return s;
}

static double model_value(const shape *s, const float *H, const float *D, size_t t, size_t m)
{
    double sum = 0.0;
    for (size_t k = 0; k < s->K; k++) {
        sum += (double)H[t * s->H_stride + k] * (double)D[k * s->D_stride + m];
    }
    return sum;
}

static void check_model(const umi_kernels *kernels, shape s, umi_random *random)
{
    static guarded X, R;
    const float *H = fenced(0, s.T, s.K, s.H_stride, random);
    const float *D = fenced(1, s.K, s.M, s.D_stride, random);
    const float *V = fenced(2, s.T, s.M, s.V_stride, random);
    guard(&X, s.T, s.M, s.M + 7);
    kernels->model(s.T, s.M, s.K, H, s.H_stride, D, s.D_stride, X.data, X.stride);
    check_guards(&X);
    guard(&R, s.T, s.M, s.M + 2);
    kernels->ratio(s.T, s.M, s.K, H, s.H_stride, D, s.D_stride, V, s.V_stride, R.data, R.stride);
    check_guards(&R);
    for (size_t t = 0; t < s.T; t++) {
        for (size_t m = 0; m < s.M; m++) {
            double x = model_value(&s, H, D, t, m);
            check_close((double)X.data[t * X.stride + m], x, s.K);
            double divisor = x > (double)UMI_MODEL_FLOOR ? x : (double)UMI_MODEL_FLOOR;
            check_close((double)R.data[t * R.stride + m], (double)V[t * s.V_stride + m] / divisor,
                        s.K);
        }
    }
}

static void check_project(const umi_kernels *kernels, shape s, umi_random *random)
{
    static guarded P;
    const float *R = fenced(0, s.T, s.M, s.V_stride, random);
    const float *D = fenced(1, s.K, s.M, s.D_stride, random);
    guard(&P, s.T, s.K, s.K + 5);
    kernels->project(s.T, s.M, s.K, R, s.V_stride, D, s.D_stride, P.data, P.stride);
    check_guards(&P);
    for (size_t t = 0; t < s.T; t++) {
        for (size_t k = 0; k < s.K; k++) {
            double sum = 0.0;
            for (size_t m = 0; m < s.M; m++) {
                sum += (double)R[t * s.V_stride + m] * (double)D[k * s.D_stride + m];
            }
            check_close((double)P.data[t * P.stride + k], sum, s.M);
        }
    }
}

static void check_accumulate(const umi_kernels *kernels, shape s, umi_random *random)
{
    static guarded N;
    const float *H = fenced(0, s.T, s.K, s.H_stride, random);
    const float *R = fenced(1, s.T, s.M, s.V_stride, random);
    guard(&N, s.K, s.M, s.M + 1);
    for (size_t k = 0; k < s.K; k++) {
        for (size_t m = 0; m < s.M; m++) {
            N.data[k * N.stride + m] = (float)(k + m);
        }
    }
    kernels->accumulate(s.T, s.M, s.K, H, s.H_stride, R, s.V_stride, N.data, N.stride);
    check_guards(&N);
    for (size_t k = 0; k < s.K; k++) {
        for (size_t m = 0; m < s.M; m++) {
            double sum = (double)(k + m);
            for (size_t t = 0; t < s.T; t++) {
                sum += (double)H[t * s.H_stride + k] * (double)R[t * s.V_stride + m];
            }
            check_close((double)N.data[k * N.stride + m], sum, s.T);
        }
    }
}

static void check_products(const umi_kernels *kernels, size_t T, size_t M, size_t K)
{
    umi_random random = umi_random_seeded(T * 10000 + M * 100 + K);
    check_model(kernels, new_shape(T, M, K), &random);
    check_project(kernels, new_shape(T, M, K), &random);
    check_accumulate(kernels, new_shape(T, M, K), &random);
    /* Rows of H and of V may overlap. */
    shape overlapping = new_shape(T, M, K);
    overlapping.H_stride = 1 + K / 3;
    overlapping.V_stride = 1 + M / 3;
    check_model(kernels, overlapping, &random);
    check_accumulate(kernels, overlapping, &random);
}

/* Each dimension through all its sizes while the others stay at a few that fill no block. */
static void products_of_all_sizes(const umi_kernels *kernels)
{
    for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
        check_products(kernels, n, 53, 9);
        check_products(kernels, 11, n, 7);
        check_products(kernels, 13, 35, n);
        check_products(kernels, n, SIZE_MAX_TESTED - n, n / 2);
        check_products(kernels, n % 10, n, n % 7);
    }
}

/* More columns than one block of any kernel's sums. */
static void project_over_many_columns(const umi_kernels *kernels)
{
    umi_random random = umi_random_seeded(4);
    static const size_t cols[] = {1023, 1024, 1025, 1536, 1551, 2049, 4098};
    for (size_t j = 0; j < sizeof cols / sizeof cols[0]; j++) {
        check_project(kernels, new_shape(7, cols[j], 6), &random);
    }
}

static void zero_over_zero_is_zero(const umi_kernels *kernels)
{
    enum { K = 3, M = 70 };
    static float H[K], D[K * M], V[M], R[M];
    memset(R, 1, sizeof R);
    kernels->ratio(1, M, K, H, K, D, M, V, M, R, M);
    for (size_t m = 0; m < M; m++) {
        require(R[m] == 0.0F, "0 / 0 is 0");
    }
    /* The largest magnitude over nothing stays finite, as the floor promises. */
    V[0] = UMI_MAGNITUDE_MAX;
    kernels->ratio(1, M, K, H, K, D, M, V, M, R, M);
    require(isfinite(R[0]) && R[0] > 9e35F, "the largest ratio is finite");
    V[0] = 0.0F;
}

/* -- Bits -------------------------------------------------------------------------------------- */

enum { TALL = 29, WIDE = 1100, DEEP = 11 };

static float tall_H[TALL * DEEP], tall_D[DEEP * WIDE], tall_V[TALL * WIDE];

static void fill(float *data, size_t n, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    for (size_t i = 0; i < n; i++) {
        data[i] = (float)umi_random_uniform(&random);
    }
}

static void fill_tall(void)
{
    fill(tall_H, TALL * DEEP, 5);
    fill(tall_D, DEEP * WIDE, 6);
    fill(tall_V, TALL * WIDE, 7);
}

/* The rows of a tall tile, and the same rows in tiles of `height`. */
static void check_heights(const umi_kernels *kernels, size_t height, size_t cols)
{
    static const char heights_promise[] = "the bits do not depend on the tile";
    static float tall[TALL * WIDE], X[TALL * WIDE];
    const size_t row = cols * sizeof(float);
    kernels->model(TALL, cols, DEEP, tall_H, DEEP, tall_D, WIDE, tall, cols);
    for (size_t t = 0; t + height <= TALL; t++) {
        kernels->model(height, cols, DEEP, tall_H + t * DEEP, DEEP, tall_D, WIDE, X, cols);
        require(memcmp(X, tall + t * cols, height * row) == 0, heights_promise);
    }
    kernels->ratio(TALL, cols, DEEP, tall_H, DEEP, tall_D, WIDE, tall_V, WIDE, tall, cols);
    for (size_t t = 0; t + height <= TALL; t++) {
        kernels->ratio(height, cols, DEEP, tall_H + t * DEEP, DEEP, tall_D, WIDE, tall_V + t * WIDE,
                       WIDE, X, cols);
        require(memcmp(X, tall + t * cols, height * row) == 0, heights_promise);
    }
    kernels->project(TALL, cols, DEEP, tall_V, WIDE, tall_D, WIDE, tall, DEEP);
    for (size_t t = 0; t + height <= TALL; t++) {
        kernels->project(height, cols, DEEP, tall_V + t * WIDE, WIDE, tall_D, WIDE, X, DEEP);
        require(memcmp(X, tall + t * DEEP, height * DEEP * sizeof(float)) == 0, heights_promise);
    }
}

static void bits_do_not_depend_on_the_tile(const umi_kernels *kernels)
{
    fill_tall();
    for (size_t height = 1; height <= 9; height++) {
        check_heights(kernels, height, 67);
        check_heights(kernels, height, 48);
    }
    check_heights(kernels, 1, WIDE);
    check_heights(kernels, 5, WIDE - 7);
}

/* An atom's numerator must not depend on how many atoms pass with it. */
static void bits_do_not_depend_on_other_atoms(const umi_kernels *kernels)
{
    static float all[TALL * DEEP], some[TALL * DEEP];
    fill_tall();
    kernels->project(TALL, WIDE, DEEP, tall_V, WIDE, tall_D, WIDE, all, DEEP);
    for (size_t k = 0; k < DEEP; k++) {
        kernels->project(TALL, WIDE, 1, tall_V, WIDE, tall_D + k * WIDE, WIDE, some + k, DEEP);
    }
    require(memcmp(some, all, sizeof all) == 0, "the bits do not depend on other atoms");
}

static void accumulate_may_be_split_by_rows(const umi_kernels *kernels)
{
    static float whole[DEEP * WIDE], parts[DEEP * WIDE];
    fill_tall();
    for (size_t cut = 0; cut <= TALL; cut++) {
        fill(whole, DEEP * WIDE, 8);
        fill(parts, DEEP * WIDE, 8);
        kernels->accumulate(TALL, 67, DEEP, tall_H, DEEP, tall_V, WIDE, whole, WIDE);
        kernels->accumulate(cut, 67, DEEP, tall_H, DEEP, tall_V, WIDE, parts, WIDE);
        kernels->accumulate(TALL - cut, 67, DEEP, tall_H + cut * DEEP, DEEP, tall_V + cut * WIDE,
                            WIDE, parts, WIDE);
        require(memcmp(parts, whole, sizeof whole) == 0, "a sum in two parts has the same bits");
    }
}

/* -- Along a row ------------------------------------------------------------------------------- */

/* One logarithm a call, over the whole range, and closely round 1. */
static void logarithms_are_accurate(const umi_kernels *kernels)
{
    const float one = 1.0F;
    for (int step = -8700; step <= 8800; step++) {
        float r = expf((float)step * 0.01F);
        double exact = log((double)r);
        double error = fabs(kernels->weighted_log(1, &one, &r) - exact);
        require(error <= 3e-7 * fmax(1.0, fabs(exact)), "the logarithm is accurate");
        r = 1.0F + (float)step * 1e-5F;
        exact = log((double)r);
        error = fabs(kernels->weighted_log(1, &one, &r) - exact);
        require(error <= 3e-7 * fabs(exact) + FLT_MIN, "the logarithm is accurate");
    }
}

static void weighted_log_of_all_lengths(const umi_kernels *kernels)
{
    umi_random random = umi_random_seeded(9);
    for (size_t n = 0; n <= 600; n += n < 70 ? 1 : 23) {
        float *V = fenced(0, 1, n, n + 1, &random);
        float *R = fenced(1, 1, n, n + 1, &random);
        double exact = 0.0, scale = 0.0;
        for (size_t j = 0; j < n; j++) {
            if (j % 5 == 2) {
                V[j] = R[j] = 0.0F; /* 0 log 0 adds nothing */
                continue;
            }
            R[j] += 1.0F;
            exact += (double)V[j] * log((double)R[j]);
            scale += (double)V[j];
        }
        require(fabs(kernels->weighted_log(n, V, R) - exact) <= 1e-6 * scale,
                "the sum is accurate");
    }
}

/* Sums in float alone would be off by far more. */
static void weighted_log_of_a_long_row(const umi_kernels *kernels)
{
    enum { N = 1 << 20 };
    static float V[N], R[N];
    for (size_t j = 0; j < N; j++) {
        V[j] = 0.7F;
        R[j] = 1.3F;
    }
    double exact = (double)V[0] * log((double)R[0]) * N;
    require(fabs(kernels->weighted_log(N, V, R) - exact) <= 1e-6 * exact, "the sum is accurate");
}

/* Against pow in double, at every length and for every kind of power, floors among the values. */
static void beta_terms_of_all_lengths(const umi_kernels *kernels)
{
    static const float powers[] = {-2.0F, -1.5F, -0.5F, 1.0F, 2.0F, -4.0F, -0.01F};
    static guarded A, X;
    umi_random random = umi_random_seeded(11);
    for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
        umi_beta_terms t = {powers[n % 7], 0.25F, 1e-6F, 1e-7F};
        float *V = fenced(0, 1, n, n + 1, &random);
        guard(&A, 1, n, n + 1);
        guard(&X, 1, n, n + 1);
        double v[SIZE_MAX_TESTED], x[SIZE_MAX_TESTED];
        for (size_t j = 0; j < n; j++) {
            V[j] = j % 5 == 2 ? 0.0F : V[j];
            X.data[j] = j % 7 == 3 ? 0.0F : expf(10.0F * (float)umi_random_uniform(&random) - 5.0F);
            v[j] = fmax(0.25 * (double)V[j], (double)t.V_floor);
            x[j] = fmax(0.25 * (double)X.data[j], (double)t.model_floor);
        }
        kernels->beta_terms(n, &t, V, A.data, X.data);
        check_guards(&A);
        check_guards(&X);
        for (size_t j = 0; j < n; j++) {
            double power = pow(x[j], (double)t.power);
            double error = 5e-7 * fmax(1.0, fabs((double)t.power * log(x[j])));
            require(fabs((double)A.data[j] - v[j] * power) <= error * v[j] * power,
                    "the numerator is accurate");
            require(fabs((double)X.data[j] - x[j] * power) <= error * x[j] * power,
                    "the denominator is accurate");
        }
    }
}

/* A power below the least float is next to nothing. */
static void beta_terms_vanish(const umi_kernels *kernels)
{
    umi_beta_terms t = {-4.0F, 1.0F, 0.0F, 1e-7F};
    float V[20] = {1.0F}, A[20], X[20];
    for (size_t j = 0; j < 20; j++) {
        X[j] = 1e15F;
    }
    kernels->beta_terms(20, &t, V, A, X);
    for (size_t j = 0; j < 20; j++) {
        require(A[j] >= 0.0F && A[j] < 2e-38F && X[j] >= 0.0F && X[j] < 1e-22F, "nothing is left");
    }
}

static void magnitudes_of_all_lengths(const umi_kernels *kernels)
{
    static guarded g;
    umi_random random = umi_random_seeded(10);
    for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
        float *spectrum = fenced(0, 1, 2 * n, 2 * n + 1, &random);
        for (size_t j = 0; j < n; j++) {
            spectrum[2 * j] -= 0.5F;
            spectrum[2 * j + 1] = j % 7 == 3 ? 0.0F : -spectrum[2 * j + 1];
        }
        guard(&g, 1, n, n + 1);
        kernels->magnitude(n, spectrum, g.data);
        check_guards(&g);
        for (size_t j = 0; j < n; j++) {
            double exact = hypot((double)spectrum[2 * j], (double)spectrum[2 * j + 1]);
            check_close((double)g.data[j], exact, 0);
        }
    }
}

/* A band of up to 4 taps over rows of all lengths, added to what is there. */
static void band_of_all_sizes(const umi_kernels *kernels)
{
    enum { ROWS = 6, TAPS_MAX = 4, X_ROWS = 9 };
    static guarded g;
    umi_random random = umi_random_seeded(12);
    for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
        for (size_t taps = 1; taps <= TAPS_MAX; taps++) {
            uint32_t first[ROWS];
            float weights[ROWS * TAPS_MAX];
            for (size_t i = 0; i < ROWS; i++) {
                first[i] = (uint32_t)umi_random_below(&random, X_ROWS - taps + 1);
            }
            for (size_t i = 0; i < ROWS * taps; i++) {
                weights[i] = (float)umi_random_uniform(&random);
            }
            const float *X = fenced(0, X_ROWS, n, n + 3, &random);
            guard(&g, ROWS, n, n + 5);
            for (size_t i = 0; i < ROWS * n; i++) {
                g.data[i / n * (n + 5) + i % n] = 0.5F;
            }
            kernels->band(ROWS, n, taps, first, weights, X, n + 3, g.data, n + 5);
            check_guards(&g);
            for (size_t i = 0; i < ROWS * n; i++) {
                double exact = 0.5;
                for (size_t t = 0; t < taps; t++) {
                    exact += (double)weights[i / n * taps + t] *
                             (double)X[(first[i / n] + t) * (n + 3) + i % n];
                }
                check_close((double)g.data[i / n * (n + 5) + i % n], exact, taps);
            }
        }
    }
}

/* -- The table --------------------------------------------------------------------------------- */

void check_denormals(void)
{
    volatile float small = FLT_MIN;
    volatile float half = small * 0.5F;
    require(half > 0.0F, "denormals are there to begin with");
    unsigned before = umi_flush_denormals();
#if defined(__x86_64__) || defined(__aarch64__)
    volatile float flushed = small * 0.5F;
    volatile float operand = half * 2.0F;
    require(flushed == 0.0F, "a denormal result is 0");
    require(operand == 0.0F, "a denormal operand is 0");
#endif
    /* Between two within: what was there is flushing. */
    unsigned inner = umi_flush_denormals();
    umi_restore_denormals(inner);
#if defined(__x86_64__) || defined(__aarch64__)
    operand = half * 2.0F;
    require(operand == 0.0F, "the inner pair puts flushing back");
#endif
    umi_restore_denormals(before);
    half = small * 0.5F;
    require(half > 0.0F, "the outer pair puts denormals back");
}

size_t kernel_rows(umi_kernels rows[KERNEL_ROWS_MAX])
{
    static const char *const levels[KERNEL_ROWS_MAX] = {"scalar", "sse2", "neon", "avx2", "avx512"};
    size_t n = 0;
    for (size_t i = 0; i < KERNEL_ROWS_MAX; i++) {
        umi_kernels_select(&rows[n], levels[i]);
        /* A level that the processor lacks gives one that is there already. */
        n += strcmp(rows[n].name, levels[i]) == 0;
    }
    return n;
}

const kernel_case kernel_cases[N_KERNEL_CASES] = {
    {"products of all sizes", products_of_all_sizes},
    {"project over many columns", project_over_many_columns},
    {"0 / 0 is 0", zero_over_zero_is_zero},
    {"bits do not depend on the tile", bits_do_not_depend_on_the_tile},
    {"bits do not depend on other atoms", bits_do_not_depend_on_other_atoms},
    {"accumulate may be split by rows", accumulate_may_be_split_by_rows},
    {"logarithms are accurate", logarithms_are_accurate},
    {"weighted log of all lengths", weighted_log_of_all_lengths},
    {"weighted log of a long row", weighted_log_of_a_long_row},
    {"beta terms of all lengths", beta_terms_of_all_lengths},
    {"beta terms vanish", beta_terms_vanish},
    {"ratios of entries of all sizes", check_ratios_of_entries},
    {"projections of entries of all sizes", check_projections_of_entries},
    {"entries may be split", check_split_of_entries},
    {"bits do not depend on the width of vectors", check_bits},
    {"magnitudes of all lengths", magnitudes_of_all_lengths},
    {"bands of all sizes", band_of_all_sizes},
};
