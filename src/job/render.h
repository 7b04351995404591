/* Other stems from what a separation left, without learning anything again. */
#ifndef UMI_JOB_RENDER_H
#define UMI_JOB_RENDER_H

#include "job/grouping.h"
#include "job/output_format.h"
#include "job/recording_origin.h"
#include "job/stem_set.h"
#include "unmingle/parallel.h"

typedef struct umi_render_config {
    const char *directory; /* of the separation */
    const char *input;     /* where the recording is now; NULL: where it was */
    const char *output;    /* the folder to make */
    bool force;            /* take the place of a folder that is there */
    const umi_atom_group *groups;
    size_t n_groups;
    bool single; /* every atom by itself, in place of groups */
    umi_output_wish format;
    um_parallel parallel;
    umi_watch watch;
} umi_render_config;

/* What was done, for the report. Empty after a failure. */
typedef struct umi_render_result {
    umi_grouping grouping;
    umi_stem_set stems;
    umi_recording_origin origin;
    double exponent; /* of the masks, that of the separation */
} umi_render_result;

/* Makes the stems of the groups; those of the separation's own groups are the separation's own, to
 * the bit, where the masks came from the atoms alone: after a split of a lead or of what is struck
 * they did not. Warns of atoms in no group. What umi_grouping_make, umi_kept_result_open and _check
 * and umi_stem_set_write say; UM_ERR_ARGUMENT for an output that is what is read; UM_ERR_NO_INPUT
 * for a recording that is gone. Then nothing is left behind. */
um_status umi_render(const umi_render_config *config, umi_render_result *result,
                     um_error *error) UM_MUST_USE;

void umi_render_result_free(umi_render_result *result);

/* The report as JSON; NULL when memory is short. */
umi_json *umi_render_report(const umi_render_config *config, const umi_render_result *result);

#endif
