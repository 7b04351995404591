/* The survey finds the rank that counts were made with, and says what it did. */
#include "sparse_matrices.h"
#include "unmingle/rank_survey.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Knuth's Poisson numbers. */
static float poisson(double mean, umi_random *random)
{
    double limit = exp(-mean), product = 1.0;
    size_t count = 0;
    while ((product *= umi_random_uniform(random)) > limit) {
        count++;
    }
    return (float)count;
}

/* Poisson counts whose means are a product of `rank` atoms. */
static um_view counts(size_t rows, size_t cols, size_t rank, double level, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    um_view H = matrix_random(rows, rank, 0.6, &random),
            W = matrix_random(rank, cols, 0.6, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++) {
            um_row(V, r)[c] = poisson(level * (double)um_row(V, r)[c], &random);
        }
    }
    umi_free(H.data);
    umi_free(W.data);
    return V;
}

static size_t suggestion(const um_rank_survey *s)
{
    return s->scores[s->suggested].n_components;
}

static void planted_ranks_are_found(void **state)
{
    (void)state;
    for (size_t rank = 3; rank <= 7; rank += 2) {
        um_view V = counts(250, 40, rank, 20.0, rank);
        um_rank_survey_config config = um_rank_survey_config_default();
        config.first = 1;
        config.last = 12;
        um_rank_survey survey;
        assert_int_equal(um_rank_survey_run(&config, um_const_view(V), NULL, &survey), UM_OK);
        assert_int_equal(survey.n_scores, 12);
        assert_int_equal(suggestion(&survey), rank);
        assert_true(survey.scores[survey.best].surplus == 0.0);
        for (size_t i = 1; i < survey.n_scores; i++) {
            assert_true(survey.scores[i].seen < survey.scores[i - 1].seen);
            assert_true(survey.scores[i].surplus >= 0.0);
        }
        umi_free(V.data);
    }
}

/* Of many numbers only some are tried, in order and each once, all those round the best among
 * them. */
static void wide_ranges_are_searched(void **state)
{
    (void)state;
    um_view V = counts(150, 30, 5, 20.0, 1);
    um_rank_survey_config config = um_rank_survey_config_default();
    config.first = 2;
    config.last = 60;
    config.n_masks = 2;
    config.iterations = 100;
    um_rank_survey survey;
    assert_int_equal(um_rank_survey_run(&config, um_const_view(V), NULL, &survey), UM_OK);
    assert_true(survey.n_scores > 10 && survey.n_scores < 24);
    assert_int_equal(survey.scores[0].n_components, 2);
    assert_int_equal(survey.scores[survey.n_scores - 1].n_components, 60);
    for (size_t i = 1; i < survey.n_scores; i++) {
        assert_true(survey.scores[i].n_components > survey.scores[i - 1].n_components);
        assert_true(survey.scores[i].held_out >= survey.scores[survey.best].held_out);
    }
    size_t best = survey.scores[survey.best].n_components;
    assert_int_equal(survey.scores[survey.best - 1].n_components, best - 1);
    assert_int_equal(survey.scores[survey.best + 1].n_components, best + 1);
    assert_true(best >= 4 && best <= 6);
    umi_free(V.data);
}

typedef struct listener {
    size_t calls, stop_at;
    double last_share;
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(done > 0.0 && done <= total && divergence > 0.0);
    l->last_share = done / total;
    return ++l->calls != l->stop_at;
}

static void progress_counts_and_cancels(void **state)
{
    (void)state;
    um_view V = counts(60, 20, 3, 5.0, 2);
    um_rank_survey_config config = um_rank_survey_config_default();
    config.first = 2;
    config.last = 4;
    config.iterations = 20;
    um_rank_survey survey;
    listener l = {0, 0, 0.0};
    um_progress progress = {listen, &l};
    assert_int_equal(um_rank_survey_run(&config, um_const_view(V), &progress, &survey), UM_OK);
    assert_int_equal(l.calls, 12);
    assert_true(l.last_share == 1.0);
    l = (listener){0, 5, 0.0};
    assert_int_equal(um_rank_survey_run(&config, um_const_view(V), &progress, &survey),
                     UM_ERR_CANCELLED);
    assert_int_equal(l.calls, 5);
    umi_free(V.data);
}

/* Mostly zeros: the survey of the entries finds what that of all cells would. */
static void sparse_matrices_are_surveyed(void **state)
{
    (void)state;
    um_view V = counts(300, 60, 4, 3.0, 4);
    um_csparse sparse = entries_of(um_const_view(V));
    um_rank_survey_config config = um_rank_survey_config_default();
    config.first = 2;
    config.last = 8;
    um_rank_survey dense_survey, survey;
    assert_int_equal(um_rank_survey_run_sparse(&config, &sparse, NULL, &survey), UM_OK);
    assert_int_equal(um_rank_survey_run(&config, um_const_view(V), NULL, &dense_survey), UM_OK);
    assert_int_equal(suggestion(&survey), 4);
    assert_int_equal(suggestion(&dense_survey), 4);
    assert_true(fabs(survey.scores[2].held_out / dense_survey.scores[2].held_out - 1) < 0.02);
    sparse.rows = 0;
    assert_int_equal(um_rank_survey_run_sparse(&config, &sparse, NULL, &survey), UM_ERR_ARGUMENT);
    assert_int_equal(um_rank_survey_run_sparse(&config, NULL, NULL, &survey), UM_ERR_ARGUMENT);
    both made = {V, sparse};
    free_both(made);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    um_view V = counts(20, 10, 2, 5.0, 3);
    um_rank_survey_config good = um_rank_survey_config_default(), wrong[9];
    um_rank_survey survey;
    good.first = 1;
    good.last = 2;
    for (size_t i = 0; i < 9; i++) {
        wrong[i] = good;
    }
    wrong[0].first = 0;
    wrong[1].first = 3;
    wrong[2].last = 4097;
    wrong[3].held_out = 0.0;
    wrong[4].held_out = 0.51;
    wrong[5].n_masks = 1;
    wrong[6].n_masks = UM_RANK_SURVEY_MASKS_MAX + 1;
    wrong[7].iterations = 0;
    wrong[8].tolerance = NAN;
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(um_rank_survey_run(&wrong[i], um_const_view(V), NULL, &survey),
                         UM_ERR_ARGUMENT);
    }
    assert_int_equal(um_rank_survey_run(NULL, um_const_view(V), NULL, &survey), UM_ERR_ARGUMENT);
    assert_int_equal(um_rank_survey_run(&good, um_const_view(V), NULL, NULL), UM_ERR_ARGUMENT);
    um_row(V, 3)[3] = -1.0F;
    assert_int_equal(um_rank_survey_run(&good, um_const_view(V), NULL, &survey), UM_ERR_ARGUMENT);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_ranks_are_found),
        cmocka_unit_test(wide_ranges_are_searched),
        cmocka_unit_test(progress_counts_and_cancels),
        cmocka_unit_test(sparse_matrices_are_surveyed),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests_name("rank_survey", tests, NULL, NULL);
}
