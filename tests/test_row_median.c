/* The median of rows, against sorting. */
#include "core/row_median.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N = 71, WIDEST = UMI_MEDIAN_ROWS_MAX };

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void is_the_middle(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view values = matrix_random(WIDEST, N, 0.3, &random);
    for (size_t n_rows = 1; n_rows <= WIDEST; n_rows++) {
        const float *rows[WIDEST];
        float median[N], column[WIDEST];
        for (size_t r = 0; r < n_rows; r++) {
            rows[r] = um_row(values, r);
        }
        umi_row_median(rows, n_rows, N, median);
        for (size_t i = 0; i < N; i++) {
            for (size_t r = 0; r < n_rows; r++) {
                column[r] = rows[r][i];
            }
            qsort(column, n_rows, sizeof *column, ascending);
            float expected = 0.5F * (column[(n_rows - 1) / 2] + column[n_rows / 2]);
            assert_true(median[i] == expected);
        }
    }
    umi_free(values.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_middle)};
    return cmocka_run_group_tests_name("row_median", tests, NULL, NULL);
}
