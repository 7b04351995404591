/* Dictionaries to and from a live run. */
#ifndef UMI_JOB_LIVE_DICTIONARY_H
#define UMI_JOB_LIVE_DICTIONARY_H

#include "job/atoms_remap.h"
#include "job/live_labels.h"
#include "job/live_learner.h"

/* The atoms of each label, for n_bins of the grid `to`: `labels`, empty before, gets the labelled
 * sources, *rest those that are labelled as the rest, no rows for none; to be freed with
 * umi_live_labels_free and umi_free. Of atoms that last several frames the middle one is taken.
 * `name` stands for the file in messages. UM_ERR_CONFIG for labels that cannot be, too many of
 * them, and what umi_atoms_remap says; UM_ERR_MEMORY; then both are empty. */
um_status umi_live_dictionary_read(const um_dictionary *dictionary, umi_bin_grid to, size_t n_bins,
                                   const char *name, umi_live_labels *labels, um_view *rest,
                                   um_error *error) UM_MUST_USE;

/* The atoms of a model as a dictionary of its transform, whose fft_size is given. UM_ERR_MEMORY. */
um_status umi_live_dictionary_of(const umi_live_model *model, const umi_live_learner_config *config,
                                 size_t fft_size, um_dictionary **out, um_error *error) UM_MUST_USE;

#endif
