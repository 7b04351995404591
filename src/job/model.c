#include "job/model.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/progress.h"
#include "job/model_internal.h"
#include "unmingle/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char umi_residual_label[] = "residual";

um_status umi_model_out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY,
                         "not enough memory to learn; fewer --atoms or a lower --memory need less");
}

um_status umi_model_allocate(umi_model *model, size_t K, size_t n_sources,
                             const umi_model_config *config, um_error *error)
{
    size_t n_curve = config->iterations + 2;
    size_t T = config->atom_frames > 1 ? config->atom_frames : 1;
    size_t n_values = T * config->n_bins, n_channels = T > 1 ? 1 : config->n_channels;
    model->n_sources = n_sources;
    model->W = um_view_of(umi_alloc(K * n_values, sizeof(float)), K, n_values);
    model->G = um_view_of(umi_alloc(K * n_channels, sizeof(float)), K, n_channels);
    model->source_of = umi_alloc(K, sizeof *model->source_of);
    model->labels = umi_alloc(n_sources, sizeof *model->labels);
    model->curve = umi_alloc(n_curve, sizeof *model->curve);
    if (model->W.data == NULL || model->G.data == NULL || model->source_of == NULL ||
        model->labels == NULL || model->curve == NULL) {
        return umi_model_out_of_memory(error);
    }
    return UM_OK;
}

void umi_model_free(umi_model *model)
{
    umi_free(model->W.data);
    umi_free(model->G.data);
    umi_free(model->R.data);
    umi_free(model->source_of);
    umi_free(model->labels);
    umi_free(model->curve);
    memset(model, 0, sizeof *model);
}

um_status umi_model_nmf_new(const umi_model_config *config, um_cview V, size_t n_channels, size_t K,
                            um_nmf **nmf, um_error *error)
{
    um_nmf_config c = um_nmf_config_default();
    c.n_frames = V.rows > 0 ? V.rows : 1;
    c.n_bins = config->n_bins;
    c.n_channels = n_channels;
    c.n_components = K;
    c.iterations = config->iterations;
    c.tolerance = config->tolerance;
    c.parallel = config->parallel;
    um_status status = um_nmf_new(&c, nmf);
    if (status == UM_ERR_MEMORY) {
        return umi_model_out_of_memory(error);
    }
    return status == UM_OK ? UM_OK
                           : umi_error_set(error, status,
                                           "these settings do not make a "
                                           "factorisation");
}

um_status umi_model_nmf_run(um_nmf *nmf, um_cview V, const um_progress *progress, um_error *error)
{
    if (V.rows == 0) {
        return UM_OK; /* silence: the atoms as they are will do */
    }
    um_status status = um_nmf_run(nmf, V, progress);
    return status == UM_OK ? UM_OK : umi_error_set(error, status, "%s", um_status_string(status));
}

um_status umi_model_nmf_start(const umi_model_config *config, um_nmf *nmf, um_cview V,
                              const um_progress *progress, um_error *error)
{
    if (V.rows == 0) {
        return UM_OK;
    }
    /* Singular vectors of many frames take their time: say first what is being done. */
    if (!umi_progress_report(progress, 0.0, (double)config->iterations, NAN)) {
        return umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
    }
    um_status status = config->start == UMI_START_NNDSVD
                           ? um_nmf_start_nndsvd(nmf, V, config->seed)
                           : um_nmf_start_random(nmf, V, config->seed);
    if (status == UM_ERR_MEMORY) {
        return umi_model_out_of_memory(error);
    }
    return status == UM_OK ? UM_OK : umi_error_set(error, status, "%s", um_status_string(status));
}

um_status umi_model_nmf_learn(const umi_model_config *config, um_cview V, size_t n_channels,
                              size_t K, const um_progress *progress, um_nmf **nmf, um_error *error)
{
    um_status status = umi_model_nmf_new(config, V, n_channels, K, nmf, error);
    if (status == UM_OK) {
        status = umi_model_nmf_start(config, *nmf, V, progress, error);
    }
    return status == UM_OK ? umi_model_nmf_run(*nmf, V, progress, error) : status;
}

static double sum_of_squares(const float *x, size_t n, size_t stride)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i * stride] * (double)x[i * stride];
    }
    return sum;
}

double umi_model_component_energy(const um_nmf *nmf, size_t k)
{
    um_cview H = um_nmf_activations(nmf);
    um_cview W = um_nmf_atoms(nmf);
    um_cview G = um_nmf_gains(nmf);
    return sum_of_squares(H.data + k, H.rows, H.stride) * sum_of_squares(um_crow(W, k), W.cols, 1) *
           sum_of_squares(um_crow(G, k), G.cols, 1);
}

