/* Rows on the alignment, zeros, and sizes that no memory could hold. */
#include "core/matrix.h"

#include "core/memory.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void rows_are_aligned_and_zero(void **state)
{
    (void)state;
    for (size_t cols = 1; cols < 40; cols++) {
        um_view M = umi_matrix_new(5, cols);
        assert_non_null(M.data);
        assert_true(M.rows == 5 && M.cols == cols && M.stride >= cols);
        for (size_t r = 0; r < 5; r++) {
            assert_int_equal((uintptr_t)um_row(M, r) % UMI_ALIGNMENT, 0);
            for (size_t c = 0; c < M.stride; c++) {
                assert_true(um_row(M, r)[c] == 0.0F);
            }
        }
        umi_free(M.data);
    }
}

static void what_cannot_be_had_is_null(void **state)
{
    (void)state;
    assert_null(umi_matrix_new(1, SIZE_MAX).data);
    assert_null(umi_matrix_new(SIZE_MAX / 8, 16).data);
    assert_null(umi_matrix_new(SIZE_MAX / 64, 16).data);
    counting_allocator_fail_from(1);
    um_view M = umi_matrix_new(2, 2);
    counting_allocator_fail_from(0);
    assert_null(M.data);
}

static void values_are_judged(void **state)
{
    (void)state;
    um_view M = umi_matrix_new(3, 4);
    assert_true(umi_matrix_is_non_negative(um_const_view(M), false));
    assert_false(umi_matrix_is_non_negative(um_const_view(M), true));
    for (size_t r = 0; r < 3; r++) {
        assert_false(umi_matrix_is_non_negative(um_const_view(M), true));
        um_row(M, r)[r] = 1e-40F;
    }
    assert_true(umi_matrix_is_non_negative(um_const_view(M), true));
    um_row(M, 2)[4] = -1.0F; /* behind the row, in the padding */
    assert_true(umi_matrix_is_non_negative(um_const_view(M), true));
    const float wrong[] = {-1.0F, -1e-40F, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        um_row(M, 2)[3] = wrong[i];
        assert_false(umi_matrix_is_non_negative(um_const_view(M), false));
    }
    um_row(M, 2)[3] = 0.0F;
    um_cview odd = um_const_view(M);
    odd.stride = 3;
    assert_false(umi_matrix_is_non_negative(odd, false));
    odd = (um_cview){NULL, 1, 4, 4};
    assert_false(umi_matrix_is_non_negative(odd, false));
    odd.rows = 0;
    assert_true(umi_matrix_is_non_negative(odd, true));
    umi_free(M.data);
}

/* Whole numbers, so that the sum is exact in any order; and nothing behind a row. */
static void values_are_summed(void **state)
{
    (void)state;
    for (size_t cols = 0; cols < 40; cols++) {
        um_view M = umi_matrix_new(3, cols + 1);
        double expected = 0.0;
        for (size_t r = 0; r < 3; r++) {
            for (size_t c = 0; c <= cols; c++) {
                float value = (float)((r * 7919 + c * c * 104729) % 1000003);
                um_row(M, r)[c] = value;
                expected += c < cols ? (double)value : 0.0;
            }
        }
        um_cview all_but_last = {M.data, 3, cols, M.stride};
        assert_true(umi_matrix_sum(all_but_last) == expected);
        umi_free(M.data);
    }
}

static void rows_are_normalised(void **state)
{
    (void)state;
    float row[] = {1.0F, 0.0F, 3.0F};
    assert_true(umi_row_normalise(row, 3));
    assert_true(row[0] == 0.25F && row[1] == 0.0F && row[2] == 0.75F);
    float zero[] = {0.0F, 0.0F}, huge[] = {3e38F, 3e38F}, wrong[] = {1.0F, INFINITY};
    assert_false(umi_row_normalise(zero, 2));
    assert_true(umi_row_normalise(huge, 2) && huge[1] == 0.5F); /* the sum is one of doubles */
    assert_false(umi_row_normalise(wrong, 2));
    assert_true(wrong[0] == 1.0F);
}

/* Those below a share of the loudest, and those of zeros even where the share is 0. */
static void soft_rows_are_left_out(void **state)
{
    (void)state;
    static const float level[] = {0.9F, 10.0F, 0.0F, 1.1F, 1.0F};
    um_view M = umi_matrix_new(5, 3);
    for (size_t round = 0; round < 2; round++) {
        M.rows = 5;
        for (size_t r = 0; r < 5; r++) {
            for (size_t c = 0; c < 3; c++) {
                um_row(M, r)[c] = c == 1 ? level[r] : 0.0F;
            }
        }
        umi_matrix_keep_loud_rows(&M, round == 0 ? 0.1 : 0.0);
        static const size_t kept[2][4] = {{1, 3, 4}, {0, 1, 3, 4}};
        assert_int_equal(M.rows, 3 + round);
        for (size_t r = 0; r < M.rows; r++) {
            assert_true(um_row(M, r)[1] == level[kept[round][r]] && um_row(M, r)[0] == 0.0F);
        }
    }
    memset(M.data, 0, 5 * M.stride * sizeof(float));
    umi_matrix_keep_loud_rows(&M, 0.0);
    assert_int_equal(M.rows, 0);
    umi_matrix_keep_loud_rows(&M, 0.0);
    assert_int_equal(M.rows, 0);
    umi_free(M.data);
}

static void power_is_the_mean_of_squares(void **state)
{
    (void)state;
    um_view M = umi_matrix_new(2, 3); /* whose rows are apart in memory */
    for (size_t i = 0; i < 6; i++) {
        um_row(M, i / 3)[i % 3] = (float)i;
    }
    assert_true(umi_matrix_power(um_const_view(M)) == (1.0 + 4.0 + 9.0 + 16.0 + 25.0) / 6.0);
    umi_free(M.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_aligned_and_zero),
        cmocka_unit_test(what_cannot_be_had_is_null),
        cmocka_unit_test(values_are_judged),
        cmocka_unit_test(values_are_summed),
        cmocka_unit_test(soft_rows_are_left_out),
        cmocka_unit_test(rows_are_normalised),
        cmocka_unit_test(power_is_the_mean_of_squares),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
