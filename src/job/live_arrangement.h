/* The atoms of a live run side by side, and the learning of those that are free: all that changes
 * together when a source comes or goes. */
#ifndef UMI_JOB_LIVE_ARRANGEMENT_H
#define UMI_JOB_LIVE_ARRANGEMENT_H

#include "job/live_labels.h"
#include "job/live_rest.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_live_arrangement_config {
    size_t n_bins;
    size_t n_labelled; /* atoms of all labels */
    um_cview rest;     /* atoms of the rest; no rows: n_random random ones */
    size_t n_random;
    bool learning; /* the atoms of the rest learn; there must be one */
    uint64_t seed;
} umi_live_arrangement_config;

typedef struct umi_live_arrangement {
    um_view W;         /* the labels' atoms in their order, then those of the rest; rows sum to 1 */
    size_t *source_of; /* for each the place of its label, of the rest labels->n */
    umi_live_rest rest; /* empty unless learning */
    bool learning;
    bool rest_knows; /* the atoms of the rest are not, or no longer, random */
} umi_live_arrangement;

/* Takes all the memory it will need, and fills in the atoms of the rest. UM_ERR_ARGUMENT with a
 * message for more than UMI_LIVE_ATOMS_MAX atoms, UM_ERR_MEMORY; then it is empty. */
um_status umi_live_arrangement_init(const umi_live_arrangement_config *config,
                                    umi_live_arrangement *arrangement, um_error *error) UM_MUST_USE;

/* Fills in the atoms of the labels, n_labelled in all; now it is whole. */
void umi_live_arrangement_fill(umi_live_arrangement *arrangement, const umi_live_labels *labels);

void umi_live_arrangement_free(umi_live_arrangement *arrangement); /* leaves it empty */

#endif
