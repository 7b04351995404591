/* What a live run learns while it hears: free atoms, noise, switches. */
#include "job/live_learner.h"

#include "live_learner_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Everything that holds for a model at any moment. */
static void check_model(const umi_live_model *model)
{
    assert_true(model->n_sources >= 1 && model->W.rows >= 1);
    assert_string_equal(model->labels[model->n_sources - 1], "rest");
    assert_int_equal(model->residual, model->n_sources < 3);
    for (size_t k = 0; k < model->W.rows; k++) {
        double sum = 0.0;
        for (size_t f = 0; f < model->W.cols; f++) {
            sum += (double)um_crow(model->W, k)[f];
        }
        assert_true(fabs(sum - 1.0) < 1e-4);
        assert_true(model->source_of[k] < model->n_sources);
        assert_true(k == 0 || model->source_of[k] >= model->source_of[k - 1]);
    }
}

static void free_atoms_follow_what_is_heard(void **state)
{
    (void)state;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    check_model(model);
    assert_int_equal(model->n_sources, 1);
    assert_int_equal(model->W.rows, 3);
    assert_true(umi_live_learner_is_learning(l));
    fixture_hear(l, 1U << 2, 300);
    check_model(model);
    assert_true(fixture_share(model, 0, 2) > 0.95);
    fixture_hear(l, 1U << 4, 600); /* three times as long as it remembers */
    assert_true(fixture_share(model, 0, 4) > 0.95);
    umi_live_learner_free(l);
}

static void atoms_change_four_times_a_second(void **state)
{
    (void)state;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    uint64_t version = model->version;
    size_t n_changes = 0;
    for (size_t t = 0; t < 200; t++) {
        fixture_hear(l, 1U, 1);
        n_changes += umi_live_learner_model(l)->version != version;
        version = umi_live_learner_model(l)->version;
    }
    assert_int_equal(n_changes, 8);
    fixture_hear(l, 0, 200); /* silence teaches nothing */
    assert_int_equal(umi_live_learner_model(l)->version, version);
    umi_live_learner_free(l);
}

static void what_is_labelled_is_not_learned_again(void **state)
{
    (void)state;
    um_error error;
    umi_live_learner *l = fixture_new();
    fixture_hear(l, 1U << 0 | 1U << 3, 300);
    assert_int_equal(fixture_hold(l, "a", 1U << 0, 100, &error), UM_OK);
    const umi_live_model *model = umi_live_learner_model(l);
    check_model(model);
    assert_int_equal(model->n_sources, 2);
    assert_string_equal(model->labels[0], "a");
    assert_true(umi_live_learner_is_learning(l));
    fixture_hear(l, 1U << 0 | 1U << 3, 600);
    assert_true(fixture_share(model, 0, 0) > 0.98);
    assert_true(fixture_share(model, 1, 3) > 0.86);
    umi_live_learner_free(l);
}

static void frozen_it_learns_nothing(void **state)
{
    (void)state;
    um_error error = {UM_OK, ""};
    double seconds;
    umi_live_learner *l = fixture_new();
    fixture_hear(l, 1U, 100);
    assert_int_equal(umi_live_learner_hold(l, "a", &error), UM_OK);
    umi_live_learner_set_frozen(l, true);
    assert_true(umi_live_learner_is_frozen(l));
    assert_string_equal(umi_live_learner_held(l, &seconds), "");
    uint64_t version = umi_live_learner_model(l)->version;
    fixture_hear(l, 1U << 1, 300);
    assert_int_equal(umi_live_learner_model(l)->version, version);
    assert_int_equal(umi_live_learner_hold(l, "a", &error), UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, "frozen"));
    umi_live_learner_set_frozen(l, false);
    fixture_hear(l, 1U << 1, 300);
    assert_true(umi_live_learner_model(l)->version > version);
    assert_true(umi_live_learner_is_learning(l));
    umi_live_learner_free(l);
}

