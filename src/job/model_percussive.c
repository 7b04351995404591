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

/* Of a free atom that counts as percussive, by median filters. */
static const double STRUCK_SHARE = 0.7;

/* Frames or bins that reach `half` to either side, as far as a separator takes them. */
static size_t width_of(double half, size_t half_max)
{
    return 2 * (size_t)fmin(round(half), (double)half_max) + 1;
}

umi_percussive_config umi_percussive_config_for(double hop, double bin)
{
    enum { ONSET_HALF_MAX = 32, MEDIAN_HALF_MAX = 63 };
    return (umi_percussive_config){width_of(0.07 / hop, ONSET_HALF_MAX),
                                   width_of(0.35 / hop, MEDIAN_HALF_MAX),
                                   width_of(130.0 / bin, MEDIAN_HALF_MAX)};
}

/* Takes away what of the percussive activations lasts. */
static um_status keep_onsets(um_nmf *nmf, size_t n_percussive, size_t n_frames, um_view H,
                             float *column)
{
    umi_matrix_copy_rows(H, 0, um_nmf_activations(nmf));
    umi_running_minimum_subtract(H, 0, n_percussive, n_frames / 2, column);
    return um_nmf_set_activations(nmf, um_const_view(H));
}

/* The divergence at the start and after every few updates. */
typedef struct learning_course {
    double *divergence;
    size_t n, iterations;
} learning_course;

static void note(learning_course *course, const um_nmf *nmf)
{
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    if (n > 0 && course->n == 0) {
        course->divergence[course->n++] = curve[0];
    }
    if (n > 0) {
        course->divergence[course->n++] = curve[n - 1];
    }
    course->iterations += um_nmf_iterations(nmf);
}

/* All iterations, with a look at the onsets between every few. */
static um_status learn(const umi_model_config *config, um_cview V, um_nmf *nmf, size_t n_percussive,
                       size_t n_frames, const um_progress *progress, learning_course *course,
                       um_error *error)
{
    um_view H = umi_matrix_new(V.rows, um_nmf_atoms(nmf).rows);
    float *column = umi_alloc(V.rows, sizeof(float));
    um_status status = H.data == NULL || column == NULL ? umi_model_out_of_memory(error) : UM_OK;
    for (size_t done = 0; status == UM_OK && done < config->iterations;
         done += UMI_RUNNING_MINIMUM_UPDATES) {
        if (done > 0 && keep_onsets(nmf, n_percussive, n_frames, H, column) != UM_OK) {
            status = umi_error_set(error, UM_ERR_INTERNAL, "activations cannot be set");
        } else {
            status = umi_model_nmf_run(nmf, V, NULL, error);
        }
        if (status == UM_OK) {
            note(course, nmf);
        }
        if (status == UM_OK &&
            !umi_progress_report(progress, (double)(done + UMI_RUNNING_MINIMUM_UPDATES),
                                 (double)config->iterations, NAN)) {
            status = umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
        }
    }
    umi_free(H.data);
    umi_free(column);
    return status;
}

/* V times the share of what is struck. */
static void find_struck(const void *user, um_cview V, size_t first, um_view L, float *scratch)
{
    for (size_t t = 0; t < L.rows; t++) {
        umi_median_share_of(user, V, first + t, um_row(L, t), scratch);
        for (size_t i = 0; i < L.cols; i++) {
            um_row(L, t)[i] *= um_crow(V, first + t)[i];
        }
    }
}

/* A free atom goes to the source that most of it is of, by the medians. */
static um_status assign(const umi_model_config *config, const umi_percussive_config *how,
                        um_cview V, const um_nmf *nmf, size_t n_percussive, umi_model *model,
                        um_error *error)
{
    size_t K = model->W.rows;
    double *share = umi_alloc(K, sizeof *share);
    um_view D = umi_model_expand(um_nmf_atoms(nmf), um_nmf_gains(nmf));
    umi_median_share medians = {config->n_bins, how->median_frames / 2, how->median_bins / 2};
    umi_part struck = {find_struck, &medians, umi_median_share_floats(&medians, V.cols)};
    um_status status = share == NULL || D.data == NULL ? UM_ERR_MEMORY : UM_OK;
    if (status == UM_OK) {
        status = umi_atom_shares(&config->parallel, V, &struck, um_nmf_activations(nmf),
                                 um_const_view(D), share);
    }
    size_t n_harmonic = 0;
    for (size_t k = 0; status == UM_OK && k < K; k++) {
        model->source_of[k] = k >= n_percussive && share[k] < STRUCK_SHARE;
        n_harmonic += model->source_of[k];
    }
    if (status == UM_OK && n_harmonic == 0) {
        model->source_of[K - 1] = 1; /* every source needs an atom */
    }
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
    learning_course course = {
        umi_alloc(config->iterations / UMI_RUNNING_MINIMUM_UPDATES + 2, sizeof(double)), 0, 0};
    memset(model, 0, sizeof *model);
    few.iterations = UMI_RUNNING_MINIMUM_UPDATES;
    few.tolerance = 0.0;
    um_status status = umi_model_allocate(model, W.rows + n_free, 2, config, error);
    if (course.divergence == NULL) {
        status = umi_model_out_of_memory(error);
    }
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
        status = learn(config, V, nmf, W.rows, how->onset_frames, progress, &course, error);
    }
    if (status == UM_OK) {
        status = assign(config, how, V, nmf, W.rows, model, error);
    }
    if (status == UM_OK) {
        umi_model_take(model, nmf);
        memcpy(model->curve, course.divergence, course.n * sizeof *course.divergence);
        model->n_curve = course.n;
        model->iterations = course.iterations;
        set_labels(model);
    } else {
        umi_model_free(model);
    }
    um_nmf_free(nmf);
    umi_free(course.divergence);
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
