/* Decimal numbers against strtod, which glibc rounds right in every case. The tests run in the "C"
 * locale, in which strtod reads what we read. */
#include "core/decimal.h"

#include "core/random.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A copy of just this size, so that a sanitizer sees every byte too far. */
static bool parse(const char *text, double *value)
{
    size_t n = strlen(text);
    char *copy = malloc(n > 0 ? n : 1);
    memcpy(copy, text, n);
    bool ok = umi_decimal_parse(copy, n, value);
    free(copy);
    return ok;
}

static void assert_as_strtod(const char *text)
{
    double value = -1;
    double expected = strtod(text, NULL);
    if (!parse(text, &value) || memcmp(&value, &expected, sizeof value) != 0) {
        fail_msg("%s: %.17g, not %.17g", text, value, expected);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "+",     "-",     ".",    "e5",           "1e",
                                        "1e+", "1e-",   "1.2.3", "1,5",  " 1",           "1 ",
                                        "0x1", "nan",   "inf",   "1e5x", "1e5.",         "--1",
                                        "+-1", "1e--1", "1_000", "1d5",  "\xEF\xBC\x91", ".e1",
                                        "-.",  "1e1e1", "1f",    "NA",   "1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = -7;
        if (parse(texts[i], &value) || value != -7) {
            fail_msg("\"%s\" is taken for %g", texts[i], value);
        }
    }
    double value;
    assert_false(umi_decimal_parse("1\0", 2, &value));
    assert_true(umi_decimal_parse("12", 1, &value));
    assert_true(value == 1);
}

static void numbers_at_the_edges_are_rounded_right(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "+0.0",
        ".0",
        "0.",
        "000e999999999999999999999",
        "12",
        "-.5",
        "3.",
        "+1.25e-07",
        "1E5",
        "1e0",
        "1e+22",
        "1e23",
        "9007199254740993",
        "9007199254740992.999999",
        "9007199254740993.00000000000000000000000000000000000000001",
        "0.1",
        "0.3",
        "1e-5",
        "8.98846567431158e307",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807e308",
        "1.7976931348623159e308",
        "1e309",
        "1e310",
        "1e311",
        "1e400",
        "1e99999999999999999999",
        "-1e99999999999999999999",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.225073858507201136057409796709131975934819546351645648e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "5e-324",
        "1e-323",
        "1e-324",
        "1e-325",
        "1e-326",
        "1e-327",
        "1e-400",
        "1e-99999999999999999999",
        "0.000000000000000000000000000000000000000000000000000000000000000000001",
        "1000000000000000000000000000000000000000000000000000000000000000000000",
        "123456789012345678901234567890e-30",
        "18446744073709551615",
        "18446744073709551616",
        "1.234567890123456789e-01",
        "9.999999999999999999e+22",
        "6.631236846766476e-316"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_as_strtod(texts[i]);
    }
}

static void random_doubles_are_read_back(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    for (size_t i = 0; i < 20000; i++) {
        uint64_t bits = umi_random_bits(&random) >> 1;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            char text[64];
            snprintf(text, sizeof text, "%.*e", (int)umi_random_below(&random, 25), value);
            assert_as_strtod(text);
            snprintf(text, sizeof text, "%.17g", umi_random_uniform(&random));
            assert_as_strtod(text);
        }
    }
}

/* Half way between two neighbouring doubles, and a hair more and less: as many digits as it takes.
 */
static void ties_go_to_even_and_hairs_decide(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    static char text[1300];
    for (size_t i = 0; i < 400; i++) {
        uint64_t bits = umi_random_bits(&random) >> 1;
        if (i % 4 == 0) {
            bits >>= 11; /* subnormal */
        }
        double low;
        memcpy(&low, &bits, sizeof low);
        double high = nextafter(low, (double)INFINITY);
        if (!isfinite(high)) {
            continue;
        }
        /* A long double of 64 bits or more holds the middle of two doubles of 53. */
        snprintf(text, sizeof text, "%.1100Le", ((long double)low + (long double)high) / 2);
        char *exponent = strchr(text, 'e');
        assert_as_strtod(text);
        exponent[-1] = '1';
        assert_as_strtod(text);
        char *last = exponent - 1;
        *last = '0';
        while (*last == '0') {
            last--;
        }
        (*last)--; /* the last digit that counts */
        assert_as_strtod(text);
    }
}

static void any_number_of_digits_is_read(void **state)
{
    (void)state;
    enum { DIGITS = 5000 };
    static char text[DIGITS + 20];
    for (size_t n = 1; n < DIGITS; n += n / 7 + 1) {
        memset(text, '9', n);
        snprintf(text + n, sizeof text - n, "e-%zu", n);
        assert_as_strtod(text);
        memset(text, '0', n);
        text[0] = '.';
        snprintf(text + n, sizeof text - n, "7e%zu", n);
        assert_as_strtod(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(numbers_at_the_edges_are_rounded_right),
        cmocka_unit_test(random_doubles_are_read_back),
        cmocka_unit_test(ties_go_to_even_and_hairs_decide),
        cmocka_unit_test(any_number_of_digits_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
