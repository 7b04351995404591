/* F by its definition, and by way of the divergence. */
#include "job/lee_seung.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROWS = 7, COLUMNS = 5 };

static const double zeros = 0.4;

/* The definitions, cell by cell. */
static void measure(um_cview V, um_cview M, double *F, double *divergence)
{
    *F = *divergence = 0.0;
    for (size_t r = 0; r < V.rows; r++) {
        for (size_t c = 0; c < V.cols; c++) {
            double v = (double)um_crow(V, r)[c], m = (double)um_crow(M, r)[c];
            *F += (v > 0.0 ? v * log(m) : 0.0) - m;
            *divergence += (v > 0.0 ? v * log(v / m) : 0.0) - v + m;
        }
    }
}

static void is_the_divergence_turned_round(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_view V = matrix_random(ROWS, COLUMNS, zeros, &random);
    um_view M = matrix_random(ROWS, COLUMNS, 0.0, &random);
    double F, divergence;
    measure(um_const_view(V), um_const_view(M), &F, &divergence);
    assert_true(fabs(umi_lee_seung(um_const_view(V), divergence) - F) < 1e-12 * fabs(F));

    size_t row_start[ROWS + 1] = {0};
    uint32_t column[ROWS * COLUMNS];
    float value[ROWS * COLUMNS];
    size_t n = 0;
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            if (um_row(V, r)[c] > 0.0F) {
                column[n] = (uint32_t)c;
                value[n++] = um_row(V, r)[c];
            }
        }
        row_start[r + 1] = n;
    }
    um_csparse sparse = {ROWS, COLUMNS, row_start, column, value};
    assert_true(n < ROWS * COLUMNS && um_csparse_is_valid(sparse));
    assert_true(fabs(umi_lee_seung_sparse(sparse, divergence) - F) < 1e-12 * fabs(F));
    umi_free(V.data);
    umi_free(M.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_divergence_turned_round)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
