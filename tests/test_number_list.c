#include "cli/number_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void lists(void **state)
{
    (void)state;
    double values[3] = {0};
    assert_int_equal(umi_parse_number_list("1,-0.5,2e3", values, 3), 3);
    assert_true(values[0] == 1.0 && values[1] == -0.5 && values[2] == 2000.0);
    assert_int_equal(umi_parse_number_list("7", values, 3), 1);
    assert_true(values[0] == 7.0 && values[1] == -0.5);
}

/* More are counted, and not written. */
static void more_than_there_is_room_for(void **state)
{
    (void)state;
    double values[3] = {0, 0, 9};
    assert_int_equal(umi_parse_number_list("1,2,3,4,5", values, 2), 5);
    assert_true(values[0] == 1.0 && values[1] == 2.0 && values[2] == 9.0);
    assert_int_equal(umi_parse_number_list("1,2", NULL, 0), 2);
}

static void no_lists(void **state)
{
    (void)state;
    static char long_number[200];
    memset(long_number, '1', sizeof long_number - 1);
    const char *const texts[] = {"",     ",",   "1,", ",1",    "1,,2",
                                 "1, 2", "1;2", "a",  "1,nan", long_number};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double values[4];
        assert_int_equal(umi_parse_number_list(texts[i], values, 4), 0);
    }
}

static void ranges(void **state)
{
    (void)state;
    static const char *const no_ranges[] = {"",     "-",     "55",     "55-",    "-55",    "55-a",
                                            "a-55", "55--1", "880-55", "55-60-", "55..60", "1e-2"};
    double low = 0.0, high = 0.0;
    assert_true(umi_parse_number_range("55-880.5", &low, &high));
    assert_true(low == 55.0 && high == 880.5);
    assert_true(umi_parse_number_range("7-7", &low, &high));
    for (size_t i = 0; i < sizeof no_ranges / sizeof *no_ranges; i++) {
        assert_false(umi_parse_number_range(no_ranges[i], &low, &high));
        assert_true(low == 7.0 && high == 7.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(more_than_there_is_room_for),
        cmocka_unit_test(no_lists),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
