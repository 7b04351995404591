/* Start values: above zero, of the right size, and near the data for NNDSVD. */
#include "counting_allocator.h"
#include "matrices.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

typedef um_status (*start_function)(um_nmf *nmf, um_cview V, uint64_t seed);

static const start_function starts[] = {um_nmf_start_random, um_nmf_start_nndsvd};

/* `iterations` of 0 show the start values themselves. */
static um_nmf *make(um_cview V, size_t n_channels, size_t K, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = V.rows;
    config.n_bins = V.cols / n_channels;
    config.n_channels = n_channels;
    config.n_components = K;
    config.iterations = iterations;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    return nmf;
}

static um_nmf *start_and_run(start_function start, um_cview V, size_t n_channels, size_t K,
                             size_t iterations, uint64_t seed)
{
    um_nmf *nmf = make(V, n_channels, K, iterations);
    assert_int_equal(start(nmf, V, seed), UM_OK);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    return nmf;
}

static double sum_of(um_cview M)
{
    double sum = 0.0;
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            sum += (double)um_crow(M, r)[c];
        }
    }
    return sum;
}

static float extreme(um_cview M, bool largest)
{
    float found = um_crow(M, 0)[0];
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            float value = um_crow(M, r)[c];
            found = (value > found) == largest ? value : found;
        }
    }
    return found;
}

