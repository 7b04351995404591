/* STOI and ESTOI of a stem as it is stored, at any rate and with any channels.
 *
 * The figures are for one ear: channels are averaged into one signal, which is then resampled to
 * UM_STOI_RATE. A channel by itself has no figure where its source is silent, so that no mean over
 * channels would be defined for stems that lie to one side. */
#ifndef UMI_JOB_INTELLIGIBILITY_H
#define UMI_JOB_INTELLIGIBILITY_H

#include "unmingle/status.h"
#include "unmingle/stoi.h"
#include "unmingle/view.h"

typedef struct umi_intelligibility umi_intelligibility;

/* Of sound at sample_rate Hz, within UMI_RATE_MIN..UMI_RATE_MAX. UM_ERR_MEMORY; *out is then NULL.
 */
um_status umi_intelligibility_new(double sample_rate, umi_intelligibility **out) UM_MUST_USE;
void umi_intelligibility_free(umi_intelligibility *job); /* NULL is fine */

/* First pass, block by block: one row a sample frame, one column a channel. UM_ERR_MEMORY. */
um_status umi_intelligibility_survey(umi_intelligibility *job, um_cview reference) UM_MUST_USE;

/* Second pass, over the same reference and its estimate, of the same shape. UM_ERR_MEMORY. */
um_status umi_intelligibility_measure(umi_intelligibility *job, um_cview reference,
                                      um_cview estimate) UM_MUST_USE;

/* Ends the second pass. *figures is as um_stoi_result says. UM_ERR_MEMORY. */
um_status umi_intelligibility_finish(umi_intelligibility *job,
                                     um_stoi_figures *figures) UM_MUST_USE;

#endif
