/* The factorisation of a sparse V: what the dense one gives on the same V, and what is promised of
 * it alone. */
#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "sparse_matrices.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* -- Runs -------------------------------------------------------------------------------------- */

static um_nmf_config config_for(const both *V, size_t K, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = V->dense.rows;
    config.n_bins = V->dense.cols;
    config.n_components = K;
    config.iterations = iterations;
    config.check_every = 1;
    config.sparse = true;
    config.n_values = um_csparse_entries(V->sparse);
    return config;
}

/* An object with `n_fixed` fixed atoms, random start values and, from k to k, other weights. */
static um_nmf *start(const both *V, um_nmf_config config, size_t n_fixed)
{
    um_nmf *nmf;
    umi_random random = umi_random_seeded(7);
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    um_view W = matrix_random(n_fixed, config.n_bins, 0.0, &random);
    assert_int_equal(um_nmf_set_atoms(nmf, 0, um_const_view(W), true), UM_OK);
    umi_free(W.data);
    double weights[64];
    for (size_t k = 0; k < config.n_components; k++) {
        weights[k] = (double)(k % 3);
    }
    assert_int_equal(um_nmf_set_weights(nmf, weights), UM_OK);
    assert_int_equal(config.sparse ? um_nmf_start_random_sparse(nmf, &V->sparse, 3)
                                   : um_nmf_start_random(nmf, um_const_view(V->dense), 3),
                     UM_OK);
    return nmf;
}

static um_nmf *start_and_run(const both *V, um_nmf_config config, size_t n_fixed)
{
    um_nmf *nmf = start(V, config, n_fixed);
    assert_int_equal(config.sparse ? um_nmf_run_sparse(nmf, &V->sparse, NULL)
                                   : um_nmf_run(nmf, um_const_view(V->dense), NULL),
                     UM_OK);
    return nmf;
}

static void assert_sane(um_cview M)
{
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            assert_true(um_crow(M, r)[c] >= 0.0F && isfinite(um_crow(M, r)[c]));
        }
    }
}

static void assert_never_rises(const um_nmf *nmf)
{
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    for (size_t i = 1; i < n; i++) {
        assert_true(curve[i] <= curve[i - 1] + 1e-6 * curve[0]);
    }
}

/* -- Against the dense one --------------------------------------------------------------------- */

typedef struct problem {
    size_t rows, cols, K, n_fixed;
    double zeros, sparsity_H, sparsity_W, continuity_H, held_out;
} problem;

static const problem problems[] = {
    {40, 33, 5, 0, 0.8, 0, 0, 0, 0},       {700, 40, 9, 0, 0.9, 0, 0, 0, 0},
    {40, 700, 33, 0, 0.9, 0, 0, 0, 0},     {40, 33, 5, 2, 0.8, 0, 0, 0, 0},
    {40, 33, 5, 5, 0.8, 0, 0, 0, 0},       {300, 33, 17, 0, 0.8, 0.3, 0, 0, 0},
    {40, 33, 5, 1, 0.8, 0, 0.2, 0, 0},     {300, 33, 5, 1, 0.8, 0, 0, 2, 0},
    {40, 33, 5, 0, 0.8, 0.1, 0.2, 0.3, 0}, {300, 50, 4, 0, 0.8, 0, 0, 0, 0.1},
    {40, 33, 5, 1, 0.8, 0.1, 0, 0, 0.3},   {9, 12, 40, 0, 0.5, 0, 0, 0, 0},
};

static void assert_close(um_cview actual, um_cview expected, double tolerance)
{
    assert_int_equal(actual.rows, expected.rows);
    assert_int_equal(actual.cols, expected.cols);
    double largest = 0.0;
    for (size_t i = 0; i < expected.rows * expected.cols; i++) {
        largest = fmax(largest, (double)um_crow(expected, i / expected.cols)[i % expected.cols]);
    }
    for (size_t i = 0; i < expected.rows * expected.cols; i++) {
        double a = (double)um_crow(actual, i / expected.cols)[i % expected.cols];
        double e = (double)um_crow(expected, i / expected.cols)[i % expected.cols];
        assert_true(fabs(a - e) <= tolerance * (e + 0.01 * largest));
    }
}