/* Off, they stay; on again, they go on from there; beside two labels they go when it is off. */
static void learning_can_be_switched(void **state)
{
    (void)state;
    um_error error;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    fixture_hear(l, 1U << 2, 300);
    assert_int_equal(umi_live_learner_set_learning(l, false, &error), UM_OK);
    assert_true(fixture_share(model, 0, 2) > 0.95);
    uint64_t version = model->version;
    fixture_hear(l, 1U << 4, 300);
    assert_int_equal(model->version, version);
    assert_int_equal(umi_live_learner_set_learning(l, true, &error), UM_OK);
    assert_true(fixture_share(model, 0, 2) > 0.9);
    assert_int_equal(fixture_hold(l, "a", 1U << 0, 50, &error), UM_OK);
    assert_int_equal(fixture_hold(l, "b", 1U << 1, 50, &error), UM_OK);
    assert_false(umi_live_learner_is_learning(l));
    assert_int_equal(fixture_n_atoms(model, 2), 0);
    check_model(model);
    fixture_hear(l, 1U << 0 | 1U << 1 | 1U << 5, 200);
    assert_int_equal(umi_live_learner_set_learning(l, true, &error), UM_OK);
    assert_int_equal(fixture_n_atoms(model, 2), 3);
    fixture_hear(l, 1U << 0 | 1U << 1 | 1U << 5, 600);
    assert_true(fixture_share(model, 2, 5) > 0.7);
    assert_int_equal(umi_live_learner_set_learning(l, false, &error), UM_OK);
    assert_int_equal(fixture_n_atoms(model, 2), 0);
    umi_live_learner_free(l);
}

/* Off before anything was heard, there is still an atom for the separator. */
static void there_is_an_atom_always(void **state)
{
    (void)state;
    um_error error;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    assert_int_equal(umi_live_learner_set_learning(l, false, &error), UM_OK);
    check_model(model);
    assert_int_equal(fixture_hold(l, "a", 1U << 0, 50, &error), UM_OK);
    assert_int_equal(fixture_n_atoms(model, 1), 0); /* random ones would be nobody's */
    assert_int_equal(umi_live_learner_remove(l, 0, &error), UM_OK);
    check_model(model);
    umi_live_learner_free(l);
}

static void noise_is_found_until_it_is_held(void **state)
{
    (void)state;
    um_error error;
    umi_live_learner *l = fixture_new();
    const umi_live_model *model = umi_live_learner_model(l);
    assert_int_equal(fixture_hold(l, "speech", 1U << 0, 50, &error), UM_OK);
    assert_int_equal(umi_live_learner_find_noise(l, &error), UM_OK);
    assert_int_equal(umi_live_learner_find_noise(l, &error), UM_ERR_ARGUMENT);
    assert_false(umi_live_learner_is_learning(l));
    assert_string_equal(model->labels[1], "noise");
    check_model(model);
    for (size_t i = 0; i < 20; i++) { /* speech with gaps in which there is noise alone */
        fixture_hear(l, 1U << 0 | 1U << 3, 12);
        fixture_hear(l, 1U << 3, 8);
    }
    check_model(model);
    assert_true(fixture_share(model, 1, 3) > 0.95);
    assert_int_equal(fixture_hold(l, "noise", 1U << 4, 50, &error), UM_OK);
    assert_true(fixture_share(model, 1, 4) > 0.95);
    uint64_t version = model->version;
    fixture_hear(l, 1U << 3, 300);
    assert_int_equal(model->version, version);
    assert_true(fixture_share(model, 1, 4) > 0.95);
    umi_live_learner_free(l);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    um_error error = {UM_OK, ""};
    umi_live_learner *l = fixture_new();
    float frame[FIXTURE_BINS] = {1.0f, -1.0f};
    assert_int_equal(umi_live_learner_push(l, um_cview_of(frame, 1, FIXTURE_BINS)),
                     UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learner_push(l, um_cview_of(frame, 1, FIXTURE_BINS - 1)),
                     UM_ERR_ARGUMENT);
    umi_live_learner_free(l);
    for (size_t i = 0; i < 7; i++) {
        umi_live_learner_config config = fixture_config();
        config.n_free = i == 0 ? 0 : config.n_free;
        config.n_label_atoms = i == 1 ? 257 : config.n_label_atoms;
        config.frame_rate = i == 2 ? 0.0 : config.frame_rate;
        config.sample_rate = i == 3 ? NAN : config.sample_rate;
        config.forget_seconds = i == 4 ? 0.0 : config.forget_seconds;
        config.hold_seconds_max = i == 5 ? INFINITY : config.hold_seconds_max;
        config.stft.window.hop = i == 6 ? 0 : config.stft.window.hop;
        error.message[0] = '\0';
        assert_int_equal(umi_live_learner_new(&config, &l, &error), UM_ERR_ARGUMENT);
        assert_null(l);
        assert_true(error.message[0] != '\0');
    }
    umi_live_learner_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_atoms_follow_what_is_heard),
        cmocka_unit_test(atoms_change_four_times_a_second),
        cmocka_unit_test(what_is_labelled_is_not_learned_again),
        cmocka_unit_test(frozen_it_learns_nothing),
        cmocka_unit_test(learning_can_be_switched),
        cmocka_unit_test(there_is_an_atom_always),
        cmocka_unit_test(noise_is_found_until_it_is_held),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
