/* The updates for other divergences of the beta family against the same in double. V is above 0:
 * what takes the place of a 0 is nmf_beta.c's own affair. */
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
        {40, 33, 1, 5, 0, true, 0, UM_SOLVER_MU},    {300, 20, 1, 3, 0, true, 0, UM_SOLVER_MU},
        {40, 33, 1, 5, 2, true, 0, UM_SOLVER_MU},    {40, 33, 1, 5, 5, true, 0, UM_SOLVER_MU},
        {33, 17, 2, 4, 0, true, 0, UM_SOLVER_MU},    {300, 17, 2, 4, 2, true, 0, UM_SOLVER_MU},
        {50, 11, 3, 6, 0, true, 0, UM_SOLVER_MU},    {50, 11, 3, 6, 6, true, 0, UM_SOLVER_MU},
        {33, 17, 2, 4, 2, false, 0, UM_SOLVER_MU},   {50, 11, 3, 6, 6, false, 0, UM_SOLVER_MU},
        {40, 33, 1, 5, 0, true, 0.5, UM_SOLVER_MU},  {300, 20, 1, 3, 0, true, 0.5, UM_SOLVER_MU},
        {40, 33, 1, 5, 2, true, 0.5, UM_SOLVER_MU},  {40, 33, 1, 5, 5, true, 0.5, UM_SOLVER_MU},
        {33, 17, 2, 4, 0, true, 0.5, UM_SOLVER_MU},  {300, 17, 2, 4, 2, true, 0.5, UM_SOLVER_MU},
        {50, 11, 3, 6, 0, true, 0.5, UM_SOLVER_MU},  {50, 11, 3, 6, 6, true, 0.5, UM_SOLVER_MU},
        {33, 17, 2, 4, 2, false, 0.5, UM_SOLVER_MU}, {50, 11, 3, 6, 6, false, 0.5, UM_SOLVER_MU},
        {40, 33, 1, 5, 0, true, 1.5, UM_SOLVER_MU},  {300, 20, 1, 3, 0, true, 1.5, UM_SOLVER_MU},
        {40, 33, 1, 5, 2, true, 1.5, UM_SOLVER_MU},  {40, 33, 1, 5, 5, true, 1.5, UM_SOLVER_MU},
        {33, 17, 2, 4, 0, true, 1.5, UM_SOLVER_MU},  {300, 17, 2, 4, 2, true, 1.5, UM_SOLVER_MU},
        {50, 11, 3, 6, 0, true, 1.5, UM_SOLVER_MU},  {50, 11, 3, 6, 6, true, 1.5, UM_SOLVER_MU},
        {33, 17, 2, 4, 2, false, 1.5, UM_SOLVER_MU}, {50, 11, 3, 6, 6, false, 1.5, UM_SOLVER_MU},
        {40, 33, 1, 5, 0, true, 3, UM_SOLVER_MU},    {300, 20, 1, 3, 0, true, 3, UM_SOLVER_MU},
        {40, 33, 1, 5, 2, true, 3, UM_SOLVER_MU},    {40, 33, 1, 5, 5, true, 3, UM_SOLVER_MU},
        {33, 17, 2, 4, 0, true, 3, UM_SOLVER_MU},    {300, 17, 2, 4, 2, true, 3, UM_SOLVER_MU},
        {50, 11, 3, 6, 0, true, 3, UM_SOLVER_MU},    {50, 11, 3, 6, 6, true, 3, UM_SOLVER_MU},
        {33, 17, 2, 4, 2, false, 3, UM_SOLVER_MU},   {50, 11, 3, 6, 6, false, 3, UM_SOLVER_MU},
        {40, 33, 1, 5, 0, true, -1, UM_SOLVER_MU},   {300, 20, 1, 3, 0, true, -1, UM_SOLVER_MU},
        {40, 33, 1, 5, 2, true, -1, UM_SOLVER_MU},   {40, 33, 1, 5, 5, true, -1, UM_SOLVER_MU},
        {33, 17, 2, 4, 0, true, -1, UM_SOLVER_MU},   {300, 17, 2, 4, 2, true, -1, UM_SOLVER_MU},
        {50, 11, 3, 6, 0, true, -1, UM_SOLVER_MU},   {50, 11, 3, 6, 6, true, -1, UM_SOLVER_MU},
        {33, 17, 2, 4, 2, false, -1, UM_SOLVER_MU},  {50, 11, 3, 6, 6, false, -1, UM_SOLVER_MU},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        assert_iterations_equal_those_in_double(&shapes[i], 0.0, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterations_equal_those_in_double),
    };
    return cmocka_run_group_tests_name("nmf_beta", tests, NULL, NULL);
}
