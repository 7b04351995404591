/* The factorisation with operands in bfloat16: near the one in float32, with the same promises. */
#include "core/kernels/bf16.h"
#include "core/nmf_internal.h"

#include "counting_allocator.h"
#include "matrices.h"
#include "unmingle/cpu.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_FRAMES = 300, N_BINS = 37, K = 7 }; /* frames in two parts, and in a tile of 12 */

/* The rows that this processor has; the specification is always one. */
static const char *rows[3];
static size_t n_rows;

typedef struct variant {
    um_solver solver;
    size_t n_channels, n_fixed;
} variant;

static const variant variants[] = {
    {UM_SOLVER_MU, 1, 0},    {UM_SOLVER_MU, 2, 3},    {UM_SOLVER_MU, 1, 3},   {UM_SOLVER_MU, 1, K},
    {UM_SOLVER_JOINT, 1, 0}, {UM_SOLVER_JOINT, 2, 3}, {UM_SOLVER_JOINT, 1, 2}};
enum { N_VARIANTS = sizeof variants / sizeof *variants };

static um_nmf_config config_of(variant v, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = N_FRAMES;
    config.n_bins = N_BINS;
    config.n_channels = v.n_channels;
    config.n_components = K;
    config.solver = v.solver;
    config.iterations = iterations;
    return config;
}

/* A product of random factors, and noise. */
static um_view spectrogram(variant v)
{
    umi_random random = umi_random_seeded(1);
    um_view H = matrix_random(N_FRAMES, K, 0.6, &random);
    um_view W = matrix_random(K, N_BINS * v.n_channels, 0.6, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t f = 0; f < V.cols; f++) {
            um_row(V, n)[f] *= 0.5F + (float)umi_random_uniform(&random);
        }
    }
    umi_free(H.data);
    umi_free(W.data);
    return V;
}

/* In the named row; NULL: float32. */
static um_nmf *run_in(const char *row, um_nmf_config config, size_t n_fixed, um_cview V)
{
    um_nmf *nmf;
    umi_random random = umi_random_seeded(2);
    um_view W = matrix_random(n_fixed, N_BINS, 0.0, &random);
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    if (row != NULL) {
        assert_true(umi_nmf_bf16_init(nmf, row));
        assert_int_equal(um_nmf_precision(nmf), UM_PRECISION_BF16);
    }
    assert_int_equal(um_nmf_set_atoms(nmf, 0, um_const_view(W), true), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, V, 3), UM_OK);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    umi_free(W.data);
    return nmf;
}

static bool same_results(const um_nmf *a, const um_nmf *b)
{
    return same_bits(um_nmf_activations(a), um_nmf_activations(b)) &&
           same_bits(um_nmf_atoms(a), um_nmf_atoms(b)) &&
           same_bits(um_nmf_gains(a), um_nmf_gains(b));
}

/* The largest difference of two elements, as a share of the second one. */
static double distance(um_cview a, um_cview b)
{
    double largest = 0.0;
    for (size_t r = 0; r < a.rows; r++) {
        for (size_t c = 0; c < a.cols; c++) {
            double expected = (double)um_crow(b, r)[c];
            double difference = fabs((double)um_crow(a, r)[c] - expected);
            largest = fmax(largest, expected > 0.0 ? difference / expected : difference);
        }
    }
    return largest;
}

/* What goes into one update was rounded by at most 2^-8: H and W in the model, the ratio, and the
 * other factor of its product. W's update has the error of H's besides, and both errors come up
 * once more where W is normalised. */
static void one_update_is_near(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VARIANTS * n_rows; i++) {
        variant v = variants[i / n_rows];
        um_view V = spectrogram(v);
        um_nmf_config config = config_of(v, 1);
        um_nmf *exact = run_in(NULL, config, v.n_fixed, um_const_view(V));
        um_nmf *near = run_in(rows[i % n_rows], config, v.n_fixed, um_const_view(V));
        double of_H = distance(um_nmf_activations(near), um_nmf_activations(exact));
        double of_W = distance(um_nmf_atoms(near), um_nmf_atoms(exact));
        double of_G = distance(um_nmf_gains(near), um_nmf_gains(exact));
        assert_true(of_H > 0x1p-16 && of_H < 8 * 0x1p-8); /* above 0: it was rounded */
        assert_true(of_W < 8 * 0x1p-8 && (of_W > 0x1p-16) == (v.n_fixed < K));
        assert_true(of_G < 8 * 0x1p-8);
        um_nmf_free(exact);
        um_nmf_free(near);
        umi_free(V.data);
    }
}

static void it_ends_as_low(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VARIANTS * n_rows; i++) {
        variant v = variants[i / n_rows];
        um_view V = spectrogram(v);
        um_nmf_config config = config_of(v, 60);
        um_nmf *exact = run_in(NULL, config, v.n_fixed, um_const_view(V));
        um_nmf *near = run_in(rows[i % n_rows], config, v.n_fixed, um_const_view(V));
        double ratio = um_nmf_divergence(near) / um_nmf_divergence(exact);
        assert_true(fabs(ratio - 1.0) < 1e-3);
        um_nmf_free(exact);
        um_nmf_free(near);
        umi_free(V.data);
    }
}

