/* Models of atoms that are known: as they were or as they adapted, and what is learned beside. */
#include "job/model_known.h"

#include "counting_allocator.h"
#include "model_notes.h"

#include <string.h>

/* Notes 0, 2 and 4 under two labels; what is left, the bright notes, goes to the free atoms. */
static void known_atoms_stay(void **state)
{
    (void)state;
    const umi_known_source known[] = {{.label = "low", .W = note(0)},
                                      {.label = "high", .W = note(2)},
                                      {.label = "low", .W = note(4)}};
    umi_model_config config = config_of(1);
    um_view V = play(1);
    umi_model model;
    um_error error;
    config.start = UMI_START_NNDSVD; /* the free atoms start random all the same */
    assert_int_equal(umi_model_learn_known(&config, um_const_view(V), known, 3, N_NOTES / 2, NULL,
                                           &model, &error),
                     UM_OK);
    assert_int_equal(model.n_sources, 3);
    assert_string_equal(model.labels[0], "low");
    assert_string_equal(model.labels[1], "high");
    assert_string_equal(model.labels[2], "residual");
    static const size_t sources[N_NOTES] = {0, 0, 1, 2, 2, 2};
    static const size_t places[3] = {0, 4, 2}; /* those of "low" together */
    assert_memory_equal(model.source_of, sources, sizeof sources);
    for (size_t k = 0; k < 3; k++) {
        for (size_t f = 0; f < N_BINS; f++) {
            assert_true(fabsf(um_row(model.W, k)[f] - um_row(notes, places[k])[f]) < 1e-6F);
        }
        assert_int_equal(nearest_note(um_row(model.W, 3 + k)) % 2, 1);
    }
    check_curve(&model);
    umi_model random;
    config.start = UMI_START_RANDOM;
    assert_int_equal(umi_model_learn_known(&config, um_const_view(V), known, 3, N_NOTES / 2, NULL,
                                           &random, &error),
                     UM_OK);
    assert_true(same_bits(um_const_view(model.W), um_const_view(random.W)));
    umi_model_free(&random);
    umi_model_free(&model);
    umi_free(V.data);
}

/* Only gains are learned: dark left, bright right. */
static void known_atoms_find_their_place(void **state)
{
    (void)state;
    umi_known_source known[N_NOTES];
    for (size_t k = 0; k < N_NOTES; k++) {
        known[k] = (umi_known_source){.label = k % 2 == 0 ? "dark" : "bright", .W = note(k)};
    }
    umi_model_config config = config_of(2);
    um_view V = play(2);
    umi_model model;
    um_error error;
    assert_int_equal(
        umi_model_learn_known(&config, um_const_view(V), known, N_NOTES, 0, NULL, &model, &error),
        UM_OK);
    assert_int_equal(model.n_sources, 2);
    for (size_t k = 0; k < N_NOTES; k++) {
        size_t source = k / (N_NOTES / 2);
        assert_int_equal(model.source_of[k], source);
        assert_int_equal(nearest_note(um_row(model.W, k)), k % (N_NOTES / 2) * 2 + source);
        assert_true(um_row(model.G, k)[source] > 0.95F);
    }
    umi_model_free(&model);
    umi_free(V.data);
}

