/* What is struck against what sounds on: drums against the rest of a song. */
#ifndef UMI_JOB_MODEL_PERCUSSIVE_H
#define UMI_JOB_MODEL_PERCUSSIVE_H

#include "job/model.h"

/* Updates between two looks at what of the percussive activations lasts, and frames over which
 * their minimum is taken away: see onset_frames in separator.h. */
enum { UMI_PERCUSSIVE_ONSET_FRAMES = 9 };

/* Takes percussive atoms W (n x n_bins) as they are, learns their gains from V, whose frames are in
 * order, and n_free atoms for what they do not explain. The sources are "percussive" and
 * "harmonic". Errors as of umi_model_learn_known. */
um_status umi_model_learn_percussive(const umi_model_config *config, um_cview V, um_cview W,
                                     size_t n_free, const um_progress *progress, umi_model *model,
                                     um_error *error) UM_MUST_USE;

#endif