static int by_number(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

static um_cview row_of(um_cview M, size_t k)
{
    return (um_cview){um_crow(M, k), 1, M.cols, M.stride};
}

void umi_model_take(umi_model *model, const um_nmf *nmf)
{
    size_t row = 0;
    for (size_t s = 0; s < model->n_sources; s++) {
        for (size_t k = 0; k < model->W.rows; k++) {
            if (model->source_of[k] == s) {
                umi_matrix_copy_rows(model->W, row, row_of(um_nmf_atoms(nmf), k));
                umi_matrix_copy_rows(model->G, row++, row_of(um_nmf_gains(nmf), k));
            }
        }
    }
    qsort(model->source_of, model->W.rows, sizeof *model->source_of, by_number);
    const double *curve = um_nmf_curve(nmf, &model->n_curve);
    memcpy(model->curve, curve, model->n_curve * sizeof *curve);
    model->iterations = um_nmf_iterations(nmf);
}

um_view umi_model_expand(um_cview W, um_cview G)
{
    um_view D = umi_matrix_new(W.rows, W.cols * G.cols);
    for (size_t k = 0; D.data != NULL && k < W.rows; k++) {
        for (size_t i = 0; i < D.cols; i++) {
            um_row(D, k)[i] = um_crow(W, k)[i % W.cols] * um_crow(G, k)[i / W.cols];
        }
    }
    return D;
}

void umi_model_set_label(umi_model *model, size_t source, const char *label)
{
    (void)snprintf(model->labels[source], sizeof model->labels[source], "%s", label);
}

um_status umi_model_group(const umi_model_config *config, const um_nmf *nmf, size_t n_sources,
                          const double *evidence, umi_model *model, um_error *error)
{
    um_cview W = um_nmf_atoms(nmf), G = um_nmf_gains(nmf);
    double *energy = umi_alloc(W.rows, sizeof *energy);
    um_status status = UM_OK;
    if (energy == NULL) {
        return umi_model_out_of_memory(error);
    }
    for (size_t k = 0; k < W.rows; k++) {
        energy[k] = umi_model_component_energy(nmf, k);
    }
    if (n_sources == 0) {
        model->n_fits = W.rows - 1 < UM_GROUP_FITS ? W.rows - 1 : UM_GROUP_FITS;
        status = um_group_survey(W, G, energy, config->sample_rate, config->seed, model->n_fits,
                                 model->fits, &n_sources);
    }
    if (status == UM_OK) {
        status = um_group_atoms(W, G, energy, evidence, config->sample_rate, n_sources,
                                config->seed, model->source_of);
    }
    model->n_sources = n_sources;
    umi_free(energy);
    return status == UM_OK           ? UM_OK
           : status == UM_ERR_MEMORY ? umi_model_out_of_memory(error)
                                     : umi_error_set(error, status, "%s", um_status_string(status));
}

um_status umi_model_learn_blind(const umi_model_config *config, um_cview V, size_t n_atoms,
                                size_t n_sources, bool residual, const um_progress *progress,
                                umi_model *model, um_error *error)
{
    um_nmf *nmf = NULL;
    memset(model, 0, sizeof *model);
    if (n_sources > n_atoms || (n_sources == 0 && n_atoms < 2)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu sources from %zu atoms cannot be",
                             n_sources, n_atoms);
    }
    size_t n_at_most = n_sources > 0 ? n_sources : 1 + UM_GROUP_FITS;
    um_status status = umi_model_allocate(model, n_atoms, n_at_most + residual, config, error);
    if (status == UM_OK) {
        status = umi_model_nmf_learn(config, V, config->n_channels, n_atoms, progress, &nmf, error);
    }
    if (status == UM_OK) {
        status = umi_model_group(config, nmf, n_sources, NULL, model, error);
    }
    if (status == UM_OK) {
        umi_model_take(model, nmf);
        for (size_t s = 0; s < model->n_sources; s++) {
            (void)snprintf(model->labels[s], sizeof model->labels[s], "source-%zu", s + 1);
        }
        if (residual) {
            umi_model_set_label(model, model->n_sources++, umi_residual_label);
        }
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    return status;
}

um_status umi_model_learn_atoms(const umi_model_config *config, um_cview V,
                                const um_progress *progress, um_view W, const um_view *G,
                                um_error *error)
{
    um_nmf *nmf = NULL;
    size_t n_channels = G != NULL ? G->cols : 1;
    um_status status = umi_model_nmf_learn(config, V, n_channels, W.rows, progress, &nmf, error);
    if (status == UM_OK) {
        umi_matrix_copy_rows(W, 0, um_nmf_atoms(nmf));
    }
    if (status == UM_OK && G != NULL) {
        umi_matrix_copy_rows(*G, 0, um_nmf_gains(nmf));
    }
    um_nmf_free(nmf);
    return status;
}
