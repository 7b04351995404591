#include "job/model_known.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/model_internal.h"
#include "unmingle/nmfd.h"

#include <stdio.h>
#include <string.h>

/* Iterations of the activations alone before atoms that last change: by then they say where each
 * begins. */
enum { ONSET_ITERATIONS = 10 };

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

/* Gives every component its source, and the known ones their atoms and what gains there are. */
static um_status place_known(umi_model *model, const umi_known_source *known, size_t n_known,
                             size_t n_free, um_error *error)
{
    size_t k = 0;
    size_t n_sources = 0;
    for (size_t i = 0; i < n_known; i++) {
        size_t source = source_number(model, known[i].label, &n_sources);
        um_cview W = known[i].W, G = known[i].G;
        if (W.cols != model->W.cols || (G.data != NULL && G.cols != model->G.cols)) {
            return umi_error_set(error, UM_ERR_CONFIG, "%s: its atoms do not fit", known[i].label);
        }
        umi_matrix_copy_rows(model->W, k, W);
        for (size_t a = 0; a < W.rows; a++, k++) {
            for (size_t c = 0; c < model->G.cols; c++) {
                um_row(model->G, k)[c] = G.data != NULL ? um_crow(G, a)[c] : 1.0f;
            }
            model->source_of[k] = source;
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

/* The covariances, where every source has one. */
static um_status place_covariances(umi_model *model, const umi_known_source *known, size_t n_known,
                                   um_error *error)
{
    size_t n_planes = model->G.cols * model->G.cols, n = n_planes * model->W.cols;
    size_t n_placed = 0;
    if (model->G.cols < 2) {
        return UM_OK;
    }
    model->R = um_view_of(umi_alloc(model->n_sources * n, sizeof(float)), model->n_sources, n);
    if (model->R.data == NULL) {
        return umi_model_out_of_memory(error);
    }
    for (size_t s = 0; s < model->n_sources; s++) {
        for (size_t i = 0; i < n_known; i++) {
            if (known[i].covariance != NULL && strcmp(known[i].label, model->labels[s]) == 0) {
                memcpy(um_row(model->R, s), known[i].covariance, n * sizeof(float));
                n_placed += um_row(model->R, s)[0] > 0.0f;
                break;
            }
        }
    }
    if (n_placed < model->n_sources) {
        umi_free(model->R.data);
        model->R = (um_view){NULL, 0, 0, 0};
    }
    return UM_OK;
}

bool umi_model_is_known(const umi_model_config *config, const umi_known_source *known,
                        size_t n_known)
{
    for (size_t i = 0; i < n_known; i++) {
        if (known[i].adapts || (known[i].G.data == NULL && config->atom_frames <= 1)) {
            return false;
        }
    }
    return true;
}

/* The atoms of the known sources, in the model's order, each as it may change or not. */
static um_status set_known(um_nmf *nmf, const umi_known_source *known, size_t n_known,
                           um_error *error)
{
    for (size_t i = 0, k = 0; i < n_known; k += known[i].W.rows, i++) {
        if (um_nmf_set_atoms(nmf, k, known[i].W, !known[i].adapts) != UM_OK) {
            return umi_error_set(error, UM_ERR_CONFIG, "%s: its atoms cannot be used",
                                 known[i].label);
        }
    }
    return UM_OK;
}

um_status umi_model_nmf_beside(const umi_model_config *config, um_cview V,
                               const umi_known_source *known, size_t n_known,
                               const um_progress *progress, const umi_model *model, um_nmf **nmf,
                               um_error *error)
{
    um_status status = umi_model_nmf_new(config, V, config->n_channels, model->W.rows, nmf, error);
    if (status == UM_OK) {
        status = set_known(*nmf, known, n_known, error);
    }
    if (status == UM_OK) {
        /* Singular vectors would give the free atoms what the known ones explain already. */
        umi_model_config random = *config;
        random.start = UMI_START_RANDOM;
        status = umi_model_nmf_start(&random, *nmf, V, progress, error);
    }
    return status == UM_OK ? umi_model_nmf_run(*nmf, V, progress, error) : status;
}

static um_status learn_beside(const umi_model_config *config, um_cview V,
                              const umi_known_source *known, size_t n_known,
                              const um_progress *progress, umi_model *model, um_error *error)
{
    um_nmf *nmf = NULL;
    um_status status =
        umi_model_nmf_beside(config, V, known, n_known, progress, model, &nmf, error);
    if (status == UM_OK) {
        umi_model_take(model, nmf);
    }
    um_nmf_free(nmf);
    return status;
}

/* The known atoms, of several frames each, go on learning from V. */
static um_status learn_lasting(const umi_model_config *config, um_cview V,
                               const um_progress *progress, umi_model *model, um_error *error)
{
    um_nmfd *nmfd = NULL;
    um_nmfd_config c = um_nmfd_config_default();
    c.n_frames = V.rows > 0 ? V.rows : 1;
    c.n_bins = config->n_bins;
    c.n_components = model->W.rows;
    c.atom_frames = config->atom_frames;
    c.activation_iterations = ONSET_ITERATIONS;
    c.iterations = config->iterations;
    c.tolerance = config->tolerance;
    c.parallel = config->parallel;
    um_status status = um_nmfd_new(&c, &nmfd);
    if (status == UM_OK && V.rows > 0) {
        status = um_nmfd_start_random(nmfd, V, config->seed);
    }
    if (status == UM_OK) {
        status = um_nmfd_set_atoms(nmfd, 0, um_const_view(model->W), false);
    }
    if (status == UM_OK && V.rows > 0) {
        status = um_nmfd_run(nmfd, V, progress);
    }
    if (status == UM_OK) {
        size_t n_curve;
        const double *curve = um_nmfd_curve(nmfd, &n_curve);
        umi_matrix_copy_rows(model->W, 0, um_nmfd_atoms(nmfd));
        model->n_curve = n_curve < config->iterations + 2 ? n_curve : config->iterations + 2;
        memcpy(model->curve, curve, model->n_curve * sizeof *curve);
        model->iterations = um_nmfd_iterations(nmfd);
    }
    um_nmfd_free(nmfd);
    return status == UM_OK           ? UM_OK
           : status == UM_ERR_MEMORY ? umi_model_out_of_memory(error)
                                     : umi_error_set(error, status, "%s", um_status_string(status));
}

um_status umi_model_begin_known(const umi_model_config *config, const umi_known_source *known,
                                size_t n_known, size_t n_free, umi_model *model, um_error *error)
{
    memset(model, 0, sizeof *model);
    size_t K = n_free;
    for (size_t i = 0; i < n_known; i++) {
        K += known[i].W.rows;
    }
    um_status status = umi_model_allocate(model, K, n_known + 1, config, error);
    if (status == UM_OK) {
        status = place_known(model, known, n_known, n_free, error);
    }
    return status == UM_OK ? place_covariances(model, known, n_known, error) : status;
}

um_status umi_model_learn_known(const umi_model_config *config, um_cview V,
                                const umi_known_source *known, size_t n_known, size_t n_free,
                                const um_progress *progress, umi_model *model, um_error *error)
{
    um_status status = umi_model_begin_known(config, known, n_known, n_free, model, error);
    if (status == UM_OK && (n_free > 0 || !umi_model_is_known(config, known, n_known))) {
        status = config->atom_frames > 1
                     ? learn_lasting(config, V, progress, model, error)
                     : learn_beside(config, V, known, n_known, progress, model, error);
    }
    if (status != UM_OK) {
        umi_model_free(model);
    }
    return status;
}
