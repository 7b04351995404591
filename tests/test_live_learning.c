/* The learner at work: what is heard goes in, atoms come out to another thread. */
#define _POSIX_C_SOURCE 200809L
#include "job/live_learning.h"

#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "live_parts.h"

/* One bin sounds. */
static void hear(const live_parts *p, size_t bin, size_t n)
{
    float *frame = umi_alloc(p->n_bins, sizeof *frame);
    assert_non_null(frame);
    for (size_t f = 0; f < p->n_bins; f++) {
        frame[f] = f == bin ? 1.0F : 0.001F;
    }
    for (size_t i = 0; i < n; i++) {
        umi_live_learning_hear(p->learning, frame);
        if (i % 16 == 15) {
            wait_a_little();
        }
    }
    umi_free(frame);
}

/* The first state for which there are so many sources. */
static umi_live_state wait_for_sources(const live_parts *p, size_t n)
{
    umi_live_state state;
    do {
        wait_a_little();
        memset(&state, 0, sizeof state);
        umi_live_learning_state(p->learning, &state);
    } while (state.n_sources != n);
    return state;
}

static void what_is_held_becomes_a_source(void **state)
{
    (void)state;
    live_parts p = live_parts_new(1);
    const umi_live_atom_set *set = umi_live_learning_latest(p.learning, NULL);
    assert_non_null(set);
    assert_int_equal(set->n_sources, 1);
    assert_int_equal(umi_live_learning_start(p.learning, NULL), UM_OK);
    assert_int_equal(umi_live_learning_hold(p.learning, "A", NULL), UM_OK);
    hear(&p, 20, 100);
    umi_live_state seen = {0};
    while (seen.held < 0.9) {
        wait_a_little();
        umi_live_learning_state(p.learning, &seen);
    }
    assert_string_equal(seen.hold, "A");
    assert_int_equal(umi_live_learning_release(p.learning, NULL), UM_OK);
    seen = wait_for_sources(&p, 2);
    assert_string_equal(seen.sources[0].label, "A");
    assert_int_equal(seen.sources[0].n_atoms, 2);
    assert_true(seen.sources[1].is_rest);
    assert_string_equal(seen.message, "");
    do { /* the dictionary comes a moment after the state */
        wait_a_little();
        set = umi_live_learning_latest(p.learning, set);
    } while (set->n_sources != 2);
    umi_live_atoms *atoms = umi_alloc(1, sizeof *atoms);
    umi_live_learning_atoms(p.learning, atoms);
    assert_int_equal(atoms->source[0], 0);
    assert_true(atoms->n_atoms >= 2);
    umi_free(atoms);
    umi_live_learning_stop(p.learning);
    live_parts_free(&p);
}

static void what_goes_wrong_is_told(void **state)
{
    (void)state;
    live_parts p = live_parts_new(2);
    um_error error;
    assert_int_equal(umi_live_learning_start(p.learning, NULL), UM_OK);
    assert_int_equal(umi_live_learning_release(p.learning, &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learning_hold(p.learning, "a/b", &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learning_hold(p.learning, "A", NULL), UM_OK);
    assert_int_equal(umi_live_learning_release(p.learning, NULL), UM_OK); /* nothing was heard */
    umi_live_state seen = {0};
    while (seen.message[0] == '\0') {
        wait_a_little();
        umi_live_learning_state(p.learning, &seen);
    }
    assert_int_equal(seen.n_sources, 1);
    assert_int_equal(umi_live_learning_remove(p.learning, 0, &error), UM_ERR_ARGUMENT);
    assert_int_equal(umi_live_learning_rename(p.learning, 5, "x", &error), UM_ERR_ARGUMENT);
    umi_live_learning_stop(p.learning);
    live_parts_free(&p);
}

static void switches_are_seen_at_once(void **state)
{
    (void)state;
    live_parts p = live_parts_new(1);
    umi_live_state seen = {0};
    umi_live_learning_state(p.learning, &seen);
    assert_true(seen.learning && !seen.frozen);
    assert_int_equal(umi_live_learning_learn(p.learning, false, NULL), UM_OK);
    assert_int_equal(umi_live_learning_freeze(p.learning, true, NULL), UM_OK);
    assert_int_equal(umi_live_learning_find_noise(p.learning, NULL), UM_OK);
    umi_live_learning_state(p.learning, &seen);
    assert_true(!seen.learning && seen.frozen);
    assert_string_equal(seen.sources[0].label, "noise");
    um_dictionary *saved;
    assert_int_equal(umi_live_learning_dictionary(p.learning, &saved, NULL), UM_OK);
    assert_string_equal(saved->labels[0], "noise");
    assert_true(saved->sample_rate == PARTS_RATE);
    um_dictionary_free(saved);
    live_parts_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_becomes_a_source),
        cmocka_unit_test(what_goes_wrong_is_told),
        cmocka_unit_test(switches_are_seen_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
