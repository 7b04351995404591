#define _POSIX_C_SOURCE 200809L
#include "job/live_learning.h"

#include "core/error.h"
#include "core/kernels/kernels.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/ring.h"
#include "job/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BATCH_FRAMES = 32, QUEUE_SECONDS = 4, PAUSE_MS = 10 };
static const char SPEECH_LABEL[] = "speech";
static const double SPEECH_SPARSITY = 0.1;
static const double PATIENCE_SECONDS = 1.0;

struct umi_live_learning {
    umi_live_learning_config config;
    size_t n_bins;
    umi_ring *queue;
    um_view batch;
    umi_thread *thread;
    atomic_bool release;

    umi_lock *lock; /* of the learner; held while it learns */
    umi_live_learner *learner;
    bool finds_noise;   /* this is a denoiser */
    uint64_t published; /* version of the model that was */
    _Atomic(umi_live_atom_set *) fresh, done;
    umi_live_atom_set *given; /* the worker's; freed at the end */

    umi_lock *shown_lock; /* of what is shown; never held for long */
    umi_live_state shown;
    umi_live_atoms atoms;
};

/* -- Atoms to the worker ----------------------------------------------------------------------- */

static void free_set(umi_live_atom_set *set)
{
    if (set != NULL) {
        um_separator_dictionary_free(set->dictionary);
        umi_free(set);
    }
}

/* Speech may be sparse, for else it takes the noise, too: as in denoiser.h. */
static void find_sparsity(const umi_live_model *model, double sparsity[UMI_LIVE_SOURCES_MAX])
{
    for (size_t i = 0; i < UMI_LIVE_SOURCES_MAX; i++) {
        bool speech = i + 1 < model->n_sources && strcmp(model->labels[i], SPEECH_LABEL) == 0;
        sparsity[i] = speech ? SPEECH_SPARSITY : 0.0;
    }
}

static bool fill_set(const umi_live_learning *l, const umi_live_model *model, um_view gains,
                     size_t *source_of, umi_live_atom_set *set)
{
    double sparsity[UMI_LIVE_SOURCES_MAX];
    find_sparsity(model, sparsity);
    for (size_t k = 0; k < model->W.rows; k++) {
        bool rest = model->source_of[k] + 1 == model->n_sources;
        source_of[k] = rest ? UMI_LIVE_SOURCES_MAX - 1 : model->source_of[k];
        for (size_t c = 0; c < gains.cols; c++) {
            um_row(gains, k)[c] = 1.0f;
        }
    }
    set->n_sources = model->n_sources;
    memcpy(set->labels, model->labels, model->n_sources * sizeof set->labels[0]);
    um_separator_dictionary_config config = {
        .atoms = model->W,
        .gains = um_const_view(gains),
        .source_of = source_of,
        .n_sources = UMI_LIVE_SOURCES_MAX,
        .residual = model->residual,
        .sparsity = l->finds_noise ? sparsity : NULL,
    };
    return um_separator_dictionary_new(&config, &set->dictionary, NULL) == UM_OK;
}

/* NULL when memory is short. */
static umi_live_atom_set *make_set(const umi_live_learning *l, const umi_live_model *model)
{
    umi_live_atom_set *set = umi_alloc(1, sizeof *set);
    size_t *source_of = umi_alloc(model->W.rows, sizeof *source_of);
    um_view gains = umi_matrix_new(model->W.rows, l->config.n_channels);
    bool ok = set != NULL && source_of != NULL && gains.data != NULL &&
              fill_set(l, model, gains, source_of, set);
    umi_free(source_of);
    umi_free(gains.data);
    if (!ok) {
        umi_free(set);
        return NULL;
    }
    return set;
}

static void show_sources(umi_live_state *shown, const umi_live_model *model)
{
    shown->model = model->version;
    shown->n_sources = model->n_sources;
    for (size_t i = 0; i < model->n_sources; i++) {
        umi_live_source_state *s = &shown->sources[i];
        memcpy(s->label, model->labels[i], sizeof s->label);
        s->is_rest = i + 1 == model->n_sources;
        s->n_atoms = 0;
    }
    for (size_t k = 0; k < model->W.rows; k++) {
        shown->sources[model->source_of[k]].n_atoms++;
    }
}

static void show_atoms(umi_live_learning *l, const umi_live_model *model)
{
    l->atoms.model = model->version;
    l->atoms.n_atoms = model->W.rows < UMI_LIVE_ATOMS_MAX ? model->W.rows : UMI_LIVE_ATOMS_MAX;
    for (size_t k = 0; k < l->atoms.n_atoms; k++) {
        l->atoms.source[k] = (uint8_t)model->source_of[k];
        umi_live_display_atom(l->config.display, um_crow(model->W, k), l->atoms.bands[k]);
    }
}

