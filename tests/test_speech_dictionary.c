/* Atoms of speech, from a dictionary of speech or from any other that has some. */
#define _DEFAULT_SOURCE
#include "job/speech_dictionary.h"

#include "job/speech_transform.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static scratch made;

static int make(void **state)
{
    (void)state;
    scratch_make(&made);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

/* Atoms of 2049 bins at 44.1 kHz, each a peak at 1 kHz times its number and one. */
static const char *put(const char *name, const char *const *labels, size_t n, size_t n_frames)
{
    um_dictionary *d;
    um_error error;
    void *bytes;
    size_t n_bytes;
    assert_int_equal(um_dictionary_new(n, n_frames, 2049, &d), UM_OK);
    d->sample_rate = 44100.0;
    for (size_t k = 0; k < n; k++) {
        size_t peak = (size_t)rint(1000.0 * (double)(k + 1) * 4096.0 / 44100.0);
        um_row(d->W, k)[peak] = 1.0f;
        (void)snprintf(d->labels[k], sizeof d->labels[k], "%s", labels[k]);
    }
    assert_int_equal(um_dictionary_format(d, &bytes, &n_bytes, &error), UM_OK);
    const char *path = scratch_write(&made, name, bytes, n_bytes);
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(d);
    return path;
}

static void atoms_labelled_speech_are_taken(void **state)
{
    (void)state;
    static const char *const labels[] = {"noise", "speech", "noise", "speech"};
    um_dictionary *d;
    um_error error = {UM_OK, ""};
    assert_int_equal(umi_speech_load(put("a", labels, 4, 1), &d, &error), UM_OK);
    assert_int_equal(d->W.rows, 2);
    assert_int_equal(d->n_frames, 3);
    assert_int_equal(d->W.cols, 3 * UMI_SPEECH_BINS);
    for (size_t k = 0; k < 2; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < d->W.cols; i++) {
            size_t f = i % UMI_SPEECH_BINS;
            double frequency = (double)f * 15.625, wanted = k == 0 ? 2000.0 : 4000.0;
            double value = (double)um_row(d->W, k)[i];
            assert_true(value < 1e-3 || fabs(frequency - wanted) < 16.0);
            assert_true(value == (double)um_row(d->W, k)[f]);
            sum += value;
        }
        assert_true(fabs(sum - 1.0) < 1e-4);
    }
    um_dictionary_free(d);
}

static void without_speech_it_is_refused(void **state)
{
    (void)state;
    static const char *const labels[] = {"noise", "speeches"};
    um_dictionary *d;
    um_error error = {UM_OK, ""};
    assert_int_equal(umi_speech_load(put("b", labels, 2, 1), &d, &error), UM_ERR_CONFIG);
    assert_null(d);
    assert_non_null(strstr(error.message, "labelled 'speech'"));
    assert_int_equal(umi_speech_load(put("c", labels, 2, 2), &d, &error), UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "2 frames of 2049 bins"));
    assert_int_equal(umi_speech_load("/none", &d, &error), UM_ERR_NO_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atoms_labelled_speech_are_taken),
        cmocka_unit_test(without_speech_it_is_refused),
    };
    return cmocka_run_group_tests(tests, make, remove_all);
}
