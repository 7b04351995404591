/* Labels of a live run: held, renamed, removed, read from dictionaries and saved. */
#include "job/live_learner.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "live_learner_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void a_hold_gives_a_source(void **state)
{
    (void)state;
    um_error error;
    double seconds;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    assert_int_equal(umi_live_learner_hold(l, "a", &error), UM_OK);
    fixture_hear(l, 1U << 1, 40);
    assert_string_equal(umi_live_learner_held(l, &seconds), "a");
    assert_true(fabs(seconds - 0.4) < 1e-9);
    assert_int_equal(umi_live_learner_release(l, &error), UM_OK);
    assert_string_equal(umi_live_learner_held(l, &seconds), "");
    assert_string_equal(model->labels[0], "a");
    assert_int_equal(fixture_n_atoms(model, 0), 4);
    assert_true(fixture_share(model, 0, 1) > 0.99);
    assert_true(model->residual && umi_live_learner_is_learning(l));
    assert_int_equal(fixture_hold(l, "b", 1U << 2, 40, &error), UM_OK);
    assert_true(!model->residual && !umi_live_learner_is_learning(l));
    assert_int_equal(fixture_hold(l, "a", 1U << 3, 250, &error), UM_OK); /* longer than is kept */
    assert_string_equal(model->labels[0], "a");
    assert_int_equal(model->n_sources, 3);
    assert_true(fixture_share(model, 0, 3) > 0.99);
    assert_true(fixture_share(model, 1, 2) > 0.99);
    umi_live_learner_free(l);
}

