/* What a separation leaves beside the stems: unmingle.json. */
#ifndef UMI_JOB_SEPARATE_REPORT_H
#define UMI_JOB_SEPARATE_REPORT_H

#include "format/json.h"
#include "job/separate.h"

/* The report as JSON: version, input, stems, settings, seed, divergence curve, null. NULL when
 * memory is short. */
umi_json *umi_separate_report(const umi_separate_config *config, const umi_separate_result *result);

/* The null in dB relative to full scale; -INFINITY when the stems add up exactly. */
double umi_null_db(double null_peak);

/* The name of a stem's file: "LABEL.wav". `name` has room for UM_LABEL_MAX + 6 bytes. */
void umi_stem_file_name(const char *label, umi_container container, char *name);

#endif
