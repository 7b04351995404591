#include "job/model_percussive.h"

#include "core/atom_shares.h"
#include "core/error.h"
#include "core/matrix.h"
#include "core/median_share.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/running_minimum.h"
#include "job/model_internal.h"

#include <math.h>
#include <string.h>

enum { UPDATES = 5 };

/* Of a free atom that counts as percussive, by median filters. */
static const double STRUCK_SHARE = 0.7;

umi_percussive_config umi_percussive_config_for(double hop, double bin)
{
    return (umi_percussive_config){2 * (size_t)round(0.07 / hop) + 1,
                                   2 * (size_t)round(0.35 / hop) + 1,
                                   2 * (size_t)round(130.0 / bin) + 1};
}

/* So that updates can raise again what was taken away altogether. */
static const float LEAST = 1e-24f;

/* Takes away what of the percussive activations lasts. */
static um_status keep_onsets(um_nmf *nmf, size_t n_percussive, size_t n_frames, um_view H,
                             float *column)
{
    um_cview learned = um_nmf_activations(nmf);
    for (size_t t = 0; t < learned.rows; t++) {
        memcpy(um_row(H, t), um_crow(learned, t), learned.cols * sizeof(float));
    }
    umi_running_minimum_subtract(H, 0, n_percussive, n_frames / 2, LEAST, column);
    return um_nmf_set_activations(nmf, um_const_view(H));
}

/* All iterations, with a look at the onsets between every few. */
static um_status learn(const umi_model_config *config, um_cview V, um_nmf *nmf, size_t n_percussive,
                       size_t n_frames, const um_progress *progress, um_error *error)
{
    um_view H = umi_matrix_new(V.rows, um_nmf_atoms(nmf).rows);
    float *column = umi_alloc(V.rows, sizeof(float));
    um_status status = H.data == NULL || column == NULL ? umi_model_out_of_memory(error) : UM_OK;
    for (size_t done = 0; status == UM_OK && done < config->iterations; done += UPDATES) {
        if (done > 0 && keep_onsets(nmf, n_percussive, n_frames, H, column) != UM_OK) {
            status = umi_error_set(error, UM_ERR_INTERNAL, "activations cannot be set");
        } else {
            status = umi_model_nmf_run(nmf, V, NULL, error);
        }
        if (status == UM_OK && !umi_progress_report(progress, (double)(done + UPDATES),
                                                    (double)config->iterations, NAN)) {
            status = umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
        }
    }
    umi_free(H.data);
    umi_free(column);
    return status;
}

/* V times the share of what is struck, to be freed; no data when memory is short. */
static um_view struck_part(const umi_model_config *config, const umi_percussive_config *how,
                           um_cview V)
{
    umi_median_share medians = {config->n_bins, how->median_frames / 2, how->median_bins / 2};
    um_view L = umi_matrix_new(V.rows, V.cols);
    float *scratch = umi_alloc(umi_median_share_floats(&medians, V.cols), sizeof(float));
    for (size_t t = 0; L.data != NULL && scratch != NULL && t < V.rows; t++) {
        umi_median_share_of(&medians, V, t, um_row(L, t), scratch);
        for (size_t i = 0; i < V.cols; i++) {
            um_row(L, t)[i] *= um_crow(V, t)[i];
        }
    }
    if (scratch == NULL) {
        umi_free(L.data);
        L.data = NULL;
    }
    umi_free(scratch);
    return L;
}

/* A free atom goes to the source that most of it is of, by the medians. */
static um_status assign(const umi_model_config *config, const umi_percussive_config *how,
                        um_cview V, const um_nmf *nmf, size_t n_percussive, umi_model *model,
                        um_error *error)
{
    size_t K = model->W.rows;
    double *share = umi_alloc(K, sizeof *share);
    um_view D = umi_model_expand(um_nmf_atoms(nmf), um_nmf_gains(nmf));
    um_view L = struck_part(config, how, V);
    um_status status = share == NULL || D.data == NULL || L.data == NULL ? UM_ERR_MEMORY : UM_OK;
    if (status == UM_OK) {
        status =
            umi_atom_shares(V, um_const_view(L), um_nmf_activations(nmf), um_const_view(D), share);
    }
    size_t n_harmonic = 0;
    for (size_t k = 0; status == UM_OK && k < K; k++) {
        model->source_of[k] = k >= n_percussive && share[k] < STRUCK_SHARE;
        n_harmonic += model->source_of[k];
    }
    if (status == UM_OK && n_harmonic == 0) {
        model->source_of[K - 1] = 1; /* every source needs an atom */
    }
    umi_free(L.data);
    umi_free(D.data);
    umi_free(share);
    return status == UM_OK ? UM_OK : umi_model_out_of_memory(error);
}

static void set_labels(umi_model *model)
{
    umi_model_set_label(model, 0, "percussive");
    umi_model_set_label(model, 1, "harmonic");
}

um_status umi_model_learn_percussive(const umi_model_config *config,
                                     const umi_percussive_config *how, um_cview V, um_cview W,
                                     size_t n_free, const um_progress *progress, umi_model *model,
                                     um_error *error)
{
    um_nmf *nmf = NULL;
    umi_model_config few = *config;
    memset(model, 0, sizeof *model);
    few.iterations = UPDATES;
    few.tolerance = 0.0;
    um_status status = umi_model_allocate(model, W.rows + n_free, 2, config, error);
    if (status == UM_OK) {
        status = umi_model_nmf_new(&few, V, config->n_channels, W.rows + n_free, &nmf, error);
    }
    if (status == UM_OK && um_nmf_set_atoms(nmf, 0, W, true) != UM_OK) {
        status = umi_error_set(error, UM_ERR_CONFIG, "the percussive atoms do not fit");
    }
    if (status == UM_OK && V.rows > 0) {
        few.start = UMI_START_RANDOM;
        status = umi_model_nmf_start(&few, nmf, V, progress, error);
    }
    if (status == UM_OK && V.rows > 0) {
        status = learn(config, V, nmf, W.rows, how->onset_frames, progress, error);
    }
    if (status == UM_OK) {
        status = assign(config, how, V, nmf, W.rows, model, error);
    }
    if (status == UM_OK) {
        umi_model_take(model, nmf);
        set_labels(model);
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    return status;
}

um_status umi_model_of_medians(const umi_model_config *config, umi_model *model, um_error *error)
{
    memset(model, 0, sizeof *model);
    um_status status = umi_model_allocate(model, 2, 2, config, error);
    for (size_t s = 0; status == UM_OK && s < 2; s++) {
        model->source_of[s] = s;
        for (size_t f = 0; f < model->W.cols; f++) {
            um_row(model->W, s)[f] = 1.0f / (float)model->W.cols;
        }
        for (size_t c = 0; c < model->G.cols; c++) {
            um_row(model->G, s)[c] = 1.0f;
        }
    }
    if (status == UM_OK) {
        set_labels(model);
    } else {
        umi_model_free(model);
    }
    return status;
}
