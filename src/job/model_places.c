#include "job/model_places.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/place.h"
#include "core/progress.h"
#include "job/frame_draw.h"
#include "job/frame_walk.h"
#include "job/model_internal.h"
#include "unmingle/activations.h"
#include "unmingle/matrix_mask.h"

#include <math.h>
#include <string.h>

enum {
    /* Frames that are looked at: a minute and a half of music, spread over the whole. */
    FRAMES_MAX = 4096,
    /* Frames that activations are found for at once. */
    BATCH = 64,
    ITERATIONS = 20
};

/* A point is a source's alone when so much of the model is: others would blur its place. */
static const double ALONE = 0.999;

/* A source comes from one place when so much of its power does, and two places differ when so many
 * degrees lie between; else matrices do more harm than good. */
static const double ONE_PLACE = 0.95, APART = 3.0;

/* At every bin this share of a bin's mean power is taken to come from the source's place: where a
 * source is hardly heard, its place elsewhere tells more. */
static const double PRIOR = 0.1;

typedef struct finder {
    const umi_model *model;
    um_activations *activations;
    umi_frame_draw draw;
    umi_frame_taker taker;
    um_view V, H;    /* BATCH rows */
    float *spectra;  /* of as many frames */
    float *shares;   /* n_sources x n_bins */
    size_t n_frames; /* in the batch */
    size_t n_values; /* of a source's covariance */
    double *sums;    /* n_sources x n_values */
    uint64_t n_samples, samples_done;
    const um_progress *progress;
} finder;

static float *share_of(const finder *f, size_t source)
{
    return f->shares + source * f->model->W.cols;
}

/* The models of a frame, channels summed. */
static void form_models(finder *f, const float *h)
{
    const umi_model *m = f->model;
    memset(f->shares, 0, m->n_sources * m->W.cols * sizeof(float));
    for (size_t k = 0; k < m->W.rows; k++) {
        const float *atom = um_row(m->W, k);
        float *model = share_of(f, m->source_of[k]);
        for (size_t i = 0; i < m->W.cols; i++) {
            model[i] += h[k] * atom[i];
        }
    }
}

/* Adds the points of a frame that are one source's alone to its sums; the others are made silent
 * in `masked`. */
static void add_frame(finder *f, const float *h, const float *spectrum, float *masked)
{
    const umi_model *m = f->model;
    size_t F = m->W.cols, C = m->G.cols;
    form_models(f, h);
    for (size_t s = 0; s < m->n_sources; s++) {
        for (size_t i = 0; i < F; i++) {
            double all = 0.0;
            for (size_t other = 0; other < m->n_sources; other++) {
                all += (double)share_of(f, other)[i];
            }
            float alone = (double)share_of(f, s)[i] > ALONE * all ? 1.0f : 0.0f;
            for (size_t c = 0; c < C; c++) {
                masked[2 * (c * F + i)] = alone * spectrum[2 * (c * F + i)];
                masked[2 * (c * F + i) + 1] = alone * spectrum[2 * (c * F + i) + 1];
            }
        }
        um_covariance_add(masked, C, F, f->sums + s * f->n_values);
    }
}

static um_status add_batch(finder *f, um_error *error)
{
    size_t n_floats = 2 * f->V.cols;
    um_cview V = {f->V.data, f->n_frames, f->V.cols, f->V.stride};
    um_view H = {f->H.data, f->n_frames, f->H.cols, f->H.stride};
    um_status status = um_activations_solve(f->activations, V, H);
    if (status != UM_OK) {
        return umi_error_set(error, status, "%s", um_status_string(status));
    }
    for (size_t i = 0; i < f->n_frames; i++) {
        add_frame(f, um_row(f->H, i), f->spectra + i * n_floats, f->spectra + BATCH * n_floats);
    }
    f->n_frames = 0;
    return UM_OK;
}

static um_status take_frame(void *user, const float *magnitudes, const float *spectra,
                            um_error *error)
{
    finder *f = user;
    memcpy(um_row(f->V, f->n_frames), magnitudes, f->V.cols * sizeof(float));
    memcpy(f->spectra + f->n_frames * 2 * f->V.cols, spectra, 2 * f->V.cols * sizeof(float));
    f->n_frames++;
    f->taker.next = umi_frame_draw_next(&f->draw);
    return f->n_frames == BATCH ? add_batch(f, error) : UM_OK;
}

static um_status report(void *user, size_t n_samples, um_error *error)
{
    finder *f = user;
    f->samples_done += n_samples;
    return umi_progress_report(f->progress, (double)f->samples_done, (double)f->n_samples, NAN)
               ? UM_OK
               : umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
}

