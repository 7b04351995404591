#include "job/model.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"
#include "unmingle/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char umi_residual_label[] = "residual";

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY,
                         "not enough memory to learn; fewer --atoms or a lower --memory need less");
}

static um_status allocate(umi_model *model, size_t K, size_t n_sources,
                          const umi_model_config *config, um_error *error)
{
    size_t n_curve = config->iterations + 2;
    model->n_sources = n_sources;
    model->W = um_view_of(umi_alloc(K * config->n_bins, sizeof(float)), K, config->n_bins);
    model->G = um_view_of(umi_alloc(K * config->n_channels, sizeof(float)), K, config->n_channels);
    model->source_of = umi_alloc(K, sizeof *model->source_of);
    model->labels = umi_alloc(n_sources, sizeof *model->labels);
    model->curve = umi_alloc(n_curve, sizeof *model->curve);
    if (model->W.data == NULL || model->G.data == NULL || model->source_of == NULL ||
        model->labels == NULL || model->curve == NULL) {
        return out_of_memory(error);
    }
    return UM_OK;
}

void umi_model_free(umi_model *model)
{
    umi_free(model->W.data);
    umi_free(model->G.data);
    umi_free(model->source_of);
    umi_free(model->labels);
    umi_free(model->curve);
    memset(model, 0, sizeof *model);
}

static um_status nmf_new(const umi_model_config *config, um_cview V, size_t n_channels, size_t K,
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
        return out_of_memory(error);
    }
    return status == UM_OK ? UM_OK
                           : umi_error_set(error, status,
                                           "these settings do not make a "
                                           "factorisation");
}

static um_status run(um_nmf *nmf, um_cview V, const um_progress *progress, um_error *error)
{
    if (V.rows == 0) {
        return UM_OK; /* silence: the atoms as they are will do */
    }
    um_status status = um_nmf_run(nmf, V, progress);
    return status == UM_OK ? UM_OK : umi_error_set(error, status, "%s", um_status_string(status));
}

static um_status start(const umi_model_config *config, um_nmf *nmf, um_cview V,
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
        return out_of_memory(error);
    }
    return status == UM_OK ? UM_OK : umi_error_set(error, status, "%s", um_status_string(status));
}

static void copy_view(um_view to, um_cview from)
{
    for (size_t r = 0; r < from.rows; r++) {
        memcpy(um_row(to, r), um_crow(from, r), from.cols * sizeof(float));
    }
}

static double sum_of_squares(const float *x, size_t n, size_t stride)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i * stride] * (double)x[i * stride];
    }
    return sum;
}

/* Energy of one component's part of the model: sum over frames, channels and bins of (H G W)^2. */
static double component_energy(const um_nmf *nmf, size_t k)
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

static void copy_row(um_view to, size_t row, um_cview from, size_t k)
{
    memcpy(um_row(to, row), um_crow(from, k), from.cols * sizeof(float));
}

/* Takes what the factorisation learned, the atoms of a source together. source_of, which is by its
 * order, is by the model's then. */
static void take_results(umi_model *model, const um_nmf *nmf)
{
    size_t row = 0;
    for (size_t s = 0; s < model->n_sources; s++) {
        for (size_t k = 0; k < model->W.rows; k++) {
            if (model->source_of[k] == s) {
                copy_row(model->W, row, um_nmf_atoms(nmf), k);
                copy_row(model->G, row++, um_nmf_gains(nmf), k);
            }
        }
    }
    qsort(model->source_of, model->W.rows, sizeof *model->source_of, by_number);
    const double *curve = um_nmf_curve(nmf, &model->n_curve);
    memcpy(model->curve, curve, model->n_curve * sizeof *curve);
    model->iterations = um_nmf_iterations(nmf);
}

