/* What a separation leaves beside the stems: unmingle.json. */
#ifndef UMI_JOB_SEPARATE_REPORT_H
#define UMI_JOB_SEPARATE_REPORT_H

#include "format/json.h"
#include "job/separate.h"
#include "job/stem_report.h"

/* The report as JSON: version, input, stems, settings, seed, divergence curve, null. NULL when
 * memory is short. */
umi_json *umi_separate_report(const umi_separate_config *config, const umi_separate_result *result);

#endif
