/* The solutions of the systems against the inner products that they are made of. */
#include "core/toeplitz.h"

#include "core/blas.h"
#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_LINES = 3, TAPS = 4, N_FRAMES = 50, FIRST = 1, N_USED = 2, N_UNKNOWNS = N_USED * TAPS };

static double lines[N_LINES][N_FRAMES];

/* sum over t of x(t - a) y(t - b). */
static double inner_product(size_t x, size_t a, size_t y, size_t b)
{
    double sum = 0;
    for (size_t t = 0; t < N_FRAMES + TAPS; t++) {
        if (t >= a && t - a < N_FRAMES && t >= b && t - b < N_FRAMES) {
            sum += lines[x][t - a] * lines[y][t - b];
        }
    }
    return sum;
}

static void solves_the_normal_equations(void **state)
{
    (void)state;
    const double loading = 0.25;
    umi_random random = umi_random_seeded(1);
    double lags[N_LINES][N_LINES][TAPS], matrix[N_UNKNOWNS * (N_UNKNOWNS + 1) / 2];
    for (size_t i = 0; i < N_LINES; i++) {
        for (size_t t = 0; t < N_FRAMES; t++) {
            lines[i][t] = umi_random_normal(&random);
        }
    }
    for (size_t later = 0; later < N_LINES; later++) {
        for (size_t earlier = 0; earlier < N_LINES; earlier++) {
            for (size_t lag = 0; lag < TAPS; lag++) {
                lags[later][earlier][lag] = inner_product(later, 0, earlier, lag);
            }
        }
    }
    /* Sides that have known solutions. */
    double sides[N_UNKNOWNS];
    for (size_t r = 0; r < N_UNKNOWNS; r++) {
        sides[r] = loading * cos((double)r);
        for (size_t c = 0; c < N_UNKNOWNS; c++) {
            sides[r] += cos((double)c) *
                        inner_product(FIRST + r / TAPS, r % TAPS, FIRST + c / TAPS, c % TAPS);
        }
    }
    umi_correlations correlations = {&lags[0][0][0], N_LINES, TAPS};
    assert_int_equal(umi_toeplitz_factor(&correlations, FIRST, N_USED, loading, matrix), UM_OK);
    umi_cholesky_solve(matrix, N_UNKNOWNS, sides, 1);
    for (size_t r = 0; r < N_UNKNOWNS; r++) {
        assert_true(fabs(sides[r] - cos((double)r)) < 1e-10);
    }
}

static void refuses_what_is_singular(void **state)
{
    (void)state;
    const double silence[N_LINES * N_LINES * TAPS] = {0};
    double matrix[N_UNKNOWNS * (N_UNKNOWNS + 1) / 2];
    umi_correlations correlations = {silence, N_LINES, TAPS};
    assert_int_equal(umi_toeplitz_factor(&correlations, 0, N_USED, 0, matrix), UM_ERR_DATA);
    assert_int_equal(umi_toeplitz_factor(&correlations, 0, N_USED, 1, matrix), UM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solves_the_normal_equations),
        cmocka_unit_test(refuses_what_is_singular),
    };
    return cmocka_run_group_tests_name("toeplitz", tests, NULL, NULL);
}
