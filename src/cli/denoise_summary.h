/* What a run of 'unmingle denoise' came to, for people. */
#ifndef UMI_CLI_DENOISE_SUMMARY_H
#define UMI_CLI_DENOISE_SUMMARY_H

#include "format/json.h"

#include <stdio.h>

/* Failed files that are listed; the report has all. */
enum { UMI_SUMMARY_FAILURES = 10 };

typedef struct umi_summary_failure {
    char *reason;
    int64_t exit_code;
} umi_summary_failure;

/* Sums over the lines of the report; zeros to begin with. */
typedef struct umi_denoise_summary {
    size_t n_done, n_skipped, n_failed;
    double seconds_done, seconds_skipped;                      /* of sound */
    double cpu_seconds;                                        /* for those that are done */
    double reduction_sum, reduction_lowest, reduction_highest; /* dB */
    size_t n_reductions;
    int64_t first_exit_code; /* of those that failed */
    umi_summary_failure failures[UMI_SUMMARY_FAILURES];
    size_t n_failures;
} umi_denoise_summary;

/* Adds a line of the report, parsed. */
void umi_denoise_summary_add(umi_denoise_summary *summary, const umi_json *line);

/* The table, below the name of where the outputs are. */
void umi_denoise_summary_print(const umi_denoise_summary *summary, const char *output, FILE *out);

void umi_denoise_summary_free(umi_denoise_summary *summary);

#endif
