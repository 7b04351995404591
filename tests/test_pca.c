/* Principal components: orthonormal atoms, orthogonal activations, the least divergence that a
 * planted spectrum of singular values allows. */
#include "unmingle/pca.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static um_pca_config config_for(um_cview V, size_t K)
{
    um_pca_config config = um_pca_config_default();
    config.n_frames = V.rows;
    config.n_columns = V.cols;
    config.n_components = K;
    return config;
}

static um_pca *run(um_cview V, size_t K, uint64_t seed)
{
    um_pca_config config = config_for(V, K);
    um_pca *pca;
    assert_int_equal(um_pca_new(&config, &pca), UM_OK);
    assert_int_equal(um_pca_run(pca, V, seed), UM_OK);
    return pca;
}

/* Vector i of the orthonormal cosine basis (DCT-II) of n dimensions. */
static double cosine(size_t n, size_t i, size_t x)
{
    double scale = sqrt((i == 0 ? 1.0 : 2.0) / (double)n);
    return scale * cos(3.14159265358979323846 * (double)i * ((double)x + 0.5) / (double)n);
}

static const double values[] = {40.0, 3.0, 2.0, 1.5, 1.0, 0.5, 0.2};
enum { N_VALUES = 7, N = 120, F = 50 };

/* A matrix whose singular values are `values`, its vectors cosines: the first is constant and so
 * large that all elements are above 0. */
static um_view planted(void)
{
    um_view V = matrix_new(N, F);
    for (size_t n = 0; n < N; n++) {
        for (size_t f = 0; f < F; f++) {
            double sum = 0.0;
            for (size_t i = 0; i < N_VALUES; i++) {
                sum += values[i] * cosine(N, i, n) * cosine(F, i, f);
            }
            um_row(V, n)[f] = (float)sum;
        }
    }
    return V;
}

static void planted_components_are_found(void **state)
{
    (void)state;
    um_view V = planted();
    for (size_t K = 1; K < N_VALUES; K++) {
        um_pca *pca = run(um_const_view(V), K, 1);
        double rest = 0.0;
        for (size_t i = K; i < N_VALUES; i++) {
            rest += 0.5 * values[i] * values[i];
        }
        assert_true(fabs(um_pca_divergence(pca) / rest - 1.0) < 1e-3);
        for (size_t k = 0; k < K; k++) {
            double like = 0.0, norm = 0.0, sum = 0.0;
            for (size_t f = 0; f < F; f++) {
                like += (double)um_crow(um_pca_atoms(pca), k)[f] * cosine(F, k, f);
                sum += (double)um_crow(um_pca_atoms(pca), k)[f];
            }
            for (size_t n = 0; n < N; n++) {
                norm += pow((double)um_crow(um_pca_activations(pca), n)[k], 2.0);
            }
            assert_true(fabs(like) > 0.9999 && sum > -1e-5);
            assert_true(fabs(sqrt(norm) / values[k] - 1.0) < 1e-3);
        }
        um_pca_free(pca);
    }
    umi_free(V.data);
}

/* On noise too, whose singular values are near each other. */
static void factors_are_orthogonal(void **state)
{
    (void)state;
    enum { K = 9 };
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(N, F, 0.3, &random);
    um_pca *pca = run(um_const_view(V), K, 2);
    um_cview W = um_pca_atoms(pca), H = um_pca_activations(pca);
    double last = INFINITY, squares = 0.0;
    for (size_t i = 0; i < K; i++) {
        double energy = 0.0;
        for (size_t j = 0; j < K; j++) {
            double w = 0.0, h = 0.0;
            for (size_t f = 0; f < F; f++) {
                w += (double)um_crow(W, i)[f] * (double)um_crow(W, j)[f];
            }
            for (size_t n = 0; n < N; n++) {
                h += (double)um_crow(H, n)[i] * (double)um_crow(H, n)[j];
            }
            assert_true(fabs(w - (double)(i == j)) < 1e-5);
            assert_true(i == j || fabs(h) < 1e-3);
            energy = i == j ? h : energy;
        }
        assert_true(energy > 1.0 && energy <= last);
        last = energy;
        squares += energy;
    }
    double total = 0.0;
    for (size_t n = 0; n < N; n++) {
        for (size_t f = 0; f < F; f++) {
            total += pow((double)um_row(V, n)[f], 2.0);
        }
        for (size_t k = 0; k < K; k++) { /* H = V W^T */
            double projection = 0.0;
            for (size_t f = 0; f < F; f++) {
                projection += (double)um_row(V, n)[f] * (double)um_crow(W, k)[f];
            }
            assert_true(fabs(projection - (double)um_crow(H, n)[k]) < 1e-4);
        }
    }
    /* Pythagoras: what the components do not hold is the divergence. */
    assert_true(fabs(um_pca_divergence(pca) - 0.5 * (total - squares)) < 1e-4 * total);
    um_pca_free(pca);
    umi_free(V.data);
}

