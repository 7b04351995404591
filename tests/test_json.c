#include "format/json.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static umi_json *sample_report(void)
{
    umi_json *stems = umi_json_array();
    umi_json *curve = umi_json_array();
    umi_json *report = umi_json_object();
    assert_true(umi_json_append(curve, umi_json_number(0.1)));
    assert_true(umi_json_append(curve, umi_json_number(-1.5e-7)));
    assert_true(umi_json_append(curve, umi_json_number(NAN)));
    assert_true(umi_json_append(stems, umi_json_object()));
    assert_true(umi_json_set(report, "zulu", umi_json_string("say \"\xC5\xB1\"\n\xFF")));
    assert_true(umi_json_set(report, "alpha", umi_json_number(44100)));
    assert_true(umi_json_set(report, "seed", umi_json_integer(INT64_MAX)));
    assert_true(umi_json_set(report, "null_db", umi_json_number(-INFINITY)));
    assert_true(umi_json_set(report, "clipped", umi_json_boolean(false)));
    assert_true(umi_json_set(report, "curve", curve));
    assert_true(umi_json_set(report, "stems", stems));
    assert_true(umi_json_set(report, "none", umi_json_array()));
    return report;
}

/* Order kept, numbers short, NaN as null, bytes that are no UTF-8 replaced. */
static void test_text(void **state)
{
    (void)state;
    umi_json *report = sample_report();
    char *text = umi_json_to_text(report);
    char *line = umi_json_to_line(report);
    assert_string_equal(text, "{\n"
                              "  \"zulu\": \"say \\\"\xC5\xB1\\\"\\n\xEF\xBF\xBD\",\n"
                              "  \"alpha\": 44100,\n"
                              "  \"seed\": 9223372036854775807,\n"
                              "  \"null_db\": null,\n"
                              "  \"clipped\": false,\n"
                              "  \"curve\": [0.1, -1.5e-7, null],\n"
                              "  \"stems\": [\n"
                              "    {}\n"
                              "  ],\n"
                              "  \"none\": []\n"
                              "}\n");
    assert_string_equal(line, "{\"zulu\":\"say \\\"\xC5\xB1\\\"\\n\xEF\xBF\xBD\",\"alpha\":44100,"
                              "\"seed\":9223372036854775807,\"null_db\":null,\"clipped\":false,"
                              "\"curve\":[0.1,-1.5e-7,null],\"stems\":[{}],\"none\":[]}");
    umi_free(line);
    umi_free(text);
    umi_json_free(report);
}

static void test_read_back(void **state)
{
    (void)state;
    umi_json *report = sample_report();
    char *text = umi_json_to_text(report);
    umi_json *read;
    assert_int_equal(umi_json_parse(text, strlen(text), "r.json", &read, NULL), UM_OK);
    char *again = umi_json_to_text(read);
    assert_string_equal(again, text);

    int64_t seed = 0;
    double rate = 0;
    assert_true(umi_json_is_object(read));
    assert_true(umi_json_get_integer(umi_json_get(read, "seed"), &seed));
    assert_true(seed == INT64_MAX);
    assert_true(umi_json_get_number(umi_json_get(read, "alpha"), &rate));
    assert_true(rate == 44100);
    assert_int_equal(umi_json_length(umi_json_get(read, "curve")), 3);
    assert_true(umi_json_is_array(umi_json_get(read, "curve")));
    assert_int_equal(umi_json_length(umi_json_get(read, "seed")), 0);

    /* What is not there, or of another kind, is told apart and changes nothing. */
    const umi_json *curve = umi_json_get(read, "curve");
    assert_null(umi_json_get(read, "nobody"));
    assert_null(umi_json_get(curve, "zulu"));
    assert_null(umi_json_get(NULL, "zulu"));
    assert_null(umi_json_at(curve, 3));
    assert_null(umi_json_get_string(umi_json_at(curve, 0)));
    assert_false(umi_json_get_integer(umi_json_at(curve, 0), &seed));
    assert_false(umi_json_get_number(umi_json_at(curve, 2), &rate));
    assert_true(seed == INT64_MAX && rate == 44100);

    const char *const keys[] = {"zulu",    "alpha", "seed",  "null_db",
                                "clipped", "curve", "stems", "none"};
    umi_json_entry entry = umi_json_first(read);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(entry.key, keys[i]);
        assert_ptr_equal(entry.value, umi_json_get(read, keys[i]));
        entry = umi_json_next(read, entry);
    }
    assert_null(entry.key);
    umi_free(again);
    umi_free(text);
    umi_json_free(read);
    umi_json_free(report);
}

