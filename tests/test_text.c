/* Names as they are shown in messages. */
#include "io/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_are_shown_on_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *shown;
    } cases[] = {
        {"", ""},
        {"plain name.wav", "plain name.wav"},
        {"- \xC5\xB1.flac", "- \xC5\xB1.flac"},
        {"two\nlines\tand\rmore", "two\\nlines\\tand\\rmore"},
        {"\x1B[31mred\x7F", "\\x1b[31mred\\x7f"},
        {"back\\slash", "back\\\\slash"},
        {"\xE6\x97\xA5\xF0\x9F\x8E\xB5", "\xE6\x97\xA5\xF0\x9F\x8E\xB5"},
        {"latin \xE9", "latin \\xe9"},
        {"cut \xE6\x97", "cut \\xe6\\x97"},
        {"overlong \xC0\xAF \xE0\x80\xAF", "overlong \\xc0\\xaf \\xe0\\x80\\xaf"},
        {"surrogate \xED\xA0\x80", "surrogate \\xed\\xa0\\x80"},
        {"past \xF4\x90\x80\x80 \xF5", "past \\xf4\\x90\\x80\\x80 \\xf5"},
        {"c1 \xC2\x85 line \xE2\x80\xA8", "c1 \\xc2\\x85 line \\xe2\\x80\\xa8"},
    };
    char buffer[UMI_DISPLAY_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ptr_equal(umi_display_name(cases[i].name, buffer, sizeof buffer), buffer);
        assert_string_equal(buffer, cases[i].shown);
    }
}

/* For every size of buffer: what fits is shown, and the mark of a cut never splits a character. */
static void a_name_that_is_too_long_is_cut_between_characters(void **state)
{
    (void)state;
    static const char name[] = "\xC5\xB1\xC5\xB1\xC5\xB1\xC5\xB1\xC5\xB1\xC5\xB1";
    for (size_t size = 8; size <= 20; size++) {
        char buffer[32];
        memset(buffer, '#', sizeof buffer);
        umi_display_name(name, buffer, size);
        size_t length = strlen(buffer);
        assert_true(length < size);
        assert_int_equal(buffer[size], '#');
        if (size > strlen(name)) {
            assert_string_equal(buffer, name);
        } else {
            assert_true(length >= 3 && strcmp(buffer + length - 3, "...") == 0);
            assert_int_equal((length - 3) % 2, 0);
            assert_memory_equal(buffer, name, length - 3);
            assert_true(length + 2 >= size - 1); /* no more is cut than must be */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_shown_on_one_line),
        cmocka_unit_test(a_name_that_is_too_long_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