/* Nothing has changed but that it is not held any more. */
static void holds_that_teach_nothing_are_refused(void **state)
{
    (void)state;
    um_error error = {UM_OK, ""};
    umi_live_learner *l = fixture_new();
    assert_int_equal(fixture_hold(l, "a", 1U << 1, 40, &error), UM_OK);
    uint64_t version = umi_live_learner_model(l)->version;
    assert_int_equal(fixture_hold(l, "a", 1U << 2, 19, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "'a' was held for 0.19 s"));
    assert_int_equal(fixture_hold(l, "b", 0, 40, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "silence"));
    assert_int_equal(umi_live_learner_release(l, &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_hold(l, "rest", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_hold(l, "x", &error), UM_OK);
    assert_int_equal(umi_live_learner_hold(l, "y", &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "'x' is held"));
    assert_int_equal(umi_live_learner_release(l, &error), UM_ERR_DATA);
    assert_int_equal(umi_live_learner_model(l)->version, version);
    umi_live_learner_free(l);
}

static void there_is_room_for_seven_labels(void **state)
{
    (void)state;
    um_error error;
    char label[8];
    umi_live_learner *l = fixture_new();
    for (unsigned i = 0; i < 7; i++) {
        (void)snprintf(label, sizeof label, "s%u", i);
        assert_int_equal(fixture_hold(l, label, 1U << i % 6, 30, &error), UM_OK);
    }
    assert_int_equal(umi_live_learner_model(l)->n_sources, 8);
    assert_int_equal(umi_live_learner_hold(l, "one more", &error), UM_ERR_ARGUMENT);
    assert_int_equal(fixture_hold(l, "s3", 1U, 30, &error), UM_OK);
    umi_live_learner_free(l);
}

static void sources_are_renamed_and_removed(void **state)
{
    (void)state;
    um_error error;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    assert_int_equal(fixture_hold(l, "a", 1U << 1, 40, &error), UM_OK);
    assert_int_equal(fixture_hold(l, "b", 1U << 2, 40, &error), UM_OK);
    uint64_t version = model->version;
    assert_int_equal(umi_live_learner_rename(l, 0, "b", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_rename(l, 0, "rest", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_rename(l, 2, "c", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_rename(l, 3, "c", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_remove(l, 2, &error), UM_ERR_ARGUMENT);
    assert_int_equal(model->version, version);
    assert_int_equal(umi_live_learner_rename(l, 0, "c", &error), UM_OK);
    assert_string_equal(model->labels[0], "c");
    assert_true(model->version > version);
    assert_int_equal(umi_live_learner_remove(l, 0, &error), UM_OK);
    assert_int_equal(model->n_sources, 2);
    assert_string_equal(model->labels[0], "b");
    assert_true(model->residual && fixture_share(model, 0, 2) > 0.99);
    umi_live_learner_free(l);
}

/* Noise that was renamed stays as it was found. */
static void renamed_noise_is_not_looked_for(void **state)
{
    (void)state;
    um_error error;
    umi_live_learner *l = fixture_new();
    assert_int_equal(umi_live_learner_find_noise(l, &error), UM_OK);
    assert_int_equal(umi_live_learner_rename(l, 0, "hum", &error), UM_OK);
    assert_int_equal(umi_live_learner_set_learning(l, false, &error), UM_OK);
    uint64_t version = umi_live_learner_model(l)->version;
    fixture_hear(l, 1U << 3, 300);
    assert_int_equal(umi_live_learner_model(l)->version, version);
    umi_live_learner_free(l);
}

/* -- Dictionaries ------------------------------------------------------------------------------ */

static void what_was_saved_is_taken_again(void **state)
{
    (void)state;
    um_error error;
    um_dictionary *d;
    umi_live_learner *l = fixture_new(), *other = fixture_new();
    const umi_live_model *a = umi_live_learner_model(l), *b = umi_live_learner_model(other);
    assert_int_equal(fixture_hold(l, "a", 1U << 1, 40, &error), UM_OK);
    fixture_hear(l, 1U << 4, 200); /* free atoms, too */
    assert_int_equal(umi_live_learner_dictionary(l, &d, &error), UM_OK);
    assert_int_equal(d->stft.fft_size, 256);
    assert_true(d->sample_rate == FIXTURE_RATE);
    assert_int_equal(umi_live_learner_add_dictionary(other, d, "file", &error), UM_OK);
    assert_int_equal(b->n_sources, 2);
    assert_int_equal(b->W.rows, a->W.rows);
    for (size_t k = 0; k < a->W.rows; k++) {
        assert_int_equal(b->source_of[k], a->source_of[k]);
        for (size_t f = 0; f < FIXTURE_BINS; f++) {
            double x = (double)um_crow(a->W, k)[f], y = (double)um_crow(b->W, k)[f];
            assert_true(fabs(x - y) <= 1e-6 * x + 1e-9);
        }
    }
    um_dictionary_free(d);
    umi_live_learner_free(l);
    umi_live_learner_free(other);
}

static um_dictionary *dictionary_of(const char *const *labels, size_t n_labels, size_t n_each)
{
    um_dictionary *d;
    assert_int_equal(um_dictionary_new(n_labels * n_each, 1, FIXTURE_BINS, &d), UM_OK);
    d->sample_rate = FIXTURE_RATE;
    d->stft.window.length = d->stft.fft_size = 256;
    for (size_t k = 0; k < d->W.rows; k++) {
        um_row(d->W, k)[k % FIXTURE_BINS] = 1.0f;
        (void)snprintf(d->labels[k], sizeof d->labels[k], "%s", labels[k / n_each]);
    }
    return d;
}

/* Labels that are there already have the atoms of both. */
static void labels_of_dictionaries_join(void **state)
{
    (void)state;
    static const char *const labels[] = {"a", "b"};
    um_error error;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    um_dictionary *d = dictionary_of(labels, 2, 3);
    assert_int_equal(fixture_hold(l, "b", 1U << 5, 40, &error), UM_OK);
    assert_int_equal(umi_live_learner_add_dictionary(l, d, "file", &error), UM_OK);
    assert_int_equal(model->n_sources, 3);
    assert_string_equal(model->labels[0], "b");
    assert_int_equal(fixture_n_atoms(model, 0), 4 + 3);
    assert_int_equal(fixture_n_atoms(model, 1), 3);
    assert_false(umi_live_learner_is_learning(l));
    um_dictionary_free(d);
    umi_live_learner_free(l);
}

static void dictionaries_that_do_not_fit_change_nothing(void **state)
{
    (void)state;
    static const char *const many[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const char *const wrong[] = {"residual"};
    um_error error;
    umi_live_learner *l = fixture_new();
    assert_int_equal(fixture_hold(l, "x", 1U << 5, 40, &error), UM_OK);
    uint64_t version = umi_live_learner_model(l)->version;
    um_dictionary *dictionaries[] = {dictionary_of(many, 7, 1), dictionary_of(wrong, 1, 1),
                                     dictionary_of(many, 2, 300), dictionary_of(many, 1, 1)};
    dictionaries[3]->sample_rate = 192000.0;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(umi_live_learner_add_dictionary(l, dictionaries[i], "file", &error),
                         UM_ERR_CONFIG);
        assert_ptr_equal(strstr(error.message, "file: "), error.message);
        assert_int_equal(umi_live_learner_model(l)->version, version);
        um_dictionary_free(dictionaries[i]);
    }
    umi_live_learner_free(l);
}

/* Each allocation in turn fails: then nothing has changed, and nothing is lost. */
static void memory_may_be_short(void **state)
{
    (void)state;
    static const char *const labels[] = {"a", "b"};
    um_error error;
    um_dictionary *d = dictionary_of(labels, 2, 3);
    umi_live_learner *l = fixture_new();
    assert_int_equal(fixture_hold(l, "b", 1U << 5, 40, &error), UM_OK);
    uint64_t version = umi_live_learner_model(l)->version;
    um_status status = UM_ERR_MEMORY;
    size_t before = counting_allocator_live();
    for (size_t n = 1; status == UM_ERR_MEMORY; n++) {
        assert_int_equal(umi_live_learner_model(l)->version, version);
        assert_int_equal(counting_allocator_live(), before);
        counting_allocator_fail_from(n);
        status = umi_live_learner_add_dictionary(l, d, "file", &error);
        counting_allocator_fail_from(0);
    }
    assert_int_equal(status, UM_OK);
    assert_int_equal(umi_live_learner_model(l)->n_sources, 3);
    um_dictionary_free(d);
    umi_live_learner_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_gives_a_source),
        cmocka_unit_test(holds_that_teach_nothing_are_refused),
        cmocka_unit_test(there_is_room_for_seven_labels),
        cmocka_unit_test(sources_are_renamed_and_removed),
        cmocka_unit_test(renamed_noise_is_not_looked_for),
        cmocka_unit_test(what_was_saved_is_taken_again),
        cmocka_unit_test(labels_of_dictionaries_join),
        cmocka_unit_test(dictionaries_that_do_not_fit_change_nothing),
        cmocka_unit_test(memory_may_be_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
