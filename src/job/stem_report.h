/* What a run leaves beside its stems, as far as all such runs tell the same: unmingle.json. */
#ifndef UMI_JOB_STEM_REPORT_H
#define UMI_JOB_STEM_REPORT_H

#include "format/json.h"
#include "io/output_set.h"
#include "job/recording_origin.h"
#include "job/stem_set.h"

extern const char umi_stem_report_name[]; /* "unmingle.json" */

/* Begins a report: program, command, the input (`path` as it was given), the stems with the numbers
 * of their atoms, from 1. False when memory is short. */
bool umi_stem_report_begin(umi_json *json, const char *command, const char *path,
                           const umi_recording_origin *origin,
                           const umi_stem_set *stems) UM_MUST_USE;

/* Parts of it: {container, sample_format, sample_rate, channels}; a list of {label, file, atoms,
 * share}. NULL when memory is short. */
umi_json *umi_stem_report_format(const umi_audio_format *format);
umi_json *umi_stem_report_stems(const umi_stem_set *stems);

/* Puts in the names of files that the run left beside the stems. */
bool umi_stem_report_kept(umi_json *json, const char *const *names, size_t n_names) UM_MUST_USE;

/* Ends it: the null, and the samples that were held. */
bool umi_stem_report_end(umi_json *json, const umi_stem_set *stems) UM_MUST_USE;

/* Writes it into the set; NULL is memory that was short. UM_ERR_MEMORY, UM_ERR_IO and so on. */
um_status umi_stem_report_write(umi_json *json, umi_output_set *output,
                                um_error *error) UM_MUST_USE;

/* The null in dB relative to full scale; -INFINITY when the stems add up exactly. */
double umi_null_db(double null_peak);

#endif
