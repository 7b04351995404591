/* What the outputs of denoising depend on besides the input, and what was found, as JSON: for the
 * record of a finished file and for the report. */
#ifndef UMI_JOB_DENOISE_SETTINGS_H
#define UMI_JOB_DENOISE_SETTINGS_H

#include "format/json.h"
#include "job/denoise_file.h"

/* Program, settings, and the hashes of the files that they name: equal texts mean equal outputs for
 * an equal input. What umi_file_hash says; UM_ERR_MEMORY. */
um_status umi_denoise_settings(const umi_denoise_config *config, bool residue, umi_json **out,
                               um_error *error) UM_MUST_USE;

/* {"seconds", "frames", "reduction_db", "clipped", "not_finite", "warnings"}; NULL when memory is
 * short. */
umi_json *umi_denoise_figures(const umi_denoise_result *result);

#endif
