#include "format/market_line.h"

#include "text_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void lines_are_taken_apart_at_their_blanks(void **state)
{
    (void)state;
    text_bytes text;
    um_error error = {0};
    umi_market_line line = {
        .reader = text_reader_of(&text, "a  bc\td \r\n\n %x\n1 2 3 4 5 6 7 8\n\t%\n\nlast"),
        .error = &error};
    bool at_end = true;
    umi_text_restart(line.reader);
    assert_int_equal(umi_market_line_read(&line, &at_end), UM_OK);
    assert_false(at_end);
    assert_int_equal(line.number, 1);
    assert_int_equal(line.n_words, 3);
    assert_string_equal(line.words[0], "a");
    assert_string_equal(line.words[1], "bc");
    assert_string_equal(line.words[2], "d");
    assert_int_equal(umi_market_line_read(&line, &at_end), UM_OK);
    assert_int_equal(line.n_words, 0);
    assert_false(at_end);
    assert_int_equal(umi_market_line_read_content(&line, &at_end), UM_OK);
    assert_int_equal(line.number, 4);
    assert_int_equal(line.n_words, 8);
    assert_string_equal(line.words[UMI_MARKET_WORDS_MAX - 1], "6");
    assert_int_equal(umi_market_line_read_content(&line, &at_end), UM_OK);
    assert_int_equal(line.number, 7);
    assert_string_equal(line.words[0], "last");
    assert_int_equal(umi_market_line_read_content(&line, &at_end), UM_OK);
    assert_true(at_end);
    assert_int_equal(line.n_words, 0);
}

static void a_line_has_1024_characters_at_most(void **state)
{
    (void)state;
    for (size_t n = UMI_MARKET_LINE_MAX - 1; n <= UMI_MARKET_LINE_MAX + 1; n++) {
        char long_line[UMI_MARKET_LINE_MAX + 3];
        memset(long_line, 'x', n);
        memcpy(long_line + n, "\n", 2);
        text_bytes text;
        um_error error = {0};
        umi_market_line line = {.reader = text_reader_of(&text, long_line), .error = &error};
        bool at_end;
        umi_text_restart(line.reader);
        um_status status = umi_market_line_read(&line, &at_end);
        assert_int_equal(status, n <= UMI_MARKET_LINE_MAX ? UM_OK : UM_ERR_DATA);
        assert_true(status != UM_OK || strlen(line.words[0]) == n);
    }
}

static void a_nul_is_no_text(void **state)
{
    (void)state;
    text_bytes text = {"a\0b\n", 4, SIZE_MAX, SIZE_MAX};
    um_error error = {0};
    umi_market_line line = {.reader = text_bytes_reader(&text), .error = &error};
    bool at_end;
    umi_text_restart(line.reader);
    assert_int_equal(umi_market_line_read(&line, &at_end), UM_ERR_DATA);
    assert_string_equal(error.message, "x: line 1: a NUL character: this is no text");
}

static void sizes_are_digits_that_fit(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "-1",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1.0",
                                         "0x1",
                                         "1e3",
                                         "18446744073709551616",
                                         "99999999999999999999"};
    size_t size;
    assert_true(umi_market_parse_size("18446744073709551615", &size));
    assert_true(size == SIZE_MAX);
    assert_true(umi_market_parse_size("007", &size));
    assert_int_equal(size, 7);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(umi_market_parse_size(others[i], &size));
    }
}

static void a_message_names_the_line_and_shows_the_word(void **state)
{
    (void)state;
    text_bytes text;
    um_error error = {0};
    umi_market_line line = {.reader = text_reader_of(&text, "\na \x1b[2J\n"), .error = &error};
    bool at_end;
    umi_text_restart(line.reader);
    assert_int_equal(umi_market_line_read_content(&line, &at_end), UM_OK);
    assert_int_equal(umi_market_reject(&line, "is odd"), UM_ERR_DATA);
    assert_string_equal(error.message, "x: line 2: is odd");
    assert_int_equal(umi_market_reject_word(&line, 1, "is odd"), UM_ERR_DATA);
    assert_string_equal(error.message, "x: line 2: '?[2J' is odd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_taken_apart_at_their_blanks),
        cmocka_unit_test(a_line_has_1024_characters_at_most),
        cmocka_unit_test(a_nul_is_no_text),
        cmocka_unit_test(sizes_are_digits_that_fit),
        cmocka_unit_test(a_message_names_the_line_and_shows_the_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
