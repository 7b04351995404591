/* Models for a recording: atoms in the right source, all labelled. */
#include "job/model.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "model_notes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

/* No frame to learn from: atoms that a separator takes, and the sources that were asked for. */
static void silence(void **state)
{
    (void)state;
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
    assert_true(model.W.data == NULL && model.labels == NULL && model.n_sources == 0);
    umi_free(V.data);
}

static void cancel(void **state)
{
    (void)state;
    umi_model_config config = config_of(1);
    um_view V = play(1);
    um_view W = matrix_new(2, N_BINS);
    umi_model model;
    um_error error;
    for (size_t n = 1; n < 4; n++) {
        size_t calls_left = n;
        um_progress progress = {stop_after, &calls_left};
        assert_int_equal(umi_model_learn_blind(&config, um_const_view(V), 4, 2, false, &progress,
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

static um_status learn_and_free(void *nothing)
{
    (void)nothing;
    umi_model_config config = config_of(1);
    float values[4 * N_BINS];
    umi_model model;
    um_error error;
    fill_few_frames(values);
    config.iterations = 2;
    config.start = UMI_START_NNDSVD;
    um_status status = umi_model_learn_blind(&config, um_cview_of(values, 4, N_BINS), 3, 2, true,
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
        cmocka_unit_test(blind_finds_the_timbres),
        cmocka_unit_test(blind_with_residual),
        cmocka_unit_test(silence),
        cmocka_unit_test(atoms_for_a_dictionary),
        cmocka_unit_test(the_number_of_sources_is_suggested),
        cmocka_unit_test(refuses),
        cmocka_unit_test(cancel),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("model", tests, make_notes, free_notes);
}
