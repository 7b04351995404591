#include "job/live_learner.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/quiet_frames.h"
#include "job/atoms_remap.h"
#include "job/live_frames.h"
#include "job/live_labels.h"
#include "job/model.h"
#include "unmingle/online.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of atoms that are learned from a hold as 'separate --learn' does; and of those of noise, of which
 * fewer will do, as they are found anew every second. */
enum { HOLD_ITERATIONS = 100, NOISE_ITERATIONS = 40, NOISE_ATOMS = 16 };
static const double HOLD_SECONDS_MIN = 0.2;

/* What is looked through for noise, how often, and what share of it is noise. */
static const double NOISE_SECONDS = 10.0, NOISE_EVERY = 1.0, NOISE_SHARE = 0.1;
static const char NOISE_LABEL[] = "noise";

/* The free atoms: a batch takes so long, and they are given on so often at most. */
static const double BATCH_SECONDS = 0.35, GIVEN_A_SECOND = 4.0;
enum { FRESH_BATCHES = 4 };

const char umi_live_rest_label[] = "rest";

struct umi_live_learner {
    umi_live_learner_config config;
    size_t n_bins;
    umi_live_labels labels;
    bool learning, frozen;

    um_online *online; /* the labels' atoms, fixed, and then the free ones; NULL: to be made */
    um_view free;      /* the free atoms as they were given on last; no rows: there are none */
    size_t n_since;    /* frames learned from since then */

    char held[UM_LABEL_MAX + 1]; /* "": none */
    umi_live_frames hold;
    size_t n_held; /* frames heard during the hold */

    bool finds_noise;
    umi_live_frames recent;
    size_t n_since_noise;
    umi_quiet_frame *quiet;
    double *levels;

    umi_live_model model;
    um_view W;
    size_t source_of[UMI_LIVE_ATOMS_MAX];
    char names[UMI_LIVE_SOURCES_MAX][UM_LABEL_MAX + 1];
};

umi_live_learner_config umi_live_learner_config_default(void)
{
    umi_live_learner_config config = {.stft = um_stft_config_default(),
                                      .sample_rate = 48000.0,
                                      .frame_rate = 46.875,
                                      .n_free = 16,
                                      .n_label_atoms = 32,
                                      .forget_seconds = 10.0,
                                      .hold_seconds_max = 30.0};
    return config;
}

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

/* -- The model ----------------------------------------------------------------------------------
 */

static bool has_free_atoms(const umi_live_learner *l)
{
    return l->free.rows > 0 && (l->learning || l->labels.n < 2);
}

static size_t append(umi_live_learner *l, size_t row, um_cview W, size_t source)
{
    for (size_t k = 0; k < W.rows && row < UMI_LIVE_ATOMS_MAX; k++, row++) {
        memcpy(um_row(l->W, row), um_crow(W, k), l->n_bins * sizeof(float));
        l->source_of[row] = source;
    }
    return row;
}

/* After every change. */
static void renew(umi_live_learner *l)
{
    size_t row = 0;
    for (size_t i = 0; i < l->labels.n; i++) {
        row = append(l, row, um_const_view(l->labels.items[i].W), i);
        memcpy(l->names[i], l->labels.items[i].name, sizeof l->names[i]);
    }
    (void)snprintf(l->names[l->labels.n], sizeof l->names[0], "%s", umi_live_rest_label);
    if (has_free_atoms(l)) {
        row = append(l, row, um_const_view(l->free), l->labels.n);
    }
    l->model.W = (um_cview){l->W.data, row, l->n_bins, l->W.stride};
    l->model.source_of = l->source_of;
    l->model.n_sources = l->labels.n + 1;
    l->model.labels = (const char(*)[UM_LABEL_MAX + 1]) l->names;
    l->model.residual = l->labels.n < 2;
    l->model.version++;
}

const umi_live_model *umi_live_learner_model(const umi_live_learner *l)
{
    return &l->model;
}

/* -- Free atoms ---------------------------------------------------------------------------------
 */

static void drop_online(umi_live_learner *l)
{
    um_online_free(l->online);
    l->online = NULL;
}

