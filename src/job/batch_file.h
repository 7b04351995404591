/* One file of a run over many: skipped when it is finished, else denoised and published so that
 * whatever stops the run, and when, the next one goes on as if nothing had been.
 *
 * Output and residue are made whole under hidden names. Then, in this order and each brought to the
 * disk: what an earlier run with other settings has made is removed, the record (batch_record.h)
 * gets its name, the residue, the output. So an output that has its name is whole, and one whose
 * record tells of it is ours. */
#ifndef UMI_JOB_BATCH_FILE_H
#define UMI_JOB_BATCH_FILE_H

#include "job/batch_list.h"
#include "job/denoise_file.h"

/* What all files of a run have in common. */
typedef struct umi_batch_work {
    const char *root; /* the folder of outputs */
    const umi_denoise_config *denoise;
    const char *settings; /* umi_denoise_settings, on a line */
    bool residue;         /* write it beside the output */
    bool force;           /* take the place of files that are not ours */
} umi_batch_work;

/* Denoises item, or sees that it is finished: *skipped then. *figures is what umi_denoise_figures
 * says of it, now or in the record, on a line of JSON; umi_free. UM_ERR_CREATE when a file has the
 * output's name that we have not made, or that was changed since; UM_ERR_CHANGED when the input
 * did, meanwhile; what umi_denoise_file says. After a failure no output is new; what was made is
 * removed. */
um_status umi_batch_file(const umi_batch_work *work, const umi_batch_item *item,
                         const umi_watch *watch, char **figures, bool *skipped,
                         um_error *error) UM_MUST_USE;

/* Removes what a process that is dead by now left of the item under hidden names. */
void umi_batch_file_sweep(const umi_batch_work *work, const umi_batch_item *item);

#endif
