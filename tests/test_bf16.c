/* Every row of the loops with operands in bfloat16, and the loops for tiles on a model of the
 * instructions, against plain computations in double; packing and the promises that hold to the
 * bit. */
#define _DEFAULT_SOURCE

#include "core/kernels/bf16.h"
#include "core/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "amx_model.h"
#include "fence.h"

/* What the loops for tiles call beside the tiles: plain C, or what the processor's row calls. */
static void (*round_quotients)(size_t rows, size_t cols, size_t width, const float *X,
                               size_t X_stride, const float *V, size_t V_stride, umi_bf16 *R,
                               umi_bf16 *R_pairs) = amx_plain_quotients;

#include "core/kernels/bf16_amx_loops.h"

enum { SIZE_MAX_TESTED = 67 };

static umi_bf16_kernels kernels_of[5];
static size_t n_kernels, n_found; /* the last ones are on the model */

/* -- Rounding ---------------------------------------------------------------------------------- */

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The nearer neighbour, or of two that are as near the even one, found by subtraction. */
static void numbers_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    for (uint32_t high = 0x0080; high < 0x7F7F; high++) {
        double low = (double)float_of_bits(high << 16);
        double next = (double)float_of_bits((high + 1) << 16);
        static const uint32_t tails[] = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
        for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
            float x = float_of_bits(high << 16 | tails[i]);
            double below = (double)x - low, above = next - (double)x;
            bool up = above < below || (above == below && high % 2 == 1);
            assert_int_equal(umi_bf16_from_float(x), high + up);
            assert_int_equal(umi_bf16_from_float(-x), 0x8000 + high + up);
            assert_true(umi_bf16_to_float((umi_bf16)high) == (float)low);
        }
    }
    assert_int_equal(umi_bf16_from_float(INFINITY), 0x7F80);
    assert_int_equal(umi_bf16_from_float(FLT_MAX), 0x7F80);
    assert_int_equal(umi_bf16_from_float(0.0F), 0);
    assert_int_equal(umi_bf16_from_float(0.9F * FLT_MIN), 0);
    assert_int_equal(umi_bf16_from_float(-0.9F * FLT_MIN), 0x8000);
    assert_true(isnan(umi_bf16_to_float(umi_bf16_from_float(float_of_bits(0x7F800001)))));
}

/* -- Operands ---------------------------------------------------------------------------------- */

/* The sizes of one case, all operands of it, and what they were rounded from. Whatever is packed
 * ends where readable memory ends. */
typedef struct operands {
    size_t T, M, K, H_stride, D_stride, V_stride;
    float *H, *D, *V;
    umi_bf16 *H16, *H_t, *D_pairs, *D_lines, *R, *R_pairs;
} operands;

enum { N_FENCES = 9 };
static fence fences[N_FENCES];

static float *matrix(size_t i, size_t n, size_t cols, size_t stride, umi_random *random)
{
    size_t length = n == 0 ? 0 : (n - 1) * stride + cols;
    float *data = fence_tail(&fences[i], length * sizeof(float));
    for (size_t j = 0; j < length; j++) {
        data[j] = j % stride < cols ? (float)umi_random_uniform(random) : NAN;
    }
    return data;
}

/* Filled with `byte`: 0 where the memory has to start as zeros. */
static umi_bf16 *packed(size_t i, size_t n, size_t cols, int byte)
{
    size_t bytes = umi_bf16_filled(n) * umi_bf16_filled(cols) * sizeof(umi_bf16);
    return memset(fence_tail(&fences[i], bytes), byte, bytes);
}

static operands new_operands(size_t T, size_t M, size_t K, umi_random *random)
{
    operands o = {.T = T, .M = M, .K = K};
    o.H_stride = K + 1 + K % 3;
    o.D_stride = M + 1 + M % 5;
    o.V_stride = M + 3;
    o.H = matrix(0, T, K, o.H_stride, random);
    o.D = matrix(1, K, M, o.D_stride, random);
    o.V = matrix(2, T, M, o.V_stride, random);
    o.H16 = packed(3, T, K, 0x7F);
    o.H_t = packed(4, K + UMI_BF16_FILL, T, 0);
    o.D_pairs = packed(5, K, M, 0);
    o.D_lines = packed(6, K, M, 0);
    o.R = packed(7, T, M, 0x7F);
    o.R_pairs = packed(8, T, M, 0x7F);
    return o;
}

static void pack(const umi_bf16_kernels *kernels, const operands *o)
{
    kernels->pack_dictionary(o->M, o->K, o->D, o->D_stride, o->D_pairs, o->D_lines);
    kernels->pack_activations(o->T, o->K, o->H, o->H_stride, o->H16, o->H_t);
}

