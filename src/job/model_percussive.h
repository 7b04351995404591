/* What is struck against what sounds on: drums against the rest of a song. */
#ifndef UMI_JOB_MODEL_PERCUSSIVE_H
#define UMI_JOB_MODEL_PERCUSSIVE_H

#include "job/model.h"

/* What tells the two apart besides atoms, see separator.h. */
typedef struct umi_percussive_config {
    size_t onset_frames;
    size_t median_frames, median_bins;
} umi_percussive_config;

/* For frames that are `hop` seconds apart, and bins that are `bin` Hz apart; where these are close
 * it reaches as far as a separator takes it. */
umi_percussive_config umi_percussive_config_for(double hop, double bin);

/* Takes percussive atoms W (n x n_bins) as they are, learns their gains from V, whose frames are in
 * order, and n_free atoms for what they do not explain. Of these, such as are struck by the median
 * filters are percussive, too. The sources are "percussive" and "harmonic". Errors as of
 * umi_model_learn_known. */
um_status umi_model_learn_percussive(const umi_model_config *config,
                                     const umi_percussive_config *how, um_cview V, um_cview W,
                                     size_t n_free, const um_progress *progress, umi_model *model,
                                     um_error *error) UM_MUST_USE;

/* The same two sources where the medians alone tell them apart: each has one atom, the same, which
 * has no say. UM_ERR_MEMORY. */
um_status umi_model_of_medians(const umi_model_config *config, umi_model *model,
                               um_error *error) UM_MUST_USE;

#endif
