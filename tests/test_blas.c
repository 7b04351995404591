/* Products against plain loops, factorisations against what defines them. */
#include "core/blas.h"
#include "core/memory.h"
#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void fill(um_view A, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    for (size_t r = 0; r < A.rows; r++) {
        for (size_t c = 0; c < A.cols; c++) {
            um_row(A, r)[c] = (float)umi_random_normal(&random);
        }
    }
}

static float at(um_cview A, bool transposed, size_t r, size_t c)
{
    return transposed ? um_crow(A, c)[r] : um_crow(A, r)[c];
}

static um_view new_matrix(size_t rows, size_t cols, size_t stride)
{
    um_view A = {umi_alloc(rows * stride, sizeof(float)), rows, cols, stride};
    assert_non_null(A.data);
    return A;
}

static void products(void **state)
{
    (void)state;
    enum { M = 5, N = 7, INNER = 3 };
    for (int way = 0; way < 4; way++) {
        bool ta = way & 1, tb = way & 2;
        um_view A = ta ? new_matrix(INNER, M, 9) : new_matrix(M, INNER, 4);
        um_view B = tb ? new_matrix(N, INNER, 3) : new_matrix(INNER, N, 8);
        um_view C = new_matrix(M, N, 11);
        fill(A, 1);
        fill(B, 2);
        fill(C, 3);
        float expected[M][N];
        for (size_t r = 0; r < M; r++) {
            for (size_t c = 0; c < N; c++) {
                double sum = 0;
                for (size_t i = 0; i < INNER; i++) {
                    sum += (double)at(um_const_view(A), ta, r, i) *
                           (double)at(um_const_view(B), tb, i, c);
                }
                expected[r][c] = (float)(2 * sum + 0.5 * (double)um_row(C, r)[c]);
            }
        }
        umi_sgemm(2, um_const_view(A), ta, um_const_view(B), tb, 0.5F, C);
        for (size_t r = 0; r < M; r++) {
            for (size_t c = 0; c < N; c++) {
                assert_float_equal(um_row(C, r)[c], expected[r][c], 1e-5);
            }
            assert_true(um_row(C, r)[N] == 0); /* what lies between the rows is not ours */
        }
        umi_free(A.data);
        umi_free(B.data);
        umi_free(C.data);
    }
}

static void orthonormal_basis(void **state)
{
    (void)state;
    um_view A = new_matrix(100, 6, 8), Q = new_matrix(100, 6, 10), QtQ = new_matrix(6, 6, 6);
    um_view QtA = new_matrix(6, 6, 6), rest = new_matrix(100, 6, 6);
    fill(A, 4);
    for (size_t r = 0; r < 100; r++) {
        um_row(A, r)[5] = 2 * um_row(A, r)[0]; /* rank 5 */
        for (size_t c = 0; c < 6; c++) {
            um_row(Q, r)[c] = um_row(rest, r)[c] = um_row(A, r)[c];
        }
    }
    assert_int_equal(umi_orthonormalise(Q), UM_OK);
    um_cview q = um_const_view(Q);
    umi_sgemm(1, q, true, q, false, 0, QtQ);
    for (size_t r = 0; r < 6; r++) {
        for (size_t c = 0; c < 6; c++) {
            assert_float_equal(um_row(QtQ, r)[c], r == c ? 1 : 0, 1e-5);
        }
    }
    /* A - Q Q'A = 0: the basis holds every column. */
    umi_sgemm(1, q, true, um_const_view(A), false, 0, QtA);
    umi_sgemm(-1, q, false, um_const_view(QtA), false, 1, rest);
    for (size_t i = 0; i < 600; i++) {
        assert_float_equal(rest.data[i], 0, 1e-4);
    }
    umi_free(A.data);
    umi_free(Q.data);
    umi_free(QtQ.data);
    umi_free(QtA.data);
    umi_free(rest.data);
}

