#include "unmingle/dictionary.h"

#include "counting_allocator.h"
#include "dictionary_sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static um_status make_and_free(void *context)
{
    (void)context;
    um_dictionary *dictionary;
    um_status status = um_dictionary_new(3, 1, 9, &dictionary);
    assert_int_equal(status == UM_OK, dictionary != NULL);
    um_dictionary_free(dictionary);
    return status;
}

static void test_new(void **state)
{
    (void)state;
    static const size_t wrong[][3] = {
        {0, 1, 9},  {9, 1, 0},      {4097, 1, 9},   {9, 0, 9},
        {9, 65, 9}, {9, 1, 524290}, {9, 2, 262145}, {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
    um_dictionary *dictionary;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(um_dictionary_new(wrong[i][0], wrong[i][1], wrong[i][2], &dictionary),
                         UM_ERR_ARGUMENT);
        assert_null(dictionary);
    }
    assert_int_equal(um_dictionary_new(3, 1, 9, &dictionary), UM_OK);
    assert_int_equal(dictionary->W.rows, 3);
    assert_int_equal(dictionary->W.cols, 9);
    assert_true(dictionary->W.stride >= 9);
    assert_true(um_row(dictionary->W, 2)[8] == 0);
    assert_true(dictionary->exponent == 1);
    assert_int_equal(dictionary->stft.window.length, um_stft_config_default().window.length);
    um_dictionary_free(dictionary);
    um_dictionary_free(NULL);
    assert_int_equal(counting_allocator_sweep(make_and_free, NULL), 3);
}

static void test_labels(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        bool valid;
    } rows[] = {{"drums", true},
                {"- \xC5\xB1 *?\\", true},
                {"a.b", true},
                {"1234567890123456789012345678901234567890123456789012345678901234", true},
                {"12345678901234567890123456789012345678901234567890123456789012345", false},
                {"", false},
                {".", false},
                {"..", false},
                {".hidden", false},
                {"a/b", false},
                {"a\nb", false},
                {"a\x7F", false},
                {"a\xC2\x85", false},
                {"a\xC3", false},
                {"\xED\xA0\x80", false},
                {NULL, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(um_label_is_valid(rows[i].label), rows[i].valid);
    }
}

static void test_origin(void **state)
{
    (void)state;
    um_dictionary *dictionary = sample_dictionary();
    assert_int_equal(um_dictionary_set_origin(dictionary, "p", "\xFF.wav"), UM_OK);
    assert_string_equal(dictionary->program, "p");
    assert_string_equal(dictionary->trained_from, "\xEF\xBF\xBD.wav");
    counting_allocator_fail_from(2);
    um_status status = um_dictionary_set_origin(dictionary, "q", "r");
    counting_allocator_fail_from(0);
    assert_int_equal(status, UM_ERR_MEMORY);
    assert_string_equal(dictionary->program, "p");

    static char long_text[UM_DICTIONARY_ORIGIN_MAX + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    assert_int_equal(um_dictionary_set_origin(dictionary, NULL, long_text), UM_OK);
    assert_null(dictionary->program);
    assert_int_equal(strlen(dictionary->trained_from), UM_DICTIONARY_ORIGIN_MAX);
    um_dictionary_free(dictionary);
}

static void break_rate(um_dictionary *d)
{
    d->sample_rate = 999;
}

static void break_rate_nan(um_dictionary *d)
{
    d->sample_rate = NAN;
}

static void break_window(um_dictionary *d)
{
    d->stft.window.hop = 17;
}

static void break_fft_size(um_dictionary *d)
{
    d->stft.fft_size = 14;
}

static void break_fft_size_34(um_dictionary *d)
{
    d->stft.fft_size = 34;
}

static void break_bins(um_dictionary *d)
{
    d->stft.fft_size = 32;
}

static void break_no_frames(um_dictionary *d)
{
    d->n_frames = 0;
}

static void break_frames(um_dictionary *d)
{
    d->n_frames = 2; /* of 9 values */
}

static void break_bins_of_frames(um_dictionary *d)
{
    d->n_frames = 3;
}

static void break_exponent(um_dictionary *d)
{
    d->exponent = 0;
}

static void break_label(um_dictionary *d)
{
    d->labels[1][0] = '/';
}

static void break_label_end(um_dictionary *d)
{
    memset(d->labels[1], 'x', sizeof d->labels[1]);
}

static void break_nan(um_dictionary *d)
{
    um_row(d->W, 1)[3] = NAN;
}

static void break_infinity(um_dictionary *d)
{
    um_row(d->W, 1)[3] = INFINITY;
}

static void break_negative(um_dictionary *d)
{
    um_row(d->W, 1)[0] = -1e-30f;
}

static void break_zero(um_dictionary *d)
{
    memset(um_row(d->W, 1), 0, SAMPLE_BINS * sizeof(float));
}

static void break_sum(um_dictionary *d)
{
    um_row(d->W, 0)[0] += 0.0011f;
}

/* The sum may be off by 1e-3, but not by more. */
static void bend_sum(um_dictionary *d)
{
    um_row(d->W, 0)[0] += 0.0009f;
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        void (*change)(um_dictionary *d);
        const char *message; /* NULL: nothing wrong */
    } rows[] = {{break_rate, "sample_rate: 999 is not in 1000..768000 Hz"},
                {break_rate_nan, "sample_rate"},
                {break_window, "window: hop: 17"},
                {break_fft_size, "fft_size: 14"},
                {break_fft_size_34, "fft_size: 34"},
                {break_bins, "W: 9 bins do not fit fft_size 32, which has 17"},
                {break_no_frames, "n_frames: 0"},
                {break_frames, "n_frames: 2"},
                {break_bins_of_frames, "W: 3 bins do not fit fft_size 16"},
                {break_exponent, "exponent: 0"},
                {break_label, "labels[1]"},
                {break_label_end, "labels[1]"},
                {break_nan, "W[1][3]"},
                {break_infinity, "W[1][3]"},
                {break_negative, "W[1][0]: -1e-30"},
                {break_zero, "W[1]: all zero"},
                {break_sum, "W[0]: the sum is 1.0011 and should be 1"},
                {bend_sum, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        um_dictionary *dictionary = sample_dictionary();
        rows[i].change(dictionary);
        void *bytes;
        size_t n_bytes;
        um_error error = {0};
        um_status status = um_dictionary_format(dictionary, &bytes, &n_bytes, &error);
        if (rows[i].message == NULL) {
            assert_int_equal(status, UM_OK);
            um_dictionary_free_bytes(bytes);
        } else {
            assert_int_equal(status, UM_ERR_ARGUMENT);
            assert_null(bytes);
            if (strstr(error.message, rows[i].message) == NULL) {
                fail_msg("%s: %s", rows[i].message, error.message);
            }
        }
        um_dictionary_free(dictionary);
    }
}

/* Atoms sum to 1 over all their frames, and a wrong value is named by its frame and bin. */
static void test_several_frames(void **state)
{
    (void)state;
    um_dictionary *d;
    um_error error;
    void *bytes;
    size_t n_bytes;
    assert_int_equal(um_dictionary_new(2, 2, 9, &d), UM_OK);
    assert_int_equal(d->n_frames, 2);
    assert_int_equal(d->W.cols, 18);
    assert_int_equal(um_dictionary_n_bins(d), 9);
    d->sample_rate = 16000;
    d->stft.window.length = 16;
    d->stft.window.hop = 4;
    for (size_t k = 0; k < 2; k++) {
        um_row(d->W, k)[0] = 0.25F;
        um_row(d->W, k)[17] = 0.75F;
        strcpy(d->labels[k], "speech");
    }
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_OK);
    um_dictionary_free_bytes(bytes);
    um_row(d->W, 1)[12] = NAN;
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "W[1][1][3]: nan"));
    um_row(d->W, 1)[12] = 0.75F;
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "W[1]: the sum is 1.75"));
    um_dictionary_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_several_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
