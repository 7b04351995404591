#include "core/stack.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void neighbours_lie_side_by_side(void **state)
{
    (void)state;
    enum { COLS = 2, STACKED = 3 };
    static const size_t expected[3][STACKED] = {{0, 0, 1}, {0, 1, 2}, {1, 2, 2}};
    um_view V = matrix_new(3, COLS);
    float row[STACKED * COLS];
    for (size_t t = 0; t < 3; t++) {
        um_row(V, t)[0] = (float)t;
        um_row(V, t)[1] = (float)t + 0.5F;
    }
    for (size_t t = 0; t < 3; t++) {
        umi_stack_frame(um_const_view(V), t, STACKED, row);
        for (size_t i = 0; i < STACKED; i++) {
            assert_true(row[COLS * i] == (float)expected[t][i]);
            assert_true(row[COLS * i + 1] == (float)expected[t][i] + 0.5F);
        }
    }
    V.rows = 1; /* all of them are the only one */
    umi_stack_frame(um_const_view(V), 0, STACKED, row);
    assert_true(row[0] == 0.0F && row[2] == 0.0F && row[4] == 0.0F && row[5] == 0.5F);
    umi_free(V.data);
}

static void one_is_the_frame_itself(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(4, 5, 0.0, &random);
    float row[5];
    umi_stack_frame(um_const_view(V), 2, 1, row);
    assert_memory_equal(row, um_row(V, 2), sizeof row);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_lie_side_by_side),
        cmocka_unit_test(one_is_the_frame_itself),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