static void ratio_of(const umi_bf16_kernels *kernels, const operands *o)
{
    kernels->ratio(o->T, 0, o->M, o->K, o->H16, o->D_pairs, o->V, o->V_stride, o->R, o->R_pairs);
}

/* Rounded, as a double. */
static double rounded(float x)
{
    return (double)umi_bf16_to_float(umi_bf16_from_float(x));
}

static umi_bf16 ratio_at(const operands *o, size_t t, size_t m)
{
    return o->R[t * umi_bf16_filled(o->M) + m];
}

/* All terms are positive: n operations lose at most about n units of float32. */
static void check_sum(double actual, double expected, size_t n)
{
    if (!(fabs(actual - expected) <= 1.2e-7 * (double)(n + 4) * expected)) {
        fail_msg("%.9g, expected %.9g", actual, expected);
    }
}

/* -- Products ---------------------------------------------------------------------------------- */

static void check_packing(const umi_bf16_kernels *kernels, const operands *o)
{
    pack(kernels, o);
    const size_t T = umi_bf16_filled(o->T), M = umi_bf16_filled(o->M), K = umi_bf16_filled(o->K);
    for (size_t t = 0; t < T; t++) {
        for (size_t k = 0; k < K; k++) {
            bool inside = t < o->T && k < o->K;
            umi_bf16 h = inside ? umi_bf16_from_float(o->H[t * o->H_stride + k]) : 0;
            assert_int_equal(o->H16[t * K + k], h);
            assert_int_equal(o->H_t[k * T + t], h);
        }
    }
    for (size_t k = 0; k < K; k++) {
        for (size_t m = 0; m < M; m++) {
            bool inside = k < o->K && m < o->M;
            umi_bf16 d = inside ? umi_bf16_from_float(o->D[k * o->D_stride + m]) : 0;
            assert_int_equal(o->D_pairs[(k / 2 * M + m) * 2 + k % 2], d);
        }
    }
}

/* Half a unit of bfloat16, and what the quotient before rounding may be off. */
static void check_ratio(const umi_bf16_kernels *kernels, const operands *o)
{
    ratio_of(kernels, o);
    const size_t T = umi_bf16_filled(o->T), M = umi_bf16_filled(o->M);
    for (size_t t = 0; t < T; t++) {
        for (size_t m = 0; m < M; m++) {
            double quotient = 0.0;
            if (t < o->T && m < o->M) {
                double x = 0.0;
                for (size_t k = 0; k < o->K; k++) {
                    x += rounded(o->H[t * o->H_stride + k]) * rounded(o->D[k * o->D_stride + m]);
                }
                quotient = (double)o->V[t * o->V_stride + m] / fmax(x, (double)UMI_MODEL_FLOOR);
            }
            umi_bf16 r = ratio_at(o, t, m);
            double error = fabs((double)umi_bf16_to_float(r) - quotient);
            assert_true(error <= quotient * (0x1p-8 + 0x1p-13 + 1.2e-7 * (double)(o->K + 4)));
            assert_int_equal(o->R_pairs[(t / 2 * M + m) * 2 + t % 2], r);
        }
    }
}

/* Of the ratio as it was packed. */
static void check_project(const umi_bf16_kernels *kernels, const operands *o)
{
    static guarded P;
    guard(&P, o->T, o->K, o->K + 5);
    kernels->project(o->T, o->M, o->K, o->R, o->D_lines, P.data, P.stride);
    check_guards(&P);
    for (size_t t = 0; t < o->T; t++) {
        for (size_t k = 0; k < o->K; k++) {
            double sum = 0.0;
            for (size_t m = 0; m < o->M; m++) {
                sum += (double)umi_bf16_to_float(ratio_at(o, t, m)) *
                       rounded(o->D[k * o->D_stride + m]);
            }
            check_sum((double)P.data[t * P.stride + k], sum, o->M);
        }
    }
}

static void check_accumulate(const umi_bf16_kernels *kernels, const operands *o, size_t first)
{
    static guarded N;
    if (first > o->K) {
        return;
    }
    guard(&N, o->K - first, o->M, o->M + 1);
    for (size_t k = first; k < o->K; k++) {
        for (size_t m = 0; m < o->M; m++) {
            N.data[(k - first) * N.stride + m] = (float)(k + m);
        }
    }
    kernels->accumulate(o->T, o->M, o->K - first, o->H_t + first * umi_bf16_filled(o->T),
                        o->R_pairs, N.data, N.stride);
    check_guards(&N);
    for (size_t k = first; k < o->K; k++) {
        for (size_t m = 0; m < o->M; m++) {
            double sum = (double)(k + m);
            for (size_t t = 0; t < o->T; t++) {
                sum += rounded(o->H[t * o->H_stride + k]) *
                       (double)umi_bf16_to_float(ratio_at(o, t, m));
            }
            check_sum((double)N.data[(k - first) * N.stride + m], sum, o->T);
        }
    }
}