static void random_values_are_even_and_have_the_mean_of_v(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    for (size_t n_channels = 1; n_channels <= 3; n_channels++) {
        um_view V = matrix_random(200, 60 * n_channels, 0.5, &random);
        um_nmf *nmf = start_and_run(um_nmf_start_random, um_const_view(V), n_channels, 7, 0, 1);
        um_cview W = um_nmf_atoms(nmf), H = um_nmf_activations(nmf);
        assert_true(extreme(H, false) >= 0.0999F * extreme(H, true));
        for (size_t k = 0; k < 7; k++) {
            um_cview w = {um_crow(W, k), 1, W.cols, W.stride};
            assert_true(extreme(w, false) >= 0.0999F * extreme(w, true));
            assert_true(fabs(sum_of(w) - 1.0) < 1e-6);
        }
        /* Rows of W and of the gains sum to 1, so that H's sum is the model's. */
        assert_true(fabs(sum_of(H) / sum_of(um_const_view(V)) - 1.0) < 0.05);
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

static void seeds_decide(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view V = matrix_random(50, 40, 0.1, &random);
    for (size_t i = 0; i < 2; i++) {
        um_nmf *a = start_and_run(starts[i], um_const_view(V), 1, 45, 0, 5);
        um_nmf *b = start_and_run(starts[i], um_const_view(V), 1, 45, 0, 5);
        um_nmf *c = start_and_run(starts[i], um_const_view(V), 1, 45, 0, 6);
        assert_true(same_bits(um_nmf_activations(a), um_nmf_activations(b)));
        assert_true(same_bits(um_nmf_atoms(a), um_nmf_atoms(b)));
        assert_false(same_bits(um_nmf_activations(a), um_nmf_activations(c)));
        assert_false(same_bits(um_nmf_atoms(a), um_nmf_atoms(c)));
        um_nmf_free(a);
        um_nmf_free(b);
        um_nmf_free(c);
    }
    umi_free(V.data);
}

/* A matrix of rank 1 is its first singular pair: NNDSVD is then exact but for its floor. Channels
 * that are equal leave the gains at their equal start. */
static void nndsvd_finds_rank_one_at_once(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_view h = matrix_random(60, 1, 0.3, &random), w = matrix_random(1, 30, 0.3, &random);
    um_view mono = matrix_product(um_const_view(h), um_const_view(w));
    for (size_t n_channels = 1; n_channels <= 3; n_channels++) {
        for (int power = -20; power <= 20; power += 20) {
            um_view V = matrix_new(60, 30 * n_channels);
            for (size_t n = 0; n < 60; n++) {
                for (size_t i = 0; i < 30 * n_channels; i++) {
                    um_row(V, n)[i] = ldexpf(um_row(mono, n)[i % 30], power);
                }
            }
            um_nmf *nmf = start_and_run(um_nmf_start_nndsvd, um_const_view(V), n_channels, 1, 0, 1);
            um_view model = matrix_product(um_nmf_activations(nmf), um_nmf_atoms(nmf));
            float largest = extreme(um_const_view(V), true);
            for (size_t n = 0; n < 60; n++) {
                for (size_t f = 0; f < 30; f++) {
                    float expected = (float)n_channels * um_row(V, n)[f];
                    assert_true(fabsf(um_row(model, n)[f] - expected) < 1e-3F * largest);
                }
            }
            assert_true(extreme(um_nmf_activations(nmf), false) > 0.0F);
            assert_true(extreme(um_nmf_atoms(nmf), false) > 0.0F);
            um_nmf_free(nmf);
            umi_free(V.data);
            umi_free(model.data);
        }
    }
    umi_free(h.data);
    umi_free(w.data);
    umi_free(mono.data);
}

/* Blocks that do not overlap are singular pairs of their own: each atom starts as one block. */
static void nndsvd_tells_blocks_apart(void **state)
{
    (void)state;
    um_view V = matrix_new(30, 12);
    for (size_t n = 0; n < 30; n++) {
        size_t block = n % 3;
        for (size_t f = 0; f < 4; f++) {
            um_row(V, n)[block * 4 + f] = (float)(3 - block) * (float)(1 + n / 3 + f);
        }
    }
    um_nmf *nmf = start_and_run(um_nmf_start_nndsvd, um_const_view(V), 1, 3, 0, 1);
    bool used[3] = {false};
    for (size_t k = 0; k < 3; k++) {
        for (size_t block = 0; block < 3; block++) {
            um_cview part = {um_crow(um_nmf_atoms(nmf), k) + 4 * block, 1, 4, 4};
            used[block] |= sum_of(part) > 0.99;
        }
    }
    assert_true(used[0] && used[1] && used[2]);
    um_nmf_free(nmf);
    umi_free(V.data);
}

static void nndsvd_starts_nearer_than_random(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    um_view h = matrix_random(100, 6, 0.5, &random), w = matrix_random(6, 50, 0.5, &random);
    um_view V = matrix_product(um_const_view(h), um_const_view(w));
    double first[2];
    for (size_t i = 0; i < 2; i++) {
        um_nmf *nmf = start_and_run(starts[i], um_const_view(V), 1, 6, 5, 1);
        size_t n;
        const double *curve = um_nmf_curve(nmf, &n);
        first[i] = curve[n - 1];
        um_nmf_free(nmf);
    }
    assert_true(first[1] < 0.8 * first[0]);
    umi_free(h.data);
    umi_free(w.data);
    umi_free(V.data);
}

static void fixed_atoms_stay(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(5);
    um_view V = matrix_random(20, 10, 0.1, &random), W = matrix_random(2, 10, 0.1, &random);
    for (size_t i = 0; i < 2; i++) {
        um_nmf *nmf = make(um_const_view(V), 1, 4, 0);
        assert_int_equal(um_nmf_set_atoms(nmf, 1, um_const_view(W), true), UM_OK);
        um_view before = matrix_copy(um_nmf_atoms(nmf));
        assert_int_equal(starts[i](nmf, um_const_view(V), 1), UM_OK);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        for (size_t k = 0; k < 4; k++) {
            um_cview was = {um_row(before, k), 1, 10, 10};
            um_cview is = {um_crow(um_nmf_atoms(nmf), k), 1, 10, 10};
            assert_true(same_bits(was, is) == (k == 1 || k == 2));
        }
        assert_true(extreme(um_nmf_activations(nmf), false) > 0.0F);
        um_nmf_free(nmf);
        umi_free(before.data);
    }
    umi_free(V.data);
    umi_free(W.data);
}

/* More components than rows or columns, one row, one column, silence: finite and, but for
 * silence, above zero. */
static void odd_problems_have_a_start(void **state)
{
    (void)state;
    const size_t sizes[][3] = {{1, 9, 4}, {9, 1, 4}, {1, 1, 1}, {5, 7, 20}, {300, 4, 2}};
    umi_random random = umi_random_seeded(6);
    for (size_t j = 0; j < 4 * sizeof sizes / sizeof *sizes; j++) {
        const size_t *size = sizes[j / 4];
        bool silent = j % 4 >= 2;
        um_view V =
            silent ? matrix_new(size[0], size[1]) : matrix_random(size[0], size[1], 0.0, &random);
        um_nmf *nmf = start_and_run(starts[j % 2], um_const_view(V), 1, size[2], 0, 1);
        um_cview H = um_nmf_activations(nmf), W = um_nmf_atoms(nmf);
        assert_true(extreme(W, false) > 0.0F && extreme(W, true) <= 1.0F);
        assert_true(isfinite(extreme(H, true)) && (extreme(H, false) > 0.0F) == !silent);
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

static void the_small_example_is_reconstructed(void **state)
{
    (void)state;
    const float values[] = {1, 1, 2, 1, 3, 1.2F, 4, 1, 5, 0.8F, 6, 1};
    um_cview V = um_cview_of(values, 6, 2);
    for (size_t i = 0; i < 2; i++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            um_nmf *nmf = start_and_run(starts[i], V, 1, 2, 500, seed);
            um_view model = matrix_product(um_nmf_activations(nmf), um_nmf_atoms(nmf));
            for (size_t n = 0; n < 12; n++) {
                assert_true(fabsf(um_row(model, n / 2)[n % 2] - values[n]) < 0.01F);
            }
            um_nmf_free(nmf);
            umi_free(model.data);
        }
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    float values[] = {1, 2, 3, 4, 5, 6};
    um_cview V = um_cview_of(values, 2, 3);
    um_cview wrong[] = {um_cview_of(values, 3, 2),
                        um_cview_of(values, 0, 3),
                        um_cview_of(NULL, 2, 3),
                        {values, 2, 3, 2}};
    um_nmf *nmf = make(V, 1, 2, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(starts[i](NULL, V, 1), UM_ERR_ARGUMENT);
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
            assert_int_equal(starts[i](nmf, wrong[j], 1), UM_ERR_ARGUMENT);
        }
        const float bad[] = {-1.0F, NAN, INFINITY};
        for (size_t j = 0; j < 3; j++) {
            values[4] = bad[j];
            assert_int_equal(starts[i](nmf, V, 1), UM_ERR_ARGUMENT);
        }
        values[4] = 5;
        assert_int_equal(starts[i](nmf, V, 1), UM_OK);
    }
    um_nmf_free(nmf);
}

typedef struct problem {
    um_nmf *nmf;
    um_cview V;
} problem;

static um_status attempt(void *context)
{
    const problem *p = context;
    return um_nmf_start_nndsvd(p->nmf, p->V, 1);
}

static void short_memory_is_told(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(7);
    um_view V = matrix_random(50, 40, 0.1, &random);
    problem p = {make(um_const_view(V), 2, 5, 0), um_const_view(V)};
    assert_true(counting_allocator_sweep(attempt, &p) > 0);
    um_nmf_free(p.nmf);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_values_are_even_and_have_the_mean_of_v),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(nndsvd_finds_rank_one_at_once),
        cmocka_unit_test(nndsvd_tells_blocks_apart),
        cmocka_unit_test(nndsvd_starts_nearer_than_random),
        cmocka_unit_test(fixed_atoms_stay),
        cmocka_unit_test(odd_problems_have_a_start),
        cmocka_unit_test(the_small_example_is_reconstructed),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("nmf_start", tests, NULL, NULL);
}
