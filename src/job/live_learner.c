#include "job/live_learner.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/tile.h"
#include "job/live_learner_internal.h"
#include "job/live_noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ATOMS_MAX = 256 };

static const double REST_SECONDS = 0.25, NOISE_SECONDS = 1.0; /* between two learnings */
static const double SECONDS_MAX = 3600.0;

const char umi_live_rest_label[] = "rest";

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

size_t umi_live_learner_frames_in(const umi_live_learner *l, double seconds)
{
    return (size_t)fmax(1.0, rint(seconds * l->config.frame_rate));
}

/* -- The model --------------------------------------------------------------------------------- */

um_cview umi_live_learner_rest(const umi_live_learner *l)
{
    um_view W = l->atoms.W;
    size_t first = umi_live_labels_n_atoms(&l->labels);
    um_cview none = {NULL, 0, l->n_bins, l->n_bins};
    return l->atoms.rest_knows ? (um_cview){um_row(W, first), W.rows - first, W.cols, W.stride}
                               : none;
}

um_status umi_live_learner_prepare(const umi_live_learner *l, size_t n_labels, size_t n_labelled,
                                   um_cview rest, bool learning, umi_live_arrangement *next,
                                   um_error *error)
{
    umi_live_arrangement_config config = {.n_bins = l->n_bins,
                                          .n_labelled = n_labelled,
                                          .rest = rest,
                                          .n_random =
                                              learning || n_labels == 0 ? l->config.n_free : 0,
                                          .learning = learning,
                                          .seed = l->config.seed};
    return umi_live_arrangement_init(&config, next, error);
}

void umi_live_learner_name_sources(umi_live_learner *l)
{
    for (size_t i = 0; i <= l->labels.n; i++) {
        (void)snprintf(l->names[i], sizeof l->names[i], "%s",
                       i < l->labels.n ? l->labels.items[i].name : umi_live_rest_label);
    }
    l->model.version++;
}

void umi_live_learner_take(umi_live_learner *l, const umi_live_arrangement *next)
{
    umi_live_arrangement_free(&l->atoms);
    l->atoms = *next;
    umi_live_arrangement_fill(&l->atoms, &l->labels);
    l->n_since_rest = 0;
    l->model.W = um_const_view(l->atoms.W);
    l->model.source_of = l->atoms.source_of;
    l->model.labels = (const char(*)[UM_LABEL_MAX + 1]) l->names;
    l->model.n_sources = l->labels.n + 1;
    l->model.residual = l->labels.n < 2;
    umi_live_learner_name_sources(l);
}

/* -- Hearing ----------------------------------------------------------------------------------- */

static bool is_silent(const float *v, size_t n)
{
    for (size_t f = 0; f < n; f++) {
        if (v[f] > 0.0f) {
            return false;
        }
    }
    return true;
}

/* The noise has the first row that is its own. */
static void find_noise(umi_live_learner *l)
{
    size_t place = umi_live_labels_find(&l->labels, umi_live_noise_label), row = 0;
    um_view W = l->labels.items[place].W;
    if (!umi_live_noise_find(umi_live_frames_kept(&l->heard), W)) {
        return; /* memory is short, or there is too little: what was found last will do */
    }
    for (size_t i = 0; i < place; i++) {
        row += l->labels.items[i].W.rows;
    }
    umi_matrix_copy_rows(l->atoms.W, row, um_const_view(W));
    if (l->atoms.learning) {
        umi_live_rest_replace(&l->atoms.rest, row, um_const_view(W));
    }
    l->model.version++;
}

static void hear(umi_live_learner *l, const float *frame)
{
    bool silent = is_silent(frame, l->n_bins);
    if (l->held[0] != '\0') {
        l->n_held++;
        if (!silent) {
            umi_live_frames_keep_all(&l->hold, frame);
        }
        return;
    }
    if (silent) {
        return;
    }
    umi_live_frames_keep_last(&l->heard, frame);
    if (l->atoms.learning && ++l->n_since_rest >= umi_live_learner_frames_in(l, REST_SECONDS)) {
        l->n_since_rest = 0;
        umi_live_rest_learn(&l->atoms.rest, umi_live_frames_kept(&l->heard), l->atoms.W);
        l->atoms.rest_knows = true;
        l->model.version++;
    }
    if (l->finds_noise && ++l->n_since_noise >= umi_live_learner_frames_in(l, NOISE_SECONDS)) {
        l->n_since_noise = 0;
        find_noise(l);
    }
}