static void check_products(size_t T, size_t M, size_t K)
{
    umi_random random = umi_random_seeded(T * 10000 + M * 100 + K);
    for (size_t i = 0; i < n_kernels; i++) {
        operands o = new_operands(T, M, K, &random);
        check_packing(&kernels_of[i], &o);
        check_ratio(&kernels_of[i], &o);
        check_project(&kernels_of[i], &o);
        check_accumulate(&kernels_of[i], &o, 0);
        check_accumulate(&kernels_of[i], &o, 3);
    }
}

/* Each dimension through all its sizes while the others stay at a few that fill no block. */
static void products_of_all_sizes(void **state)
{
    (void)state;
    for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
        check_products(n, 53, 9);
        check_products(11, n, 7);
        check_products(13, 35, n);
        check_products(n, SIZE_MAX_TESTED - n, n / 2);
        check_products(n % 10, n, n % 7);
    }
}

/* More columns than one block of any row's sums. */
static void project_over_many_columns(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    static const size_t cols[] = {1023, 1024, 1025, 1536, 1551, 2049, 4098};
    for (size_t i = 0; i < n_kernels; i++) {
        for (size_t j = 0; j < sizeof cols / sizeof cols[0]; j++) {
            operands o = new_operands(7, cols[j], 6, &random);
            pack(&kernels_of[i], &o);
            ratio_of(&kernels_of[i], &o);
            check_project(&kernels_of[i], &o);
        }
    }
}

static void what_nobody_reads_is_not_written(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(5);
    for (size_t i = 0; i < n_kernels; i++) {
        operands o = new_operands(13, 35, 9, &random);
        pack(&kernels_of[i], &o);
        ratio_of(&kernels_of[i], &o);
        const size_t bytes = (size_t)32 * 64 * sizeof(umi_bf16);
        static umi_bf16 R[32 * 64], R_pairs[32 * 64], H16[32 * 32];
        memcpy(R, o.R, bytes);
        memcpy(R_pairs, o.R_pairs, bytes);
        memcpy(H16, o.H16, sizeof H16);
        memset(o.R, 1, bytes);
        kernels_of[i].ratio(13, 13, 35, 9, o.H16, o.D_pairs, o.V, o.V_stride, o.R, NULL);
        assert_memory_equal(o.R, R, bytes);
        memset(o.R_pairs, 1, bytes);
        kernels_of[i].ratio(13, 13, 35, 9, o.H16, o.D_pairs, o.V, o.V_stride, NULL, o.R_pairs);
        assert_memory_equal(o.R_pairs, R_pairs, bytes);
        memset(o.H16, 1, sizeof H16);
        kernels_of[i].pack_activations(13, 9, o.H, o.H_stride, o.H16, NULL);
        assert_memory_equal(o.H16, H16, sizeof H16);
    }
}

static void zero_over_zero_is_zero(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(6);
    for (size_t i = 0; i < n_kernels; i++) {
        operands o = new_operands(1, 45, 3, &random);
        memset(o.H, 0, 3 * sizeof(float));
        memset(o.V, 0, 45 * sizeof(float));
        /* The largest magnitude over nothing stays finite, as the floor promises. */
        o.V[1] = UMI_MAGNITUDE_MAX;
        pack(&kernels_of[i], &o);
        ratio_of(&kernels_of[i], &o);
        for (size_t m = 0; m < 45; m++) {
            float r = umi_bf16_to_float(ratio_at(&o, 0, m));
            assert_true(m == 1 ? isfinite(r) && r > 9e35F : r == 0.0F);
        }
    }
}

/* -- Bits -------------------------------------------------------------------------------------- */

enum { TALL = 70, WIDE = 1100, DEEP = 11 };

/* Frames by themselves, and in pairs, as in a tall tile. */
static void bits_do_not_depend_on_the_tile(void **state)
{
    (void)state;
    static float whole[TALL * DEEP], part[TALL * DEEP];
    static umi_bf16 R[96 * 1120];
    for (size_t i = 0; i < n_kernels; i++) {
        const umi_bf16_kernels *kernels = &kernels_of[i];
        umi_random random = umi_random_seeded(7);
        operands o = new_operands(TALL, WIDE, DEEP, &random);
        const size_t width = umi_bf16_filled(WIDE);
        pack(kernels, &o);
        ratio_of(kernels, &o);
        kernels->project(TALL, WIDE, DEEP, o.R, o.D_lines, whole, DEEP);
        memcpy(R, o.R, sizeof R);
        for (size_t height = 1; height <= 33; height += 4) {
            for (size_t t = 0; t + height <= TALL; t += 9) {
                kernels->pack_activations(height, DEEP, o.H + t * o.H_stride, o.H_stride, o.H16,
                                          NULL);
                kernels->ratio(height, 0, WIDE, DEEP, o.H16, o.D_pairs, o.V + t * o.V_stride,
                               o.V_stride, o.R, NULL);
                kernels->project(height, WIDE, DEEP, o.R, o.D_lines, part, DEEP);
                assert_memory_equal(o.R, R + t * width, height * width * sizeof R[0]);
                assert_memory_equal(part, whole + t * DEEP, height * DEEP * sizeof part[0]);
            }
        }
    }
}