static void check_svd(size_t m, size_t n)
{
    size_t k = m < n ? m : n;
    um_view A = new_matrix(m, n, n + 3), copy = new_matrix(m, n, n + 3);
    um_view U = new_matrix(m, k, k + 1), Vt = new_matrix(k, n, n + 2), US = new_matrix(m, k, k);
    um_view gram = new_matrix(k, k, k);
    float *s = umi_alloc(k, sizeof *s);
    assert_non_null(s);
    fill(A, 5);
    fill(copy, 5);
    assert_int_equal(umi_svd(A, U, s, Vt), UM_OK);
    for (size_t r = 0; r < m; r++) {
        for (size_t c = 0; c < k; c++) {
            assert_true(s[c] >= 0 && (c == 0 || s[c] <= s[c - 1]));
            um_row(US, r)[c] = um_row(U, r)[c] * s[c];
        }
    }
    umi_sgemm(-1, um_const_view(US), false, um_const_view(Vt), false, 1, copy);
    for (size_t r = 0; r < m; r++) {
        for (size_t c = 0; c < n; c++) {
            assert_float_equal(um_row(copy, r)[c], 0, 1e-4);
        }
    }
    umi_sgemm(1, um_const_view(U), true, um_const_view(U), false, 0, gram);
    for (size_t r = 0; r < k; r++) {
        for (size_t c = 0; c < k; c++) {
            assert_float_equal(um_row(gram, r)[c], r == c ? 1 : 0, 1e-5);
        }
    }
    umi_sgemm(1, um_const_view(Vt), false, um_const_view(Vt), true, 0, gram);
    for (size_t r = 0; r < k; r++) {
        for (size_t c = 0; c < k; c++) {
            assert_float_equal(um_row(gram, r)[c], r == c ? 1 : 0, 1e-5);
        }
    }
    umi_free(A.data);
    umi_free(copy.data);
    umi_free(U.data);
    umi_free(Vt.data);
    umi_free(US.data);
    umi_free(gram.data);
    umi_free(s);
}

static void singular_values(void **state)
{
    (void)state;
    check_svd(40, 7);
    check_svd(7, 40);
    check_svd(9, 9);
    check_svd(1, 1);
}

/* A = B B' + I, solved for sides A x with known x. */
static void positive_definite_system(void **state)
{
    (void)state;
    const size_t sizes[] = {2, 4, 10, 130};
    for (size_t i_size = 0; i_size < 4; i_size++) {
        size_t n = sizes[i_size], n_doubles;
        um_view B = new_matrix(n, n, n);
        fill(B, 6 + n);
        assert_true(umi_cholesky_size(n, &n_doubles));
        assert_int_equal(n_doubles, n * (n + 1) / 2);
        double *packed = umi_alloc(n_doubles, sizeof *packed);
        double *sides = umi_alloc(2 * n, sizeof *sides);
        assert_true(packed != NULL && sides != NULL);
        for (size_t r = 0; r < n; r++) {
            for (size_t c = 0; c < n; c++) {
                double sum = r == c;
                for (size_t i = 0; i < n; i++) {
                    sum += (double)um_row(B, r)[i] * (double)um_row(B, c)[i];
                }
                if (c <= r) {
                    double *place = &packed[umi_cholesky_index(n, r, c)];
                    assert_true(*place == 0); /* no place is used twice */
                    *place = sum;
                }
                sides[r] += sum * (double)(c + 1);
                sides[n + r] += sum * cos((double)c);
            }
        }
        assert_int_equal(umi_cholesky_factor(packed, n), UM_OK);
        umi_cholesky_solve(packed, n, sides, 2);
        for (size_t c = 0; c < n; c++) {
            assert_true(fabs(sides[c] - (double)(c + 1)) < 1e-8 * (double)n);
            assert_true(fabs(sides[n + c] - cos((double)c)) < 1e-8);
        }
        umi_free(B.data);
        umi_free(packed);
        umi_free(sides);
    }
    double indefinite[3];
    indefinite[umi_cholesky_index(2, 0, 0)] = 1;
    indefinite[umi_cholesky_index(2, 1, 0)] = 2;
    indefinite[umi_cholesky_index(2, 1, 1)] = 1;
    assert_int_equal(umi_cholesky_factor(indefinite, 2), UM_ERR_DATA);
}

int main(void)
{
    umi_blas_single_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(orthonormal_basis),
        cmocka_unit_test(singular_values),
        cmocka_unit_test(positive_definite_system),
    };
    return cmocka_run_group_tests_name("blas", tests, NULL, NULL);
}
