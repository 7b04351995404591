#include "job/alone_points.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/progress.h"
#include "job/frame_draw.h"
#include "job/frame_walk.h"
#include "job/model_internal.h"
#include "unmingle/activations.h"

#include <math.h>
#include <string.h>

enum {
    BATCH = 64, /* frames that activations are found for at once */
    ITERATIONS = 20
};

typedef struct walker {
    const umi_alone_config *config;
    um_activations *activations;
    umi_frame_draw draw;
    umi_frame_taker taker;
    um_view V, H;    /* BATCH rows */
    size_t n_floats; /* of a spectrum */
    float *spectra;  /* BATCH of them, and one masked */
    float *models;   /* n_sources x n_bins */
    size_t n_in_batch;
    uint64_t n_samples, samples_done;
} walker;

static float *model_of(const walker *w, size_t source)
{
    return w->models + source * w->config->W.cols;
}

/* The sources' models of a frame, channels summed. */
static void form_models(walker *w, const float *h)
{
    um_cview W = w->config->W;
    memset(w->models, 0, w->config->n_sources * W.cols * sizeof(float));
    for (size_t k = 0; k < W.rows; k++) {
        const float *atom = um_crow(W, k);
        float *model = model_of(w, w->config->source_of[k]);
        for (size_t f = 0; f < W.cols; f++) {
            model[f] += h[k] * atom[f];
        }
    }
}

static void hand_over(walker *w, const float *h, const float *spectrum, float *masked)
{
    const umi_alone_config *c = w->config;
    size_t F = c->W.cols;
    form_models(w, h);
    for (size_t s = 0; s < c->n_sources; s++) {
        memset(masked, 0, w->n_floats * sizeof(float));
        for (size_t f = 0; f < F; f++) {
            double all = 0.0;
            for (size_t other = 0; other < c->n_sources; other++) {
                all += (double)model_of(w, other)[f];
            }
            if ((double)model_of(w, s)[f] <= c->alone * all) {
                continue;
            }
            for (size_t i = 2 * f; i < w->n_floats; i += 2 * F) {
                masked[i] = spectrum[i];
                masked[i + 1] = spectrum[i + 1];
            }
        }
        c->take(c->user, s, masked);
    }
}

static um_status finish_batch(walker *w, um_error *error)
{
    um_cview V = {w->V.data, w->n_in_batch, w->V.cols, w->V.stride};
    um_view H = {w->H.data, w->n_in_batch, w->H.cols, w->H.stride};
    um_status status = um_activations_solve(w->activations, V, H);
    if (status != UM_OK) {
        return umi_error_set(error, status, "%s", um_status_string(status));
    }
    for (size_t i = 0; i < w->n_in_batch; i++) {
        hand_over(w, um_row(w->H, i), w->spectra + i * w->n_floats,
                  w->spectra + BATCH * w->n_floats);
    }
    w->n_in_batch = 0;
    return UM_OK;
}

static um_status take_frame(void *user, const float *magnitudes, const float *spectra,
                            um_error *error)
{
    walker *w = user;
    memcpy(um_row(w->V, w->n_in_batch), magnitudes, w->V.cols * sizeof(float));
    memcpy(w->spectra + w->n_in_batch * w->n_floats, spectra, w->n_floats * sizeof(float));
    w->n_in_batch++;
    w->taker.next = umi_frame_draw_next(&w->draw);
    return w->n_in_batch == BATCH ? finish_batch(w, error) : UM_OK;
}

static um_status report(void *user, size_t n_samples, um_error *error)
{
    walker *w = user;
    w->samples_done += n_samples;
    return umi_progress_report(w->config->progress, (double)w->samples_done, (double)w->n_samples,
                               NAN)
               ? UM_OK
               : umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
}

static bool allocate(walker *w, size_t n_channels)
{
    const umi_alone_config *c = w->config;
    bool placed = c->G.data != NULL;
    um_activations_config config = um_activations_config_default();
    config.iterations = ITERATIONS;
    config.parallel = c->parallel;
    um_view D = placed ? umi_model_expand(c->W, c->G) : (um_view){NULL, 0, 0, 0};
    bool ok =
        (!placed || D.data != NULL) &&
        um_activations_new(&config, placed ? um_const_view(D) : c->W, &w->activations) == UM_OK;
    umi_free(D.data);
    w->n_floats = 2 * n_channels * c->W.cols;
    w->V = umi_matrix_new(BATCH, (placed ? n_channels : 1) * c->W.cols);
    w->H = umi_matrix_new(BATCH, c->W.rows);
    w->spectra = umi_alloc(BATCH + 1, w->n_floats * sizeof(float));
    w->models = umi_alloc(c->n_sources * c->W.cols, sizeof(float));
    return ok && w->V.data != NULL && w->H.data != NULL && w->spectra != NULL && w->models != NULL;
}

um_status umi_alone_points(const umi_alone_config *config, umi_recording *recording,
                           um_error *error)
{
    um_stft *stft = NULL;
    walker w = {.config = config, .n_samples = recording->n_frames};
    um_status status = um_stft_new(&config->stft, &stft, error);
    if (status == UM_OK && !allocate(&w, recording->format.channels)) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to look for places");
    }
    if (status == UM_OK) {
        umi_frame_walk_config walk = {stft, config->G.data == NULL, config->parallel, 0};
        uint64_t n = umi_frame_walk_frames(stft, recording->n_frames);
        w.draw =
            umi_frame_draw_start(n, n < config->n_frames ? n : config->n_frames, 1, config->seed);
        w.taker = (umi_frame_taker){umi_frame_draw_next(&w.draw), take_frame, report, &w};
        status = umi_frame_walk(&walk, recording, 0, recording->n_frames, &w.taker, error);
    }
    if (status == UM_OK && w.n_in_batch > 0) {
        status = finish_batch(&w, error);
    }
    um_activations_free(w.activations);
    umi_free(w.V.data);
    umi_free(w.H.data);
    umi_free(w.spectra);
    umi_free(w.models);
    um_stft_free(stft);
    return status;
}