/* Anew, beside the labels as they are: the free atoms go on from where they were. */
static um_status make_online(umi_live_learner *l)
{
    const umi_live_learner_config *c = &l->config;
    size_t n_labelled = umi_live_labels_n_atoms(&l->labels);
    um_online_config config = um_online_config_default();
    config.n_bins = l->n_bins;
    config.n_components = n_labelled + c->n_free;
    config.batch_frames = (size_t)fmax(1.0, BATCH_SECONDS * c->frame_rate);
    config.fresh_batches = FRESH_BATCHES;
    config.forgetting = exp(-(double)config.batch_frames / c->frame_rate / c->forget_seconds);
    config.seed = c->seed;
    um_status status = um_online_new(&config, &l->online);
    size_t first = 0;
    for (size_t i = 0; i < l->labels.n && status == UM_OK; i++) {
        um_cview W = um_const_view(l->labels.items[i].W);
        status = um_online_set_atoms(l->online, first, W, true);
        first += W.rows;
    }
    if (status == UM_OK && l->free.rows > 0) {
        status = um_online_set_atoms(l->online, first, um_const_view(l->free), false);
    }
    if (status == UM_OK && l->free.rows == 0) {
        l->free.rows = c->n_free;
        um_cview W = um_online_atoms(l->online);
        for (size_t k = 0; k < c->n_free; k++) {
            memcpy(um_row(l->free, k), um_crow(W, first + k), l->n_bins * sizeof(float));
        }
    }
    if (status != UM_OK) {
        drop_online(l);
    }
    return status;
}

/* The labels, or whether to learn, have changed. */
static um_status changed(umi_live_learner *l, um_error *error)
{
    drop_online(l);
    if (l->learning && make_online(l) != UM_OK) {
        l->learning = false;
        renew(l);
        return out_of_memory(error);
    }
    renew(l);
    return UM_OK;
}

static um_status learn_free(umi_live_learner *l, um_cview V)
{
    um_status status = um_online_push(l->online, V);
    l->n_since += V.rows;
    if (status == UM_OK && (double)l->n_since >= l->config.frame_rate / GIVEN_A_SECOND) {
        um_cview W = um_online_atoms(l->online);
        size_t first = W.rows - l->free.rows;
        for (size_t k = 0; k < l->free.rows; k++) {
            memcpy(um_row(l->free, k), um_crow(W, first + k), l->n_bins * sizeof(float));
        }
        l->n_since = 0;
        renew(l);
    }
    return status;
}

um_status umi_live_learner_set_learning(umi_live_learner *l, bool learning, um_error *error)
{
    if (learning == l->learning) {
        return UM_OK;
    }
    if (learning && l->labels.n >= 2) {
        l->free.rows = 0; /* they were not in use */
    }
    l->learning = learning;
    return changed(l, error);
}

bool umi_live_learner_is_learning(const umi_live_learner *l)
{
    return l->learning;
}

/* -- Labels -------------------------------------------------------------------------------------
 */

/* W becomes the atoms of `name`; it is freed when that cannot be. */
static um_status set_label(umi_live_learner *l, const char *name, um_view W, um_error *error)
{
    bool is_new = umi_live_labels_find(&l->labels, name) == l->labels.n;
    size_t n_other = umi_live_labels_n_atoms(&l->labels);
    if (n_other + W.rows + l->config.n_free > UMI_LIVE_ATOMS_MAX) {
        umi_free(W.data);
        return umi_error_set(error, UM_ERR_ARGUMENT, "more than %d atoms: remove a source first",
                             (int)UMI_LIVE_ATOMS_MAX);
    }
    umi_live_labels_set(&l->labels, name, W);
    if (is_new && l->labels.n == 2) {
        l->learning = false;
    }
    return UM_OK;
}

/* Learns n_atoms from V; *W is the caller's. */
static um_status learn_atoms(umi_live_learner *l, um_cview V, size_t n_atoms, size_t iterations,
                             um_view *W, um_error *error)
{
    umi_model_config config = {.n_bins = l->n_bins,
                               .n_channels = 1,
                               .sample_rate = l->config.sample_rate,
                               .iterations = iterations,
                               .start = UMI_START_RANDOM,
                               .seed = l->config.seed,
                               .parallel = um_parallel_serial()};
    *W = umi_matrix_new(n_atoms, l->n_bins);
    um_status status =
        W->data != NULL ? umi_model_learn_atoms(&config, V, NULL, *W, error) : out_of_memory(error);
    if (status != UM_OK) {
        umi_free(W->data);
        W->data = NULL;
    }
    return status;
}

um_status umi_live_learner_hold(umi_live_learner *l, const char *label, um_error *error)
{
    um_status status = umi_live_label_check(label, error);
    if (status == UM_OK && l->frozen) {
        status = umi_error_set(error, UM_ERR_ARGUMENT, "all is frozen: switch that off first");
    }
    if (status == UM_OK && l->held[0] != '\0') {
        status = umi_error_set(error, UM_ERR_ARGUMENT, "'%s' is held already", l->held);
    }
    if (status == UM_OK) {
        status = umi_live_labels_check_room(&l->labels, label, error);
    }
    if (status == UM_OK) {
        (void)snprintf(l->held, sizeof l->held, "%s", label);
        umi_live_frames_clear(&l->hold);
        l->n_held = 0;
    }
    return status;
}