/* After anything that may have changed the learner; under `lock`. `message` NULL: as before. */
static void update(umi_live_learning *l, const char *message)
{
    const umi_live_model *model = umi_live_learner_model(l->learner);
    bool changed = model->version != l->published;
    umi_lock_enter(l->shown_lock);
    l->shown.learning = umi_live_learner_is_learning(l->learner);
    l->shown.frozen = umi_live_learner_is_frozen(l->learner);
    const char *hold = umi_live_learner_held(l->learner, &l->shown.held);
    (void)snprintf(l->shown.hold, sizeof l->shown.hold, "%s", hold);
    if (message != NULL) {
        (void)snprintf(l->shown.message, sizeof l->shown.message, "%s", message);
    }
    if (changed) {
        show_sources(&l->shown, model);
        show_atoms(l, model);
    }
    umi_lock_leave(l->shown_lock);
    if (changed) {
        umi_live_atom_set *set = make_set(l, model);
        if (set != NULL) { /* else memory is short, and the atoms stay what they were */
            l->published = model->version;
            free_set(atomic_exchange(&l->fresh, set));
        }
    }
    free_set(atomic_exchange(&l->done, NULL));
}

const umi_live_atom_set *umi_live_learning_latest(umi_live_learning *l,
                                                  const umi_live_atom_set *current)
{
    if (atomic_load(&l->done) != NULL) {
        return current; /* what was given back last is still to be fetched */
    }
    umi_live_atom_set *next = atomic_exchange(&l->fresh, NULL);
    if (next == NULL) {
        return current;
    }
    atomic_store(&l->done, l->given);
    l->given = next;
    return next;
}

/* -- The thread -------------------------------------------------------------------------------- */

void umi_live_learning_hear(umi_live_learning *l, const float *frame)
{
    (void)umi_ring_write(l->queue, frame, l->n_bins);
}

static size_t take_batch(umi_live_learning *l)
{
    size_t n = 0;
    while (n < BATCH_FRAMES && umi_ring_filled(l->queue) >= l->n_bins) {
        (void)umi_ring_read(l->queue, um_row(l->batch, n), l->n_bins);
        n++;
    }
    return n;
}

static void learn_batch(umi_live_learning *l, size_t n)
{
    um_cview V = {l->batch.data, n, l->batch.cols, l->batch.stride};
    umi_lock_enter(l->lock);
    um_status status = n > 0 ? umi_live_learner_push(l->learner, V) : UM_OK;
    (void)status; /* frames that are no magnitudes do not come from the separator */
    um_error error = {UM_OK, ""};
    bool release = atomic_exchange(&l->release, false);
    if (release && umi_live_learner_release(l->learner, &error) == UM_OK) {
        error.message[0] = '\0';
    }
    update(l, release ? error.message : NULL);
    umi_lock_leave(l->lock);
}

static void run(umi_thread *thread, void *user)
{
    umi_live_learning *l = user;
    const struct timespec pause = {0, PAUSE_MS * 1000000};
    unsigned before = umi_flush_denormals();
    while (!umi_thread_is_stopping(thread)) {
        size_t n = take_batch(l);
        learn_batch(l, n);
        if (n < BATCH_FRAMES) {
            (void)nanosleep(&pause, NULL);
        }
    }
    umi_restore_denormals(before);
}

um_status umi_live_learning_start(umi_live_learning *l, um_error *error)
{
    l->thread = umi_thread_new(run, l);
    return l->thread != NULL
               ? UM_OK
               : umi_error_set(error, UM_ERR_MEMORY, "the system gives no thread to learn in");
}

void umi_live_learning_stop(umi_live_learning *l)
{
    umi_thread_free(l->thread);
    l->thread = NULL;
}

/* -- What others ask for ----------------------------------------------------------------------- */

static um_status enter(umi_live_learning *l, um_error *error)
{
    if (!umi_lock_enter_within(l->lock, PATIENCE_SECONDS)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "atoms are just being learned: try again in a second");
    }
    return UM_OK;
}

static um_status leave(umi_live_learning *l, um_status status)
{
    update(l, status == UM_OK ? "" : NULL);
    umi_lock_leave(l->lock);
    return status;
}

um_status umi_live_learning_add_dictionary(umi_live_learning *l, const um_dictionary *dictionary,
                                           const char *name, um_error *error)
{
    um_status status = enter(l, error);
    return status == UM_OK
               ? leave(l, umi_live_learner_add_dictionary(l->learner, dictionary, name, error))
               : status;
}

um_status umi_live_learning_find_noise(umi_live_learning *l, um_error *error)
{
    um_status status = enter(l, error);
    if (status != UM_OK) {
        return status;
    }
    status = umi_live_learner_find_noise(l->learner, error);
    l->finds_noise = l->finds_noise || status == UM_OK;
    return leave(l, status);
}

