/* The atoms of a run as a dictionary: all of the model, in its order. */
#define _DEFAULT_SOURCE
#include "job/kept_atoms.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "io/output_set.h"
#include "matrices.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

enum { K = 5, N_BINS = 33, C = 2 };

static size_t source_of[K] = {0, 0, 1, 1, 1};
static char labels[3][UM_LABEL_MAX + 1] = {"drums", "fl\xC3\xB6te", "residual"};
static um_error error;

static void normalise(um_view rows)
{
    for (size_t r = 0; r < rows.rows; r++) {
        double sum = 0.0;
        for (size_t i = 0; i < rows.cols; i++) {
            sum += (double)um_row(rows, r)[i];
        }
        for (size_t i = 0; i < rows.cols; i++) {
            um_row(rows, r)[i] = (float)((double)um_row(rows, r)[i] / sum);
        }
    }
}

static umi_model make_model(void)
{
    umi_random random = umi_random_seeded(8);
    umi_model model = {.W = matrix_random(K, N_BINS, 0.3, &random),
                       .G = matrix_random(K, C, 0.0, &random),
                       .source_of = source_of,
                       .n_sources = 3,
                       .labels = labels};
    normalise(model.W);
    normalise(model.G);
    return model;
}

static um_status keep(const umi_model *model, const char *recording, const char *folder)
{
    umi_output_set *set = NULL;
    um_stft_config stft = um_stft_config_default();
    stft.window.window = UM_WINDOW_KBD;
    stft.window.length = 64;
    stft.window.hop = 16;
    stft.window.kbd_alpha = 4.1;
    umi_kept_atoms_origin origin = {&stft, 22050.5, 77, 1, recording};
    um_status status = umi_output_set_begin(folder, true, &set, &error);
    if (status == UM_OK) {
        status = umi_kept_atoms_write(model, &origin, set, &error);
    }
    if (status == UM_OK) {
        status = umi_output_set_commit(set, NULL, 0, &error);
    }
    umi_output_set_free(set);
    return status;
}

static um_dictionary *load(const char *folder)
{
    char path[PATH_MAX + 80];
    um_dictionary *dictionary;
    snprintf(path, sizeof path, "%s/%s", folder, umi_kept_atoms_name);
    assert_int_equal(um_dictionary_load(path, &dictionary, &error), UM_OK);
    return dictionary;
}

static void hold_all_of_the_model(void **state)
{
    (void)state;
    umi_model model = make_model();
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", scratch_path(&files, "all"));
    assert_int_equal(keep(&model, "songs/a.wav", folder), UM_OK);
    um_dictionary *d = load(folder);
    assert_true(same_bits(um_const_view(d->W), um_const_view(model.W)));
    assert_true(same_bits(um_const_view(d->gains), um_const_view(model.G)));
    assert_null(d->covariances.data);
    for (size_t k = 0; k < K; k++) {
        assert_string_equal(d->labels[k], labels[source_of[k]]);
    }
    assert_true(d->sample_rate == 22050.5 && d->seed == 77 && d->exponent == 1.0);
    assert_true(d->stft.window.window == UM_WINDOW_KBD && d->stft.window.length == 64 &&
                d->stft.window.hop == 16 && d->stft.window.kbd_alpha == 4.1);
    assert_string_equal(d->trained_from, "a.wav");
    um_dictionary_free(d);
    assert_int_equal(keep(&model, "-", folder), UM_OK);
    d = load(folder);
    assert_string_equal(d->trained_from, "standard input");
    um_dictionary_free(d);
    umi_free(model.W.data);
    umi_free(model.G.data);
}

static um_status keep_some(void *context)
{
    return keep(context, "a.wav", files.path);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    umi_model model = make_model();
    (void)scratch_path(&files, "short");
    assert_true(counting_allocator_sweep(keep_some, &model) > 5);
    umi_free(model.W.data);
    umi_free(model.G.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hold_all_of_the_model),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("kept_atoms", tests, scratch_set_up, scratch_tear_down);
}