static void keep_held(umi_live_learner *l, um_cview V)
{
    l->n_held += V.rows;
    for (size_t t = 0; t < V.rows; t++) {
        if (umi_matrix_sum(um_cview_of(um_crow(V, t), 1, V.cols)) > 0.0) {
            umi_live_frames_keep_all(&l->hold, um_crow(V, t));
        }
    }
}

um_status umi_live_learner_release(umi_live_learner *l, um_error *error)
{
    char label[UM_LABEL_MAX + 1];
    um_cview V = umi_live_frames_kept(&l->hold);
    if (l->held[0] == '\0') {
        return umi_error_set(error, UM_ERR_ARGUMENT, "nothing is held");
    }
    memcpy(label, l->held, sizeof label);
    l->held[0] = '\0';
    if ((double)V.rows < HOLD_SECONDS_MIN * l->config.frame_rate) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %s", label,
                             (double)l->n_held < HOLD_SECONDS_MIN * l->config.frame_rate
                                 ? "held too short: a second or more is needed"
                                 : "nothing was heard while it was held");
    }
    um_view W;
    um_status status = learn_atoms(l, V, l->config.n_label_atoms, HOLD_ITERATIONS, &W, error);
    if (status == UM_OK) {
        l->finds_noise = l->finds_noise && strcmp(label, NOISE_LABEL) != 0;
        status = set_label(l, label, W, error);
    }
    return status == UM_OK ? changed(l, error) : status;
}

const char *umi_live_learner_held(const umi_live_learner *l, double *seconds)
{
    *seconds = (double)l->n_held / l->config.frame_rate;
    return l->held;
}

void umi_live_learner_set_frozen(umi_live_learner *l, bool frozen)
{
    l->frozen = frozen;
    if (frozen) {
        l->held[0] = '\0';
    }
}

bool umi_live_learner_is_frozen(const umi_live_learner *l)
{
    return l->frozen;
}

static um_status check_place(const umi_live_learner *l, size_t source, um_error *error)
{
    return source < l->labels.n
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT, "%s",
                               source == l->labels.n ? "the rest cannot be renamed or removed"
                                                     : "there is no such source");
}

um_status umi_live_learner_remove(umi_live_learner *l, size_t source, um_error *error)
{
    um_status status = check_place(l, source, error);
    if (status != UM_OK) {
        return status;
    }
    if (strcmp(l->labels.items[source].name, NOISE_LABEL) == 0) {
        l->finds_noise = false;
    }
    umi_live_labels_remove(&l->labels, source);
    return changed(l, error);
}

um_status umi_live_learner_rename(umi_live_learner *l, size_t source, const char *label,
                                  um_error *error)
{
    um_status status = check_place(l, source, error);
    if (status == UM_OK) {
        status = umi_live_label_check(label, error);
    }
    if (status != UM_OK) {
        return status;
    }
    size_t other = umi_live_labels_find(&l->labels, label);
    if (other < l->labels.n && other != source) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "there is a '%s' already", label);
    }
    umi_live_label *item = &l->labels.items[source];
    if (strcmp(item->name, NOISE_LABEL) == 0 && strcmp(label, NOISE_LABEL) != 0) {
        l->finds_noise = false;
    }
    (void)snprintf(item->name, sizeof item->name, "%s", label);
    renew(l);
    return UM_OK;
}

/* -- Noise --------------------------------------------------------------------------------------
 */

um_status umi_live_learner_find_noise(umi_live_learner *l, um_error *error)
{
    if (umi_live_labels_find(&l->labels, NOISE_LABEL) < l->labels.n) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "there is '%s' already", NOISE_LABEL);
    }
    um_status status = umi_live_labels_check_room(&l->labels, NOISE_LABEL, error);
    if (status != UM_OK) {
        return status;
    }
    um_view W = umi_matrix_new(1, l->n_bins);
    if (W.data == NULL) {
        return out_of_memory(error);
    }
    for (size_t f = 0; f < l->n_bins; f++) {
        W.data[f] = 1.0f / (float)l->n_bins;
    }
    status = set_label(l, NOISE_LABEL, W, error);
    l->finds_noise = status == UM_OK;
    return status == UM_OK ? changed(l, error) : status;
}