/* What is measured is measured in float32, and changes nothing. */
static void the_curve_is_exact(void **state)
{
    (void)state;
    variant v = {UM_SOLVER_MU, 1, 0};
    um_view V = spectrogram(v);
    for (size_t i = 0; i < n_rows; i++) {
        um_nmf_config config = config_of(v, 9);
        um_nmf *near = run_in(rows[i], config, 0, um_const_view(V));
        config.check_every = 2;
        um_nmf *often = run_in(rows[i], config, 0, um_const_view(V));
        assert_true(same_results(near, often));
        um_nmf_free(often);

        config.iterations = 0;
        um_nmf *exact = run_in(NULL, config, 0, um_const_view(V));
        size_t n;
        assert_true(um_nmf_curve(near, &n)[0] == um_nmf_curve(exact, &n)[0]);
        assert_int_equal(um_nmf_set_atoms(exact, 0, um_nmf_atoms(near), false), UM_OK);
        assert_int_equal(um_nmf_set_activations(exact, um_nmf_activations(near)), UM_OK);
        assert_int_equal(um_nmf_run(exact, um_const_view(V), NULL), UM_OK);
        double difference = um_nmf_divergence(near) - um_nmf_divergence(exact);
        assert_true(fabs(difference) < 1e-5 * um_nmf_divergence(exact));
        um_nmf_free(exact);
        um_nmf_free(near);
    }
    umi_free(V.data);
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VARIANTS * n_rows; i++) {
        variant v = variants[i / n_rows];
        um_view V = spectrogram(v);
        size_t n_workers = 3;
        um_nmf_config config = config_of(v, 5);
        um_nmf *serial = run_in(rows[i % n_rows], config, v.n_fixed, um_const_view(V));
        config.parallel = backwards_parallel(&n_workers);
        um_nmf *parallel = run_in(rows[i % n_rows], config, v.n_fixed, um_const_view(V));
        assert_true(same_results(serial, parallel));
        um_nmf_free(serial);
        um_nmf_free(parallel);
        umi_free(V.data);
    }
}

/* -- The choice -------------------------------------------------------------------------------- */

static um_precision precision_of(um_nmf_config config)
{
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    um_precision precision = um_nmf_precision(nmf);
    um_nmf_free(nmf);
    return precision;
}

static void float32_where_bfloat16_is_not_to_be_had(void **state)
{
    (void)state;
    umi_bf16_kernels kernels;
    um_precision best =
        umi_bf16_kernels_select(&kernels, NULL) ? UM_PRECISION_BF16 : UM_PRECISION_FP32;
    um_nmf_config config = config_of(variants[0], 1);
    assert_int_equal(precision_of(config), UM_PRECISION_FP32);
    config.precision = UM_PRECISION_BF16;
    assert_int_equal(precision_of(config), best);
    assert_int_equal(um_cpu_limit("avx2"), UM_OK);
    assert_int_equal(precision_of(config), UM_PRECISION_FP32);
    assert_int_equal(um_cpu_limit(NULL), UM_OK);
    config.held_out = 0.1;
    assert_int_equal(precision_of(config), UM_PRECISION_FP32);
    config.held_out = 0.0;
    config.divergence = UM_DIVERGENCE_EUCLIDEAN;
    assert_int_equal(precision_of(config), UM_PRECISION_FP32);
    config.precision = (um_precision)2;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_ERR_ARGUMENT);
    assert_null(nmf);
}

/* With the specification's row, so that there is something to allocate on any processor. */
static um_status attempt(void *context)
{
    um_nmf *nmf;
    um_status status = um_nmf_new(context, &nmf);
    if (status == UM_OK && !umi_nmf_bf16_init(nmf, "scalar")) {
        status = UM_ERR_MEMORY;
    }
    um_nmf_free(nmf);
    return status;
}

static void short_memory_is_told_and_a_run_needs_none(void **state)
{
    (void)state;
    um_nmf_config config = config_of(variants[N_VARIANTS - 1], 2);
    size_t n_workers = 2;
    config.parallel = backwards_parallel(&n_workers);
    assert_true(counting_allocator_sweep(attempt, &config) > 0);
    config.precision = UM_PRECISION_BF16; /* through um_nmf_new, where the processor has it */
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    um_view V = spectrogram(variants[0]);
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    assert_int_equal(counting_allocator_calls(), calls);
    um_nmf_free(nmf);
    umi_free(V.data);
}

static int select_rows(void **state)
{
    (void)state;
    static const char *const names[] = {"scalar", "avx512_bf16", "amx"};
    for (size_t i = 0; i < 3; i++) {
        umi_bf16_kernels kernels;
        if (umi_bf16_kernels_select(&kernels, names[i])) {
            rows[n_rows++] = names[i];
        }
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_update_is_near),
        cmocka_unit_test(it_ends_as_low),
        cmocka_unit_test(the_curve_is_exact),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(float32_where_bfloat16_is_not_to_be_had),
        cmocka_unit_test(short_memory_is_told_and_a_run_needs_none),
    };
    return cmocka_run_group_tests(tests, select_rows, NULL);
}