static void equals_the_dense_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof problems / sizeof *problems; i++) {
        const problem *p = &problems[i / 2];
        both V = make_both(p->rows, p->cols, p->zeros, i);
        um_nmf_config config = config_for(&V, p->K, 12);
        config.solver = i % 2 == 0 ? UM_SOLVER_MU : UM_SOLVER_JOINT;
        config.sparsity_H = p->sparsity_H;
        config.sparsity_W = p->sparsity_W;
        config.continuity_H = p->continuity_H;
        config.held_out = p->held_out;
        config.held_out_seed = 5;
        um_nmf *sparse = start_and_run(&V, config, p->n_fixed);
        config.sparse = false;
        um_nmf *dense = start_and_run(&V, config, p->n_fixed);
        assert_close(um_nmf_activations(sparse), um_nmf_activations(dense), 1e-4);
        assert_close(um_nmf_atoms(sparse), um_nmf_atoms(dense), 1e-4);
        size_t n, n_dense;
        const double *curve = um_nmf_curve(sparse, &n);
        const double *dense_curve = um_nmf_curve(dense, &n_dense);
        assert_int_equal(n, n_dense);
        for (size_t j = 0; j < n; j++) {
            assert_true(fabs(curve[j] - dense_curve[j]) <= 1e-6 * dense_curve[0]);
        }
        double held_out = um_nmf_held_out(sparse, &n);
        double dense_held_out = um_nmf_held_out(dense, &n_dense);
        assert_int_equal(n, n_dense);
        assert_true((n > 0) == (p->held_out > 0.0));
        assert_true(fabs(held_out - dense_held_out) <= 1e-5 * dense_held_out);
        assert_never_rises(sparse);
        um_nmf_free(sparse);
        um_nmf_free(dense);
        free_both(V);
    }
}

/* Both start from the same values to the bit, mean included. */
static void random_start_is_that_of_the_dense_one(void **state)
{
    (void)state;
    both V = make_both(50, 30, 0.7, 1);
    um_nmf_config config = config_for(&V, 6, 0);
    um_nmf *sparse = start_and_run(&V, config, 0);
    config.sparse = false;
    um_nmf *dense = start_and_run(&V, config, 0);
    assert_true(same_bits(um_nmf_activations(sparse), um_nmf_activations(dense)));
    assert_true(same_bits(um_nmf_atoms(sparse), um_nmf_atoms(dense)));
    um_nmf_free(sparse);
    um_nmf_free(dense);
    free_both(V);
}

/* A stored zero only costs time. */
static void stored_zeros_change_nothing(void **state)
{
    (void)state;
    both V = make_both(30, 20, 0.7, 2), full = make_both(30, 20, 0.0, 3);
    float *value = umi_alloc(600, sizeof *value);
    for (size_t i = 0; i < um_csparse_entries(full.sparse); i++) {
        size_t row = 0;
        while (full.sparse.row_start[row + 1] <= i) {
            row++;
        }
        value[i] = um_row(V.dense, row)[full.sparse.column[i]];
    }
    both padded = {V.dense, full.sparse};
    padded.sparse.value = value;
    um_nmf *one = start_and_run(&V, config_for(&V, 4, 10), 0);
    um_nmf *other = start_and_run(&padded, config_for(&padded, 4, 10), 0);
    assert_close(um_nmf_activations(other), um_nmf_activations(one), 1e-5);
    assert_close(um_nmf_atoms(other), um_nmf_atoms(one), 1e-5);
    um_nmf_free(one);
    um_nmf_free(other);
    umi_free(value);
    free_both(V);
    free_both(full);
}

/* -- What it promises -------------------------------------------------------------------------- */