/* The quiet frames, copied side by side. */
static um_view quiet_frames(umi_live_learner *l)
{
    um_cview recent = umi_live_frames_kept(&l->recent);
    size_t there = umi_quiet_frames(recent, l->quiet, l->levels);
    size_t n = (size_t)(NOISE_SHARE * (double)there);
    um_view V = n >= 2 ? umi_matrix_new(n, l->n_bins) : (um_view){NULL, 0, 0, 0};
    for (size_t i = 0; i < n && V.data != NULL; i++) {
        memcpy(um_row(V, i), um_crow(recent, l->quiet[i].t), l->n_bins * sizeof(float));
    }
    return V;
}

/* Without memory, or anything quiet, the noise stays what it was. */
static um_status look_for_noise(umi_live_learner *l, um_cview V)
{
    for (size_t t = 0; t < V.rows; t++) {
        umi_live_frames_keep_last(&l->recent, um_crow(V, t));
    }
    l->n_since_noise += V.rows;
    if ((double)l->n_since_noise < NOISE_EVERY * l->config.frame_rate) {
        return UM_OK;
    }
    l->n_since_noise = 0;
    um_view quiet = quiet_frames(l), W;
    if (quiet.data == NULL) {
        return UM_OK;
    }
    um_error error;
    um_status status =
        learn_atoms(l, um_const_view(quiet), NOISE_ATOMS, NOISE_ITERATIONS, &W, &error);
    umi_free(quiet.data);
    if (status == UM_OK && set_label(l, NOISE_LABEL, W, &error) == UM_OK) {
        status = changed(l, &error);
    }
    return status == UM_ERR_ARGUMENT ? status : UM_OK;
}

/* -- What is heard ------------------------------------------------------------------------------
 */

um_status umi_live_learner_push(umi_live_learner *l, um_cview V)
{
    if (V.cols != l->n_bins || !umi_matrix_is_non_negative(V, false)) {
        return UM_ERR_ARGUMENT;
    }
    if (l->held[0] != '\0') {
        keep_held(l, V);
        return UM_OK;
    }
    um_status status = UM_OK;
    if (!l->frozen && l->finds_noise) {
        status = look_for_noise(l, V);
    }
    if (!l->frozen && l->online != NULL && status == UM_OK) {
        status = learn_free(l, V);
    }
    return status;
}

/* -- Dictionaries -------------------------------------------------------------------------------
 */

/* The atoms of the dictionary with that label, remapped. */
static um_status take_label(umi_live_learner *l, const um_dictionary *d, const char *label,
                            um_view *W, um_error *error)
{
    size_t n_bins = um_dictionary_n_bins(d), n = 0;
    size_t middle = d->n_frames / 2 * n_bins;
    um_view from = umi_matrix_new(d->W.rows, n_bins);
    for (size_t k = 0; k < d->W.rows && from.data != NULL; k++) {
        if (strcmp(d->labels[k], label) == 0) {
            memcpy(um_row(from, n++), um_row(d->W, k) + middle, n_bins * sizeof(float));
        }
    }
    from.rows = n;
    *W = umi_matrix_new(n > 0 ? n : 1, l->n_bins);
    double from_hz = d->sample_rate / (2.0 * (double)(n_bins - 1));
    double to_hz = l->config.sample_rate / (2.0 * (double)(l->n_bins - 1));
    um_status status = from.data != NULL && W->data != NULL
                           ? umi_atoms_remap(um_const_view(from), from_hz, *W, to_hz, error)
                           : out_of_memory(error);
    umi_free(from.data);
    if (status != UM_OK) {
        umi_free(W->data);
    }
    return status;
}

static um_status add_label(umi_live_learner *l, const um_dictionary *d, const char *label,
                           um_error *error)
{
    um_view W;
    um_status status = take_label(l, d, label, &W, error);
    if (status != UM_OK) {
        return status;
    }
    if (strcmp(label, umi_live_rest_label) == 0) {
        size_t n = W.rows < l->config.n_free ? W.rows : l->config.n_free;
        l->free.rows = n;
        for (size_t k = 0; k < n; k++) {
            memcpy(um_row(l->free, k), um_row(W, k), l->n_bins * sizeof(float));
        }
        umi_free(W.data);
        return UM_OK;
    }
    status = umi_live_label_check(label, error);
    if (status == UM_OK) {
        status = umi_live_labels_check_room(&l->labels, label, error);
    }
    if (status != UM_OK) {
        umi_free(W.data);
        return status;
    }
    return set_label(l, label, W, error);
}

static bool is_first_of_label(const um_dictionary *d, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        if (strcmp(d->labels[i], d->labels[k]) == 0) {
            return false;
        }
    }
    return true;
}

