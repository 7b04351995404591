/* The solvers behind one set of calls: what goes in comes out, as they define it. */
#define _DEFAULT_SOURCE
#include "job/factorisation.h"

#include "counting_allocator.h"
#include "factor_files.h"

#include <setjmp.h>

#include <cmocka.h>

static char path[PATH_MAX];
static um_view V;
static umi_factor_input input;

static int set_up(void **state)
{
    um_error error;
    scratch_set_up(state);
    V = put_V(path);
    input = open_input(path);
    return umi_factor_input_load(&input, &error) == UM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    umi_free(V.data);
    umi_factor_input_free(&input);
    return scratch_tear_down(state);
}

static umi_factorisation *solve(const umi_factorisation_config *how, const umi_factor_start *start)
{
    umi_factorisation *f;
    um_error error;
    assert_int_equal(umi_factorisation_new(how, &input, &f, &error), UM_OK);
    assert_int_equal(umi_factorisation_start(f, start, 7, &error), UM_OK);
    assert_int_equal(umi_factorisation_run(f, NULL, &error), UM_OK);
    return f;
}

static const umi_factor_start at_random = {.kind = UMI_START_RANDOM};

static void finds_the_product(void **state)
{
    (void)state;
    const umi_factor_start starts[] = {at_random, {.kind = UMI_START_NNDSVD}};
    for (umi_solver solver = UMI_SOLVER_MU; solver <= UMI_SOLVER_JOINT; solver++) {
        for (size_t s = 0; s < 2; s++) {
            umi_factorisation_config how = how_config();
            how.solver = solver;
            how.iterations = 300;
            umi_factorisation *f = solve(&how, &starts[s]);
            size_t n;
            const double *curve = umi_factorisation_curve(f, &n);
            double divergence =
                divergence_of(um_const_view(V), umi_factorisation_H(f), umi_factorisation_W(f));
            assert_int_equal(umi_factorisation_iterations(f), 300);
            assert_int_equal(n, 31);
            assert_int_equal(umi_factorisation_curve_iteration(f, 0), 0);
            assert_int_equal(umi_factorisation_curve_iteration(f, 7), 70);
            assert_int_equal(umi_factorisation_curve_iteration(f, 30), 300);
            assert_true(curve[30] < 0.01 * curve[0]);
            assert_true(umi_factorisation_divergence(f) == curve[30]);
            assert_true(fabs(divergence - curve[30]) < 1e-4 * divergence + 1e-6 * curve[0]);
            umi_factorisation_free(f);
        }
    }
}

/* The two that extrapolate: no value of the curve is of rows that were left out, each stands at its
 * iteration, and they get further than mu with as many. */
static void extrapolated(void **state)
{
    (void)state;
    umi_factorisation_config how = how_config();
    how.solver = UMI_SOLVER_MU;
    umi_factorisation *mu = solve(&how, &at_random);
    const umi_solver solvers[] = {UMI_SOLVER_AUTO, UMI_SOLVER_EXTRAPOLATED};
    for (size_t i = 0; i < 2; i++) {
        how.solver = solvers[i];
        umi_factorisation *f = solve(&how, &at_random);
        size_t n;
        const double *curve = umi_factorisation_curve(f, &n);
        double divergence =
            divergence_of(um_const_view(V), umi_factorisation_H(f), umi_factorisation_W(f));
        assert_true(fabs(umi_factorisation_divergence(f) - divergence) < 1e-3 * divergence);
        assert_true(curve[n - 1] == umi_factorisation_divergence(f));
        assert_true(divergence < umi_factorisation_divergence(mu));
        assert_int_equal(
            umi_factorisation_curve_iteration(f, 1) - umi_factorisation_curve_iteration(f, 0), 5);
        assert_int_equal(umi_factorisation_curve_iteration(f, n - 1), how.iterations);
        umi_factorisation_free(f);
    }
    umi_factorisation_free(mu);
}