um_status umi_model_learn_blind(const umi_model_config *config, um_cview V, size_t n_atoms,
                                size_t n_sources, bool residual, const um_progress *progress,
                                umi_model *model, um_error *error)
{
    um_nmf *nmf = NULL;
    memset(model, 0, sizeof *model);
    if (n_sources < 1 || n_sources > n_atoms) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu sources from %zu atoms cannot be",
                             n_sources, n_atoms);
    }
    double *energy = umi_alloc(n_atoms, sizeof *energy);
    um_status status =
        energy == NULL ? out_of_memory(error)
                       : allocate(model, n_atoms, n_sources + (residual ? 1 : 0), config, error);
    if (status == UM_OK) {
        status = nmf_new(config, V, config->n_channels, n_atoms, &nmf, error);
    }
    if (status == UM_OK) {
        status = start(config, nmf, V, progress, error);
    }
    if (status == UM_OK) {
        status = run(nmf, V, progress, error);
    }
    if (status == UM_OK) {
        for (size_t k = 0; k < n_atoms; k++) {
            energy[k] = component_energy(nmf, k);
        }
        status = um_group_atoms(um_nmf_atoms(nmf), um_nmf_gains(nmf), energy, config->sample_rate,
                                n_sources, config->seed, model->source_of);
        if (status == UM_ERR_MEMORY) {
            status = out_of_memory(error);
        } else if (status != UM_OK) {
            status = umi_error_set(error, status, "%s", um_status_string(status));
        }
    }
    if (status == UM_OK) {
        take_results(model, nmf);
        for (size_t s = 0; s < n_sources; s++) {
            (void)snprintf(model->labels[s], sizeof model->labels[s], "source-%zu", s + 1);
        }
        if (residual) {
            (void)snprintf(model->labels[n_sources], sizeof model->labels[0], "%s",
                           umi_residual_label);
        }
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    umi_free(energy);
    return status;
}

/* The source that `label` names, made when it is new. */
static size_t source_number(umi_model *model, const char *label, size_t *n_sources)
{
    for (size_t s = 0; s < *n_sources; s++) {
        if (strcmp(model->labels[s], label) == 0) {
            return s;
        }
    }
    (void)snprintf(model->labels[*n_sources], sizeof model->labels[0], "%s", label);
    return (*n_sources)++;
}

/* Gives every component its source and the known ones their atoms. */
static um_status place_known(umi_model *model, um_nmf *nmf, const umi_known_source *known,
                             size_t n_known, size_t n_free, um_error *error)
{
    size_t k = 0;
    size_t n_sources = 0;
    for (size_t i = 0; i < n_known; i++) {
        size_t source = source_number(model, known[i].label, &n_sources);
        if (um_nmf_set_atoms(nmf, k, known[i].W, true) != UM_OK) {
            return umi_error_set(error, UM_ERR_CONFIG, "%s: its atoms do not fit", known[i].label);
        }
        for (size_t a = 0; a < known[i].W.rows; a++) {
            model->source_of[k++] = source;
        }
    }
    if (n_free > 0) {
        size_t source = source_number(model, umi_residual_label, &n_sources);
        while (k < model->W.rows) {
            model->source_of[k++] = source;
        }
    }
    model->n_sources = n_sources;
    return UM_OK;
}

um_status umi_model_learn_known(const umi_model_config *config, um_cview V,
                                const umi_known_source *known, size_t n_known, size_t n_free,
                                const um_progress *progress, umi_model *model, um_error *error)
{
    um_nmf *nmf = NULL;
    memset(model, 0, sizeof *model);
    size_t K = n_free;
    for (size_t i = 0; i < n_known; i++) {
        K += known[i].W.rows;
    }
    um_status status = allocate(model, K, n_known + 1, config, error);
    if (status == UM_OK) {
        status = nmf_new(config, V, config->n_channels, K, &nmf, error);
    }
    if (status == UM_OK) {
        status = place_known(model, nmf, known, n_known, n_free, error);
    }
    if (status == UM_OK) {
        /* Singular vectors would give the free atoms what the known ones explain already. */
        umi_model_config random = *config;
        random.start = UMI_START_RANDOM;
        status = start(&random, nmf, V, progress, error);
    }
    if (status == UM_OK) {
        status = run(nmf, V, progress, error);
    }
    if (status == UM_OK) {
        take_results(model, nmf);
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    return status;
}

um_status umi_model_learn_atoms(const umi_model_config *config, um_cview V,
                                const um_progress *progress, um_view W, um_error *error)
{
    um_nmf *nmf = NULL;
    um_status status = nmf_new(config, V, 1, W.rows, &nmf, error);
    if (status == UM_OK) {
        status = start(config, nmf, V, progress, error);
    }
    if (status == UM_OK) {
        status = run(nmf, V, progress, error);
    }
    if (status == UM_OK) {
        copy_view(W, um_nmf_atoms(nmf));
    }
    um_nmf_free(nmf);
    return status;
}
