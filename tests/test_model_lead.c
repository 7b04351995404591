/* A lead over what repeats: which atoms are the voice's. */
#include "job/model_lead.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "matrices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_BINS = 129, N_FRAMES = 200, N_ATOMS = 10, PERIOD = 10, LEAD_BIN = 64 };

static um_view V;
static um_repetition *repetition;

/* Below LEAD_BIN five chords, two frames each, again and again; above it notes that come by chance,
 * of another spacing. */
static int make(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_repetition_config config = {8, PERIOD / 2};
    V = matrix_new(N_FRAMES, N_BINS);
    for (size_t t = 0; t < N_FRAMES; t++) {
        float *v = um_row(V, t);
        size_t chord = t % PERIOD / 2;
        for (size_t f = 5 + chord; f < LEAD_BIN; f += 7 + chord) {
            v[f] = 1.0F;
        }
        if (umi_random_uniform(&random) < 0.3) {
            size_t note = (size_t)(4.0 * umi_random_uniform(&random));
            for (size_t f = LEAD_BIN + 3 * note; f < N_BINS; f += 13) {
                v[f] = 1.5F;
            }
        }
        for (size_t f = 0; f < N_BINS; f++) {
            v[f] += (float)(0.01 * umi_random_uniform(&random));
        }
    }
    return um_repetition_new(&config, um_const_view(V), &repetition) == UM_OK ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    um_repetition_free(repetition);
    umi_free(V.data);
    return 0;
}

static um_status learn(size_t iterations, const um_progress *progress, umi_model *model)
{
    umi_model_config config = {.n_bins = N_BINS,
                               .n_channels = 1,
                               .sample_rate = 16000.0,
                               .iterations = iterations,
                               .start = UMI_START_NNDSVD,
                               .seed = 1,
                               .parallel = um_parallel_serial()};
    um_error error;
    return umi_model_learn_lead(&config, um_const_view(V), N_ATOMS, repetition, 1, progress, model,
                                &error);
}

static void what_does_not_repeat_is_the_voice(void **state)
{
    (void)state;
    umi_model model;
    size_t n_of[2] = {0, 0};
    assert_int_equal(learn(100, NULL, &model), UM_OK);
    assert_int_equal(model.n_sources, 2);
    assert_string_equal(model.labels[0], "voice");
    assert_string_equal(model.labels[1], "accompaniment");
    for (size_t k = 0; k < N_ATOMS; k++) {
        double above = 0.0;
        for (size_t f = LEAD_BIN; f < N_BINS; f++) {
            above += (double)um_row(model.W, k)[f];
        }
        assert_true(k == 0 || model.source_of[k] >= model.source_of[k - 1]);
        if (above > 0.8 || above < 0.2) {
            assert_int_equal(model.source_of[k], above < 0.2);
            n_of[model.source_of[k]]++;
        }
    }
    assert_true(n_of[0] >= 3 && n_of[1] >= 4);
    umi_model_free(&model);
}

static bool stop(void *user, double done, double total, double divergence)
{
    (void)done;
    (void)total;
    (void)divergence;
    size_t *left = user;
    return --*left > 0;
}

static void cancelled_anywhere(void **state)
{
    (void)state;
    um_status status = UM_ERR_CANCELLED;
    size_t n = 0;
    while (status == UM_ERR_CANCELLED) {
        size_t left = ++n;
        um_progress progress = {stop, &left};
        umi_model model;
        status = learn(4, &progress, &model);
        assert_true(status == UM_OK || model.W.data == NULL);
        umi_model_free(&model);
    }
    assert_int_equal(status, UM_OK);
    assert_true(n > 3);
}

static um_status learn_once(void *context)
{
    (void)context;
    umi_model model;
    um_status status = learn(1, NULL, &model);
    umi_model_free(&model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(learn_once, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_repeat_is_the_voice),
        cmocka_unit_test(cancelled_anywhere),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("model_lead", tests, make, clean);
}
