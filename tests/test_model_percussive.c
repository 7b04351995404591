/* What is struck against what sounds on: known strokes, one that is not, and a tone. */
#include "job/model_percussive.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Strokes fill the lower or the upper half; the tone is one bin, at all times. */
enum { N_BINS = 64, N_FRAMES = 200, TONE = 20, HALF = N_BINS / 2 };

static const umi_percussive_config how = {7, 9, 9};

static umi_model_config config(size_t n_channels)
{
    return (umi_model_config){.n_bins = N_BINS,
                              .n_channels = n_channels,
                              .sample_rate = 16000.0,
                              .iterations = 60,
                              .seed = 1,
                              .parallel = um_parallel_serial()};
}

static um_view play(void)
{
    um_view V = matrix_new(N_FRAMES, N_BINS);
    for (size_t t = 0; t < N_FRAMES; t++) {
        for (size_t f = 0; f < N_BINS; f++) {
            bool struck = f < HALF ? t % 12 == 0 : t % 17 == 5;
            um_row(V, t)[f] = (struck ? 1.0F : 1e-4F) + (f == TONE ? 3.0F : 0.0F);
        }
    }
    return V;
}

/* Of the atoms of a source, what is in bins first .. end - 1. */
static double share_of(const umi_model *model, size_t source, size_t first, size_t end)
{
    double in = 0.0, sum = 0.0;
    for (size_t k = 0; k < model->W.rows; k++) {
        for (size_t f = 0; model->source_of[k] == source && f < N_BINS; f++) {
            sum += (double)um_row(model->W, k)[f];
            in += f >= first && f < end ? (double)um_row(model->W, k)[f] : 0.0;
        }
    }
    return in / sum;
}

static void a_free_atom_goes_where_most_of_it_is(void **state)
{
    (void)state;
    um_view V = play(), W = matrix_new(1, N_BINS);
    umi_model_config c = config(1);
    umi_model model;
    for (size_t f = 0; f < HALF; f++) {
        W.data[f] = 1.0F / HALF;
    }
    assert_int_equal(umi_model_learn_percussive(&c, &how, um_const_view(V), um_const_view(W), 2,
                                                NULL, &model, NULL),
                     UM_OK);
    assert_string_equal(model.labels[0], "percussive");
    assert_string_equal(model.labels[1], "harmonic");
    const size_t source_of[] = {0, 0, 1}; /* known, upper stroke, tone */
    assert_memory_equal(model.source_of, source_of, sizeof source_of);
    assert_memory_equal(um_row(model.W, 0), W.data, N_BINS * sizeof(float));
    assert_true(share_of(&model, 0, HALF, N_BINS) > 0.4);
    assert_true(share_of(&model, 1, TONE, TONE + 1) > 0.9);
    assert_int_equal(model.iterations, c.iterations);
    assert_int_equal(model.n_curve, 1 + c.iterations / 5); /* the start, and every fifth */
    for (size_t i = 1; i < model.n_curve; i++) {
        assert_true(model.curve[i] < model.curve[0]);
    }
    umi_model_free(&model);
    umi_free(V.data);
    umi_free(W.data);
}

static void frames_and_bins_for_a_transform(void **state)
{
    (void)state;
    umi_percussive_config c = umi_percussive_config_for(1024.0 / 44100.0, 44100.0 / 4096.0);
    assert_int_equal(c.onset_frames, 7);
    assert_int_equal(c.median_frames, 31);
    assert_int_equal(c.median_bins, 25);
    c = umi_percussive_config_for(1e-4, 0.1); /* as far as a separator goes */
    assert_int_equal(c.onset_frames, 65);
    assert_int_equal(c.median_frames, 127);
    assert_int_equal(c.median_bins, 127);
}

static void medians_alone_have_atoms_without_a_say(void **state)
{
    (void)state;
    umi_model_config c = config(2);
    umi_model model;
    assert_int_equal(umi_model_of_medians(&c, &model, NULL), UM_OK);
    assert_int_equal(model.n_sources, 2);
    assert_string_equal(model.labels[0], "percussive");
    assert_string_equal(model.labels[1], "harmonic");
    assert_true(model.W.rows == 2 && model.W.cols == N_BINS && model.G.cols == 2);
    for (size_t s = 0; s < 2; s++) {
        assert_int_equal(model.source_of[s], s);
        for (size_t i = 0; i < N_BINS; i++) {
            assert_true(um_row(model.W, s)[i] == 1.0F / N_BINS);
        }
        assert_true(um_row(model.G, s)[0] == 1.0F && um_row(model.G, s)[1] == 1.0F);
    }
    umi_model_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_free_atom_goes_where_most_of_it_is),
                                       cmocka_unit_test(frames_and_bins_for_a_transform),
                                       cmocka_unit_test(medians_alone_have_atoms_without_a_say)};
    return cmocka_run_group_tests_name("model_percussive", tests, NULL, NULL);
}
