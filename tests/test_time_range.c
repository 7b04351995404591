#include "cli/time_range.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        {"0", 0},        {"83.5", 83.5},        {"0:10", 10},      {"1:02:03.5", 3723.5},
        {"90:00", 5400}, {"100:00:00", 360000}, {"0:00.25", 0.25}, {"600", 600},
        {"00:09", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double seconds = NAN;
        assert_true(umi_parse_time(cases[i].text, &seconds));
        assert_true(seconds == cases[i].seconds);
    }
}

static void test_no_times(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",      ":",  "1:",  ":1",    "1:60", "1:2:60", "1:60:00", "1:2:3:4",
        "1.5:0", "-1", "1e3", "1:1e1", " 1",   "1s",     "1:-2",    "0:10-",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double seconds = 7;
        assert_false(umi_parse_time(texts[i], &seconds));
        assert_true(seconds == 7);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double start, end;
    } cases[] = {
        {"0:10-0:14", 10, 14}, {"83.5-90", 83.5, 90}, {"1:02:03.5-", 3723.5, INFINITY},
        {"-4", 0, 4},          {"0-0.001", 0, 0.001},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        umi_time_range range;
        assert_int_equal(umi_time_range_parse(cases[i].text, &range, NULL), UM_OK);
        assert_true(range.start == cases[i].start);
        assert_true(range.end == cases[i].end);
    }
}

static void test_no_ranges(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "-", "5", "5-5", "9-3", "a-b", "1-2-3", "1:60-2:00", "1- 2", "0:10..0:14",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        um_error error = {UM_OK, ""};
        umi_time_range range = {7, 8};
        assert_int_equal(umi_time_range_parse(texts[i], &range, &error), UM_ERR_ARGUMENT);
        assert_int_equal(error.status, UM_ERR_ARGUMENT);
        assert_non_null(strstr(error.message, texts[i]));
        assert_true(range.start == 7 && range.end == 8);
    }
}

/* Nothing that is longer than any time overruns a buffer. */
static void test_long_text(void **state)
{
    (void)state;
    char text[1000];
    double seconds;
    umi_time_range range;
    memset(text, '1', sizeof text);
    text[sizeof text - 1] = '\0';
    text[900] = ':';
    assert_false(umi_parse_time(text, &seconds));
    text[900] = '-';
    assert_int_equal(umi_time_range_parse(text, &range, NULL), UM_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),     cmocka_unit_test(test_no_times),
        cmocka_unit_test(test_ranges),    cmocka_unit_test(test_no_ranges),
        cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