/* No update leaves W and H as they were given. */
static void given_values(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    umi_factorisation_config how = how_config();
    umi_factor_start start = {.kind = UMI_START_RANDOM,
                              .W = matrix_random(ATOMS, COLUMNS, 0.2, &random),
                              .H = matrix_random(ROWS, ATOMS, 0.2, &random)};
    how.iterations = 0;
    umi_factorisation *f = solve(&how, &start);
    assert_true(same_bits(umi_factorisation_H(f), um_const_view(start.H)));
    umi_factorisation_free(f);

    /* A W that is fixed stays, but for its scale. */
    start.fix_W = true;
    how.iterations = 20;
    f = solve(&how, &start);
    for (size_t k = 0; k < ATOMS; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < COLUMNS; i++) {
            sum += (double)um_row(start.W, k)[i];
        }
        for (size_t i = 0; i < COLUMNS; i++) {
            double difference =
                (double)um_crow(umi_factorisation_W(f), k)[i] - (double)um_row(start.W, k)[i] / sum;
            assert_true(fabs(difference) < 1e-6);
        }
    }
    assert_false(same_bits(umi_factorisation_H(f), um_const_view(start.H)));
    umi_factorisation_free(f);
    umi_free(start.W.data);
    umi_free(start.H.data);
}

/* What settings do is the library's affair; that they get there is ours. */
static void settings_arrive(void **state)
{
    (void)state;
    static const double weights[ATOMS] = {0.0, 1.0, 8.0};
    umi_factorisation_config hows[9];
    umi_factorisation *found[9];
    enum { N = 9 };
    for (size_t i = 0; i < N; i++) {
        hows[i] = how_config();
        hows[i].solver = UMI_SOLVER_MU;
    }
    hows[1].divergence = UM_DIVERGENCE_EUCLIDEAN;
    hows[2].divergence = UM_DIVERGENCE_ITAKURA_SAITO;
    hows[3].divergence = UM_DIVERGENCE_BETA;
    hows[3].beta = 0.5;
    hows[4].sparsity_H = hows[5].sparsity_H = 0.1;
    hows[5].weights = weights;
    hows[6].sparsity_W = 0.1;
    hows[7].continuity_H = 1.0;
    hows[8].solver = UMI_SOLVER_JOINT;
    for (size_t i = 0; i < N; i++) {
        found[i] = solve(&hows[i], &at_random);
        for (size_t j = 0; j < i; j++) {
            assert_false(same_bits(umi_factorisation_H(found[i]), umi_factorisation_H(found[j])));
        }
        assert_true(isfinite(umi_factorisation_divergence(found[i])));
    }
    /* Half the sum of squares, and a penalty on top of the divergence. */
    size_t n;
    double squares = 0.0;
    um_view M = matrix_product(umi_factorisation_H(found[1]), umi_factorisation_W(found[1]));
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        double d = (double)um_row(V, i / COLUMNS)[i % COLUMNS] -
                   (double)um_row(M, i / COLUMNS)[i % COLUMNS];
        squares += 0.5 * d * d;
    }
    umi_free(M.data);
    assert_true(fabs(umi_factorisation_divergence(found[1]) - squares) < 1e-4 * squares);
    const double *curve = umi_factorisation_curve(found[4], &n);
    assert_true(curve[n - 1] > 1.001 * umi_factorisation_divergence(found[4]));
    for (size_t i = 0; i < N; i++) {
        umi_factorisation_free(found[i]);
    }
}

static void stops_by_tolerance(void **state)
{
    (void)state;
    umi_factorisation_config how = how_config();
    how.iterations = 1000;
    how.tolerance = 0.01;
    umi_factorisation *f = solve(&how, &at_random);
    size_t n, done = umi_factorisation_iterations(f);
    (void)umi_factorisation_curve(f, &n);
    assert_true(done > 10 && done < 500);
    assert_int_equal(umi_factorisation_curve_iteration(f, n - 1), done);
    umi_factorisation_free(f);
}

