#include "cli/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_integer(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_true(umi_parse_integer("0", &value));
    assert_int_equal(value, 0);
    assert_true(umi_parse_integer("0040", &value));
    assert_int_equal(value, 40);
    assert_true(umi_parse_integer("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
}

static void test_no_integer(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "1.0",
        "1e3",
        "0x10",
        "18446744073709551616",
        "99999999999999999999999",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t value = 7;
        assert_false(umi_parse_integer(texts[i], &value));
        assert_int_equal(value, 7);
    }
}

static void test_real(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},       {"-0.5", -0.5}, {".5", 0.5},      {"2.", 2},
        {"1e-5", 1e-5}, {"1E+2", 100},  {"12.25", 12.25},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = NAN;
        assert_true(umi_parse_real(cases[i].text, &value));
        assert_true(value == cases[i].value);
    }
}

static void test_no_real(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    ".",  "-",   "1,5",   " 1",    "1 ", "0x1p3", "inf",
        "nan", "1e", "1e+", "1e999", "1.2.3", "+1", "--1",   "1M",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 7;
        assert_false(umi_parse_real(texts[i], &value));
        assert_true(value == 7);
    }
}

static void test_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"1k", 1024},
        {"512M", 536870912},
        {"512MB", 536870912},
        {"512MiB", 536870912},
        {"1.5G", 1610612736},
        {"2t", 2199023255552},
        {"0.5K", 512},
        {"1E", 1152921504606846976}, /* an exa, not a power of ten without digits */
        {"1e3K", 1024000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t value = 7;
        assert_true(umi_parse_size(cases[i].text, &value));
        assert_true(value == cases[i].value);
    }
}

static void test_no_size(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "M",   "-1M",  "1X",  "1MBB",
                                        "1 M", "16E", "1e30", "1Mi", "inf"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t value = 7;
        assert_false(umi_parse_size(texts[i], &value));
        assert_int_equal(value, 7);
    }
}

static void test_size_there_and_back(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,    1,         1000,       1023,      1024,
                                      1536, 100663296, 1610612736, 1ULL << 60};
    static const char *const texts[] = {"0",    "1",   "1000",  "1023", "1K",
                                        "1536", "96M", "1536M", "1E"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[UMI_SIZE_TEXT];
        uint64_t value = 7;
        umi_format_size(values[i], text);
        assert_string_equal(text, texts[i]);
        assert_true(umi_parse_size(text, &value));
        assert_true(value == values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integer),
        cmocka_unit_test(test_no_integer),
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_no_real),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_no_size),
        cmocka_unit_test(test_size_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
