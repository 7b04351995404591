#include "job/model_percussive.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/running_minimum.h"
#include "job/model_internal.h"

#include <math.h>
#include <string.h>

enum { UPDATES = 5 };

/* So that updates can raise again what was taken away altogether. */
static const float LEAST = 1e-24f;

/* Takes away what of the percussive activations lasts. */
static um_status keep_onsets(um_nmf *nmf, size_t n_percussive, um_view H, float *column)
{
    um_cview learned = um_nmf_activations(nmf);
    for (size_t t = 0; t < learned.rows; t++) {
        memcpy(um_row(H, t), um_crow(learned, t), learned.cols * sizeof(float));
    }
    umi_running_minimum_subtract(H, 0, n_percussive, UMI_PERCUSSIVE_ONSET_FRAMES / 2, LEAST,
                                 column);
    return um_nmf_set_activations(nmf, um_const_view(H));
}

/* All iterations, with a look at the onsets between every few. */
static um_status learn(const umi_model_config *config, um_cview V, um_nmf *nmf, size_t n_percussive,
                       const um_progress *progress, um_error *error)
{
    um_view H = umi_matrix_new(V.rows, um_nmf_atoms(nmf).rows);
    float *column = umi_alloc(V.rows, sizeof(float));
    um_status status = H.data == NULL || column == NULL ? umi_model_out_of_memory(error) : UM_OK;
    for (size_t done = 0; status == UM_OK && done < config->iterations; done += UPDATES) {
        if (done > 0 && keep_onsets(nmf, n_percussive, H, column) != UM_OK) {
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

um_status umi_model_learn_percussive(const umi_model_config *config, um_cview V, um_cview W,
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
        status = learn(config, V, nmf, W.rows, progress, error);
    }
    if (status == UM_OK) {
        for (size_t k = 0; k < model->W.rows; k++) {
            model->source_of[k] = k >= W.rows;
        }
        umi_model_take(model, nmf);
        umi_model_set_label(model, 0, "percussive");
        umi_model_set_label(model, 1, "harmonic");
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    return status;
}
