/* Atoms that are known beforehand, from a clip or a dictionary, and what is learned beside them. */
#ifndef UMI_JOB_MODEL_KNOWN_H
#define UMI_JOB_MODEL_KNOWN_H

#include "job/model.h"

/* Atoms of one source that are known beforehand. */
typedef struct umi_known_source {
    const char *label;
    um_cview W;              /* n_atoms x n_bins */
    um_cview G;              /* n_atoms x n_channels, or no data: to be learned */
    const float *covariance; /* n_channels^2 n_bins, see matrix_mask.h, or NULL: not known */
    bool adapts;             /* the atoms are where learning starts, and do not stay as they are */
} umi_known_source;

/* Takes the known atoms as they are, unless they adapt, and learns their gains from V; where
 * those are known too and n_free is 0, V may be empty. Atoms that last have no gains, so that
 * there is nothing to learn unless they adapt, all or none, and no free ones beside them. With
 * n_free > 0, so many free atoms learn what the known ones do not explain: the last source,
 * "residual". Known sources with equal labels become one. Errors as of umi_model_learn_blind. */
um_status umi_model_learn_known(const umi_model_config *config, um_cview V,
                                const umi_known_source *known, size_t n_known, size_t n_free,
                                const um_progress *progress, umi_model *model,
                                um_error *error) UM_MUST_USE;

/* Whether nothing is left to learn but what free atoms would. */
bool umi_model_is_known(const umi_model_config *config, const umi_known_source *known,
                        size_t n_known);

#endif
