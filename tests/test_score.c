/* The rules of scoring: which stems belong together, what is refused, what is said. The figures
 * themselves are checked against an independent computation by checks/check_score.py. */
#define _DEFAULT_SOURCE
#include "job/score.h"

#include "core/random.h"
#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_FRAMES = 4000 };

static scratch made;
static char references[PATH_MAX], estimates[PATH_MAX];

static int make_folders(void **state)
{
    (void)state;
    scratch_make(&made);
    snprintf(references, sizeof references, "%s/true", made.directory);
    snprintf(estimates, sizeof estimates, "%s/judged", made.directory);
    return mkdir(references, 0700) != 0 || mkdir(estimates, 0700) != 0;
}

static int remove_folders(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

/* Noise of its own for every seed times a gain; seed 0 is silence. */
static void put(const char *folder, const char *name, uint64_t seed, double gain, size_t n_frames)
{
    float sound[N_FRAMES] = {0};
    char path[2 * PATH_MAX];
    umi_random random = umi_random_seeded(seed);
    for (size_t i = 0; i < n_frames && seed != 0; i++) {
        sound[i] = (float)(gain * umi_random_normal(&random));
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    sound_file_write(path, sound, n_frames, 1, 8000);
}

static um_status run(bool permute, umi_score **score, um_error *error)
{
    umi_score_config config = {references, estimates, permute};
    return umi_score_run(&config, NULL, score, error);
}

static bool has_note(const umi_score *score, const char *words)
{
    for (size_t i = 0; i < score->n_notes; i++) {
        if (strstr(score->notes[i], words) != NULL) {
            return true;
        }
    }
    return false;
}

static void pairs_by_name(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    put(references, "bass.wav", 1, 0.1, N_FRAMES);
    put(references, "drums.wav", 2, 0.1, N_FRAMES);
    put(references, "mix.wav", 3, 0.1, 10); /* no stem: its length does not matter */
    put(estimates, "bass.wav", 1, 0.05, N_FRAMES);
    put(estimates, "drums.wav", 2, 0.2, N_FRAMES);
    put(estimates, "residual.wav", 4, 0.1, 10);
    assert_int_equal(run(false, &score, &error), UM_OK);
    assert_int_equal(score->n_stems, 2);
    assert_int_equal(score->n_scored, 2);
    assert_string_equal(score->stems[0].name, "bass");
    assert_string_equal(score->stems[1].name, "drums");
    /* Half of it is left, and as much as it is too much. */
    assert_true(fabs(score->stems[0].figures[UMI_FIGURE_SDR] - 20 * log10(2)) < 1e-3);
    assert_true(fabs(score->stems[1].figures[UMI_FIGURE_SDR]) < 1e-3);
    assert_true(fabs(score->mean[UMI_FIGURE_SDR] - 10 * log10(2)) < 1e-3);
    assert_true(score->stems[0].figures[UMI_FIGURE_SDR_V3] > 80);
    assert_true(score->stems[0].figures[UMI_FIGURE_SI_SDR] > 80);
    assert_int_equal(score->n_notes, 1);
    assert_true(has_note(score, "residual.wav"));
    umi_score_free(score);
}

static void a_stem_without_estimate_is_an_error(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    put(references, "bass.wav", 1, 0.1, N_FRAMES);
    put(references, "drums.wav", 2, 0.1, N_FRAMES);
    put(estimates, "bass.wav", 1, 0.1, N_FRAMES);
    assert_int_equal(run(false, &score, &error), UM_ERR_DATA);
    assert_null(score);
    assert_non_null(strstr(error.message, "drums.wav"));
}

static void pairs_by_sound(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    put(references, "a.wav", 1, 0.1, N_FRAMES);
    put(references, "b.wav", 2, 0.1, N_FRAMES);
    put(estimates, "1.wav", 3, 0.1, N_FRAMES);
    put(estimates, "2.wav", 2, 0.09, N_FRAMES);
    put(estimates, "3.wav", 1, 0.09, N_FRAMES);
    assert_int_equal(run(true, &score, &error), UM_OK);
    assert_int_equal(score->n_scored, 2);
    assert_string_equal(score->stems[0].estimate, "3");
    assert_string_equal(score->stems[1].estimate, "2");
    assert_true(fabs(score->mean[UMI_FIGURE_SDR] - 20) < 1e-3);
    assert_true(score->n_notes == 1 && has_note(score, "1.wav"));
    umi_score_free(score);
}

static void too_few_estimates_to_pair(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    put(references, "a.wav", 1, 0.1, N_FRAMES);
    put(references, "b.wav", 2, 0.1, N_FRAMES);
    put(references, "c.wav", 3, 0.1, N_FRAMES);
    put(estimates, "1.wav", 2, 0.09, N_FRAMES);
    assert_int_equal(run(true, &score, &error), UM_OK);
    assert_int_equal(score->n_stems, 3);
    assert_int_equal(score->n_scored, 1);
    assert_null(score->stems[0].estimate);
    assert_string_equal(score->stems[1].estimate, "1");
    assert_null(score->stems[2].estimate);
    assert_true(fabs(score->mean[UMI_FIGURE_SDR] - 20) < 1e-3);
    assert_true(has_note(score, "a.wav") && has_note(score, "c.wav"));
    umi_score_free(score);
}

static void silence_is_told(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    put(references, "bass.wav", 1, 0.1, N_FRAMES);
    put(references, "rest.wav", 0, 0, N_FRAMES);
    put(estimates, "bass.wav", 1, 0.1, N_FRAMES);
    put(estimates, "rest.wav", 2, 0.1, N_FRAMES);
    assert_int_equal(run(false, &score, &error), UM_OK);
    for (size_t k = 0; k < UMI_N_FIGURES; k++) {
        assert_true(k < UMI_N_DECIBELS ? isfinite(score->stems[1].figures[k])
                                       : isnan(score->stems[1].figures[k]));
        assert_true(isfinite(score->mean[k]));
    }
    assert_true(score->stems[1].figures[UMI_FIGURE_SDR] < -100);
    assert_true(score->n_notes == 1 && has_note(score, "rest.wav: silent"));
    umi_score_free(score);
}

static void too_short_for_stoi(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    put(references, "bass.wav", 1, 0.1, N_FRAMES);
    put(estimates, "bass.wav", 1, 0.05, N_FRAMES);
    assert_int_equal(run(false, &score, &error), UM_OK);
    assert_true(fabs(score->mean[UMI_FIGURE_STOI] - 1) < 1e-6);
    assert_true(fabs(score->mean[UMI_FIGURE_ESTOI] - 1) < 1e-6);
    assert_int_equal(score->n_notes, 0);
    umi_score_free(score);
    put(references, "bass.wav", 1, 0.1, N_FRAMES / 2);
    put(estimates, "bass.wav", 1, 0.05, N_FRAMES / 2);
    assert_int_equal(run(false, &score, &error), UM_OK);
    assert_true(isnan(score->stems[0].figures[UMI_FIGURE_STOI]));
    assert_true(isnan(score->mean[UMI_FIGURE_STOI]) && isnan(score->mean[UMI_FIGURE_ESTOI]));
    assert_true(fabs(score->mean[UMI_FIGURE_SDR] - 20 * log10(2)) < 1e-3);
    assert_true(score->n_notes == 1 && has_note(score, "bass.wav: no STOI"));
    umi_score_free(score);
}

static void nothing_to_score(void **state)
{
    (void)state;
    umi_score *score;
    um_error error;
    assert_int_equal(run(true, &score, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "true"));
    put(references, "a.wav", 1, 0.1, N_FRAMES);
    assert_int_equal(run(true, &score, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "judged"));
    put(estimates, "a.wav", 1, 0.1, N_FRAMES - 1);
    assert_int_equal(run(false, &score, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "judged/a.wav ends after 3999 frames"));
    assert_non_null(strstr(error.message, "true/a.wav"));
    assert_null(score);
}

typedef struct listener {
    double done;
    size_t n_calls, most_calls;
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(done >= l->done && done <= total && isnan(divergence));
    l->done = done;
    l->n_calls++;
    return l->n_calls < l->most_calls;
}

static void progress_and_cancel(void **state)
{
    (void)state;
    put(references, "a.wav", 1, 0.1, N_FRAMES);
    put(estimates, "a.wav", 2, 0.1, N_FRAMES);
    listener patient = {0, 0, SIZE_MAX}, hasty = {0, 0, 3};
    um_progress progress = {listen, &patient};
    umi_score_config config = {references, estimates, true};
    umi_score *score;
    um_error error;
    assert_int_equal(umi_score_run(&config, &progress, &score, &error), UM_OK);
    assert_true(fabs(patient.done - 3 * N_FRAMES / 8000.0) < 1e-9); /* three passes */
    umi_score_free(score);
    progress.user = &hasty;
    assert_int_equal(umi_score_run(&config, &progress, &score, &error), UM_ERR_CANCELLED);
    assert_null(score);
    assert_int_equal(hasty.n_calls, 3);
}

static um_status run_and_free(void *context)
{
    umi_score *score;
    um_status status = run(true, &score, context);
    assert_true((status == UM_OK) == (score != NULL));
    umi_score_free(score);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_error error;
    put(references, "a.wav", 1, 0.1, 100);
    put(estimates, "1.wav", 2, 0.1, 100);
    put(estimates, "2.wav", 3, 0.1, 100);
    assert_true(counting_allocator_sweep(run_and_free, &error) > 0);
}

#define ON_FOLDERS(test) cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FOLDERS(pairs_by_name),
        ON_FOLDERS(a_stem_without_estimate_is_an_error),
        ON_FOLDERS(pairs_by_sound),
        ON_FOLDERS(too_few_estimates_to_pair),
        ON_FOLDERS(silence_is_told),
        ON_FOLDERS(too_short_for_stoi),
        ON_FOLDERS(nothing_to_score),
        ON_FOLDERS(progress_and_cancel),
        ON_FOLDERS(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
