/* What um_dictionary_parse takes, um_dictionary_format writes so that it is taken again, and means
 * the same to the bit. What it does not take has a message and leaves nothing behind. */
#include "fuzz.h"

#include "unmingle/dictionary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void require_same_text(const char *a, const char *b)
{
    require((a == NULL) == (b == NULL));
    require(a == NULL || strcmp(a, b) == 0);
}

static void require_same_view(um_view a, um_view b)
{
    require(a.rows == b.rows && a.cols == b.cols && (a.data == NULL) == (b.data == NULL));
    for (size_t r = 0; r < a.rows; r++) {
        require(memcmp(um_row(a, r), um_row(b, r), a.cols * sizeof(float)) == 0);
    }
}

static void require_same(const um_dictionary *a, const um_dictionary *b)
{
    require_same_view(a->W, b->W);
    require_same_view(a->gains, b->gains);
    require_same_view(a->covariances, b->covariances);
    require(a->n_frames == b->n_frames);
    for (size_t k = 0; k < a->W.rows; k++) {
        require(strcmp(a->labels[k], b->labels[k]) == 0 && um_label_is_valid(a->labels[k]));
    }
    require(a->sample_rate == b->sample_rate && a->exponent == b->exponent && a->seed == b->seed);
    require(a->stft.fft_size == b->stft.fft_size);
    require(a->stft.window.window == b->stft.window.window);
    require(a->stft.window.length == b->stft.window.length);
    require(a->stft.window.hop == b->stft.window.hop);
    require(a->stft.window.kbd_alpha == b->stft.window.kbd_alpha);
    require_same_text(a->program, b->program);
    require_same_text(a->trained_from, b->trained_from);
}

static void check(const uint8_t *data, size_t size)
{
    um_dictionary *read;
    um_error error = {0};
    um_status status = um_dictionary_parse(data, size, "f", &read, &error);
    if (status != UM_OK) {
        require(read == NULL && error.status == status);
        require(status == UM_ERR_CONFIG && strncmp(error.message, "f: ", 3) == 0);
        return;
    }
    void *bytes;
    void *again;
    size_t n_bytes;
    size_t n_again;
    um_dictionary *read_again;
    /* Only one thing may be read and not be written: a header that our escapes make too long. */
    status = um_dictionary_format(read, &bytes, &n_bytes, &error);
    if (status == UM_OK) {
        require(um_dictionary_parse(bytes, n_bytes, "f", &read_again, &error) == UM_OK);
        require_same(read_again, read);
        require(um_dictionary_format(read_again, &again, &n_again, &error) == UM_OK);
        require(n_again == n_bytes && memcmp(again, bytes, n_bytes) == 0);
        um_dictionary_free_bytes(again);
        um_dictionary_free(read_again);
        um_dictionary_free_bytes(bytes);
    } else {
        require(strstr(error.message, "header takes") != NULL);
    }
    um_dictionary_free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size);
    /* A change of the header's length is caught at once, so the same bytes are also tried with a
     * length that fits: up to the last '}'. */
    size_t end = size;
    while (end > 8 && data[end - 1] != '}') {
        end--;
    }
    if (end > 8) {
        uint8_t *fitted = malloc(size);
        require(fitted != NULL);
        memcpy(fitted, data, size);
        for (size_t i = 0; i < 8; i++) {
            fitted[i] = (uint8_t)((uint64_t)(end - 8) >> 8 * i);
        }
        check(fitted, size);
        free(fitted);
    }
    return 0;
}

size_t fuzz_seed(size_t i, uint8_t *seed)
{
    static const size_t n_components[] = {1, 2, 5};
    if (i >= 3 * 4 + 4) {
        return 0;
    }
    /* The last four have gains, or covariances, or both. */
    size_t n_gains = i >= 12 && i != 14 ? 2 : 0;
    size_t n_covariances = i == 13 ? 2 : i > 13 ? 1 + i % 2 : 0;
    i %= 3 * 4;
    um_dictionary *dictionary;
    require(um_dictionary_new(n_components[i % 3], 1 + i / 3, 9, &dictionary) == UM_OK);
    for (size_t k = 0; k < dictionary->W.rows; k++) {
        um_row(dictionary->W, k)[k] = 0.75f;
        um_row(dictionary->W, k)[dictionary->W.cols - 1] = 0.25f;
        snprintf(dictionary->labels[k], sizeof dictionary->labels[k], "part \"%zu\"", k);
    }
    if (n_gains > 0) {
        require(um_dictionary_add_gains(dictionary, n_gains) == UM_OK);
        for (size_t k = 0; k < dictionary->W.rows; k++) {
            um_row(dictionary->gains, k)[k % n_gains] = 1.0f;
        }
    }
    if (n_covariances > 0) {
        require(um_dictionary_add_covariances(dictionary, n_covariances) == UM_OK);
        um_row(dictionary->covariances, 0)[n_covariances - 1] = 0.5f;
    }
    dictionary->sample_rate = 44100.5;
    dictionary->stft.window.window = (um_window)(i / 3);
    dictionary->stft.window.length = 16;
    dictionary->stft.window.hop = 4;
    dictionary->seed = i;
    require(um_dictionary_set_origin(dictionary, i % 2 == 0 ? "unmingle" : NULL, "a.wav") == UM_OK);
    void *bytes;
    size_t n_bytes;
    require(um_dictionary_format(dictionary, &bytes, &n_bytes, NULL) == UM_OK);
    require(n_bytes <= FUZZ_SEED_MAX);
    memcpy(seed, bytes, n_bytes);
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(dictionary);
    return n_bytes;
}