/* A sparse V is the dense one: the same cells, in the order of rounding only. */
static void sparse(void **state)
{
    (void)state;
    char text[16 * ROWS * COLUMNS + 100];
    size_t used = 0, n = 0;
    um_error error;
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        n += um_row(V, i / COLUMNS)[i % COLUMNS] > 0.0F;
    }
    used += (size_t)sprintf(text, "%%%%MatrixMarket matrix coordinate real general\n%d %d %zu\n",
                            ROWS, COLUMNS, n);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        double v = (double)um_row(V, i / COLUMNS)[i % COLUMNS];
        if (v > 0.0) {
            used +=
                (size_t)sprintf(text + used, "%zu %zu %.9g\n", i / COLUMNS + 1, i % COLUMNS + 1, v);
        }
    }
    umi_factor_input dense = input;
    input = open_input(scratch_write(&files, "V.mtx", text, used));
    assert_true(input.is_sparse && input.n_entries == n);
    assert_int_equal(umi_factor_input_load(&input, &error), UM_OK);
    assert_int_equal(input.n_nonzero, n);
    for (umi_solver solver = UMI_SOLVER_MU; solver <= UMI_SOLVER_JOINT; solver++) {
        umi_factorisation_config how = how_config();
        how.solver = solver;
        umi_factorisation *f = solve(&how, &at_random);
        umi_factor_input sparse_input = input;
        input = dense;
        umi_factorisation *g = solve(&how, &at_random);
        input = sparse_input;
        double a = umi_factorisation_divergence(f), b = umi_factorisation_divergence(g);
        assert_true(fabs(a - b) < 1e-3 * b);
        umi_factorisation_free(f);
        umi_factorisation_free(g);
    }
    umi_factor_input_free(&input);
    input = dense;
}

/* Atoms of several frames: the model is theirs, shifted. */
static void long_atoms(void **state)
{
    (void)state;
    enum { T = 3 };
    umi_factorisation_config how = how_config();
    how.atom_frames = T;
    assert_int_equal(umi_solver_chosen(&how), UMI_SOLVER_NMFD);
    umi_factorisation *f = solve(&how, &at_random);
    um_cview W = umi_factorisation_W(f), H = umi_factorisation_H(f);
    double divergence = 0.0;
    assert_true(W.rows == ATOMS && W.cols == T * COLUMNS);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        size_t n = i / COLUMNS, c = i % COLUMNS;
        double v = (double)um_row(V, n)[c], m = 0.0;
        for (size_t t = 0; t < T && t <= n; t++) {
            for (size_t k = 0; k < ATOMS; k++) {
                m += (double)um_crow(H, n - t)[k] * (double)um_crow(W, k)[t * COLUMNS + c];
            }
        }
        divergence += (v > 0.0 ? v * log(v / m) : 0.0) - v + m;
    }
    assert_true(fabs(umi_factorisation_divergence(f) - divergence) < 1e-4 * divergence);
    umi_factorisation_free(f);
}

/* The two that the paper of 1999 compares with, as they define themselves. */
static void quantised_and_orthogonal(void **state)
{
    (void)state;
    umi_factorisation_config how = how_config();
    how.divergence = UM_DIVERGENCE_EUCLIDEAN;
    for (how.solver = UMI_SOLVER_VQ; how.solver <= UMI_SOLVER_PCA; how.solver++) {
        umi_factorisation *f = solve(&how, &at_random);
        um_cview W = umi_factorisation_W(f), H = umi_factorisation_H(f);
        um_view M = matrix_product(H, W);
        size_t n_values;
        double squares = 0.0, all = 0.0, product = 0.0;
        const double *curve = umi_factorisation_curve(f, &n_values);
        for (size_t i = 0; i < ROWS * COLUMNS; i++) {
            double d = (double)um_row(V, i / COLUMNS)[i % COLUMNS] -
                       (double)um_row(M, i / COLUMNS)[i % COLUMNS];
            squares += 0.5 * d * d;
            all += (double)um_row(V, i / COLUMNS)[i % COLUMNS];
        }
        assert_true(fabs(umi_factorisation_divergence(f) - squares) <= 1e-4 * squares + 1e-6 * all);
        assert_true(curve[n_values - 1] == umi_factorisation_divergence(f));
        assert_int_equal(umi_factorisation_curve_iteration(f, n_values - 1),
                         umi_factorisation_iterations(f));
        for (size_t n = 0; n < ROWS && how.solver == UMI_SOLVER_VQ; n++) {
            float sum = 0.0F;
            for (size_t k = 0; k < ATOMS; k++) {
                sum += um_crow(H, n)[k];
            }
            assert_true(sum == 1.0F);
        }
        for (size_t i = 0; i < COLUMNS && how.solver == UMI_SOLVER_PCA; i++) {
            product += (double)um_crow(W, 0)[i] * (double)um_crow(W, 1)[i];
        }
        assert_true(fabs(product) < 1e-5);
        umi_free(M.data);
        umi_factorisation_free(f);
    }
}

