/* Every field of a dictionary's metadata, wrong in turn. */
#include "unmingle/dictionary.h"

#include "dictionary_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *from;
    const char *to;
    const char *message; /* NULL: accepted */
};

static void check(const struct row *row)
{
    size_t n_bytes;
    unsigned char *file = sample_file_edited(row->from, row->to, &n_bytes);
    um_dictionary *dictionary;
    um_error error = {0};
    um_status status = um_dictionary_parse(file, n_bytes, "d.safetensors", &dictionary, &error);
    free(file);
    um_dictionary_free(dictionary);
    if (row->message == NULL) {
        if (status != UM_OK) {
            fail_msg("%s -> %s: %s", row->from, row->to, error.message);
        }
        return;
    }
    /* The message names the file first, is one line, and speaks no terminal's language. */
    bool ok = status == UM_ERR_CONFIG && error.status == UM_ERR_CONFIG && dictionary == NULL &&
              strstr(error.message, "d.safetensors: ") == error.message &&
              strstr(error.message, row->message) != NULL &&
              strpbrk(error.message, "\n\x1B") == NULL;
    if (!ok) {
        fail_msg("%s -> %s: status %d, %s", row->from, row->to, (int)status, error.message);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0,5", "1e999", "nan", "inf", " 1",   "1 ", "",
                                        "0x1", "+1",    "1..", "-",   "1\\n", "00", "\xD9\xA1"};
    static const char *const fields[][2] = {
        {"sample_rate", "44100"}, {"window_length", "16"}, {"hop", "4"},
        {"fft_size", "16"},       {"exponent", "1"},       {"seed", "18446744073709551615"}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            char from[64] = "\"";
            char to[64];
            strcat(strcat(from, fields[i][0]), "\":\"");
            strcat(strcpy(to, from), wrong[j]);
            strcat(strcat(from, fields[i][1]), "\"");
            strcat(to, "\"");
            char message[64];
            strcat(strcpy(message, fields[i][0]), ": \"");
            check(&(struct row){from, to, message});
        }
    }
}

static void test_fields(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\"format_version\":\"1\"", "\"format_version\":\"3\"", "format_version: \"3\""},
        {"\"format_version\":\"1\",", "", "format_version: missing"},
        {"\"format_version\":\"1\"", "\"format_version\":1", "__metadata__"},
        {"\"sample_rate\":\"44100\",", "", "sample_rate: missing"},
        {"\"44100\"", "\"999\"", "sample_rate: 999"},
        {"\"44100\"", "\"768001\"", "sample_rate: 768001"},
        {"\"44100\"", "\"44099.5\"", NULL},
        {"\"44100\"", "\"4.41e4\"", NULL},
        {"\"window\":\"hann\",", "", "window: missing"},
        {"\"hann\"", "\"Hann\"", "window: \"Hann\""},
        {"\"hann\"", "\"\\u001b[2J\"", "window: \"?[2J\""},
        {"\"hann\"", "\"sine\"", NULL},
        {"\"window_length\":\"16\",", "", "window_length: missing"},
        {"\"window_length\":\"16\"", "\"window_length\":\"15\"", "window: length: 15"},
        {"\"window_length\":\"16\"", "\"window_length\":\"18446744073709551616\"", "window_length"},
        {"\"window_length\":\"16\"", "\"window_length\":\"-16\"", "window_length"},
        {"\"hop\":\"4\",", "", "hop: missing"},
        {"\"hop\":\"4\"", "\"hop\":\"0\"", "hop: \"0\" is not a size above 0"},
        {"\"hop\":\"4\"", "\"hop\":\"17\"", "window: hop: 17"},
        {"\"fft_size\":\"16\",", "", "fft_size: missing"},
        {"\"fft_size\":\"16\"", "\"fft_size\":\"14\"", "fft_size: 14"},
        {"\"fft_size\":\"16\"", "\"fft_size\":\"0\"", "fft_size: \"0\" is not"},
        {"\"fft_size\":\"16\"", "\"fft_size\":\"016\"", "fft_size: \"016\""},
        {"\"fft_size\":\"16\"", "\"fft_size\":\"32\"", "9 bins do not fit fft_size 32"},
        {"\"exponent\":\"1\",", "", "exponent: missing"},
        {"\"exponent\":\"1\"", "\"exponent\":\"-1\"", "exponent: -1"},
        {"\"exponent\":\"1\"", "\"exponent\":\"4.5\"", "exponent: 4.5"},
        {"\"seed\":\"18446744073709551615\",", "", "seed: missing"},
        {"\"seed\":\"18446744073709551615\"", "\"seed\":\"18446744073709551616\"", "seed"},
        {"\"seed\":\"18446744073709551615\"", "\"seed\":\"99999999999999999999\"", "seed"},
        {"\"seed\":\"18446744073709551615\"", "\"seed\":\"1.0\"", "seed"},
        {"\"program\":\"unmingle 0.1.0\",", "", NULL},
        {"\"program\"", "\"programme\"", "\"programme\" is not a known key"},
        {"\"hop\"", "\"hop\":\"4\",\"hop\"", "duplicate object key"},
        {"\"__metadata__\"", "\"metadata\"", "metadata: a tensor has"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

static void test_window_fields(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\"hann\"", "\"kbd\"", "kbd_alpha: missing"},
        {"\"hann\"", "\"kbd\",\"kbd_alpha\":\"4.5\"", NULL},
        {"\"hann\"", "\"kbd\",\"kbd_alpha\":\"21\"", "window: kbd_alpha: 21"},
        {"\"hann\"", "\"kbd\",\"kbd_alpha\":\"4,5\"", "kbd_alpha: \"4,5\""},
        {"\"hann\"", "\"hann\",\"kbd_alpha\":\"4\"", "kbd_alpha: \"hann\" is not \"kbd\""},
        {"\"hann\"", "\"asymmetric\"", "synthesis_length: missing"},
        {"\"hann\"", "\"asymmetric\",\"synthesis_length\":\"8\"", NULL},
        {"\"hann\"", "\"asymmetric\",\"synthesis_length\":\"0\"", "synthesis_length: \"0\""},
        {"\"hann\"", "\"asymmetric\",\"synthesis_length\":\"12\"", "window: synthesis_length: 12"},
        {"\"hann\"", "\"sine\",\"synthesis_length\":\"8\"",
         "synthesis_length: \"sine\" is not \"asymmetric\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

static void test_labels(void **state)
{
    (void)state;
    static const char labels[] = "\"[\\\"drums\\\",\\\"ű bass\\\"]\"";
    static const struct row rows[] = {
        {labels, "\"[\\\"a\\\",\\\"a\\\"]\"", NULL},
        {labels, "\"[\\\"a\\\"]\"", "labels: 1 for 2 atoms"},
        {labels, "\"[\\\"a\\\",\\\"b\\\",\\\"c\\\"]\"", "labels: 3 for 2 atoms"},
        {labels, "\"{}\"", "labels: 0 for 2 atoms"},
        {labels, "\"\"", "labels: not valid JSON"},
        {labels, "\"[\"", "labels: not valid JSON"},
        {labels, "\"[\\\"a\\\",7]\"", "labels[1]"},
        {labels, "\"[\\\"a\\\",\\\"\\\"]\"", "labels[1]"},
        {labels, "\"[\\\"../a\\\",\\\"b\\\"]\"", "labels[0]"},
        {labels, "\"[\\\"a\\\",\\\"b/c\\\"]\"", "labels[1]"},
        {labels, "\"[\\\"a\\\",\\\"b\\\\u000ac\\\"]\"", "labels[1]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_window_fields),
        cmocka_unit_test(test_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
