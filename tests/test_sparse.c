#include "unmingle/sparse.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Arrays of our own, so that each row of a table can spoil one of them. */
struct parts {
    size_t rows;
    size_t cols;
    size_t row_start[4];
    uint32_t column[4];
    float value[4];
};

/* [0 1 0 2; 0 0 0 0; 3 0 0 4] */
static const struct parts sound = {3, 4, {0, 2, 2, 4}, {1, 3, 0, 3}, {1, 2, 3, 4}};

static bool is_valid(const struct parts *p)
{
    um_csparse matrix = {p->rows, p->cols, p->row_start, p->column, p->value};
    return um_csparse_is_valid(matrix);
}

static void a_sound_matrix_is_valid(void **state)
{
    (void)state;
    struct parts p = sound;
    assert_true(is_valid(&p));
    um_csparse matrix = {p.rows, p.cols, p.row_start, p.column, p.value};
    assert_int_equal(um_csparse_entries(matrix), 4);
    p.value[2] = 0;
    assert_true(is_valid(&p));
}

static void what_is_spoiled_is_not(void **state)
{
    (void)state;
    static const struct parts rows[] = {
        {0, 4, {0, 2, 2, 4}, {1, 3, 0, 3}, {1, 2, 3, 4}},
        {3, 0, {0, 0, 0, 0}, {1, 3, 0, 3}, {1, 2, 3, 4}},
        {3, 3, {0, 2, 2, 4}, {1, 3, 0, 3}, {1, 2, 3, 4}}, /* a column that is not there */
        {3, 4, {1, 2, 2, 4}, {1, 3, 0, 3}, {1, 2, 3, 4}},
        {3, 4, {0, 3, 2, 4}, {1, 3, 0, 3}, {1, 2, 3, 4}}, /* a row that ends before it begins */
        {3, 4, {0, 2, 2, SIZE_MAX}, {1, 3, 0, 3}, {1, 2, 3, 4}},
        {3, 4, {0, 2, 2, 4}, {3, 1, 0, 3}, {1, 2, 3, 4}},
        {3, 4, {0, 2, 2, 4}, {1, 1, 0, 3}, {1, 2, 3, 4}},
        {3, 4, {0, 2, 2, 4}, {1, UINT32_MAX, 0, 3}, {1, 2, 3, 4}},
        {3, 4, {0, 2, 2, 4}, {1, 3, 0, 3}, {1, -2, 3, 4}},
        {3, 4, {0, 2, 2, 4}, {1, 3, 0, 3}, {1, 2, NAN, 4}},
        {3, 4, {0, 2, 2, 4}, {1, 3, 0, 3}, {1, 2, 3, INFINITY}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_valid(&rows[i])) {
            fail_msg("row %zu is taken for valid", i);
        }
    }
}

static void pointers_may_be_missing_where_nothing_is(void **state)
{
    (void)state;
    static const size_t none[3] = {0, 0, 0};
    um_csparse matrix = {2, 5, none, NULL, NULL};
    assert_true(um_csparse_is_valid(matrix));
    matrix.row_start = sound.row_start;
    assert_false(um_csparse_is_valid(matrix));
    matrix.row_start = NULL;
    assert_false(um_csparse_is_valid(matrix));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_matrix_is_valid),
        cmocka_unit_test(what_is_spoiled_is_not),
        cmocka_unit_test(pointers_may_be_missing_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
