/* Rows on the alignment, zeros, and sizes that no memory could hold. */
#include "core/matrix.h"

#include "core/memory.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_aligned_and_zero),
        cmocka_unit_test(what_cannot_be_had_is_null),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