static void accumulate_may_be_split(void **state)
{
    (void)state;
    static float whole[DEEP * WIDE], parts[DEEP * WIDE];
    for (size_t i = 0; i < n_kernels; i++) {
        const umi_bf16_kernels *kernels = &kernels_of[i];
        umi_random random = umi_random_seeded(8);
        operands o = new_operands(TALL, WIDE, DEEP, &random);
        memset(whole, 0, sizeof whole);
        memset(parts, 0, sizeof parts);
        pack(kernels, &o);
        ratio_of(kernels, &o);
        kernels->accumulate(TALL, WIDE, DEEP, o.H_t, o.R_pairs, whole, WIDE);
        for (size_t t = 0; t < TALL; t += 32) { /* by frames */
            size_t height = TALL - t < 32 ? TALL - t : 32;
            kernels->pack_activations(height, DEEP, o.H + t * o.H_stride, o.H_stride, o.H16, o.H_t);
            kernels->accumulate(height, WIDE, DEEP, o.H_t, o.R_pairs + t * umi_bf16_filled(WIDE),
                                parts, WIDE);
        }
        assert_memory_equal(parts, whole, sizeof whole);
        pack(kernels, &o);
        memset(parts, 0, sizeof parts);
        for (size_t k = 0; k < DEEP; k++) { /* by atoms */
            kernels->accumulate(TALL, WIDE, 1, o.H_t + k * umi_bf16_filled(TALL), o.R_pairs,
                                parts + k * WIDE, WIDE);
        }
        assert_memory_equal(parts, whole, sizeof whole);
    }
}

/* -- The table --------------------------------------------------------------------------------- */

static void rows_that_the_processor_lacks_are_refused(void **state)
{
    (void)state;
    umi_bf16_kernels kernels;
    assert_false(umi_bf16_kernels_select(&kernels, "no such row"));
    assert_null(kernels.name);
    /* The best row is one of those that were found by name, and not the specification. */
    if (umi_bf16_kernels_select(&kernels, NULL)) {
        assert_string_equal(kernels.name, kernels_of[n_found - 1].name);
        assert_string_not_equal(kernels.name, "scalar");
    } else {
        assert_int_equal(n_found, 1);
    }
}

static void ratio_beside_avx512(size_t rows, size_t ahead, size_t cols, size_t atoms,
                                const umi_bf16 *H, const umi_bf16 *D_pairs, const float *V,
                                size_t V_stride, umi_bf16 *R, umi_bf16 *R_pairs)
{
    round_quotients = umi_bf16_round_quotients_avx512;
    ratio(rows, ahead, cols, atoms, H, D_pairs, V, V_stride, R, R_pairs);
    round_quotients = amx_plain_quotients;
}

static umi_bf16_kernels *add_model(void)
{
    umi_bf16_kernels *model = &kernels_of[n_kernels++];
    model->pack_dictionary = pack_dictionary;
    model->ratio = ratio;
    model->project = project;
    model->accumulate = accumulate;
    return model;
}

static int select_rows(void **state)
{
    (void)state;
    static const char *const names[] = {"scalar", "avx512_bf16", "amx"};
    for (size_t i = 0; i < 3; i++) {
        n_kernels += umi_bf16_kernels_select(&kernels_of[n_kernels], names[i]);
    }
    n_found = n_kernels;
    umi_bf16_kernels_init_scalar(&kernels_of[n_kernels]);
    (void)add_model();
    if (umi_bf16_kernels_select(&kernels_of[n_kernels], "avx512_bf16")) {
        add_model()->ratio = ratio_beside_avx512;
    }
    for (size_t i = 0; i < N_FENCES; i++) {
        fences[i] = fence_new((size_t)128 * 4160 * sizeof(float));
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_to_the_nearest),
        cmocka_unit_test(products_of_all_sizes),
        cmocka_unit_test(project_over_many_columns),
        cmocka_unit_test(what_nobody_reads_is_not_written),
        cmocka_unit_test(zero_over_zero_is_zero),
        cmocka_unit_test(bits_do_not_depend_on_the_tile),
        cmocka_unit_test(accumulate_may_be_split),
        cmocka_unit_test(rows_that_the_processor_lacks_are_refused),
    };
    return cmocka_run_group_tests(tests, select_rows, NULL);
}
