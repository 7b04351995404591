/* Models for a recording: atoms in the right source, known ones as they were, all labelled. */
#include "job/model.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Two timbres of three notes each: combs of another spacing under a dark and a bright envelope. */
enum { N_BINS = 129, N_NOTES = 6, N_FRAMES = 240 };

static um_view notes; /* N_NOTES x N_BINS, rows sum to 1; even ones are dark, odd ones bright */

static int make_notes(void **state)
{
    (void)state;
    notes = matrix_new(N_NOTES, N_BINS);
    for (size_t k = 0; k < N_NOTES; k++) {
        size_t spacing = 6 + 2 * (k / 2);
        double centre = k % 2 == 0 ? 15.0 : 90.0;
        double sum = 0.0;
        for (size_t f = spacing; f < N_BINS; f += spacing) {
            double distance = ((double)f - centre) / 20.0;
            um_row(notes, k)[f] = (float)(exp(-distance * distance) + 1e-6);
            sum += (double)um_row(notes, k)[f];
        }
        for (size_t f = 0; f < N_BINS; f++) {
            um_row(notes, k)[f] = (float)((double)um_row(notes, k)[f] / sum);
        }
    }
    return 0;
}

static int free_notes(void **state)
{
    (void)state;
    umi_free(notes.data);
    return 0;
}

/* Notes come and go by chance; the bright ones are twice as loud. With two channels, dark is left
 * and bright is right. */
static um_view play(size_t n_channels)
{
    umi_random random = umi_random_seeded(7);
    um_view V = matrix_new(N_FRAMES, n_channels * N_BINS);
    for (size_t t = 0; t < N_FRAMES; t++) {
        for (size_t k = 0; k < N_NOTES; k++) {
            size_t timbre = k % 2;
            double loudness = (1.0 + (double)timbre) * (0.5 + umi_random_uniform(&random));
            bool sounds = umi_random_uniform(&random) < 0.35;
            float *row = um_row(V, t) + (n_channels > 1 ? timbre * N_BINS : 0);
            for (size_t f = 0; sounds && f < N_BINS; f++) {
                row[f] += (float)(loudness * (double)um_row(notes, k)[f]);
            }
        }
    }
    return V;
}

static umi_model_config config_of(size_t n_channels)
{
    umi_model_config config = {.n_bins = N_BINS,
                               .n_channels = n_channels,
                               .sample_rate = 16000.0,
                               .iterations = 200,
                               .start = UMI_START_RANDOM,
                               .seed = 1,
                               .parallel = um_parallel_serial()};
    return config;
}

static um_cview note(size_t k)
{
    um_cview one = {um_row(notes, k), 1, N_BINS, notes.stride};
    return one;
}

static double sum_of(const float *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i];
    }
    return sum;
}

static double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* The note that an atom is most like. */
static size_t nearest_note(const float *atom)
{
    size_t best = 0;
    for (size_t k = 1; k < N_NOTES; k++) {
        if (cosine(atom, um_row(notes, k), N_BINS) > cosine(atom, um_row(notes, best), N_BINS)) {
            best = k;
        }
    }
    assert_true(cosine(atom, um_row(notes, best), N_BINS) > 0.9);
    return best;
}

static void check_curve(const umi_model *model)
{
    assert_int_equal(model->iterations, 200);
    assert_true(model->n_curve >= 2);
    assert_true(model->curve[model->n_curve - 1] < 0.1 * model->curve[0]);
}

static void blind_finds_the_timbres(void **state)
{
    (void)state;
    for (size_t n_channels = 1; n_channels <= 2; n_channels++) {
        /* A random start may end in a lesser optimum; with one channel this one does not. */
        int last_start = n_channels == 1 ? UMI_START_RANDOM : UMI_START_NNDSVD;
        for (int start = UMI_START_NNDSVD; start <= last_start; start++) {
            umi_model_config config = config_of(n_channels);
            um_view V = play(n_channels);
            umi_model model;
            um_error error;
            bool seen[N_NOTES] = {false};
            config.start = (umi_start)start;
            assert_int_equal(umi_model_learn_blind(&config, um_const_view(V), N_NOTES, 2, false,
                                                   NULL, &model, &error),
                             UM_OK);
            assert_int_equal(model.n_sources, 2);
            assert_string_equal(model.labels[0], "source-1");
            assert_string_equal(model.labels[1], "source-2");
            for (size_t k = 0; k < N_NOTES; k++) {
                size_t which = nearest_note(um_row(model.W, k));
                seen[which] = true;
                /* The bright ones have more energy, so they are the first source. */
                assert_int_equal(model.source_of[k], which % 2 == 1 ? 0 : 1);
                assert_int_equal(model.source_of[k], k / (N_NOTES / 2)); /* and together */
                assert_true(fabs(sum_of(um_row(model.W, k), N_BINS) - 1.0) < 1e-5);
                const float *gains = um_row(model.G, k);
                assert_true(fabs(sum_of(gains, n_channels) - 1.0) < 1e-5);
                assert_true(n_channels == 1 || gains[which % 2] > 0.95F);
            }
            for (size_t k = 0; k < N_NOTES; k++) {
                assert_true(seen[k]);
            }
            check_curve(&model);
            umi_model_free(&model);
            umi_model_free(&model);
            umi_free(V.data);
        }
    }
}