/* Any double, drawn by its bits, reads back the same. */
static void test_numbers_read_back(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    for (size_t i = 0; i < 20000; i++) {
        uint64_t bits = umi_random_bits(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        char text[UMI_NUMBER_SIZE];
        double read;
        assert_int_equal(umi_number_format(value, text), isfinite(value) != 0);
        if (isfinite(value)) {
            assert_true(umi_number_parse(text, &read));
            assert_memory_equal(&read, &value, sizeof value);
        }
    }
}

static void test_number_texts(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},
                {-0.0, "-0.0"},
                {1, "1"},
                {0.1, "0.1"},
                {-2.5, "-2.5"},
                {1e300, "1e300"},
                {5e-324, "4.94065645841247e-324"},
                {0x1p53, "9007199254740992"},
                {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[UMI_NUMBER_SIZE];
        assert_true(umi_number_format(rows[i].value, text));
        assert_string_equal(text, rows[i].text);
    }
    static const char *const wrong[] = {"",    " 1",  "1 ",    "1\n", "0,5",  "1e999", "nan",
                                        "inf", "+1",  "1.",    ".5",  "01",   "0x10",  "1 2",
                                        "-",   "--1", "\"1\"", "[1]", "null", "1e",    "1\xC2\xA0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        double value = 7;
        assert_false(umi_number_parse(wrong[i], &value));
        assert_true(value == 7);
    }
}

static void test_wrong_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {{"", "not valid JSON"},
                {"7", "not valid JSON"},
                {"{\"a\": 1,}", "line 1"},
                {"{\n\"a\": 1,\n\"a\": 2}", "duplicate object key"},
                {"{\"a\": \"\\u0000\"}", "not valid JSON"},
                {"{\"a\": \"\xC3\"}", "not valid JSON"},
                {"{} {}", "end of file expected"},
                {"[1e999]", "real number overflow"},
                {"[99999999999999999999]", "too big integer"},
                {"[NaN]", "not valid JSON"},
                {"[\x1B[31m]", "near '?'"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        umi_json *json;
        um_error error;
        errno = 77;
        assert_int_equal(
            umi_json_parse(rows[i].text, strlen(rows[i].text), "r.json", &json, &error),
            UM_ERR_DATA);
        assert_int_equal(errno, 77);
        assert_null(json);
        assert_ptr_equal(strstr(error.message, "r.json: "), error.message);
        if (strstr(error.message, rows[i].message) == NULL) {
            fail_msg("%s", error.message);
        }
    }
}

static um_status parse_nested(size_t depth, const char *between)
{
    char text[4096];
    size_t n = 0;
    for (size_t i = 0; i < depth; i++) {
        text[n++] = '[';
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "%s", between);
    for (size_t i = 0; i < depth; i++) {
        text[n++] = ']';
    }
    umi_json *json;
    um_status status = umi_json_parse(text, n, "r.json", &json, NULL);
    umi_json_free(json);
    return status;
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(parse_nested(UMI_JSON_DEPTH_MAX, ""), UM_OK);
    assert_int_equal(parse_nested(UMI_JSON_DEPTH_MAX + 1, ""), UM_ERR_DATA);
    /* Brackets in a string nest nothing, and a quote after a backslash does not end one. */
    assert_int_equal(parse_nested(UMI_JSON_DEPTH_MAX, "\"\\\"[[[[\""), UM_OK);
    assert_int_equal(parse_nested(UMI_JSON_DEPTH_MAX - 1, "\"\\\\\",[[]]"), UM_ERR_DATA);
}

static void test_failures_reach_the_end_of_a_chain(void **state)
{
    (void)state;
    umi_json *array = umi_json_array();
    assert_false(umi_json_append(array, NULL));
    assert_false(umi_json_set(NULL, "a", umi_json_number(1)));
    assert_null(umi_json_to_text(NULL));
    counting_allocator_fail_from(1);
    char *text = umi_json_to_text(array);
    umi_json *string = umi_json_string("a");
    counting_allocator_fail_from(0);
    assert_null(text);
    assert_null(string);
    umi_json_free(array);
}

/* Where the system has a locale with a decimal comma, it changes nothing. */
static void test_locale(void **state)
{
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL && setlocale(LC_NUMERIC, "de_DE") == NULL) {
        skip();
    }
    test_number_texts(state);
    test_text(state);
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_numbers_read_back),
        cmocka_unit_test(test_number_texts),
        cmocka_unit_test(test_wrong_texts),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_failures_reach_the_end_of_a_chain),
        cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
