/* The dictionary file: what is written is read back, and nothing else is taken for one. With an
 * argument the program writes the sample's file there, for check_dictionary.py to read; with a
 * second one, "two frames", that of one atom of two frames, or, "space", with gains and
 * covariances.
 */
#define _POSIX_C_SOURCE 200809L
#include "unmingle/dictionary.h"

#include "core/random.h"
#include "counting_allocator.h"
#include "dictionary_sample.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char path[] = "test_dictionary_file.safetensors";

static void write_file(const char *name, const void *bytes, size_t n_bytes)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
}

/* A file that was not written by us, byte for byte by the format's description. */
static void test_reads_a_file_made_by_hand(void **state)
{
    (void)state;
    size_t n_bytes;
    unsigned char *file = sample_file(sample_header, sample_values, &n_bytes);
    um_dictionary *expected = sample_dictionary();
    um_dictionary *read;
    assert_int_equal(um_dictionary_parse(file, n_bytes, "d", &read, NULL), UM_OK);
    assert_same_dictionary(read, expected);
    um_dictionary_free(read);
    um_dictionary_free(expected);
    free(file);
}

/* One frame may have a size of its own in the shape, and then means the same. */
static void test_reads_one_frame_with_a_size(void **state)
{
    (void)state;
    size_t n_bytes;
    unsigned char *file = sample_file_edited("[2,9]", "[2,1,9]", &n_bytes);
    um_dictionary *expected = sample_dictionary();
    um_dictionary *read;
    assert_int_equal(um_dictionary_parse(file, n_bytes, "d", &read, NULL), UM_OK);
    assert_same_dictionary(read, expected);
    um_dictionary_free(read);
    um_dictionary_free(expected);
    free(file);
}

static um_dictionary *random_dictionary(umi_random *random)
{
    um_dictionary *dictionary;
    size_t n_components = 1 + umi_random_below(random, 70);
    size_t n_frames = 1 + umi_random_below(random, 4);
    size_t n_values = n_frames * 513;
    assert_int_equal(um_dictionary_new(n_components, n_frames, 513, &dictionary), UM_OK);
    for (size_t k = 0; k < n_components; k++) {
        float *atom = um_row(dictionary->W, k);
        for (size_t i = 0; i < n_values; i++) {
            atom[i] = (float)umi_random_uniform(random);
        }
        atom[0] = 0;
        double sum = 0;
        for (size_t i = 0; i < n_values; i++) {
            sum += (double)atom[i];
        }
        for (size_t i = 0; i < n_values; i++) {
            atom[i] = (float)((double)atom[i] / sum);
        }
        snprintf(dictionary->labels[k], sizeof dictionary->labels[k], "\"%zu\\\xC5\xB1", k);
    }
    dictionary->sample_rate = 8000 + 1000 * umi_random_uniform(random);
    dictionary->exponent = 0.1 + umi_random_uniform(random);
    dictionary->seed = umi_random_bits(random);
    um_window_config *window = &dictionary->stft.window;
    window->window = (um_window)umi_random_below(random, 4);
    window->length = 1000;
    window->hop = 250;
    dictionary->stft.fft_size = 1024;
    if (window->window == UM_WINDOW_KBD) {
        window->kbd_alpha = 20 * umi_random_uniform(random);
    }
    if (window->window == UM_WINDOW_ASYMMETRIC) {
        window->synthesis_length = 500;
    }
    return dictionary;
}

/* Written, loaded and written again: the same to the bit, fields and bytes. */
static void test_save_and_load(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(9);
    for (size_t i = 0; i < 40; i++) {
        um_dictionary *dictionary = random_dictionary(&random);
        void *bytes;
        void *again;
        size_t n_bytes;
        size_t n_again;
        um_dictionary *read;
        um_error error = {0};
        assert_int_equal(um_dictionary_format(dictionary, &bytes, &n_bytes, NULL), UM_OK);
        write_file(path, bytes, n_bytes);
        if (um_dictionary_load(path, &read, &error) != UM_OK) {
            fail_msg("%s", error.message);
        }
        assert_same_dictionary(read, dictionary);
        assert_int_equal(um_dictionary_format(read, &again, &n_again, NULL), UM_OK);
        assert_int_equal(n_again, n_bytes);
        assert_memory_equal(again, bytes, n_bytes);
        um_dictionary_free_bytes(bytes);
        um_dictionary_free_bytes(again);
        um_dictionary_free(read);
        um_dictionary_free(dictionary);
    }
    unlink(path);
}

