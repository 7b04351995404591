/* Which estimate is of which reference, told by their sound: the one-to-one way with the greatest
 * sum of SDR (unmingle/si_sdr.h). */
#ifndef UMI_JOB_STEM_MATCH_H
#define UMI_JOB_STEM_MATCH_H

#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>

typedef struct umi_stem_match umi_stem_match;

/* Of n_references >= 1 and n_estimates >= 1 recordings. UM_ERR_MEMORY; *out is then NULL. */
um_status umi_stem_match_new(size_t n_references, size_t n_estimates,
                             umi_stem_match **out) UM_MUST_USE;
void umi_stem_match_free(umi_stem_match *match); /* NULL is fine */

/* Compares a block of reference i with that of estimate j, which has its shape. Every pair is given
 * every block. */
void umi_stem_match_add(umi_stem_match *match, size_t i, size_t j, um_cview reference,
                        um_cview estimate);

/* Ends the comparing: partner[i] is the estimate of reference i, or UMI_UNASSIGNED
 * (core/assignment.h) where there are fewer estimates. UM_ERR_MEMORY. */
um_status umi_stem_match_finish(umi_stem_match *match, size_t *partner) UM_MUST_USE;

#endif
