/* The survey of a file: of all of a small one, of a sample of a large one, of the entries of a
 * sparse one. */
#define _DEFAULT_SOURCE
#include "job/factor_survey.h"

#include "factor_files.h"

#include <setjmp.h>

#include <cmocka.h>

static umi_factor_survey_config config_for(const char *path)
{
    umi_factor_survey_config config = {input_config(path), um_rank_survey_config_default()};
    config.survey.first = 1;
    config.survey.last = 4;
    config.survey.n_masks = 2;
    config.survey.iterations = 60;
    return config;
}

static void a_small_matrix_is_judged_whole(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view V = put_V(path);
    umi_factor_survey_config config = config_for(path);
    umi_factor_survey survey;
    um_error error;
    assert_int_equal(umi_factor_survey_run(&config, &survey, &error), UM_OK);
    assert_true(survey.rows == ROWS && survey.rows_used == ROWS && survey.cols == COLUMNS);
    assert_int_equal(survey.scores.n_scores, 4);
    um_rank_survey direct;
    assert_int_equal(um_rank_survey_run(&config.survey, um_const_view(V), NULL, &direct), UM_OK);
    assert_int_equal(survey.scores.suggested, direct.suggested);
    assert_true(survey.scores.scores[2].held_out == direct.scores[2].held_out);

    umi_json *json = umi_factor_survey_report(&config, &survey);
    int64_t number = 0;
    double value = 0.0;
    assert_non_null(json);
    assert_true(umi_json_get_integer(umi_json_get(json, "suggested"), &number));
    assert_int_equal(number, direct.scores[direct.suggested].n_components);
    const umi_json *score = umi_json_at(umi_json_get(json, "scores"), 2);
    assert_true(umi_json_get_number(umi_json_get(score, "held_out"), &value));
    assert_true(value == direct.scores[2].held_out);
    umi_json_free(json);
    umi_free(V.data);
}

static void a_large_one_by_a_sample(void **state)
{
    (void)state;
    char path[PATH_MAX];
    um_view V = put_random("large.npy", 5000, 9, 0.2, 3, path);
    umi_factor_survey_config config = config_for(path);
    config.survey.iterations = 5;
    umi_factor_survey survey;
    um_error error;
    assert_int_equal(umi_factor_survey_run(&config, &survey, &error), UM_OK);
    assert_true(survey.rows == 5000 && survey.rows_used == 1000);
    umi_free(V.data);
}

static void a_sparse_one_by_its_entries(void **state)
{
    (void)state;
    FILE *file = fopen(scratch_path(&files, "s.mtx"), "w");
    fprintf(file, "%%%%MatrixMarket matrix coordinate real general\n60 20 300\n");
    for (int i = 0; i < 300; i++) {
        fprintf(file, "%d %d %d\n", i % 60 + 1, i / 60 * 4 + i % 3 + 1, i % 7 + 1);
    }
    fclose(file);
    umi_factor_survey_config config = config_for(files.path);
    umi_factor_survey survey;
    um_error error;
    assert_int_equal(umi_factor_survey_run(&config, &survey, &error), UM_OK);
    assert_true(survey.rows == 60 && survey.rows_used == 60 && survey.cols == 20);

    file = fopen(scratch_path(&files, "z.mtx"), "w");
    fprintf(file, "%%%%MatrixMarket matrix coordinate real general\n6 2 0\n");
    fclose(file);
    config = config_for(files.path);
    assert_int_equal(umi_factor_survey_run(&config, &survey, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "every value is zero"));
    config.input.path = "none.npy";
    assert_int_equal(umi_factor_survey_run(&config, &survey, &error), UM_ERR_NO_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_matrix_is_judged_whole),
        cmocka_unit_test(a_large_one_by_a_sample),
        cmocka_unit_test(a_sparse_one_by_its_entries),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
