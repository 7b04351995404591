/* How many atoms an input has: a survey of its rows, or of some of them. */
#ifndef UMI_JOB_FACTOR_SURVEY_H
#define UMI_JOB_FACTOR_SURVEY_H

#include "format/json.h"
#include "job/factor_input.h"
#include "unmingle/rank_survey.h"

typedef struct umi_factor_survey_config {
    umi_factor_input_config input; /* with the watch */
    um_rank_survey_config survey;
} umi_factor_survey_config;

typedef struct umi_factor_survey {
    size_t rows, cols, rows_used; /* of V */
    um_rank_survey scores;
} umi_factor_survey;

/* A dense input of more rows than some thousand is judged by a sample of them: the time would
 * otherwise be hours, and the rank of a sample is that of the whole. UM_ERR_DATA for what cannot be
 * read or is all zero; UM_ERR_ARGUMENT, UM_ERR_MEMORY, UM_ERR_CANCELLED. */
um_status umi_factor_survey_run(const umi_factor_survey_config *config, umi_factor_survey *survey,
                                um_error *error) UM_MUST_USE;

/* NULL when memory is short. */
umi_json *umi_factor_survey_report(const umi_factor_survey_config *config,
                                   const umi_factor_survey *survey);

#endif
