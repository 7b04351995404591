/* What is struck and what sounds on: which atoms go where. */
#include "job/model_percussive.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_BINS = 65, N_FRAMES = 120, N_FREE = 6 };

static const umi_percussive_config how = {9, 9, 9};
static um_view V, W; /* two known strokes, of the lowest 33 bins and of the lowest 16 */

/* Strokes every 12 frames, of the lower half and the upper, which is not known, by turns, over two
 * tones that take turns every 40. */
static int make(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    V = matrix_new(N_FRAMES, N_BINS);
    W = matrix_new(2, N_BINS);
    for (size_t f = 0; f < N_BINS; f++) {
        um_row(W, 0)[f] = f < 33 ? 1.0F / 33 : 0.0F;
        um_row(W, 1)[f] = f < 16 ? 1.0F / 16 : 0.0F;
    }
    for (size_t t = 0; t < N_FRAMES; t++) {
        float *v = um_row(V, t);
        for (size_t f = 0; f < N_BINS; f++) {
            double fall = exp(-(double)(t % 12) / 1.5) * (0.5 + umi_random_uniform(&random));
            bool upper = t / 12 % 2 == 1;
            v[f] = (float)(1e-3 + (upper == (f > N_BINS / 2) ? fall : 0.0));
        }
        v[t / 40 % 2 == 0 ? 11 : 47] += 3.0F;
    }
    return 0;
}

static int clean(void **state)
{
    (void)state;
    umi_free(V.data);
    umi_free(W.data);
    return 0;
}

static umi_model_config config_of(void)
{
    umi_model_config config = {.n_bins = N_BINS,
                               .n_channels = 1,
                               .sample_rate = 16000.0,
                               .iterations = 60,
                               .start = UMI_START_RANDOM,
                               .seed = 1,
                               .parallel = um_parallel_serial()};
    return config;
}

static um_status learn(um_cview sound, const um_progress *progress, umi_model *model)
{
    umi_model_config config = config_of();
    um_error error;
    return umi_model_learn_percussive(&config, &how, sound, um_const_view(W), N_FREE, progress,
                                      model, &error);
}

static void tones_are_harmonic_and_strokes_are_not(void **state)
{
    (void)state;
    umi_model model;
    assert_int_equal(learn(um_const_view(V), NULL, &model), UM_OK);
    assert_int_equal(model.n_sources, 2);
    assert_string_equal(model.labels[0], "percussive");
    assert_string_equal(model.labels[1], "harmonic");
    assert_int_equal(model.W.rows, 2 + N_FREE);
    bool found[2] = {false, false}, found_stroke = false;
    for (size_t k = 0, n_known = 0; k < model.W.rows; k++) {
        const float *w = um_row(model.W, k);
        bool known = false;
        for (size_t i = 0; i < 2; i++) { /* the known ones are percussive and as they were */
            bool same = true;
            for (size_t f = 0; f < N_BINS; f++) {
                same &= fabs((double)w[f] - (double)um_row(W, i)[f]) < 1e-6;
            }
            known |= same;
        }
        n_known += known;
        assert_true(!known || model.source_of[k] == 0);
        assert_true(k == 0 || model.source_of[k] >= model.source_of[k - 1]);
        double upper = -(double)w[47];
        for (size_t f = 33; f < N_BINS; f++) {
            upper += (double)w[f];
        }
        if (upper > 0.8) { /* learned here, and struck */
            found_stroke = true;
            assert_int_equal(model.source_of[k], 0);
        }
        for (size_t tone = 0; tone < 2; tone++) {
            if (w[tone == 0 ? 11 : 47] > 0.5F) {
                found[tone] = true;
                assert_int_equal(model.source_of[k], 1);
            }
        }
        assert_true(k + 1 < model.W.rows || n_known == 2);
    }
    assert_true(found[0] && found[1] && found_stroke);
    umi_model_free(&model);
}

/* Every source needs an atom, of silence and of nothing at all too. */
static void both_sources_always_have_atoms(void **state)
{
    (void)state;
    um_view silence = matrix_new(N_FRAMES, N_BINS);
    for (size_t rows = 0; rows <= N_FRAMES; rows += N_FRAMES) {
        umi_model model;
        silence.rows = rows;
        assert_int_equal(learn(um_const_view(silence), NULL, &model), UM_OK);
        assert_int_equal(model.source_of[0], 0);
        assert_int_equal(model.source_of[model.W.rows - 1], 1);
        umi_model_free(&model);
    }
    umi_free(silence.data);
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
        status = learn(um_const_view(V), &progress, &model);
        assert_true(status == UM_OK || model.W.data == NULL);
        umi_model_free(&model);
    }
    assert_int_equal(status, UM_OK);
    assert_true(n > 10);
}

static um_status learn_once(void *context)
{
    (void)context;
    umi_model model;
    um_status status = learn((um_cview){V.data, 10, N_BINS, V.stride}, NULL, &model);
    umi_model_free(&model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(learn_once, NULL) > 10);
}

/* Lengths in frames and bins, which are odd, for times and frequencies that are the same. */
static void sizes_follow_the_transform(void **state)
{
    (void)state;
    umi_percussive_config a = umi_percussive_config_for(512.0 / 44100, 44100.0 / 4096);
    umi_percussive_config b = umi_percussive_config_for(256.0 / 44100, 44100.0 / 2048);
    assert_int_equal(a.onset_frames, 13);
    assert_int_equal(a.median_frames, 31);
    assert_int_equal(a.median_bins, 25);
    assert_int_equal(b.onset_frames, 25);
    assert_int_equal(b.median_frames, 61);
    assert_int_equal(b.median_bins, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tones_are_harmonic_and_strokes_are_not),
        cmocka_unit_test(both_sources_always_have_atoms),
        cmocka_unit_test(cancelled_anywhere),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(sizes_follow_the_transform),
    };
    return cmocka_run_group_tests_name("model_percussive", tests, make, clean);
}