/* Sizes that say "the default" are written as what they stand for. */
static void test_defaults_are_resolved(void **state)
{
    (void)state;
    um_dictionary *dictionary = sample_dictionary();
    dictionary->stft.fft_size = 0;
    dictionary->stft.window.window = UM_WINDOW_ASYMMETRIC;
    void *bytes;
    size_t n_bytes;
    um_dictionary *read;
    assert_int_equal(um_dictionary_format(dictionary, &bytes, &n_bytes, NULL), UM_OK);
    assert_int_equal(um_dictionary_parse(bytes, n_bytes, "d", &read, NULL), UM_OK);
    assert_int_equal(read->stft.fft_size, 16);
    assert_int_equal(read->stft.window.synthesis_length, 8);
    um_dictionary_free(read);
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(dictionary);
}

static void assert_refused(const unsigned char *bytes, size_t n_bytes, const char *message)
{
    um_dictionary *dictionary;
    um_error error = {0};
    um_status status = um_dictionary_parse(bytes, n_bytes, "d.safetensors", &dictionary, &error);
    if (status != UM_ERR_CONFIG || error.status != UM_ERR_CONFIG || dictionary != NULL ||
        strstr(error.message, "d.safetensors: ") != error.message ||
        strstr(error.message, message) == NULL) {
        fail_msg("expected \"%s\", got %d, %s", message, (int)status, error.message);
    }
}

static void test_hostile_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *message;
    } rows[] = {
        {"\"W\"", "\"H\"", "should hold W alone"},
        {",\"W\":{\"dtype\":\"F32\",\"shape\":[2,9],\"data_offsets\":[0,72]}", "",
         "trailing bytes"},
        {"\"W\":", "\"V\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"W\":",
         "should hold W alone"},
        {"\"F32\"", "\"I32\"", "W: dtype is I32"},
        {"\"F32\",\"shape\":[2,9]", "\"F64\",\"shape\":[1,9]", "W: dtype is F64"},
        {"[2,9]", "[18]", "W: shape"},
        {"[2,9]", "[2,3,3]", "W: 3 bins do not fit"},
        {"[2,9]", "[1,2,9]", "labels: 2 for 1 atoms"},
        {"[2,9]", "[1,2,3,3]", "W: shape"},
        {"[2,9],\"data_offsets\":[0,72]", "[2,0,9],\"data_offsets\":[0,0]", "trailing bytes"},
        {"\"F32\",\"shape\":[2,9]", "\"F32\",\"shape\":[1,18,1]", "labels: 2 for 1 atoms"},
        {"[2,9]", "[9,2]", "labels: 2 for 9 atoms"},
        {"[2,9],\"data_offsets\":[0,72]", "[0,9],\"data_offsets\":[0,0]", "trailing bytes"},
        {"[2,9]", "[4611686018427387905,18]", "larger than any memory"},
        {"[0,72]", "[0,71]", "needs 72 bytes"},
        {"[0,72]", "[4,76]", "truncated"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n_bytes;
        unsigned char *file = sample_file_edited(rows[i].from, rows[i].to, &n_bytes);
        assert_refused(file, n_bytes, rows[i].message);
        free(file);
    }
}

static void test_hostile_values(void **state)
{
    (void)state;
    static const struct {
        size_t i;
        float value;
        const char *message;
    } rows[] = {{0, NAN, "W[0][0]"},
                {17, INFINITY, "W[1][8]: inf"},
                {8, -INFINITY, "W[0][8]: -inf"},
                {9, -1e-45f, "W[1][0]"},
                {0, 0.6f, "W[0]: the sum is 1.1"},
                {13, 0.2985f, "W[1]: the sum is 0.9985"}};
    float values[SAMPLE_VALUES];
    size_t n_bytes;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(values, sample_values, sizeof values);
        values[rows[i].i] = rows[i].value;
        unsigned char *file = sample_file(sample_header, values, &n_bytes);
        assert_refused(file, n_bytes, rows[i].message);
        free(file);
    }
    memcpy(values, sample_values, sizeof values);
    memset(values + SAMPLE_BINS, 0, SAMPLE_BINS * sizeof(float));
    unsigned char *file = sample_file(sample_header, values, &n_bytes);
    assert_refused(file, n_bytes, "W[1]: all zero; learn the dictionary again");
    free(file);
}

static void test_every_truncation(void **state)
{
    (void)state;
    size_t n_bytes;
    unsigned char *file = sample_file(sample_header, sample_values, &n_bytes);
    for (size_t n = 0; n < n_bytes; n++) {
        /* A block of just this size, so that AddressSanitizer sees a byte too far. */
        unsigned char *cut = malloc(n + (n == 0));
        assert_non_null(cut);
        memcpy(cut, file, n);
        assert_refused(cut, n, n == 0 ? "empty" : n < 8 ? "too few" : "truncated");
        free(cut);
    }
    unsigned char *longer = calloc(n_bytes + 1, 1);
    assert_non_null(longer);
    memcpy(longer, file, n_bytes);
    assert_refused(longer, n_bytes + 1, "1 trailing bytes");
    free(longer);
    free(file);
}

