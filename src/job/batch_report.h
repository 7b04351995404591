/* What became of each file of a run over many: a line of JSON each, in the order in which they were
 * finished.
 *
 *     {"item":7,"input":"in/a.wav","output":"out/a.wav","status":"done","seconds":12.5, ...}
 *
 * "item" is the place in the list, from 0. "status" is "done", "skipped" (finished by an earlier
 * run, whose figures these are) or "failed". */
#ifndef UMI_JOB_BATCH_REPORT_H
#define UMI_JOB_BATCH_REPORT_H

#include "format/json.h"
#include "job/batch_list.h"

typedef enum umi_batch_outcome {
    UMI_BATCH_DONE,
    UMI_BATCH_SKIPPED,
    UMI_BATCH_FAILED
} umi_batch_outcome;

typedef struct umi_batch_entry {
    umi_batch_outcome outcome;
    const char *figures; /* a line of JSON, see umi_denoise_figures; NULL: failed */
    double cpu_seconds;  /* NAN: skipped, or not known */
    const char *reason;  /* of a failure, else NULL */
    int exit_code;       /* 0, or what the reason would be as the outcome of the whole program */
    bool disk_full;      /* the reason is no room, which is not the file's fault */
} umi_batch_entry;

/* The line, without its end; NULL when memory is short. umi_free. */
char *umi_batch_report_line(const umi_batch_list *list, size_t i_item,
                            const umi_batch_entry *entry);

/* A file of such lines. */
typedef struct umi_batch_report umi_batch_report;

/* Opens or makes the file; lines are added at its end, so that runs may share it. UM_ERR_CREATE for
 * a file that is there and does not begin with such a line; what umi_status_of_writing says. */
um_status umi_batch_report_open(const char *path, umi_batch_report **out,
                                um_error *error) UM_MUST_USE;

/* Adds a line at once, in one piece. UM_ERR_IO, ... */
um_status umi_batch_report_add(umi_batch_report *report, const char *line, size_t n_bytes,
                               um_error *error) UM_MUST_USE;

/* Closes the file; UM_ERR_IO when that shows that something was not written. Nothing but _free may
 * follow. */
um_status umi_batch_report_finish(umi_batch_report *report, um_error *error) UM_MUST_USE;
void umi_batch_report_free(umi_batch_report *report); /* NULL is fine */

#endif
