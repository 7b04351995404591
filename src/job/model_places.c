#include "job/model_places.h"

#include "core/memory.h"
#include "core/place.h"
#include "job/alone_points.h"
#include "job/model_internal.h"
#include "unmingle/matrix_mask.h"

/* Frames that are looked at: a minute and a half of music. */
enum { FRAMES_MAX = 4096 };

/* A point is a source's alone when more of the model is: others would blur its place. */
static const double ALONE = 0.999;

/* A source comes from one place when so much of its power does, and two places differ when so many
 * degrees lie between; else matrices do more harm than good. */
static const double ONE_PLACE = 0.95, APART = 3.0;

/* At every bin this share of a bin's mean power is taken to come from the source's place: where a
 * source is hardly heard, its place elsewhere tells more. */
static const double PRIOR = 0.1;

typedef struct finder {
    size_t n_sources, n_channels, n_bins;
    size_t n_values; /* of a source's covariance */
    double *sums;    /* n_sources x n_values */
} finder;

static double *sums_of(const finder *f, size_t source)
{
    return f->sums + source * f->n_values;
}

static void add_points(void *user, size_t source, const float *spectrum)
{
    const finder *f = user;
    um_covariance_add(spectrum, f->n_channels, f->n_bins, sums_of(f, source));
}

/* Whether the places tell the sources apart. */
static bool are_apart(const finder *f)
{
    for (size_t s = 0; s < f->n_sources; s++) {
        umi_place place = umi_place_of(sums_of(f, s), f->n_channels, f->n_bins);
        if (place.share < ONE_PLACE) {
            return false;
        }
        for (size_t before = 0; before < s; before++) {
            umi_place other = umi_place_of(sums_of(f, before), f->n_channels, f->n_bins);
            if (umi_place_angle(&place, &other, f->n_channels) < APART) {
                return false;
            }
        }
    }
    return true;
}

/* Adds what is taken to come from the source's place to every bin's sums. */
static void add_prior(const finder *f, double *sums)
{
    for (size_t p = 0; p < f->n_channels * f->n_channels; p++) {
        double *plane = sums + p * f->n_bins, sum = 0.0;
        for (size_t i = 0; i < f->n_bins; i++) {
            sum += plane[i];
        }
        for (size_t i = 0; i < f->n_bins; i++) {
            plane[i] += PRIOR * sum / (double)f->n_bins;
        }
    }
}

static um_status finish(const finder *f, umi_model *model, um_error *error)
{
    if (!are_apart(f)) {
        return UM_OK;
    }
    model->R =
        um_view_of(umi_alloc(f->n_sources * f->n_values, sizeof(float)), f->n_sources, f->n_values);
    if (model->R.data == NULL) {
        return umi_model_out_of_memory(error);
    }
    for (size_t s = 0; s < f->n_sources; s++) {
        add_prior(f, sums_of(f, s));
        um_covariance_finish(sums_of(f, s), f->n_channels, f->n_bins, um_row(model->R, s));
    }
    return UM_OK;
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
    size_t S = model->n_sources, C = model->G.cols, F = model->W.cols;
    if (C < 2 || S < 2 || !all_have_atoms(model)) {
        return UM_OK;
    }
    finder f = {S, C, F, C * C * F, umi_alloc(S * C * C * F, sizeof(double))};
    if (f.sums == NULL) {
        return umi_model_out_of_memory(error);
    }
    umi_alone_config config = {.stft = *stft,
                               .W = um_const_view(model->W),
                               .G = um_const_view(model->G),
                               .source_of = model->source_of,
                               .n_sources = S,
                               .alone = ALONE,
                               .n_frames = FRAMES_MAX,
                               .seed = seed,
                               .parallel = parallel,
                               .progress = progress,
                               .take = add_points,
                               .user = &f};
    um_status status = umi_alone_points(&config, recording, error);
    if (status == UM_OK) {
        status = finish(&f, model, error);
    }
    umi_free(f.sums);
    return status;
}
