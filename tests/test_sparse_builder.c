/* Entries in any order make the matrix that a plain table of sums makes. */
#include "core/sparse_builder.h"

#include "core/random.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 23, COLS = 17, ENTRIES = 600 };

struct entry {
    size_t row;
    size_t column;
    float value;
};

static umi_sparse_builder *build(const struct entry *entries, size_t n, um_csparse *matrix)
{
    umi_sparse_builder *builder = NULL;
    assert_int_equal(umi_sparse_builder_new(ROWS, COLS, &builder), UM_OK);
    for (size_t i = 0; i < n; i++) {
        umi_sparse_builder_count(builder, entries[i].row);
    }
    assert_int_equal(umi_sparse_builder_allocate(builder), UM_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(umi_sparse_builder_is_full(builder), false);
        assert_true(
            umi_sparse_builder_put(builder, entries[i].row, entries[i].column, entries[i].value));
    }
    assert_true(umi_sparse_builder_is_full(builder));
    assert_int_equal(umi_sparse_builder_finish(builder, matrix), UM_OK);
    return builder;
}

static void assert_is_table(um_csparse matrix, float table[ROWS][COLS])
{
    size_t n = 0;
    assert_true(um_csparse_is_valid(matrix));
    for (size_t r = 0; r < ROWS; r++) {
        size_t i = matrix.row_start[r];
        for (size_t c = 0; c < COLS; c++) {
            if (table[r][c] > 0.0f) {
                assert_true(i < matrix.row_start[r + 1] && matrix.column[i] == c);
                assert_memory_equal(&matrix.value[i], &table[r][c], sizeof(float));
                i++;
                n++;
            }
        }
        assert_int_equal(i, matrix.row_start[r + 1]);
    }
    assert_int_equal(um_csparse_entries(matrix), n);
}

/* Many places come twice and more, some rows not at all, some values are 0; the sums round, so that
 * they tell in which order they were made. */
static void entries_in_any_order_are_sorted_and_summed(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    for (size_t trial = 0; trial < 50; trial++) {
        struct entry entries[ENTRIES];
        float table[ROWS][COLS] = {{0}};
        size_t n = umi_random_below(&random, ENTRIES);
        for (size_t i = 0; i < n; i++) {
            entries[i].row = umi_random_below(&random, ROWS) / 3 * 3;
            entries[i].column = umi_random_below(&random, COLS);
            entries[i].value =
                umi_random_below(&random, 4) == 0 ? 0.0f : (float)umi_random_uniform(&random);
            table[entries[i].row][entries[i].column] += entries[i].value;
        }
        um_csparse matrix;
        umi_sparse_builder *builder = build(entries, n, &matrix);
        assert_is_table(matrix, table);
        umi_sparse_builder_free(builder);
    }
}

static void one_entry_more_than_counted_is_refused(void **state)
{
    (void)state;
    umi_sparse_builder *builder = NULL;
    um_csparse matrix;
    assert_int_equal(umi_sparse_builder_new(2, 3, &builder), UM_OK);
    umi_sparse_builder_count(builder, 0);
    umi_sparse_builder_count(builder, 1);
    assert_int_equal(umi_sparse_builder_allocate(builder), UM_OK);
    assert_true(umi_sparse_builder_put(builder, 0, 2, 1.0f));
    assert_false(umi_sparse_builder_put(builder, 0, 1, 1.0f));
    assert_false(umi_sparse_builder_is_full(builder));
    assert_true(umi_sparse_builder_put(builder, 1, 0, 5.0f));
    assert_false(umi_sparse_builder_put(builder, 1, 0, 5.0f));
    assert_int_equal(umi_sparse_builder_finish(builder, &matrix), UM_OK);
    assert_int_equal(matrix.column[0], 2);
    assert_true(matrix.value[1] == 5.0f);
    umi_sparse_builder_free(builder);
}

static um_status build_and_free(void *context)
{
    (void)context;
    umi_sparse_builder *builder = NULL;
    um_csparse matrix;
    um_status status = umi_sparse_builder_new(1, 9, &builder);
    assert_int_equal(status == UM_OK, builder != NULL);
    if (status == UM_OK) {
        umi_sparse_builder_count(builder, 0);
        umi_sparse_builder_count(builder, 0);
        status = umi_sparse_builder_allocate(builder);
    }
    if (status == UM_OK) {
        assert_true(umi_sparse_builder_put(builder, 0, 8, 1.0f));
        assert_true(umi_sparse_builder_put(builder, 0, 2, 1.0f));
        status = umi_sparse_builder_finish(builder, &matrix);
    }
    umi_sparse_builder_free(builder);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    /* The object, two arrays of rows, two of entries, the scratch to sort with. */
    assert_int_equal(counting_allocator_sweep(build_and_free, NULL), 6);
    umi_sparse_builder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_in_any_order_are_sorted_and_summed),
        cmocka_unit_test(one_entry_more_than_counted_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
