/* Factors give the matrix again, solutions solve, and what is not definite is told. */
#include "core/hermitian.h"

#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static umi_hermitian A, L;

/* B B^H and a little on the diagonal. */
static void make(size_t n, umi_random *random)
{
    static umi_hermitian B;
    for (size_t i = 0; i < n * n; i++) {
        B[i / n][i % n] = umi_random_uniform(random) - 0.5 + I * (umi_random_uniform(random) - 0.5);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            A[i][j] = i == j ? 0.01 : 0.0;
            for (size_t k = 0; k < n; k++) {
                A[i][j] += B[i][k] * conj(B[j][k]);
            }
            L[i][j] = j <= i ? A[i][j] : NAN; /* the upper half is not read */
        }
    }
}

static void solutions_solve(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 5, UMI_HERMITIAN_MAX};
    umi_random random = umi_random_seeded(3);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        double complex z[UMI_HERMITIAN_MAX], x[UMI_HERMITIAN_MAX];
        make(n, &random);
        assert_true(umi_hermitian_factorise(n, L));
        for (size_t i = 0; i < n; i++) {
            x[i] = z[i] = umi_random_uniform(&random) + I * umi_random_uniform(&random);
            for (size_t j = 0; j <= i; j++) {
                double complex sum = 0.0;
                for (size_t k = 0; k <= j; k++) {
                    sum += L[i][k] * conj(L[j][k]);
                }
                assert_true(cabs(sum - A[i][j]) < 1e-10 * (double)n);
            }
        }
        umi_hermitian_solve(n, L, z);
        for (size_t i = 0; i < n; i++) {
            double complex sum = 0.0;
            for (size_t j = 0; j < n; j++) {
                sum += A[i][j] * z[j];
            }
            assert_true(cabs(sum - x[i]) < 1e-8);
        }
    }
}

static void what_is_not_definite_is_told(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    make(3, &random);
    L[2][2] = -1.0;
    assert_false(umi_hermitian_factorise(3, L));
    assert_true(isfinite(creal(L[2][2])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solutions_solve),
        cmocka_unit_test(what_is_not_definite_is_told),
    };
    return cmocka_run_group_tests_name("hermitian", tests, NULL, NULL);
}
