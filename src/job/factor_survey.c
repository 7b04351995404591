#include "job/factor_survey.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/factor_rows.h"

/* Rows that a survey looks at, at most. */
enum { ROWS_MOST = 1000 };

static um_status survey_sparse(const umi_factor_survey_config *config, umi_factor_input *input,
                               umi_factor_survey *survey, um_error *error)
{
    um_status status = umi_factor_input_load(input, error);
    if (status != UM_OK) {
        return status;
    }
    if (input->n_nonzero == 0) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: every value is zero; there is nothing to survey",
                             umi_factor_input_name(input));
    }
    umi_watch_phase(config->input.watch, "surveying", 0.1, 1.0);
    survey->rows_used = input->rows;
    return um_rank_survey_run_sparse(&config->survey, &input->sparse, config->input.watch->progress,
                                     &survey->scores);
}

static um_status survey_dense(const umi_factor_survey_config *config, umi_factor_input *input,
                              umi_factor_survey *survey, um_error *error)
{
    um_view sample;
    um_status status =
        umi_factor_rows_sample(input, ROWS_MOST, config->survey.seed, &sample, error);
    if (status != UM_OK) {
        return status;
    }
    umi_watch_phase(config->input.watch, "surveying", 0.1, 1.0);
    survey->rows_used = sample.rows;
    status = um_rank_survey_run(&config->survey, um_const_view(sample),
                                config->input.watch->progress, &survey->scores);
    umi_free(sample.data);
    return status;
}

um_status umi_factor_survey_run(const umi_factor_survey_config *config, umi_factor_survey *survey,
                                um_error *error)
{
    umi_factor_input input;
    umi_watch_phase(config->input.watch, "reading", 0.0, 0.1);
    um_status status = umi_factor_input_open(&config->input, &input, error);
    if (status != UM_OK) {
        return status;
    }
    survey->rows = input.rows;
    survey->cols = input.cols;
    status = input.is_sparse ? survey_sparse(config, &input, survey, error)
                             : survey_dense(config, &input, survey, error);
    if (status == UM_ERR_MEMORY) {
        status = umi_error_set(error, status, "%s: not enough memory to survey it",
                               umi_factor_input_name(&input));
    }
    umi_factor_input_free(&input);
    return status;
}

/* -- The report -------------------------------------------------------------------------------- */

static bool set_integer(umi_json *json, const char *key, size_t value)
{
    return umi_json_set(json, key, umi_json_integer((int64_t)value));
}

static umi_json *score_json(const um_rank_score *score)
{
    umi_json *json = umi_json_object();
    if (set_integer(json, "atoms", score->n_components) &&
        umi_json_set(json, "held_out", umi_json_number(score->held_out)) &&
        umi_json_set(json, "seen", umi_json_number(score->seen)) &&
        umi_json_set(json, "surplus", umi_json_number(score->surplus)) &&
        umi_json_set(json, "error", umi_json_number(score->error))) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

umi_json *umi_factor_survey_report(const umi_factor_survey_config *config,
                                   const umi_factor_survey *survey)
{
    const um_rank_survey *s = &survey->scores;
    umi_json *json = umi_json_object(), *scores = umi_json_array();
    bool whole = true;
    for (size_t i = 0; i < s->n_scores && whole; i++) {
        whole = umi_json_append(scores, score_json(&s->scores[i]));
    }
    whole = umi_json_set(json, "scores", scores) && whole; /* takes them over in any case */
    if (whole && umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
        umi_json_set(json, "file", umi_json_string(config->input.path)) &&
        set_integer(json, "rows", survey->rows) && set_integer(json, "columns", survey->cols) &&
        set_integer(json, "rows_used", survey->rows_used) &&
        umi_json_set(json, "hidden_share", umi_json_number(config->survey.held_out)) &&
        set_integer(json, "masks", config->survey.n_masks) &&
        set_integer(json, "seed", config->survey.seed) &&
        set_integer(json, "best", s->scores[s->best].n_components) &&
        set_integer(json, "suggested", s->scores[s->suggested].n_components)) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}