static void names(void **state)
{
    (void)state;
    umi_factorisation_config how = how_config();
    how.solver = UMI_SOLVER_AUTO;
    assert_int_equal(umi_solver_chosen(&how), UMI_SOLVER_AUTO);
    assert_true(umi_solver_extrapolates(&how));
    how.divergence = UM_DIVERGENCE_EUCLIDEAN;
    assert_int_equal(umi_solver_chosen(&how), UMI_SOLVER_MU);
    assert_false(umi_solver_extrapolates(&how));
    assert_true(umi_divergence_beta(&how) == 2.0);
    how.divergence = UM_DIVERGENCE_BETA;
    how.beta = 1.0;
    assert_int_equal(umi_solver_chosen(&how), UMI_SOLVER_AUTO);
    assert_string_equal(umi_solver_name(UMI_SOLVER_JOINT), "joint");
    assert_string_equal(umi_divergence_name(UM_DIVERGENCE_ITAKURA_SAITO), "is");
    assert_string_equal(umi_divergence_title(UM_DIVERGENCE_KULLBACK_LEIBLER), "Kullback-Leibler");
}

static um_status make_and_start(void *context)
{
    const umi_factorisation_config *how = context;
    const umi_factor_start start = {.kind = UMI_START_NNDSVD};
    umi_factorisation *f;
    um_error error;
    um_status status = umi_factorisation_new(how, &input, &f, &error);
    assert_true(status == UM_OK || f == NULL);
    if (status == UM_OK) {
        status = umi_factorisation_start(f, &start, 1, &error);
    }
    umi_factorisation_free(f);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    umi_factorisation_config how = how_config();
    assert_true(counting_allocator_sweep(make_and_start, &how) >= 10);
}

/* What is reckoned beside V is not less than what the matrices take. */
static void reckons_memory(void **state)
{
    (void)state;
    umi_factor_input large = input;
    umi_factorisation_config how = how_config();
    large.rows = 100000;
    large.cols = 1000;
    how.n_components = 50;
    how.solver = UMI_SOLVER_MU;
    double least = 4.0 * (100000.0 * 50.0 + 9.0 * 50.0 * 1000.0);
    double plain = umi_factorisation_bytes(&how, UMI_START_RANDOM, &large);
    assert_true(plain > least && plain < 1.6 * least);
    assert_true(umi_factorisation_bytes(&how, UMI_START_NNDSVD, &large) > plain);
    how.solver = UMI_SOLVER_AUTO; /* a second H */
    assert_true(umi_factorisation_bytes(&how, UMI_START_RANDOM, &large) > plain + 4.0 * 5e6);
    how.divergence = UM_DIVERGENCE_ITAKURA_SAITO;
    assert_true(umi_factorisation_bytes(&how, UMI_START_RANDOM, &large) > plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_product),
        cmocka_unit_test(extrapolated),
        cmocka_unit_test(given_values),
        cmocka_unit_test(settings_arrive),
        cmocka_unit_test(stops_by_tolerance),
        cmocka_unit_test(sparse),
        cmocka_unit_test(long_atoms),
        cmocka_unit_test(quantised_and_orthogonal),
        cmocka_unit_test(names),
        cmocka_unit_test(reckons_memory),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