/* Beside a source whose atoms stay, one whose atoms only begin as they are known. */
static void some_atoms_adapt(void **state)
{
    (void)state;
    um_view start = matrix_new(1, N_BINS); /* between two notes */
    for (size_t f = 0; f < N_BINS; f++) {
        um_row(start, 0)[f] = 0.7F * um_row(notes, 1)[f] + 0.3F * um_row(notes, 3)[f];
    }
    umi_known_source known[N_NOTES];
    for (size_t k = 0; k < N_NOTES; k++) {
        known[k] = (umi_known_source){.label = "stays", .W = note(k)};
    }
    known[1] = (umi_known_source){.label = "adapts", .W = um_const_view(start), .adapts = true};
    umi_model_config config = config_of(1);
    um_view V = play(1);
    umi_model model;
    um_error error;
    assert_false(umi_model_is_known(&config, known, N_NOTES));
    assert_int_equal(
        umi_model_learn_known(&config, um_const_view(V), known, N_NOTES, 0, NULL, &model, &error),
        UM_OK);
    assert_int_equal(model.n_sources, 2);
    assert_string_equal(model.labels[1], "adapts");
    static const size_t places[N_NOTES] = {0, 2, 3, 4, 5, 1};
    for (size_t k = 0; k < N_NOTES - 1; k++) {
        for (size_t f = 0; f < N_BINS; f++) {
            assert_true(fabsf(um_row(model.W, k)[f] - um_row(notes, places[k])[f]) < 1e-6F);
        }
    }
    const float *adapted = um_row(model.W, N_NOTES - 1);
    assert_true(row_cosine(um_row(start, 0), um_row(notes, 1), N_BINS) < 0.95);
    assert_true(row_cosine(adapted, um_row(notes, 1), N_BINS) > 0.99);
    umi_model_free(&model);
    umi_free(V.data);
    umi_free(start.data);
}

static void silence(void **state)
{
    (void)state;
    const umi_known_source known[] = {{.label = "low", .W = note(0)}};
    umi_model_config config = config_of(2);
    um_cview none = {NULL, 0, 2 * N_BINS, 2 * N_BINS};
    umi_model model;
    um_error error;
    assert_int_equal(umi_model_learn_known(&config, none, known, 1, 2, NULL, &model, &error),
                     UM_OK);
    assert_int_equal(model.n_sources, 2);
    assert_true(row_cosine(um_row(model.W, 0), um_row(notes, 0), N_BINS) > 0.999999);
    assert_true(sum_of(um_row(model.W, 2), N_BINS) > 0.99);
    umi_model_free(&model);
}

static void refuses(void **state)
{
    (void)state;
    umi_model_config config = config_of(1);
    um_view V = play(1);
    um_cview wrong_bins = {um_row(notes, 0), 1, N_BINS - 1, notes.stride};
    const umi_known_source known[] = {{.label = "odd", .W = wrong_bins}};
    umi_model model;
    um_error error;
    assert_int_equal(
        umi_model_learn_known(&config, um_const_view(V), known, 1, 0, NULL, &model, &error),
        UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "odd"));
    assert_true(model.W.data == NULL && model.labels == NULL && model.n_sources == 0);
    umi_free(V.data);
}

static void cancel(void **state)
{
    (void)state;
    const umi_known_source known[] = {{.label = "low", .W = note(0)}};
    umi_model_config config = config_of(1);
    um_view V = play(1);
    umi_model model;
    um_error error;
    for (size_t n = 1; n < 4; n++) {
        size_t calls_left = n;
        um_progress progress = {stop_after, &calls_left};
        assert_int_equal(umi_model_learn_known(&config, um_const_view(V), known, 1, 2, &progress,
                                               &model, &error),
                         UM_ERR_CANCELLED);
        assert_true(calls_left == 0 && model.W.data == NULL);
    }
    umi_free(V.data);
}

static um_status learn_and_free(void *nothing)
{
    (void)nothing;
    const umi_known_source known[] = {{.label = "low", .W = note(0)},
                                      {.label = "high", .W = note(2)}};
    umi_model_config config = config_of(1);
    float values[4 * N_BINS];
    umi_model model;
    um_error error;
    fill_few_frames(values);
    config.iterations = 2;
    um_status status = umi_model_learn_known(&config, um_cview_of(values, 4, N_BINS), known, 2, 1,
                                             NULL, &model, &error);
    assert_true((status == UM_OK) == (model.W.data != NULL));
    umi_model_free(&model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(learn_and_free, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_atoms_stay),
        cmocka_unit_test(known_atoms_find_their_place),
        cmocka_unit_test(some_atoms_adapt),
        cmocka_unit_test(silence),
        cmocka_unit_test(refuses),
        cmocka_unit_test(cancel),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("model_known", tests, make_notes, free_notes);
}
