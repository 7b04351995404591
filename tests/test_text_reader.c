#include "format/text_reader.h"

#include "text_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* All that comes, and on which line each byte was. */
static size_t drain(umi_text_reader *reader, char *text, size_t *lines)
{
    size_t n = 0;
    umi_text_restart(reader);
    for (;;) {
        size_t line = reader->line;
        int peeked = umi_text_peek(reader);
        int c = umi_text_next(reader);
        assert_int_equal(c, peeked);
        if (c == UMI_TEXT_END) {
            assert_int_equal(umi_text_next(reader), UMI_TEXT_END);
            return n;
        }
        text[n] = (char)c;
        lines[n++] = line;
    }
}

static void bytes_come_the_same_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const char given[] = "\xEF\xBB\xBF"
                                "a\r\nb\r\r\n\r\n\n\rc\r";
    static const char expected[] = "a\nb\r\n\n\n\rc\r";
    static const size_t expected_lines[] = {1, 1, 2, 2, 2, 3, 4, 5, 5, 5};
    for (size_t piece = 1; piece <= sizeof given; piece++) {
        text_bytes text = {given, sizeof given - 1, piece, SIZE_MAX};
        umi_text_reader *reader = text_bytes_reader(&text);
        char found[sizeof given];
        size_t lines[sizeof given];
        for (int pass = 0; pass < 2; pass++) {
            assert_int_equal(drain(reader, found, lines), sizeof expected - 1);
            assert_memory_equal(found, expected, sizeof expected - 1);
            assert_memory_equal(lines, expected_lines, sizeof expected_lines);
            assert_int_equal(umi_text_judge(reader, UM_ERR_DATA, NULL), UM_ERR_DATA);
        }
    }
}

static void only_a_whole_mark_at_the_start_is_passed_over(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\xEF\xBB", "\xEF\xBB!", "a\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text_bytes text;
        char found[8];
        size_t lines[8];
        size_t n = drain(text_reader_of(&text, texts[i]), found, lines);
        assert_int_equal(n, strlen(texts[i]));
        assert_memory_equal(found, texts[i], n);
    }
}

static void texts_longer_than_a_block_are_whole(void **state)
{
    (void)state;
    enum { N = 3 * UMI_TEXT_BLOCK_BYTES + 5 };
    char *given = malloc(N);
    char *found = malloc(N);
    size_t *lines = malloc(N * sizeof *lines);
    /* A CR LF across each end of a block, and one right before it. */
    for (size_t shift = 0; shift < 2; shift++) {
        for (size_t i = 0; i < N; i++) {
            given[i] = (i + shift) % 2 == 0 ? '\n' : '\r';
        }
        text_bytes text = {given, N, SIZE_MAX, SIZE_MAX};
        size_t n = drain(text_bytes_reader(&text), found, lines);
        assert_int_equal(n, (N + 1) / 2);
        for (size_t i = 0; i + 1 < n; i++) {
            assert_int_equal(found[i], '\n');
            assert_int_equal(lines[i], i + 1);
        }
    }
    free(given);
    free(found);
    free(lines);
}

static void a_failure_ends_the_text_and_is_told(void **state)
{
    (void)state;
    for (size_t at = 0; at <= 4; at++) {
        text_bytes text = {"abcdefg", 7, 2, at};
        umi_text_reader *reader = text_bytes_reader(&text);
        char found[8];
        size_t lines[8];
        um_error error = {0};
        assert_true(drain(reader, found, lines) <= at + 1);
        assert_int_equal(umi_text_judge(reader, UM_OK, &error), UM_ERR_IO);
        assert_non_null(strstr(error.message, "x: "));
        text.fails_at = SIZE_MAX;
        assert_int_equal(drain(reader, found, lines), 7);
        assert_int_equal(umi_text_judge(reader, UM_OK, &error), UM_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_the_same_in_pieces_of_any_size),
        cmocka_unit_test(only_a_whole_mark_at_the_start_is_passed_over),
        cmocka_unit_test(texts_longer_than_a_block_are_whole),
        cmocka_unit_test(a_failure_ends_the_text_and_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