um_status umi_live_learner_push(umi_live_learner *l, um_cview V)
{
    if (V.cols != l->n_bins || !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t t = 0; t < V.rows && !l->frozen; t++) {
        hear(l, um_crow(V, t));
    }
    return UM_OK;
}

/* -- Switches ---------------------------------------------------------------------------------- */

um_status umi_live_learner_set_learning(umi_live_learner *l, bool learning, um_error *error)
{
    umi_live_arrangement next;
    if (learning == l->atoms.learning) {
        return UM_OK;
    }
    bool keep = learning || l->labels.n < 2;
    um_cview none = {NULL, 0, l->n_bins, l->n_bins};
    um_status status =
        umi_live_learner_prepare(l, l->labels.n, umi_live_labels_n_atoms(&l->labels),
                                 keep ? umi_live_learner_rest(l) : none, learning, &next, error);
    if (status == UM_OK) {
        umi_live_learner_take(l, &next);
    }
    return status;
}

bool umi_live_learner_is_learning(const umi_live_learner *l)
{
    return l->atoms.learning;
}

void umi_live_learner_set_frozen(umi_live_learner *l, bool frozen)
{
    if (frozen && l->held[0] != '\0') {
        umi_live_learner_end_hold(l);
    }
    l->frozen = frozen;
}

bool umi_live_learner_is_frozen(const umi_live_learner *l)
{
    return l->frozen;
}

const umi_live_model *umi_live_learner_model(const umi_live_learner *l)
{
    return &l->model;
}

/* -- Making one -------------------------------------------------------------------------------- */

umi_live_learner_config umi_live_learner_config_default(void)
{
    return (umi_live_learner_config){.stft = um_stft_config_default(),
                                     .sample_rate = 48000.0,
                                     .frame_rate = 48000.0 / 1024.0,
                                     .n_free = 8,
                                     .n_label_atoms = 16,
                                     .forget_seconds = 10.0,
                                     .hold_seconds_max = 30.0};
}

static um_status check_config(const umi_live_learner_config *c, um_error *error)
{
    if (c->n_free < 1 || c->n_free > ATOMS_MAX || c->n_label_atoms < 1 ||
        c->n_label_atoms > ATOMS_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%zu free atoms, %zu for a label: 1 to %d are possible", c->n_free,
                             c->n_label_atoms, ATOMS_MAX);
    }
    if (!(c->sample_rate >= 1000.0 && c->sample_rate <= 768000.0) ||
        !(c->frame_rate > 0.0 && c->frame_rate <= c->sample_rate)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%g frames a second at %g Hz cannot be",
                             c->frame_rate, c->sample_rate);
    }
    if (!(c->forget_seconds > 0.0 && c->forget_seconds <= SECONDS_MAX) ||
        !(c->hold_seconds_max > 0.0 && c->hold_seconds_max <= SECONDS_MAX)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%g s to forget, %g s to hold: up to %g are possible",
                             c->forget_seconds, c->hold_seconds_max, SECONDS_MAX);
    }
    return UM_OK;
}

um_status umi_live_learner_new(const umi_live_learner_config *config, umi_live_learner **out,
                               um_error *error)
{
    um_stft *stft = NULL;
    umi_live_arrangement next;
    *out = NULL;
    um_status status = check_config(config, error);
    if (status == UM_OK) {
        status = um_stft_new(&config->stft, &stft, error);
    }
    if (status != UM_OK) {
        return status;
    }
    umi_live_learner *l = umi_alloc(1, sizeof *l);
    if (l == NULL) {
        um_stft_free(stft);
        return out_of_memory(error);
    }
    l->config = *config;
    l->n_bins = um_stft_n_bins(stft);
    l->fft_size = um_stft_fft_size(stft);
    um_stft_free(stft);
    um_cview none = {NULL, 0, l->n_bins, l->n_bins};
    status = umi_live_frames_init(&l->heard, umi_live_learner_frames_in(l, config->forget_seconds),
                                  l->n_bins)
                 ? umi_live_learner_prepare(l, 0, 0, none, true, &next, error)
                 : out_of_memory(error);
    if (status != UM_OK) {
        umi_live_learner_free(l);
        return status;
    }
    umi_live_learner_take(l, &next);
    *out = l;
    return UM_OK;
}

void umi_live_learner_free(umi_live_learner *l)
{
    if (l == NULL) {
        return;
    }
    umi_live_labels_free(&l->labels);
    umi_live_frames_free(&l->heard);
    umi_live_frames_free(&l->hold);
    umi_live_arrangement_free(&l->atoms);
    umi_free(l);
}