/* Whether the places tell the sources apart. */
static bool are_apart(const finder *f)
{
    size_t S = f->model->n_sources, C = f->model->G.cols, F = f->model->W.cols;
    for (size_t s = 0; s < S; s++) {
        umi_place place = umi_place_of(f->sums + s * f->n_values, C, F);
        if (place.share < ONE_PLACE) {
            return false;
        }
        for (size_t before = 0; before < s; before++) {
            umi_place other = umi_place_of(f->sums + before * f->n_values, C, F);
            if (umi_place_angle(&place, &other, C) < APART) {
                return false;
            }
        }
    }
    return true;
}

/* Adds what is taken to come from the source's place to every bin's sums. */
static void add_prior(double *sums, size_t n_channels, size_t n_bins)
{
    for (size_t p = 0; p < n_channels * n_channels; p++) {
        double *plane = sums + p * n_bins;
        double sum = 0.0;
        for (size_t i = 0; i < n_bins; i++) {
            sum += plane[i];
        }
        for (size_t i = 0; i < n_bins; i++) {
            plane[i] += PRIOR * sum / (double)n_bins;
        }
    }
}

static um_status finish(finder *f, umi_model *model, um_error *error)
{
    size_t S = model->n_sources, C = model->G.cols, F = model->W.cols;
    if (!are_apart(f)) {
        return UM_OK;
    }
    model->R = um_view_of(umi_alloc(S * f->n_values, sizeof(float)), S, f->n_values);
    if (model->R.data == NULL) {
        return umi_model_out_of_memory(error);
    }
    for (size_t s = 0; s < S; s++) {
        add_prior(f->sums + s * f->n_values, C, F);
        um_covariance_finish(f->sums + s * f->n_values, C, F, um_row(model->R, s));
    }
    return UM_OK;
}

static bool allocate(finder *f, um_parallel parallel)
{
    const umi_model *m = f->model;
    size_t C = m->G.cols, F = m->W.cols;
    um_activations_config config = um_activations_config_default();
    config.iterations = ITERATIONS;
    config.parallel = parallel;
    um_view D = umi_model_expand(um_const_view(m->W), um_const_view(m->G));
    bool ok =
        D.data != NULL && um_activations_new(&config, um_const_view(D), &f->activations) == UM_OK;
    umi_free(D.data);
    f->n_values = C * C * F;
    f->V = umi_matrix_new(BATCH, C * F);
    f->H = umi_matrix_new(BATCH, m->W.rows);
    f->spectra = umi_alloc((BATCH + 1) * C * F, 2 * sizeof(float));
    f->shares = umi_alloc(m->n_sources * F, sizeof(float));
    f->sums = umi_alloc(m->n_sources * f->n_values, sizeof(double));
    return ok && f->V.data != NULL && f->H.data != NULL && f->spectra != NULL &&
           f->shares != NULL && f->sums != NULL;
}

static void free_all(finder *f)
{
    um_activations_free(f->activations);
    umi_free(f->V.data);
    umi_free(f->H.data);
    umi_free(f->spectra);
    umi_free(f->shares);
    umi_free(f->sums);
}

/* Whether every source has an atom. */
static bool all_have_atoms(const umi_model *model)
{
    size_t n = 0;
    for (size_t k = 0; k < model->W.rows; k++) {
        n += k == 0 || model->source_of[k] != model->source_of[k - 1];
    }
    return n == model->n_sources;
}

um_status umi_model_find_places(umi_model *model, const um_stft_config *stft,
                                umi_recording *recording, um_parallel parallel, uint64_t seed,
                                const um_progress *progress, um_error *error)
{
    if (model->G.cols < 2 || model->n_sources < 2 || !all_have_atoms(model)) {
        return UM_OK;
    }
    um_stft *transform = NULL;
    finder f = {.model = model, .n_samples = recording->n_frames, .progress = progress};
    um_status status = um_stft_new(stft, &transform, error);
    if (status == UM_OK && !allocate(&f, parallel)) {
        status = umi_model_out_of_memory(error);
    }
    if (status == UM_OK) {
        umi_frame_walk_config walk = {transform, false, parallel, 0};
        uint64_t n = umi_frame_walk_frames(transform, recording->n_frames);
        f.draw = umi_frame_draw_start(n, n < FRAMES_MAX ? n : FRAMES_MAX, seed);
        f.taker = (umi_frame_taker){umi_frame_draw_next(&f.draw), take_frame, report, &f};
        status = umi_frame_walk(&walk, recording, 0, recording->n_frames, &f.taker, error);
    }
    if (status == UM_OK && f.n_frames > 0) {
        status = add_batch(&f, error);
    }
    if (status == UM_OK) {
        status = finish(&f, model, error);
    }
    free_all(&f);
    um_stft_free(transform);
    return status;
}