static void blind_with_residual(void **state)
{
    (void)state;
    umi_model_config config = config_of(1);
    um_view V = play(1);
    umi_model model;
    um_error error;
    assert_int_equal(
        umi_model_learn_blind(&config, um_const_view(V), N_NOTES, 2, true, NULL, &model, &error),
        UM_OK);
    assert_int_equal(model.n_sources, 3);
    assert_string_equal(model.labels[1], "source-2");
    assert_string_equal(model.labels[2], umi_residual_label);
    for (size_t k = 0; k < N_NOTES; k++) {
        assert_true(model.source_of[k] < 2);
    }
    umi_model_free(&model);
    umi_free(V.data);
}

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

/* No frame to learn from: atoms that a separator takes, and the sources that were asked for. */
static void silence(void **state)
{
    (void)state;
    const umi_known_source known[] = {{.label = "low", .W = note(0)}};
    umi_model_config config = config_of(2);
    um_cview none = {NULL, 0, 2 * N_BINS, 2 * N_BINS};
    umi_model model;
    um_error error;
    for (int start = UMI_START_NNDSVD; start <= UMI_START_RANDOM; start++) {
        config.start = (umi_start)start;
        assert_int_equal(umi_model_learn_blind(&config, none, 7, 4, false, NULL, &model, &error),
                         UM_OK);
        bool used[4] = {false};
        assert_int_equal(model.n_sources, 4);
        for (size_t k = 0; k < 7; k++) {
            used[model.source_of[k]] = true;
            assert_true(fabs(sum_of(um_row(model.W, k), N_BINS) - 1.0) < 1e-5);
            assert_true(fabs(sum_of(um_row(model.G, k), 2) - 1.0) < 1e-5);
        }
        assert_true(used[0] && used[1] && used[2] && used[3]);
        umi_model_free(&model);
        assert_int_equal(umi_model_learn_known(&config, none, known, 1, 2, NULL, &model, &error),
                         UM_OK);
        assert_int_equal(model.n_sources, 2);
        assert_true(cosine(um_row(model.W, 0), um_row(notes, 0), N_BINS) > 0.999999);
        assert_true(sum_of(um_row(model.W, 2), N_BINS) > 0.99);
        umi_model_free(&model);
    }
}

static void atoms_for_a_dictionary(void **state)
{
    (void)state;
    umi_model_config config = config_of(1);
    um_view V = play(1);
    um_view W = matrix_new(N_NOTES, N_BINS);
    um_error error;
    bool seen[N_NOTES] = {false};
    assert_int_equal(umi_model_learn_atoms(&config, um_const_view(V), NULL, W, NULL, &error),
                     UM_OK);
    for (size_t k = 0; k < N_NOTES; k++) {
        seen[nearest_note(um_row(W, k))] = true;
    }
    for (size_t k = 0; k < N_NOTES; k++) {
        assert_true(seen[k]);
    }
    umi_free(W.data);
    umi_free(V.data);
}

