/* Dictionaries of any kind as the atoms of a live run. */
#include "job/live_dictionary.h"

#include "core/memory.h"
#include "shipped_speech.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BINS = 1025 };

static const umi_bin_grid live = {48000.0, 2048};

static size_t peak_of(const float *w, size_t n)
{
    size_t peak = 0;
    for (size_t f = 1; f < n; f++) {
        peak = w[f] > w[peak] ? f : peak;
    }
    return peak;
}

/* Where the power of n bins lies, Hz. */
static double centre_of(const float *w, size_t n, double width)
{
    double sum = 0.0, weighted = 0.0;
    for (size_t f = 0; f < n; f++) {
        sum += (double)w[f] * (double)w[f];
        weighted += (double)f * width * (double)w[f] * (double)w[f];
    }
    return weighted / sum;
}

/* Of three frames the middle one, its frequencies where they were. */
static void speech_is_taken_by_its_middle_frame(void **state)
{
    (void)state;
    um_error error = {UM_OK, ""};
    const um_dictionary *d = shipped_speech();
    umi_live_labels labels = {.n = 0};
    um_view rest;
    assert_int_equal(umi_live_dictionary_read(d, live, BINS, "file", &labels, &rest, &error),
                     UM_OK);
    assert_int_equal(labels.n, 1);
    assert_int_equal(rest.rows, 0);
    assert_string_equal(labels.items[0].name, "speech");
    um_view W = labels.items[0].W;
    assert_int_equal(W.rows, d->W.rows);
    for (size_t k = 0; k < W.rows; k++) {
        double there = centre_of(um_row(d->W, k) + 513, 513, 16000.0 / 1024.0);
        double here = centre_of(um_row(W, k), BINS, 48000.0 / 2048.0);
        assert_true(fabs(there - here) < 0.02 * there + 2.5); /* the first and last bins are half */
        double above = 0.0;                                   /* of 8 kHz nothing is known */
        for (size_t f = 343; f < BINS; f++) {
            above += (double)um_row(W, k)[f];
        }
        assert_true(above > 0.0 && above < 1e-3);
    }
    umi_live_labels_free(&labels);
}

/* Rows of a label need not be next to each other. */
static void labels_are_gathered(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "rest", "b", "a", "rest"};
    um_error error;
    um_dictionary *d;
    umi_live_labels labels = {.n = 0};
    um_view rest;
    assert_int_equal(um_dictionary_new(5, 1, BINS, &d), UM_OK);
    d->sample_rate = live.sample_rate;
    d->stft.window.length = d->stft.fft_size = live.fft_size;
    for (size_t k = 0; k < 5; k++) {
        um_row(d->W, k)[10 * k] = 1.0f;
        memcpy(d->labels[k], names[k], strlen(names[k]) + 1);
    }
    assert_int_equal(umi_live_dictionary_read(d, live, BINS, "file", &labels, &rest, &error),
                     UM_OK);
    assert_int_equal(labels.n, 2);
    assert_int_equal(labels.items[0].W.rows, 2);
    assert_int_equal(peak_of(um_row(labels.items[0].W, 1), BINS), 30);
    assert_int_equal(peak_of(um_row(labels.items[1].W, 0), BINS), 20);
    assert_int_equal(rest.rows, 2);
    assert_int_equal(peak_of(um_row(rest, 1), BINS), 40);
    umi_live_labels_free(&labels);
    umi_free(rest.data);
    um_dictionary_free(d);
}

static void models_become_dictionaries(void **state)
{
    (void)state;
    um_error error;
    um_dictionary *d;
    const char labels[2][UM_LABEL_MAX + 1] = {"a", "rest"};
    size_t source_of[3] = {0, 0, 1}, n_bytes;
    void *bytes;
    float W[3 * BINS] = {0};
    W[5] = W[BINS + 7] = W[2 * BINS + 9] = 1.0f;
    umi_live_model model = {um_cview_of(W, 3, BINS), source_of, 2, labels, true, 1};
    umi_live_learner_config config = umi_live_learner_config_default();
    config.stft.window.window = UM_WINDOW_ASYMMETRIC;
    config.stft.window.length = 2048;
    config.stft.window.hop = 128;
    config.stft.window.synthesis_length = 256;
    assert_int_equal(umi_live_dictionary_of(&model, &config, 2048, &d, &error), UM_OK);
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_OK);
    um_dictionary_free(d);
    assert_int_equal(um_dictionary_parse(bytes, n_bytes, "file", &d, &error), UM_OK);
    assert_int_equal(d->stft.window.synthesis_length, 256);
    assert_int_equal(d->stft.window.window, UM_WINDOW_ASYMMETRIC);
    assert_string_equal(d->labels[1], "a");
    assert_string_equal(d->labels[2], "rest");
    assert_int_equal(peak_of(um_row(d->W, 2), BINS), 9);
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_is_taken_by_its_middle_frame),
        cmocka_unit_test(labels_are_gathered),
        cmocka_unit_test(models_become_dictionaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
