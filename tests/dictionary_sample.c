#include "dictionary_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

const char sample_header[] =
    "{\"__metadata__\":{\"format_version\":\"1\",\"sample_rate\":\"44100\",\"window\":\"hann\","
    "\"window_length\":\"16\",\"hop\":\"4\",\"fft_size\":\"16\",\"exponent\":\"1\","
    "\"labels\":\"[\\\"drums\\\",\\\"ű bass\\\"]\",\"seed\":\"18446744073709551615\","
    "\"program\":\"unmingle 0.1.0\",\"trained_from\":\"a.wav\\nb.wav\"},"
    "\"W\":{\"dtype\":\"F32\",\"shape\":[2,9],\"data_offsets\":[0,72]}}";

const float sample_values[SAMPLE_VALUES] = {0.49999997f, 0.25f, 0.125f, 0.0625f, 0.0625f, 0,
                                            0,           0,     1e-42f, 0,       0,       0.1f,
                                            0.2f,        0.3f,  0.2f,   0.1f,    0.1f,    0};

unsigned char *sample_file(const char *header, const float *values, size_t *n_bytes)
{
    size_t length = strlen(header);
    *n_bytes = 8 + length + SAMPLE_VALUES * 4;
    unsigned char *file = calloc(*n_bytes, 1);
    assert_non_null(file);
    file[0] = (unsigned char)length;
    file[1] = (unsigned char)(length >> 8);
    memcpy(file + 8, header, length);
    for (size_t i = 0; i < SAMPLE_VALUES; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        for (size_t b = 0; b < 4; b++) {
            file[8 + length + 4 * i + b] = (unsigned char)(bits >> 8 * b);
        }
    }
    return file;
}

unsigned char *sample_file_edited(const char *from, const char *to, size_t *n_bytes)
{
    const char *found = strstr(sample_header, from);
    assert_non_null(found);
    size_t n_before = (size_t)(found - sample_header);
    char *header = calloc(strlen(sample_header) + strlen(to) + 1, 1);
    assert_non_null(header);
    memcpy(header, sample_header, n_before);
    strcpy(header + n_before, to);
    strcat(header, found + strlen(from));
    unsigned char *file = sample_file(header, sample_values, n_bytes);
    free(header);
    return file;
}

um_dictionary *sample_dictionary(void)
{
    um_dictionary *dictionary;
    assert_int_equal(um_dictionary_new(SAMPLE_COMPONENTS, 1, SAMPLE_BINS, &dictionary), UM_OK);
    for (size_t k = 0; k < SAMPLE_COMPONENTS; k++) {
        memcpy(um_row(dictionary->W, k), sample_values + k * SAMPLE_BINS,
               SAMPLE_BINS * sizeof(float));
    }
    strcpy(dictionary->labels[0], "drums");
    strcpy(dictionary->labels[1], "ű bass");
    dictionary->sample_rate = 44100;
    dictionary->stft.window.length = 16;
    dictionary->stft.window.hop = 4;
    dictionary->stft.fft_size = 16;
    dictionary->seed = UINT64_MAX;
    assert_int_equal(um_dictionary_set_origin(dictionary, "unmingle 0.1.0", "a.wav\nb.wav"), UM_OK);
    return dictionary;
}

um_dictionary *sample_dictionary_in_space(bool with_gains, bool with_covariances)
{
    um_dictionary *dictionary = sample_dictionary();
    if (with_gains) {
        assert_int_equal(um_dictionary_add_gains(dictionary, 2), UM_OK);
        for (size_t k = 0; k < SAMPLE_COMPONENTS; k++) {
            um_row(dictionary->gains, k)[k] = 0.75f;
            um_row(dictionary->gains, k)[1 - k] = 0.25f;
        }
    }
    if (with_covariances) {
        assert_int_equal(um_dictionary_add_covariances(dictionary, 2), UM_OK);
        for (size_t s = 0; s < dictionary->covariances.rows; s++) {
            for (size_t i = 0; i < 4 * SAMPLE_BINS; i++) {
                /* Off the diagonal of two by two, below zero. */
                float sign = i % 4 == 1 || i % 4 == 2 ? -1.0f : 1.0f;
                um_row(dictionary->covariances, s)[i] = sign * (float)(i + 100 * s) / 64.0f;
            }
        }
    }
    return dictionary;
}

static void assert_same_view(um_view a, um_view b)
{
    assert_int_equal(a.data == NULL, b.data == NULL);
    assert_int_equal(a.rows, b.rows);
    assert_int_equal(a.cols, b.cols);
    for (size_t r = 0; r < a.rows; r++) {
        assert_memory_equal(um_row(a, r), um_row(b, r), a.cols * sizeof(float));
    }
}

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL) {
        assert_string_equal(a, b);
    }
}

void assert_same_dictionary(const um_dictionary *a, const um_dictionary *b)
{
    assert_same_view(a->W, b->W);
    assert_same_view(a->gains, b->gains);
    assert_same_view(a->covariances, b->covariances);
    assert_int_equal(a->n_frames, b->n_frames);
    for (size_t k = 0; k < a->W.rows; k++) {
        assert_string_equal(a->labels[k], b->labels[k]);
    }
    assert_true(a->sample_rate == b->sample_rate);
    assert_int_equal(a->stft.window.window, b->stft.window.window);
    assert_int_equal(a->stft.window.length, b->stft.window.length);
    assert_int_equal(a->stft.window.hop, b->stft.window.hop);
    assert_true(a->stft.window.kbd_alpha == b->stft.window.kbd_alpha);
    assert_int_equal(a->stft.window.synthesis_length, b->stft.window.synthesis_length);
    assert_int_equal(a->stft.fft_size, b->stft.fft_size);
    assert_true(a->exponent == b->exponent);
    assert_true(a->seed == b->seed);
    assert_same_text(a->program, b->program);
    assert_same_text(a->trained_from, b->trained_from);
}
