/* A lead that never comes again, over two notes that do. */
#include "job/model_lead.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The accompaniment's notes are dark, those of the lead bright; each of the lead's sounds once. */
enum { N_BINS = 65, N_DARK = 2, N_BRIGHT = 6, N_NOTES = N_DARK + N_BRIGHT, N_FRAMES = 240 };

static const um_repetition_config repeats = {9, 2};

static um_view notes_new(void)
{
    um_view notes = matrix_new(N_NOTES, N_BINS);
    for (size_t k = 0; k < N_NOTES; k++) {
        size_t first = k < N_DARK ? 3 + 2 * k : 30 + 5 * (k - N_DARK);
        for (size_t i = 0; i < 4; i++) {
            um_row(notes, k)[first + i * (k < N_DARK ? 5 : 1)] = 0.25F;
        }
    }
    return notes;
}

static um_view play(um_cview notes)
{
    um_view V = matrix_new(N_FRAMES, N_BINS);
    for (size_t t = 0; t < N_FRAMES; t++) {
        size_t bright = N_DARK + t / (N_FRAMES / N_BRIGHT);
        bool sings = t % (N_FRAMES / N_BRIGHT) < 12;
        for (size_t f = 0; f < N_BINS; f++) {
            um_row(V, t)[f] = um_crow(notes, t / 5 % N_DARK)[f] + 1e-4F +
                              (sings ? 0.8F * um_crow(notes, bright)[f] : 0.0F);
        }
    }
    return V;
}

static umi_model_config config(void)
{
    return (umi_model_config){.n_bins = N_BINS,
                              .n_channels = 1,
                              .sample_rate = 16000.0,
                              .iterations = 200,
                              .start = UMI_START_RANDOM,
                              .seed = 1,
                              .parallel = um_parallel_serial()};
}

/* Of the atoms of a source, what is among the lead's bins. */
static double bright_share(const umi_model *model, size_t source)
{
    double bright = 0.0, sum = 0.0;
    for (size_t k = 0; k < model->W.rows; k++) {
        for (size_t f = 0; model->source_of[k] == source && f < N_BINS; f++) {
            sum += (double)um_row(model->W, k)[f];
            bright += f >= 30 ? (double)um_row(model->W, k)[f] : 0.0;
        }
    }
    return bright / sum;
}

static um_repetition *repetition_of(um_cview V)
{
    um_repetition *repetition;
    assert_int_equal(um_repetition_new(&repeats, V, &repetition), UM_OK);
    return repetition;
}

static void the_lead_is_first(void **state)
{
    (void)state;
    um_view notes = notes_new(), V = play(um_const_view(notes));
    um_repetition *repetition = repetition_of(um_const_view(V));
    umi_model_config c = config();
    umi_model model;
    assert_int_equal(
        umi_model_learn_lead(&c, um_const_view(V), N_NOTES, repetition, 0, NULL, &model, NULL),
        UM_OK);
    assert_string_equal(model.labels[0], umi_lead_label);
    assert_string_equal(model.labels[1], umi_accompaniment_label);
    assert_true(bright_share(&model, 0) > 0.95);
    assert_true(bright_share(&model, 1) < 0.05);
    umi_model_free(&model);
    um_repetition_free(repetition);
    umi_free(V.data);
    umi_free(notes.data);
}

/* Known by the notes first .. first + n - 1: the lead's, or by mistake those that repeat. */
static bool known_by(size_t first, size_t n)
{
    um_view notes = notes_new(), V = play(um_const_view(notes));
    um_repetition *repetition = repetition_of(um_const_view(V));
    umi_known_source known = {.label = "voice",
                              .W = {um_row(notes, first), n, N_BINS, notes.stride}};
    umi_model_config c = config();
    umi_model model;
    bool repeats_less = n == N_DARK; /* not what is expected */
    assert_int_equal(umi_model_learn_known_lead(&c, um_const_view(V), &known, 1, N_NOTES - n,
                                                repetition, 0, NULL, &model, &repeats_less, NULL),
                     UM_OK);
    assert_int_equal(model.n_sources, 2);
    assert_string_equal(model.labels[0], "voice");
    assert_string_equal(model.labels[1], umi_accompaniment_label);
    for (size_t k = 0; k < N_NOTES; k++) {
        assert_int_equal(model.source_of[k], k >= n);
    }
    assert_memory_equal(um_row(model.W, 0), um_row(notes, first), N_BINS * sizeof(float));
    umi_model_free(&model);
    um_repetition_free(repetition);
    umi_free(V.data);
    umi_free(notes.data);
    return repeats_less;
}

static void tells_whether_the_lead_repeats_less(void **state)
{
    (void)state;
    assert_true(known_by(N_DARK, N_BRIGHT));
    assert_false(known_by(0, N_DARK));
}

/* The clip had half of the lead's notes: free atoms that learn the others are the lead's too. */
static void free_atoms_of_the_lead_go_to_it(void **state)
{
    (void)state;
    enum { N_KNOWN = N_BRIGHT / 2 };
    um_view notes = notes_new(), V = play(um_const_view(notes));
    um_repetition *repetition = repetition_of(um_const_view(V));
    umi_known_source known = {.label = "voice",
                              .W = {um_row(notes, N_DARK), N_KNOWN, N_BINS, notes.stride}};
    umi_model_config c = config();
    umi_model model;
    bool repeats_less = false;
    assert_int_equal(umi_model_learn_known_lead(&c, um_const_view(V), &known, 1, N_NOTES - N_KNOWN,
                                                repetition, 0, NULL, &model, &repeats_less, NULL),
                     UM_OK);
    assert_true(repeats_less);
    assert_int_equal(model.source_of[N_KNOWN], 0);
    assert_int_equal(model.source_of[N_NOTES - 1], 1);
    assert_true(bright_share(&model, 0) > 0.95);
    assert_true(bright_share(&model, 1) < 0.05);
    umi_model_free(&model);
    um_repetition_free(repetition);
    umi_free(V.data);
    umi_free(notes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_lead_is_first),
                                       cmocka_unit_test(tells_whether_the_lead_repeats_less),
                                       cmocka_unit_test(free_atoms_of_the_lead_go_to_it)};
    return cmocka_run_group_tests_name("model_lead", tests, NULL, NULL);
}
