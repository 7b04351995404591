#include "cli/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},           {"", "abc", 3},           {"abc", "", 3},   {"kitten", "sitting", 3},
        {"force", "froce", 1}, {"sources", "sorces", 1}, {"ca", "abc", 3}, {"abc", "abc", 0},
        {"abcd", "badc", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(umi_edit_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(umi_edit_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void test_long_words(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(umi_edit_distance(text, "a"), 199);
    assert_int_equal(umi_edit_distance("a", text), 199);
    text[63] = '\0';
    assert_int_equal(umi_edit_distance(text, "a"), 62);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"separate", "learn", "info", "score"};
    assert_string_equal(umi_nearest("seperate", words, 4), "separate");
    assert_string_equal(umi_nearest("lern", words, 4), "learn");
    assert_string_equal(umi_nearest("score", words, 4), "score");
    assert_null(umi_nearest("demix", words, 4));
    assert_null(umi_nearest("", words, 4));
    assert_null(umi_nearest("learn", words, 0));
}

static void test_first_of_equals(void **state)
{
    (void)state;
    static const char *const words[] = {"window", "hop", "hip"};
    assert_string_equal(umi_nearest("hap", words, 3), "hop");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_first_of_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
