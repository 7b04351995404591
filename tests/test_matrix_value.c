#include "format/matrix_value.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void only_finite_numbers_from_zero_to_the_limit_are_valid(void **state)
{
    (void)state;
    static const float valid[] = {0, -0.0f, FLT_TRUE_MIN, 1, 1e12f};
    static const float others[] = {-FLT_TRUE_MIN, -1,        1.0001e12f, FLT_MAX,
                                   INFINITY,      -INFINITY, NAN};
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        assert_true(umi_matrix_value_is_valid(valid[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(umi_matrix_value_is_valid(others[i]));
    }
}

static void the_message_names_place_value_and_cure(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *message;
    } rows[] = {
        {-0.5, "x: row 1, column 8: -0.5 is outside 0..1e+12: only numbers >= 0"},
        {-INFINITY, "x: row 1, column 8: -inf is outside 0..1e+12: only numbers >= 0"},
        {NAN, "x: row 1, column 8: nan is outside 0..1e+12: a missing value?"},
        {1e300, "x: row 1, column 8: 1e+300 is outside 0..1e+12: divide the whole matrix"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        um_error error = {0};
        assert_int_equal(umi_matrix_value_reject("x", 0, 7, rows[i].value, &error), UM_ERR_DATA);
        assert_int_equal(error.status, UM_ERR_DATA);
        if (strncmp(error.message, rows[i].message, strlen(rows[i].message)) != 0) {
            fail_msg("%s", error.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_finite_numbers_from_zero_to_the_limit_are_valid),
        cmocka_unit_test(the_message_names_place_value_and_cure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
