/* Singular values and vectors that were planted in a large matrix are found again. */
#include "core/randomised_svd.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { M = 90, N = 60 };

/* Vector i of the orthonormal cosine basis (DCT-II) of n dimensions. */
static double cosine(size_t n, size_t i, size_t x)
{
    double scale = sqrt((i == 0 ? 1.0 : 2.0) / (double)n);
    return scale * cos(3.14159265358979323846 * (double)i * ((double)x + 0.5) / (double)n);
}

/* Every further value is 0.8 of the one before. */
static double planted_value(size_t i)
{
    return 10.0 * pow(0.8, (double)i);
}

/* sum over i of value_i times cosine i of the rows, times cosine i of the columns. */
static void plant(um_view A)
{
    for (size_t r = 0; r < A.rows; r++) {
        for (size_t c = 0; c < A.cols; c++) {
            double sum = 0.0;
            for (size_t i = 0; i < A.rows && i < A.cols; i++) {
                sum += planted_value(i) * cosine(A.rows, i, r) * cosine(A.cols, i, c);
            }
            um_row(A, r)[c] = (float)sum;
        }
    }
}

static um_status decompose(um_cview V, size_t n_channels, size_t r, uint64_t seed, um_view *U,
                           float *s, um_view *Vt)
{
    *U = matrix_new(V.rows, r);
    *Vt = matrix_new(r, V.cols / n_channels);
    return umi_randomised_svd(V, n_channels, seed, *U, s, *Vt);
}

static void assert_planted_pairs(um_cview U, const float *s, um_cview Vt)
{
    for (size_t i = 0; i < Vt.rows; i++) {
        double u = 0.0, v = 0.0;
        for (size_t r = 0; r < U.rows; r++) {
            u += (double)um_crow(U, r)[i] * cosine(U.rows, i, r);
        }
        for (size_t c = 0; c < Vt.cols; c++) {
            v += (double)um_crow(Vt, i)[c] * cosine(Vt.cols, i, c);
        }
        assert_true(fabs((double)s[i] / planted_value(i) - 1.0) < 1e-4);
        assert_true(fabs(u) > 0.999 && fabs(v) > 0.999 && u * v > 0.0);
    }
}

static void planted_pairs_are_found(void **state)
{
    (void)state;
    const size_t shapes[][2] = {{M, N}, {N, M}, {5, N}, {N, 5}, {1, N}, {N, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t m = shapes[i][0], n = shapes[i][1], smaller = m < n ? m : n;
        um_view A = matrix_new(m, n), U, Vt;
        float s[8];
        plant(A);
        assert_int_equal(decompose(um_const_view(A), 1, smaller < 8 ? smaller : 8, 1, &U, s, &Vt),
                         UM_OK);
        assert_planted_pairs(um_const_view(U), s, um_const_view(Vt));
        umi_free(A.data);
        umi_free(U.data);
        umi_free(Vt.data);
    }
}

/* Three channels that differ by noise which their mean is free of. */
static void channels_are_averaged(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view A = matrix_new(M, N), V = matrix_new(M, 3 * N), U, Vt;
    float s[6];
    plant(A);
    for (size_t r = 0; r < M; r++) {
        for (size_t c = 0; c < N; c++) {
            float a = um_row(A, r)[c];
            float x = 4.0F * (float)umi_random_normal(&random);
            float y = 4.0F * (float)umi_random_normal(&random);
            um_row(V, r)[c] = a + x;
            um_row(V, r)[N + c] = a + y;
            um_row(V, r)[2 * N + c] = a - x - y;
        }
    }
    assert_int_equal(decompose(um_const_view(V), 3, 6, 1, &U, s, &Vt), UM_OK);
    assert_planted_pairs(um_const_view(U), s, um_const_view(Vt));
    umi_free(A.data);
    umi_free(V.data);
    umi_free(U.data);
    umi_free(Vt.data);
}

/* Also of a matrix that has fewer directions than are asked for. */
static void vectors_are_orthonormal(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_view H = matrix_random(M, 3, 0.0, &random), W = matrix_random(3, N, 0.0, &random);
    um_view A = matrix_product(um_const_view(H), um_const_view(W)), U, Vt;
    float s[7];
    assert_int_equal(decompose(um_const_view(A), 1, 7, 1, &U, s, &Vt), UM_OK);
    for (size_t i = 0; i < 7; i++) {
        assert_true(i == 0 || s[i] <= s[i - 1]);
        assert_true(i < 3 || s[i] < 1e-4F * s[0]);
        for (size_t j = 0; j <= i; j++) {
            double u = 0.0, v = 0.0;
            for (size_t r = 0; r < M; r++) {
                u += (double)um_row(U, r)[i] * (double)um_row(U, r)[j];
            }
            for (size_t c = 0; c < N; c++) {
                v += (double)um_row(Vt, i)[c] * (double)um_row(Vt, j)[c];
            }
            assert_true(fabs(u - (double)(i == j)) < 1e-5 && fabs(v - (double)(i == j)) < 1e-5);
        }
    }
    umi_free(H.data);
    umi_free(W.data);
    umi_free(A.data);
    umi_free(U.data);
    umi_free(Vt.data);
}

static void seeds_decide(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    um_view A = matrix_random(M, N, 0.0, &random), U[3], Vt[3];
    float s[3][4];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(decompose(um_const_view(A), 1, 4, i == 2 ? 6 : 5, &U[i], s[i], &Vt[i]),
                         UM_OK);
    }
    assert_true(same_bits(um_const_view(U[0]), um_const_view(U[1])));
    assert_true(same_bits(um_const_view(Vt[0]), um_const_view(Vt[1])));
    assert_memory_equal(s[0], s[1], sizeof s[0]);
    assert_false(same_bits(um_const_view(Vt[0]), um_const_view(Vt[2])));
    for (size_t i = 0; i < 3; i++) {
        umi_free(U[i].data);
        umi_free(Vt[i].data);
    }
    umi_free(A.data);
}

static um_status attempt(void *context)
{
    const um_view *views = context; /* A, U, Vt */
    float s[4];
    return umi_randomised_svd(um_const_view(views[0]), 1, 1, views[1], s, views[2]);
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_view views[3] = {matrix_new(M, N), matrix_new(M, 4), matrix_new(4, N)};
    plant(views[0]);
    assert_true(counting_allocator_sweep(attempt, views) > 0);
    for (size_t i = 0; i < 3; i++) {
        umi_free(views[i].data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_pairs_are_found), cmocka_unit_test(channels_are_averaged),
        cmocka_unit_test(vectors_are_orthonormal), cmocka_unit_test(seeds_decide),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("randomised_svd", tests, NULL, NULL);
}