static void assert_load_fails(const char *name, um_status expected, const char *message)
{
    um_dictionary *dictionary;
    um_error error = {0};
    errno = 77;
    assert_int_equal(um_dictionary_load(name, &dictionary, &error), expected);
    assert_int_equal(errno, 77);
    assert_int_equal(error.status, expected);
    assert_null(dictionary);
    assert_ptr_equal(strstr(error.message, name), error.message);
    assert_non_null(strstr(error.message, message));
    assert_int_equal(um_dictionary_load(name, &dictionary, NULL), expected);
}

static void test_load_failures(void **state)
{
    (void)state;
    unlink(path);
    assert_load_fails(path, UM_ERR_NO_INPUT, "no such file");
    assert_load_fails("/dev/null/x", UM_ERR_NO_INPUT, "no such file");
    assert_load_fails(".", UM_ERR_CONFIG, "a directory");
    assert_load_fails("/dev/null", UM_ERR_CONFIG, "a pipe or device");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_load_fails(path, UM_ERR_CONFIG, "a pipe or device");
    unlink(path);
    write_file(path, "", 0);
    assert_load_fails(path, UM_ERR_CONFIG, "empty");
    /* Sparse: larger than any dictionary, and as large as one with nothing in it. */
    assert_int_equal(truncate(path, 18000000000), 0);
    assert_load_fails(path, UM_ERR_CONFIG, "too large");
    assert_int_equal(truncate(path, 17000000000), 0);
    assert_load_fails(path, UM_ERR_CONFIG, "not a safetensors file");
    if (geteuid() != 0) { /* root may read anything */
        assert_int_equal(chmod(path, 0), 0);
        assert_load_fails(path, UM_ERR_PERMISSION, "permission denied");
    }
    unlink(path);
}

static um_status parse_and_free(void *context)
{
    (void)context;
    size_t n_bytes;
    static unsigned char bytes[2048];
    static size_t n_sample;
    if (n_sample == 0) {
        unsigned char *file = sample_file(sample_header, sample_values, &n_bytes);
        memcpy(bytes, file, n_bytes);
        n_sample = n_bytes;
        free(file);
    }
    um_dictionary *dictionary;
    um_error error = {0};
    um_status status = um_dictionary_parse(bytes, n_sample, "d", &dictionary, &error);
    assert_int_equal(status == UM_OK, dictionary != NULL);
    assert_int_equal(error.status, status);
    um_dictionary_free(dictionary);
    return status;
}

static um_status format_and_free(void *dictionary)
{
    void *bytes;
    size_t n_bytes;
    um_status status = um_dictionary_format(dictionary, &bytes, &n_bytes, NULL);
    assert_int_equal(status == UM_OK, bytes != NULL);
    um_dictionary_free_bytes(bytes);
    return status;
}

static void test_every_allocation_failing(void **state)
{
    (void)state;
    assert_int_equal(parse_and_free(NULL), UM_OK);
    assert_true(counting_allocator_sweep(parse_and_free, NULL) > 5);
    um_dictionary *dictionary = sample_dictionary();
    assert_true(counting_allocator_sweep(format_and_free, dictionary) > 5);
    um_dictionary_free(dictionary);
}

/* The sample's two atoms, halved, as the two frames of one. */
static um_dictionary *sample_of_two_frames(void)
{
    um_dictionary *dictionary;
    assert_int_equal(um_dictionary_new(1, 2, SAMPLE_BINS, &dictionary), UM_OK);
    for (size_t i = 0; i < SAMPLE_VALUES; i++) {
        um_row(dictionary->W, 0)[i] = sample_values[i] / 2;
    }
    strcpy(dictionary->labels[0], "speech");
    dictionary->sample_rate = 16000;
    dictionary->stft.window.window = UM_WINDOW_SINE;
    dictionary->stft.window.length = 16;
    dictionary->stft.window.hop = 4;
    return dictionary;
}

static int write_sample(const char *name, const char *kind)
{
    um_dictionary *dictionary = strcmp(kind, "two frames") == 0 ? sample_of_two_frames()
                                : strcmp(kind, "space") == 0
                                    ? sample_dictionary_in_space(true, true)
                                    : sample_dictionary();
    void *bytes;
    size_t n_bytes;
    if (um_dictionary_format(dictionary, &bytes, &n_bytes, NULL) != UM_OK) {
        return 1;
    }
    write_file(name, bytes, n_bytes);
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(dictionary);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return write_sample(argv[1], argc > 2 ? argv[2] : "");
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_file_made_by_hand),
        cmocka_unit_test(test_reads_one_frame_with_a_size),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_defaults_are_resolved),
        cmocka_unit_test(test_hostile_tensors),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_load_failures),
        cmocka_unit_test(test_every_allocation_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
