#include "format/utf8.h"

#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static size_t encode(uint32_t code, char *bytes)
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1;) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)(lead[length] | code);
    return length;
}

/* Every code point there is, and no surrogate. */
static void test_all_characters(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110400; code++) {
        char bytes[4];
        size_t length = encode(code, bytes);
        bool is_character = code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
        assert_int_equal(umi_utf8_character(bytes, length), is_character ? length : 0);
        assert_int_equal(umi_utf8_character(bytes, length - (length > 1)), length > 1 ? 0 : 1);
        bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
        assert_int_equal(umi_utf8_is_control(bytes, length), is_control);
    }
}

/* Overlong forms, bytes that start nothing, and characters that break off. */
static void test_invalid(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x80", "\xC0\x80",         "\xC1\xBF", "\xE0\x80\x80", "\xF0\x80\x80\x80",
        "\xFF", "\xF5\x80\x80\x80", "\xC3",     "\xC3("};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(umi_utf8_character(texts[i], strlen(texts[i])), 0);
    }
}

static void assert_repaired(const char *text, size_t max_bytes, const char *expected)
{
    char *copy = umi_utf8_repaired(text, max_bytes);
    assert_non_null(copy);
    assert_string_equal(copy, expected);
    umi_free(copy);
}

static void test_repaired(void **state)
{
    (void)state;
    assert_repaired("", 10, "");
    assert_repaired("na\xC3\xAFve", 10, "na\xC3\xAFve");
    assert_repaired("\xE2\x82\xAC \xF0\x9D\x84\x9E", 10, "\xE2\x82\xAC \xF0\x9D\x84\x9E");
    assert_repaired("a\xFF\xC3", 10, "a\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_repaired("a\xC3\xAF", 2, "a");
    assert_repaired("ab", 0, "");
}

static void test_printable(void **state)
{
    (void)state;
    char buffer[8];
    assert_string_equal(umi_utf8_printable("a\x1B[\n", buffer, sizeof buffer), "a?[?");
    assert_string_equal(umi_utf8_printable("\xC2\x9B\xFF", buffer, sizeof buffer), "??");
    assert_string_equal(umi_utf8_printable("1234567", buffer, sizeof buffer), "1234567");
    assert_string_equal(umi_utf8_printable("12345678", buffer, sizeof buffer), "1234...");
    assert_string_equal(umi_utf8_printable("123\xC3\xAF"
                                           "678",
                                           buffer, sizeof buffer),
                        "123...");
}

static void test_length(void **state)
{
    (void)state;
    assert_int_equal(umi_utf8_length(""), 0);
    assert_int_equal(umi_utf8_length("na\xC3\xAFve \xF0\x9D\x84\x9E"), 7);
    assert_int_equal(umi_utf8_length("a\xFF\xC3"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_characters), cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_repaired),       cmocka_unit_test(test_printable),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