static void the_number_of_sources_is_suggested(void **state)
{
    (void)state;
    umi_model_config config = config_of(1);
    um_view V = play(1);
    umi_model model;
    um_error error;
    for (int residual = 0; residual < 2; residual++) {
        assert_int_equal(
            umi_model_learn_blind(&config, um_const_view(V), 4, 0, residual, NULL, &model, &error),
            UM_OK);
        assert_int_equal(model.n_fits, 3);
        assert_int_equal(model.fits[2].n_sources, 4);
        size_t n_grouped = model.source_of[3] + 1;
        assert_true(n_grouped >= 2 && n_grouped <= 4);
        assert_int_equal(model.n_sources, n_grouped + (size_t)residual);
        assert_string_equal(model.labels[model.n_sources - 1], residual         ? umi_residual_label
                                                               : n_grouped == 2 ? "source-2"
                                                               : n_grouped == 3 ? "source-3"
                                                                                : "source-4");
        umi_model_free(&model);
    }
    umi_free(V.data);
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
        umi_model_learn_blind(&config, um_const_view(V), 3, 4, false, NULL, &model, &error),
        UM_ERR_ARGUMENT);
    assert_string_equal(error.message, "4 sources from 3 atoms cannot be");
    assert_int_equal(
        umi_model_learn_blind(&config, um_const_view(V), 1, 0, false, NULL, &model, &error),
        UM_ERR_ARGUMENT);
    assert_int_equal(
        umi_model_learn_blind(&config, um_const_view(V), 5000, 2, false, NULL, &model, &error),
        UM_ERR_ARGUMENT);
    assert_int_equal(
        umi_model_learn_known(&config, um_const_view(V), known, 1, 0, NULL, &model, &error),
        UM_ERR_CONFIG);
    assert_non_null(strstr(error.message, "odd"));
    assert_true(model.W.data == NULL && model.labels == NULL && model.n_sources == 0);
    umi_free(V.data);
}

static bool stop(void *user, double done, double total, double divergence)
{
    size_t *calls_left = user;
    assert_true(done <= total && !(divergence < 0.0));
    return --*calls_left > 0;
}

static void cancel(void **state)
{
    (void)state;
    const umi_known_source known[] = {{.label = "low", .W = note(0)}};
    umi_model_config config = config_of(1);
    um_view V = play(1);
    um_view W = matrix_new(2, N_BINS);
    umi_model model;
    um_error error;
    for (size_t n = 1; n < 4; n++) {
        size_t calls_left = n;
        um_progress progress = {stop, &calls_left};
        assert_int_equal(umi_model_learn_blind(&config, um_const_view(V), 4, 2, false, &progress,
                                               &model, &error),
                         UM_ERR_CANCELLED);
        assert_true(calls_left == 0 && model.W.data == NULL);
        calls_left = n;
        assert_int_equal(umi_model_learn_known(&config, um_const_view(V), known, 1, 2, &progress,
                                               &model, &error),
                         UM_ERR_CANCELLED);
        assert_true(calls_left == 0 && model.W.data == NULL);
        calls_left = n;
        assert_int_equal(
            umi_model_learn_atoms(&config, um_const_view(V), &progress, W, NULL, &error),
            UM_ERR_CANCELLED);
        assert_true(calls_left == 0);
    }
    umi_free(W.data);
    umi_free(V.data);
}

typedef um_status (*learn)(const umi_model_config *config, um_cview V, umi_model *model);

static um_status learn_blind(const umi_model_config *config, um_cview V, umi_model *model)
{
    um_error error;
    return umi_model_learn_blind(config, V, 3, 2, true, NULL, model, &error);
}

static um_status learn_known(const umi_model_config *config, um_cview V, umi_model *model)
{
    const umi_known_source known[] = {{.label = "low", .W = note(0)},
                                      {.label = "high", .W = note(2)}};
    um_error error;
    return umi_model_learn_known(config, V, known, 2, 1, NULL, model, &error);
}

static um_status learn_and_free(void *function)
{
    umi_model_config config = config_of(1);
    float values[4 * N_BINS];
    umi_model model;
    for (size_t i = 0; i < 4 * N_BINS; i++) {
        values[i] = (float)(i % 7);
    }
    config.iterations = 2;
    config.start = UMI_START_NNDSVD;
    um_status status = (*(learn *)function)(&config, um_cview_of(values, 4, N_BINS), &model);
    assert_true((status == UM_OK) == (model.W.data != NULL));
    umi_model_free(&model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    learn blind = learn_blind, known = learn_known;
    assert_true(counting_allocator_sweep(learn_and_free, &blind) > 10);
    assert_true(counting_allocator_sweep(learn_and_free, &known) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blind_finds_the_timbres),
        cmocka_unit_test(blind_with_residual),
        cmocka_unit_test(known_atoms_stay),
        cmocka_unit_test(known_atoms_find_their_place),
        cmocka_unit_test(silence),
        cmocka_unit_test(atoms_for_a_dictionary),
        cmocka_unit_test(the_number_of_sources_is_suggested),
        cmocka_unit_test(refuses),
        cmocka_unit_test(cancel),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("model", tests, make_notes, free_notes);
}
