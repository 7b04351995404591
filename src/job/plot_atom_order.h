/* In which order a plot shows the atoms of a dictionary. */
#ifndef UMI_JOB_PLOT_ATOM_ORDER_H
#define UMI_JOB_PLOT_ATOM_ORDER_H

#include "unmingle/dictionary.h"

typedef struct umi_placed_atom {
    size_t atom;   /* row of W */
    size_t source; /* 0, 1, ... in the order in which the labels first come */
    size_t peak;   /* its strongest bin, of all frames together */
} umi_placed_atom;

typedef struct umi_atom_order {
    umi_placed_atom *atoms; /* source by source, in each by the strongest bin, the lowest first */
    size_t n_atoms, n_sources;
} umi_atom_order;

/* UM_ERR_MEMORY; then the order is empty. */
um_status umi_atom_order_make(const um_dictionary *dictionary, umi_atom_order *order,
                              um_error *error) UM_MUST_USE;
void umi_atom_order_free(umi_atom_order *order); /* an empty one is fine */

/* Whether atom i of the order is the first one of its source. */
bool umi_atom_order_begins(const umi_atom_order *order, size_t i);

/* The mean of the atom's frames, of which it has um_dictionary_n_bins. */
void umi_atom_mean_frame(const um_dictionary *dictionary, size_t atom, float *mean);

#endif