static bool same_results(const um_nmf *a, const um_nmf *b)
{
    size_t n_a, n_b;
    const double *curve_a = um_nmf_curve(a, &n_a), *curve_b = um_nmf_curve(b, &n_b);
    return same_bits(um_nmf_activations(a), um_nmf_activations(b)) &&
           same_bits(um_nmf_atoms(a), um_nmf_atoms(b)) && n_a == n_b &&
           memcmp(curve_a, curve_b, n_a * sizeof *curve_a) == 0;
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    both V = make_both(900, 75, 0.9, 4);
    for (size_t variant = 0; variant < 4; variant++) {
        um_nmf_config config = config_for(&V, 10, 15);
        config.solver = variant % 2 == 0 ? UM_SOLVER_MU : UM_SOLVER_JOINT;
        config.held_out = variant < 2 ? 0.0 : 0.1;
        um_nmf *serial = start_and_run(&V, config, 1);
        for (size_t count = 1; count <= 8; count *= 2) {
            umi_thread_pool *pool;
            assert_int_equal(umi_thread_pool_new(count, &pool), UM_OK);
            config.parallel = umi_thread_pool_parallel(pool);
            um_nmf *threaded = start_and_run(&V, config, 1);
            config.parallel = backwards_parallel(&count);
            um_nmf *backwards = start_and_run(&V, config, 1);
            assert_true(same_results(serial, threaded));
            assert_true(same_results(serial, backwards));
            um_nmf_free(threaded);
            um_nmf_free(backwards);
            umi_thread_pool_free(pool);
        }
        um_nmf_free(serial);
    }
    free_both(V);
}

/* A run must not remember the V of the run before, and may be of fewer rows than there is room for.
 */
static void runs_do_not_depend_on_the_one_before(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 4; variant++) {
        both large = make_both(80, 30, 0.5, 5), small = make_both(50, 30, 0.8, 6);
        um_nmf_config config = config_for(&large, 5, 10);
        config.solver = variant % 2 == 0 ? UM_SOLVER_MU : UM_SOLVER_JOINT;
        config.held_out = variant < 2 ? 0.0 : 0.1;
        um_nmf *again = start_and_run(&large, config, 0);
        assert_int_equal(um_nmf_start_random_sparse(again, &small.sparse, 3), UM_OK);
        assert_int_equal(um_nmf_run_sparse(again, &small.sparse, NULL), UM_OK);
        um_nmf *once = start_and_run(&small, config, 0);
        assert_int_equal(um_nmf_activations(again).rows, 50);
        assert_true(same_results(once, again));
        um_nmf_free(once);
        um_nmf_free(again);
        free_both(large);
        free_both(small);
    }
}

/* More atoms than columns, one row, one column, nothing at all. */
static void odd_problems_stay_sane(void **state)
{
    (void)state;
    const size_t sizes[][3] = {{1, 40, 3}, {40, 1, 3}, {1, 1, 1}, {5, 4, 30}, {33, 2, 9}};
    for (size_t i = 0; i < 8 * sizeof sizes / sizeof *sizes; i++) {
        const size_t *size = sizes[i / 8];
        umi_random random = umi_random_seeded(i);
        both V = {.dense = matrix_random(size[0], size[1], i % 2 == 0 ? 0.6 : 1.0, &random)};
        V.sparse = entries_of(um_const_view(V.dense));
        um_nmf_config config = config_for(&V, size[2], 60);
        config.solver = i % 4 < 2 ? UM_SOLVER_MU : UM_SOLVER_JOINT;
        config.held_out = i % 8 < 4 ? 0.0 : 0.2;
        um_nmf *nmf = start_and_run(&V, config, 0);
        assert_sane(um_nmf_activations(nmf));
        assert_sane(um_nmf_atoms(nmf));
        assert_never_rises(nmf);
        for (size_t n = 0; n < size[0]; n++) {
            for (size_t k = 0; k < size[2] && config.held_out == 0.0; k++) {
                assert_true(V.sparse.row_start[n + 1] > V.sparse.row_start[n] ||
                            um_crow(um_nmf_activations(nmf), n)[k] == 0.0F);
            }
        }
        um_nmf_free(nmf);
        free_both(V);
    }
}

