/* The atoms that a recording is taken apart with: where they come from, and which source each
 * belongs to. */
#ifndef UMI_JOB_MODEL_H
#define UMI_JOB_MODEL_H

#include "unmingle/dictionary.h"
#include "unmingle/group.h"
#include "unmingle/nmf.h"
#include "unmingle/progress.h"

typedef enum umi_start { UMI_START_NNDSVD, UMI_START_RANDOM } umi_start;

typedef struct umi_model_config {
    size_t n_bins;
    size_t n_channels;  /* of the recording: V has n_channels * n_bins columns */
    double sample_rate; /* Hz */
    size_t iterations;
    double tolerance; /* see nmf.h */
    umi_start start;
    uint64_t seed;
    um_parallel parallel;
    size_t atom_frames; /* T > 1: known atoms last T frames, and have T n_bins values; V is the mean
                           of the channels, all its frames in order. 0 and 1: they do not last */
} umi_model_config;

typedef struct umi_model {
    um_view W; /* n_components x n_bins; of atoms that last T frames T n_bins */
    um_view G; /* n_components x n_channels; of atoms that last all are 1 */
    um_view R; /* n_sources x n_channels^2 n_bins: covariances, see matrix_mask.h; or no data:
                  not all are known */
    size_t *source_of; /* n_components, rising: the atoms of a source are together */
    size_t n_sources;
    char (*labels)[UM_LABEL_MAX + 1]; /* n_sources */
    double *curve;                    /* divergence, see um_nmf_curve */
    size_t n_curve;
    size_t iterations;
    um_group_fit fits[UM_GROUP_FITS]; /* what spoke for the number of sources ... */
    size_t n_fits;                    /* ... where it was not given; else 0 */
} umi_model;

/* The label of what no source explains. */
extern const char umi_residual_label[];

/* Learns n_atoms from V and groups them into n_sources, labelled "source-1" (most energy), ...; 0:
 * into as many as um_group_survey suggests, of at least 2 atoms. With `residual`, one source more,
 * "residual", which has no atoms. UM_ERR_ARGUMENT, UM_ERR_MEMORY, UM_ERR_CANCELLED. On failure
 * *model is empty. */
um_status umi_model_learn_blind(const umi_model_config *config, um_cview V, size_t n_atoms,
                                size_t n_sources, bool residual, const um_progress *progress,
                                umi_model *model, um_error *error) UM_MUST_USE;

/* Learns n_atoms from V into W (n_atoms x n_bins); with G (n_atoms x channels, all of which V has
 * side by side) their gains too, with NULL from one channel. */
um_status umi_model_learn_atoms(const umi_model_config *config, um_cview V,
                                const um_progress *progress, um_view W, const um_view *G,
                                um_error *error) UM_MUST_USE;

/* Leaves an empty model; of an empty one (all zero) does nothing. */
void umi_model_free(umi_model *model);

#endif
