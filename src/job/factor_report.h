/* What a factorisation leaves beside its matrices: report.json. */
#ifndef UMI_JOB_FACTOR_REPORT_H
#define UMI_JOB_FACTOR_REPORT_H

#include "format/json.h"
#include "job/factor.h"

/* The report as JSON: version, input, settings, seed, curve, times, the runs, warnings. NULL when
 * memory is short. */
umi_json *umi_factor_report(const umi_factor_config *config, const umi_factor_result *result);

/* "npy", "matrix-market", "csv", "recording". */
const char *umi_factor_kind_name(umi_matrix_kind kind);

#endif
