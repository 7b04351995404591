/* The Euclidean updates against the same in double. */
#include "nmf_in_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void iterations_equal_those_in_double(void **state)
{
    (void)state;
    /* More than 256 frames make more than one part. */
    static const nmf_shape shapes[] = {
        {40, 33, 1, 5, 0, true, 2, UM_SOLVER_MU},  {300, 20, 1, 3, 0, true, 2, UM_SOLVER_MU},
        {40, 33, 1, 5, 2, true, 2, UM_SOLVER_MU},  {40, 33, 1, 5, 5, true, 2, UM_SOLVER_MU},
        {33, 17, 2, 4, 0, true, 2, UM_SOLVER_MU},  {300, 17, 2, 4, 2, true, 2, UM_SOLVER_MU},
        {50, 11, 3, 6, 0, true, 2, UM_SOLVER_MU},  {50, 11, 3, 6, 6, true, 2, UM_SOLVER_MU},
        {33, 17, 2, 4, 2, false, 2, UM_SOLVER_MU}, {50, 11, 3, 6, 6, false, 2, UM_SOLVER_MU},
        {20, 3, 2, 90, 80, true, 2, UM_SOLVER_MU},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        assert_iterations_equal_those_in_double(&shapes[i], 0.1, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterations_equal_those_in_double),
    };
    return cmocka_run_group_tests_name("nmf_euclidean", tests, NULL, NULL);
}
