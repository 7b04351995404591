/* The pairing found against the best of all pairings. */
#include "core/assignment.h"
#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { MAX_SIDE = 6 };

/* The least sum when rows `row`.. still want a column, `n_skips` of them may go without, and the
 * columns in `taken` are gone. */
static double least_cost(const double *cost, size_t n_rows, size_t n_columns, size_t row,
                         size_t n_skips, unsigned taken)
{
    if (row == n_rows) {
        return 0;
    }
    double least = INFINITY;
    if (n_skips > 0) {
        least = least_cost(cost, n_rows, n_columns, row + 1, n_skips - 1, taken);
    }
    for (size_t column = 0; column < n_columns; column++) {
        if ((taken & (1U << column)) == 0) {
            double sum =
                cost[row * n_columns + column] +
                least_cost(cost, n_rows, n_columns, row + 1, n_skips, taken | (1U << column));
            least = sum < least ? sum : least;
        }
    }
    return least;
}

static void check(const double *cost, size_t n_rows, size_t n_columns)
{
    size_t column_of_row[MAX_SIDE];
    bool taken[MAX_SIDE] = {false};
    assert_int_equal(umi_assign(cost, n_rows, n_columns, column_of_row), UM_OK);
    double sum = 0;
    size_t n_pairs = 0;
    for (size_t row = 0; row < n_rows; row++) {
        size_t column = column_of_row[row];
        if (column == UMI_UNASSIGNED) {
            continue;
        }
        assert_true(column < n_columns && !taken[column]);
        taken[column] = true;
        sum += cost[row * n_columns + column];
        n_pairs++;
    }
    assert_int_equal(n_pairs, n_rows < n_columns ? n_rows : n_columns);
    size_t n_skips = n_rows > n_columns ? n_rows - n_columns : 0;
    double least = least_cost(cost, n_rows, n_columns, 0, n_skips, 0);
    assert_true(fabs(sum - least) < 1e-9);
}

static void random_costs(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(11);
    for (size_t trial = 0; trial < 2000; trial++) {
        double cost[MAX_SIDE * MAX_SIDE];
        size_t n_rows = 1 + umi_random_below(&random, MAX_SIDE);
        size_t n_columns = 1 + umi_random_below(&random, MAX_SIDE);
        for (size_t i = 0; i < n_rows * n_columns; i++) {
            /* Every other trial has many equal costs. */
            cost[i] = trial % 2 == 0 ? 40 * umi_random_normal(&random)
                                     : (double)umi_random_below(&random, 3);
        }
        check(cost, n_rows, n_columns);
    }
}

/* Taking each row's cheapest column in turn fails here. */
static void greed_does_not_pay(void **state)
{
    (void)state;
    const double cost[] = {1, 2, 3, 2, 4, 6, 3, 6, 9};
    size_t column_of_row[3];
    assert_int_equal(umi_assign(cost, 3, 3, column_of_row), UM_OK);
    for (size_t row = 0; row < 3; row++) {
        assert_int_equal(column_of_row[row], 2 - row);
    }
}

static void empty_sides(void **state)
{
    (void)state;
    size_t column_of_row[2] = {0, 0};
    assert_int_equal(umi_assign(NULL, 0, 3, column_of_row), UM_OK);
    assert_int_equal(umi_assign(NULL, 2, 0, column_of_row), UM_OK);
    assert_true(column_of_row[0] == UMI_UNASSIGNED && column_of_row[1] == UMI_UNASSIGNED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_costs),
        cmocka_unit_test(greed_does_not_pay),
        cmocka_unit_test(empty_sides),
    };
    return cmocka_run_group_tests_name("assignment", tests, NULL, NULL);
}