/* A matrix of 10^11 cells with an entry a row: 400 GB, were it ever made dense. */
static void huge_matrices_cost_what_their_entries_do(void **state)
{
    (void)state;
    enum { ROWS = 200000, COLS = 500000 };
    size_t *row_start = umi_alloc(ROWS + 1, sizeof *row_start);
    uint32_t *column = umi_alloc(ROWS, sizeof *column);
    float *value = umi_alloc(ROWS, sizeof *value);
    double sum = 0.0;
    for (size_t r = 0; r < ROWS; r++) {
        row_start[r + 1] = r + 1;
        column[r] = (uint32_t)(r * 1234567 % COLS);
        value[r] = (float)(1 + r % 7);
        sum += (double)value[r];
    }
    both V = {.dense = {NULL, ROWS, COLS, COLS}, .sparse = {ROWS, COLS, row_start, column, value}};
    um_nmf *nmf = start_and_run(&V, config_for(&V, 1, 2), 0);
    /* With one atom the model is the product of V's margins after one iteration. */
    double activations = 0.0;
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(fabsf(um_crow(um_nmf_activations(nmf), r)[0] - value[r]) < 1e-4F);
        activations += (double)um_crow(um_nmf_activations(nmf), r)[0];
    }
    assert_true(fabs(activations - sum) < 1e-5 * sum);
    um_nmf_free(nmf);
    free_both(V);
}

/* The atom of a model of one is the share of each column. The first column has as many entries as
 * there are rows, which a plain sum in float would get wrong in the third digit. */
static void long_columns_keep_their_digits(void **state)
{
    (void)state;
    enum { ROWS = 300000, EVERY = 1000 };
    both V = {.dense = matrix_new(ROWS, 2)};
    double sums[2] = {0.0, 0.0};
    for (size_t r = 0; r < ROWS; r++) {
        um_row(V.dense, r)[0] = 1.1F;
        um_row(V.dense, r)[1] = r % EVERY == 0 ? 500.0F : 0.0F;
        sums[0] += (double)um_row(V.dense, r)[0];
        sums[1] += (double)um_row(V.dense, r)[1];
    }
    V.sparse = entries_of(um_const_view(V.dense));
    um_nmf *nmf = start_and_run(&V, config_for(&V, 1, 3), 0);
    for (size_t f = 0; f < 2; f++) {
        double share = sums[f] / (sums[0] + sums[1]);
        assert_true(fabs((double)um_crow(um_nmf_atoms(nmf), 0)[f] - share) < 1e-5);
    }
    um_nmf_free(nmf);
    free_both(V);
}

/* -- Memory and arguments ---------------------------------------------------------------------- */

static um_nmf_config swept;

static um_status make_and_free(void *context)
{
    um_nmf *nmf = context; /* anything but NULL */
    um_status status = um_nmf_new(&swept, &nmf);
    assert_true((nmf == NULL) == (status != UM_OK));
    um_nmf_free(nmf);
    return status;
}

static void memory_is_taken_in_new_alone(void **state)
{
    both V = make_both(600, 30, 0.7, 8);
    for (size_t variant = 0; variant < 4; variant++) {
        swept = config_for(&V, 4, 3);
        swept.solver = variant % 2 == 0 ? UM_SOLVER_MU : UM_SOLVER_JOINT;
        swept.held_out = variant < 2 ? 0.0 : 0.1;
        assert_true(counting_allocator_sweep(make_and_free, (void *)state) > 10);
        um_nmf *nmf = start(&V, swept, 0);
        size_t before = counting_allocator_calls();
        assert_int_equal(um_nmf_run_sparse(nmf, &V.sparse, NULL), UM_OK);
        assert_int_equal(counting_allocator_calls(), before);
        um_nmf_free(nmf);
    }
    free_both(V);
}