um_status umi_live_learner_add_dictionary(umi_live_learner *l, const um_dictionary *dictionary,
                                          const char *name, um_error *error)
{
    um_error reason = {UM_OK, ""};
    um_status status = UM_OK;
    if (dictionary->exponent != 1.0) {
        status = umi_error_set(&reason, UM_ERR_CONFIG,
                               "its atoms are of magnitudes to the power "
                               "of %g; live takes those of magnitudes",
                               dictionary->exponent);
    }
    for (size_t k = 0; k < dictionary->W.rows && status == UM_OK; k++) {
        if (is_first_of_label(dictionary, k)) {
            status = add_label(l, dictionary, dictionary->labels[k], &reason);
        }
    }
    um_status renewed = changed(l, error);
    if (status == UM_OK) {
        return renewed;
    }
    return umi_error_set(error, status == UM_ERR_MEMORY ? status : UM_ERR_CONFIG, "%.200s: %.700s",
                         name, reason.message);
}

um_status umi_live_learner_dictionary(const umi_live_learner *l, um_dictionary **out,
                                      um_error *error)
{
    const umi_live_model *m = &l->model;
    *out = NULL;
    if (m->W.rows == 0) {
        return umi_error_set(error, UM_ERR_DATA, "there are no atoms to save yet");
    }
    um_dictionary *d;
    if (um_dictionary_new(m->W.rows, 1, l->n_bins, &d) != UM_OK) {
        return out_of_memory(error);
    }
    for (size_t k = 0; k < m->W.rows; k++) {
        memcpy(um_row(d->W, k), um_crow(m->W, k), l->n_bins * sizeof(float));
        memcpy(d->labels[k], m->labels[m->source_of[k]], sizeof d->labels[k]);
    }
    d->sample_rate = l->config.sample_rate;
    d->stft = l->config.stft;
    d->seed = l->config.seed;
    *out = d;
    return UM_OK;
}

/* -- Making one ---------------------------------------------------------------------------------
 */

static um_status check_config(const umi_live_learner_config *c, um_error *error)
{
    if (c->n_free < 1 || c->n_free > 256 || c->n_label_atoms < 1 || c->n_label_atoms > 256) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "1 to 256 atoms are possible");
    }
    if (!(c->frame_rate >= 1.0 && c->forget_seconds > 0.0 && c->hold_seconds_max > 0.0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "frames and seconds must be above 0");
    }
    return UM_OK;
}

um_status umi_live_learner_new(const umi_live_learner_config *config, umi_live_learner **out,
                               um_error *error)
{
    *out = NULL;
    um_status status = check_config(config, error);
    um_stft *stft = NULL;
    if (status == UM_OK) {
        status = um_stft_new(&config->stft, &stft, error);
    }
    umi_live_learner *l = status == UM_OK ? umi_alloc(1, sizeof *l) : NULL;
    if (l == NULL) {
        um_stft_free(stft);
        return status != UM_OK ? status : out_of_memory(error);
    }
    l->config = *config;
    l->n_bins = um_stft_n_bins(stft);
    um_stft_free(stft);
    size_t n_hold = (size_t)ceil(config->hold_seconds_max * config->frame_rate);
    size_t n_recent = (size_t)ceil(NOISE_SECONDS * config->frame_rate);
    l->W = umi_matrix_new(UMI_LIVE_ATOMS_MAX, l->n_bins);
    l->free = umi_matrix_new(config->n_free, l->n_bins);
    l->quiet = umi_alloc(n_recent, sizeof *l->quiet);
    l->levels = umi_alloc(l->n_bins, sizeof *l->levels);
    l->learning = true;
    if (l->W.data == NULL || l->free.data == NULL || l->quiet == NULL || l->levels == NULL ||
        !umi_live_frames_init(&l->hold, n_hold, l->n_bins) ||
        !umi_live_frames_init(&l->recent, n_recent, l->n_bins)) {
        umi_live_learner_free(l);
        return out_of_memory(error);
    }
    l->free.rows = 0;
    status = changed(l, error);
    if (status != UM_OK) {
        umi_live_learner_free(l);
        return status;
    }
    *out = l;
    return UM_OK;
}

void umi_live_learner_free(umi_live_learner *l)
{
    if (l == NULL) {
        return;
    }
    umi_live_labels_free(&l->labels);
    um_online_free(l->online);
    umi_live_frames_free(&l->hold);
    umi_live_frames_free(&l->recent);
    umi_free(l->free.data);
    umi_free(l->W.data);
    umi_free(l->quiet);
    umi_free(l->levels);
    umi_free(l);
}