static void odd_shapes_end_well(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    const size_t shapes[][3] = {{1, 1, 1}, {1, 9, 4}, {9, 1, 4}, {5, 3, 20}, {3, 5, 3}, {20, 6, 2}};
    for (size_t i = 0; i < 6; i++) {
        um_view V = matrix_random(shapes[i][0], shapes[i][1], i == 5 ? 1.0 : 0.0, &random);
        um_pca *pca = run(um_const_view(V), shapes[i][2], 1);
        assert_int_equal(um_pca_activations(pca).rows, V.rows);
        assert_true(um_pca_divergence(pca) >= 0.0 && um_pca_divergence(pca) < 1e-9);
        size_t smaller = V.rows < V.cols ? V.rows : V.cols;
        for (size_t k = 0; k < shapes[i][2]; k++) {
            double norm = 0.0;
            for (size_t f = 0; f < V.cols; f++) {
                norm += pow((double)um_crow(um_pca_atoms(pca), k)[f], 2.0);
            }
            assert_true(fabs(norm - (k < smaller ? 1.0 : 0.0)) < 1e-5);
        }
        um_pca_free(pca);
        umi_free(V.data);
    }
}

/* A second, smaller V on the same object leaves nothing of the first. */
static void runs_can_follow_each_other(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_view V = matrix_random(N, F, 0.1, &random);
    um_cview few = {V.data, 2, F, V.stride};
    um_pca *reused = run(um_const_view(V), 5, 1), *fresh = run(few, 5, 1);
    assert_int_equal(um_pca_run(reused, few, 1), UM_OK);
    assert_true(same_bits(um_pca_atoms(reused), um_pca_atoms(fresh)));
    assert_true(same_bits(um_pca_activations(reused), um_pca_activations(fresh)));
    assert_true(um_pca_divergence(reused) == um_pca_divergence(fresh));
    um_pca_free(reused);
    um_pca_free(fresh);
    umi_free(V.data);
}

static void wrong_arguments_are_refused(void **state)
{
    umi_random random = umi_random_seeded(4);
    um_view M = matrix_random(6, 5, 0.1, &random);
    um_cview V = um_const_view(M), narrow = {M.data, 5, 4, M.stride}, none = {NULL, 5, 5, 5};
    um_pca_config good = config_for(V, 2), wrong[10];
    size_t n = 0;
    for (size_t i = 0; i < 10; i++) {
        wrong[i] = good;
    }
    wrong[n++].n_frames = 0;
    wrong[n++].n_frames = (size_t)INT32_MAX + 1;
    wrong[n++].n_columns = 0;
    wrong[n++].n_columns = (1 << 26) + 1;
    wrong[n++].n_components = 0;
    wrong[n++].n_components = 4097;
    um_pca *pca;
    for (size_t i = 0; i < n; i++) {
        pca = (void *)state; /* anything but NULL */
        assert_int_equal(um_pca_new(&wrong[i], &pca), UM_ERR_ARGUMENT);
        assert_null(pca);
    }
    assert_int_equal(um_pca_new(NULL, &pca), UM_ERR_ARGUMENT);
    assert_int_equal(um_pca_new(&good, NULL), UM_ERR_ARGUMENT);
    good.n_frames = 5;
    assert_int_equal(um_pca_new(&good, &pca), UM_OK);
    assert_int_equal(um_pca_run(pca, V, 1), UM_ERR_ARGUMENT); /* a row too many */
    V.rows = 0;
    assert_int_equal(um_pca_run(pca, V, 1), UM_ERR_ARGUMENT);
    V.rows = 5;
    assert_int_equal(um_pca_run(NULL, V, 1), UM_ERR_ARGUMENT);
    assert_int_equal(um_pca_run(pca, narrow, 1), UM_ERR_ARGUMENT);
    assert_int_equal(um_pca_run(pca, none, 1), UM_ERR_ARGUMENT);
    const float bad[] = {-1.0F, NAN, INFINITY, 1.1e12F};
    for (size_t i = 0; i < 4; i++) {
        um_row(M, 3)[2] = bad[i];
        assert_int_equal(um_pca_run(pca, V, 1), UM_ERR_ARGUMENT);
    }
    um_pca_free(pca);
    um_pca_free(NULL);
    umi_free(M.data);
}

/* Making the object and running it: a run that fails leaves no block behind either. */
static um_status attempt(void *context)
{
    um_cview V = um_const_view(*(um_view *)context);
    um_pca_config config = config_for(V, 3);
    um_pca *pca;
    um_status status = um_pca_new(&config, &pca);
    assert_true((status == UM_OK) == (pca != NULL));
    if (status == UM_OK) {
        status = um_pca_run(pca, V, 1);
    }
    um_pca_free(pca);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_view V = planted();
    assert_true(counting_allocator_sweep(attempt, &V) > 0);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_components_are_found),
        cmocka_unit_test(factors_are_orthogonal),
        cmocka_unit_test(odd_shapes_end_well),
        cmocka_unit_test(runs_can_follow_each_other),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("pca", tests, NULL, NULL);
}