um_status umi_live_learning_hold(umi_live_learning *l, const char *label, um_error *error)
{
    um_status status = enter(l, error);
    return status == UM_OK ? leave(l, umi_live_learner_hold(l->learner, label, error)) : status;
}

um_status umi_live_learning_release(umi_live_learning *l, um_error *error)
{
    um_status status = enter(l, error);
    if (status != UM_OK) {
        return status;
    }
    double seconds;
    if (umi_live_learner_held(l->learner, &seconds)[0] == '\0') {
        status = umi_error_set(error, UM_ERR_ARGUMENT, "nothing is held");
    } else {
        atomic_store(&l->release, true);
    }
    return leave(l, status);
}

um_status umi_live_learning_learn(umi_live_learning *l, bool on, um_error *error)
{
    um_status status = enter(l, error);
    return status == UM_OK ? leave(l, umi_live_learner_set_learning(l->learner, on, error))
                           : status;
}

um_status umi_live_learning_freeze(umi_live_learning *l, bool on, um_error *error)
{
    um_status status = enter(l, error);
    if (status != UM_OK) {
        return status;
    }
    umi_live_learner_set_frozen(l->learner, on);
    return leave(l, UM_OK);
}

um_status umi_live_learning_rename(umi_live_learning *l, size_t source, const char *label,
                                   um_error *error)
{
    um_status status = enter(l, error);
    return status == UM_OK ? leave(l, umi_live_learner_rename(l->learner, source, label, error))
                           : status;
}

um_status umi_live_learning_remove(umi_live_learning *l, size_t source, um_error *error)
{
    um_status status = enter(l, error);
    return status == UM_OK ? leave(l, umi_live_learner_remove(l->learner, source, error)) : status;
}

um_status umi_live_learning_dictionary(umi_live_learning *l, um_dictionary **out, um_error *error)
{
    *out = NULL;
    um_status status = enter(l, error);
    return status == UM_OK ? leave(l, umi_live_learner_dictionary(l->learner, out, error)) : status;
}

void umi_live_learning_state(umi_live_learning *l, umi_live_state *state)
{
    umi_lock_enter(l->shown_lock);
    state->learning = l->shown.learning;
    state->frozen = l->shown.frozen;
    memcpy(state->hold, l->shown.hold, sizeof state->hold);
    state->held = l->shown.held;
    state->model = l->shown.model;
    state->n_sources = l->shown.n_sources;
    memcpy(state->sources, l->shown.sources, sizeof state->sources);
    if (state->message[0] == '\0') {
        memcpy(state->message, l->shown.message, sizeof state->message);
    }
    umi_lock_leave(l->shown_lock);
}

void umi_live_learning_atoms(umi_live_learning *l, umi_live_atoms *atoms)
{
    umi_lock_enter(l->shown_lock);
    *atoms = l->atoms;
    umi_lock_leave(l->shown_lock);
}

/* -- Making one -------------------------------------------------------------------------------- */

um_status umi_live_learning_new(const umi_live_learning_config *config, umi_live_learning **out,
                                um_error *error)
{
    *out = NULL;
    umi_live_learning *l = umi_alloc(1, sizeof *l);
    if (l == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
    }
    l->config = *config;
    l->lock = umi_lock_new();
    l->shown_lock = umi_lock_new();
    um_status status = umi_live_learner_new(&config->learner, &l->learner, error);
    if (status == UM_OK) {
        l->n_bins = config->n_bins;
        l->published = umi_live_learner_model(l->learner)->version - 1;
        l->queue = umi_ring_new((size_t)(QUEUE_SECONDS * config->learner.frame_rate) * l->n_bins);
        l->batch = umi_matrix_new(BATCH_FRAMES, l->n_bins);
        if (l->queue == NULL || l->batch.data == NULL || l->lock == NULL || l->shown_lock == NULL) {
            status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
        }
    }
    if (status != UM_OK) {
        umi_live_learning_free(l);
        return status;
    }
    update(l, "");
    if (atomic_load(&l->fresh) == NULL) {
        umi_live_learning_free(l);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
    }
    *out = l;
    return UM_OK;
}

void umi_live_learning_free(umi_live_learning *l)
{
    if (l == NULL) {
        return;
    }
    umi_live_learner_free(l->learner);
    umi_ring_free(l->queue);
    umi_free(l->batch.data);
    free_set(atomic_load(&l->fresh));
    free_set(atomic_load(&l->done));
    free_set(l->given);
    umi_lock_free(l->lock);
    umi_lock_free(l->shown_lock);
    umi_free(l);
}
