/* What the files that learn a model, model*.c, share. */
#ifndef UMI_JOB_MODEL_INTERNAL_H
#define UMI_JOB_MODEL_INTERNAL_H

#include "job/model_known.h"

/* An empty model's memory, for K atoms and so many sources. */
um_status umi_model_allocate(umi_model *model, size_t K, size_t n_sources,
                             const umi_model_config *config, um_error *error) UM_MUST_USE;

um_status umi_model_out_of_memory(um_error *error);

/* The factorisation of V that the model is learned by, and its start values. */
um_status umi_model_nmf_new(const umi_model_config *config, um_cview V, size_t n_channels, size_t K,
                            um_nmf **nmf, um_error *error) UM_MUST_USE;
um_status umi_model_nmf_start(const umi_model_config *config, um_nmf *nmf, um_cview V,
                              const um_progress *progress, um_error *error) UM_MUST_USE;
um_status umi_model_nmf_run(um_nmf *nmf, um_cview V, const um_progress *progress,
                            um_error *error) UM_MUST_USE;

/* All three; *nmf is to be freed, after a failure too. */
um_status umi_model_nmf_learn(const umi_model_config *config, um_cview V, size_t n_channels,
                              size_t K, const um_progress *progress, um_nmf **nmf,
                              um_error *error) UM_MUST_USE;

/* A model of known atoms and n_free ones, not learned yet, and what learns gains and free atoms, in
 * the model's order, beside the known ones; *nmf is to be freed, after a failure too.
 */
um_status umi_model_begin_known(const umi_model_config *config, const umi_known_source *known,
                                size_t n_known, size_t n_free, umi_model *model,
                                um_error *error) UM_MUST_USE;
um_status umi_model_nmf_beside(const umi_model_config *config, um_cview V,
                               const umi_known_source *known, size_t n_known,
                               const um_progress *progress, const umi_model *model, um_nmf **nmf,
                               um_error *error) UM_MUST_USE;

/* Fills model->source_of by timbre and place, and by `evidence`, see group.h, and n_sources; 0: as
 * many as are suggested. */
um_status umi_model_group(const umi_model_config *config, const um_nmf *nmf, size_t n_sources,
                          const double *evidence, umi_model *model, um_error *error) UM_MUST_USE;

/* Energy of one component's part of the model: sum over frames, channels and bins of (H G W)^2. */
double umi_model_component_energy(const um_nmf *nmf, size_t k);

/* Takes what the factorisation learned, the atoms of a source together. source_of, which is by its
 * order, is by the model's then. */
void umi_model_take(umi_model *model, const um_nmf *nmf);

/* Atoms times gains, K x n_channels n_bins; to be freed. No data when memory is short. */
um_view umi_model_expand(um_cview W, um_cview G);

void umi_model_set_label(umi_model *model, size_t source, const char *label);

#endif