static void arguments_are_checked(void **state)
{
    const um_status wrong = UM_ERR_ARGUMENT;
    both V = make_both(20, 10, 0.7, 9), wide = make_both(20, 11, 0.7, 9);
    um_nmf_config good = config_for(&V, 3, 2), bad[] = {good, good, good, good, good};
    bad[0].divergence = UM_DIVERGENCE_EUCLIDEAN;
    bad[1].divergence = UM_DIVERGENCE_ITAKURA_SAITO;
    bad[2].n_channels = 2;
    bad[3].n_frames = (size_t)UINT32_MAX + 1;
    bad[4].n_values = (size_t)UINT32_MAX + 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        um_nmf *none = (void *)state;
        assert_int_equal(um_nmf_new(&bad[i], &none), wrong);
        assert_null(none);
    }
    um_nmf *nmf = start(&V, good, 0);
    assert_int_equal(um_nmf_run_sparse(NULL, &V.sparse, NULL), wrong);
    assert_int_equal(um_nmf_run_sparse(nmf, NULL, NULL), wrong);
    assert_int_equal(um_nmf_run_sparse(nmf, &wide.sparse, NULL), wrong);
    assert_int_equal(um_nmf_start_random_sparse(nmf, &wide.sparse, 1), wrong);
    /* A dense V for a sparse object, and the other way round. */
    assert_int_equal(um_nmf_run(nmf, um_const_view(V.dense), NULL), wrong);
    assert_int_equal(um_nmf_start_random(nmf, um_const_view(V.dense), 1), wrong);
    assert_int_equal(um_nmf_start_nndsvd(nmf, um_const_view(V.dense), 1), wrong);
    um_nmf_free(nmf);
    good.sparse = false;
    nmf = start(&V, good, 0);
    assert_int_equal(um_nmf_run_sparse(nmf, &V.sparse, NULL), wrong);
    assert_int_equal(um_nmf_start_random_sparse(nmf, &V.sparse, 1), wrong);
    um_nmf_free(nmf);
    /* One entry more than there is room for; one value past the largest. */
    good.sparse = true;
    good.n_values--;
    assert_int_equal(um_nmf_new(&good, &nmf), UM_OK);
    assert_int_equal(um_nmf_run_sparse(nmf, &V.sparse, NULL), wrong);
    um_nmf_free(nmf);
    good.n_values++;
    float *value = (float *)(uintptr_t)V.sparse.value;
    value[3] = 1.1e12F;
    assert_int_equal(um_nmf_new(&good, &nmf), UM_OK);
    assert_int_equal(um_nmf_run_sparse(nmf, &V.sparse, NULL), wrong);
    value[3] = 1e12F;
    assert_int_equal(um_nmf_run_sparse(nmf, &V.sparse, NULL), UM_OK);
    um_nmf_free(nmf);
    free_both(V);
    free_both(wide);
}

static bool stop_after_two(void *user, double done, double total, double divergence)
{
    (void)user;
    assert_true(total == 9.0 && divergence > 0.0);
    return done < 2.0;
}

static void false_cancels(void **state)
{
    (void)state;
    both V = make_both(30, 20, 0.7, 10);
    um_progress progress = {stop_after_two, NULL};
    um_nmf *cancelled = start(&V, config_for(&V, 4, 9), 0);
    assert_int_equal(um_nmf_run_sparse(cancelled, &V.sparse, &progress), UM_ERR_CANCELLED);
    assert_int_equal(um_nmf_iterations(cancelled), 2);
    um_nmf *whole = start_and_run(&V, config_for(&V, 4, 2), 0);
    assert_true(same_results(whole, cancelled));
    um_nmf_free(cancelled);
    um_nmf_free(whole);
    free_both(V);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_dense_run),
        cmocka_unit_test(random_start_is_that_of_the_dense_one),
        cmocka_unit_test(stored_zeros_change_nothing),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(runs_do_not_depend_on_the_one_before),
        cmocka_unit_test(odd_problems_stay_sane),
        cmocka_unit_test(huge_matrices_cost_what_their_entries_do),
        cmocka_unit_test(long_columns_keep_their_digits),
        cmocka_unit_test(memory_is_taken_in_new_alone),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(false_cancels),
    };
    return cmocka_run_group_tests_name("nmf_sparse", tests, NULL, NULL);
}
