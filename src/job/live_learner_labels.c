#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/live_dictionary.h"
#include "job/live_learner_internal.h"
#include "job/live_noise.h"
#include "job/model.h"

#include <stdio.h>
#include <string.h>

enum { ITERATIONS = 100 };

static const double TOLERANCE = 1e-5; /* with ITERATIONS, as 'separate --learn' */
static const double HOLD_SECONDS_MIN = 0.2;

const char umi_live_noise_label[] = "noise";

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

/* -- Holding ---------------------------------------------------------------------------------- */

void umi_live_learner_end_hold(umi_live_learner *l)
{
    umi_live_frames_free(&l->hold);
    l->held[0] = '\0';
    l->n_held = 0;
}

um_status umi_live_learner_hold(umi_live_learner *l, const char *label, um_error *error)
{
    if (l->frozen) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "all is frozen: nothing can be learned");
    }
    if (l->held[0] != '\0') {
        return umi_error_set(error, UM_ERR_ARGUMENT, "'%s' is held: release it first", l->held);
    }
    um_status status = umi_live_label_check(label, error);
    if (status == UM_OK) {
        status = umi_live_labels_check_room(&l->labels, label, error);
    }
    if (status != UM_OK) {
        return status;
    }
    if (!umi_live_frames_init(&l->hold, umi_live_learner_frames_in(l, l->config.hold_seconds_max),
                              l->n_bins)) {
        umi_live_frames_free(&l->hold);
        return out_of_memory(error);
    }
    (void)snprintf(l->held, sizeof l->held, "%s", label);
    return UM_OK;
}

const char *umi_live_learner_held(const umi_live_learner *l, double *seconds)
{
    *seconds = (double)l->n_held / l->config.frame_rate;
    return l->held;
}

static um_status learn_held(const umi_live_learner *l, um_view *W, um_error *error)
{
    um_cview V = umi_live_frames_kept(&l->hold);
    double seconds = (double)l->n_held / l->config.frame_rate;
    if (seconds < HOLD_SECONDS_MIN) {
        return umi_error_set(error, UM_ERR_DATA,
                             "'%s' was held for %.2f s: hold it for %g s at least, better for 3",
                             l->held, seconds, HOLD_SECONDS_MIN);
    }
    if (V.rows == 0) {
        return umi_error_set(error, UM_ERR_DATA, "'%s': there was only silence", l->held);
    }
    *W = umi_matrix_new(l->config.n_label_atoms, l->n_bins);
    if (W->data == NULL) {
        return out_of_memory(error);
    }
    umi_model_config config = {.n_bins = l->n_bins,
                               .n_channels = 1,
                               .sample_rate = l->config.sample_rate,
                               .iterations = ITERATIONS,
                               .tolerance = TOLERANCE,
                               .start = UMI_START_NNDSVD,
                               .seed = l->config.seed,
                               .parallel = um_parallel_serial()};
    return umi_model_learn_atoms(&config, V, NULL, *W, NULL, error);
}

/* Prepares for labels that come or change their atoms, `rest` being what comes with them. */
static um_status prepare_labels(const umi_live_learner *l, size_t n_labels, size_t n_labelled,
                                um_cview rest, umi_live_arrangement *next, um_error *error)
{
    bool second = n_labels >= 2 && n_labels > l->labels.n;
    bool learning = l->atoms.learning && !second;
    /* What learned beside other labels, or none, would take from the new one. */
    if (rest.rows == 0 && !l->atoms.learning) {
        rest = umi_live_learner_rest(l);
    }
    return umi_live_learner_prepare(l, n_labels, n_labelled, rest, learning, next, error);
}

/* Gives a label, there or new, the atoms W, which are the learner's then. */
static um_status set_label(umi_live_learner *l, const char *label, um_view W, um_error *error)
{
    umi_live_arrangement next;
    um_cview none = {NULL, 0, l->n_bins, l->n_bins};
    size_t place = umi_live_labels_find(&l->labels, label);
    bool is_new = place == l->labels.n;
    size_t n = umi_live_labels_n_atoms(&l->labels) + W.rows;
    um_status status =
        prepare_labels(l, l->labels.n + is_new, is_new ? n : n - l->labels.items[place].W.rows,
                       none, &next, error);
    if (status == UM_OK) {
        umi_live_labels_set(&l->labels, label, W);
        umi_live_learner_take(l, &next);
    }
    return status;
}

um_status umi_live_learner_release(umi_live_learner *l, um_error *error)
{
    if (l->held[0] == '\0') {
        return umi_error_set(error, UM_ERR_ARGUMENT, "nothing is held");
    }
    um_view W = {NULL, 0, 0, 0};
    um_status status = learn_held(l, &W, error);
    if (status == UM_OK) {
        status = set_label(l, l->held, W, error);
    }
    if (status != UM_OK) {
        umi_free(W.data);
    } else if (strcmp(l->held, umi_live_noise_label) == 0) {
        l->finds_noise = false;
    }
    umi_live_learner_end_hold(l);
    return status;
}

um_status umi_live_learner_find_noise(umi_live_learner *l, um_error *error)
{
    if (umi_live_labels_find(&l->labels, umi_live_noise_label) < l->labels.n) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "there is a source '%s' already",
                             umi_live_noise_label);
    }
    um_status status = umi_live_labels_check_room(&l->labels, umi_live_noise_label, error);
    if (status != UM_OK) {
        return status;
    }
    um_view W = umi_live_noise_new(l->n_bins);
    status = W.data != NULL ? set_label(l, umi_live_noise_label, W, error) : out_of_memory(error);
    if (status != UM_OK) {
        umi_free(W.data);
        return status;
    }
    l->finds_noise = true;
    l->n_since_noise = 0;
    return UM_OK;
}

static um_status check_source(const umi_live_learner *l, size_t source, um_error *error)
{
    if (source == l->labels.n) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "the rest is what no source has: it stays as it is");
    }
    return source < l->labels.n
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT, "there is no source %zu", source);
}

/* Whoever takes the noise by hand wants it as it is. */
static void leave_noise(umi_live_learner *l, size_t source)
{
    if (strcmp(l->labels.items[source].name, umi_live_noise_label) == 0) {
        l->finds_noise = false;
    }
}

um_status umi_live_learner_remove(umi_live_learner *l, size_t source, um_error *error)
{
    umi_live_arrangement next;
    um_status status = check_source(l, source, error);
    if (status == UM_OK) {
        size_t n = umi_live_labels_n_atoms(&l->labels) - l->labels.items[source].W.rows;
        status = umi_live_learner_prepare(l, l->labels.n - 1, n, umi_live_learner_rest(l),
                                          l->atoms.learning, &next, error);
    }
    if (status == UM_OK) {
        leave_noise(l, source);
        umi_live_labels_remove(&l->labels, source);
        umi_live_learner_take(l, &next);
    }
    return status;
}

um_status umi_live_learner_rename(umi_live_learner *l, size_t source, const char *label,
                                  um_error *error)
{
    um_status status = check_source(l, source, error);
    if (status == UM_OK) {
        status = umi_live_label_check(label, error);
    }
    if (status != UM_OK) {
        return status;
    }
    size_t place = umi_live_labels_find(&l->labels, label);
    if (place < l->labels.n && place != source) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "there is a source '%s' already", label);
    }
    if (place != source) {
        leave_noise(l, source);
        char *name = l->labels.items[source].name;
        (void)snprintf(name, sizeof l->labels.items[source].name, "%s", label);
        umi_live_learner_name_sources(l);
    }
    return UM_OK;
}

/* -- Dictionaries ------------------------------------------------------------------------------ */

/* Puts the atoms that the label has already before those that were read. */
static um_status join(const umi_live_learner *l, umi_live_label *read, um_error *error)
{
    size_t place = umi_live_labels_find(&l->labels, read->name);
    if (place == l->labels.n) {
        return UM_OK;
    }
    um_view own = l->labels.items[place].W;
    um_view both = umi_matrix_new(own.rows + read->W.rows, l->n_bins);
    if (both.data == NULL) {
        return out_of_memory(error);
    }
    umi_matrix_copy_rows(both, 0, um_const_view(own));
    umi_matrix_copy_rows(both, own.rows, um_const_view(read->W));
    umi_free(read->W.data);
    read->W = both;
    return UM_OK;
}

static um_status add_labels(umi_live_learner *l, umi_live_labels *read, um_cview rest,
                            um_error *error)
{
    umi_live_arrangement next;
    size_t n_labels = l->labels.n + read->n, n = 0;
    um_status status = UM_OK;
    for (size_t i = 0; i < read->n && status == UM_OK; i++) {
        status = join(l, &read->items[i], error);
        n += read->items[i].W.rows;
    }
    for (size_t i = 0; i < l->labels.n; i++) {
        bool joined = umi_live_labels_find(read, l->labels.items[i].name) < read->n;
        n += joined ? 0 : l->labels.items[i].W.rows;
        n_labels -= joined;
    }
    if (status == UM_OK && n_labels > UMI_LIVE_LABELS_MAX) {
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "%zu sources in all, but %d are possible: remove one first",
                               n_labels, UMI_LIVE_LABELS_MAX);
    }
    if (status == UM_OK) {
        status = prepare_labels(l, n_labels, n, rest, &next, error);
    }
    if (status == UM_OK) {
        for (size_t i = 0; i < read->n; i++) {
            umi_live_labels_set(&l->labels, read->items[i].name, read->items[i].W);
        }
        read->n = 0; /* the learner has its atoms now */
        umi_live_learner_take(l, &next);
    }
    return status;
}

um_status umi_live_learner_add_dictionary(umi_live_learner *l, const um_dictionary *dictionary,
                                          const char *name, um_error *error)
{
    umi_live_labels read = {.n = 0};
    um_view rest;
    um_error reason = {UM_OK, ""};
    umi_bin_grid grid = {l->config.sample_rate, l->fft_size};
    um_status status =
        umi_live_dictionary_read(dictionary, grid, l->n_bins, name, &read, &rest, error);
    if (status != UM_OK) {
        return status;
    }
    status = add_labels(l, &read, um_const_view(rest), &reason);
    if (status != UM_OK) {
        status = umi_error_set(error, status == UM_ERR_ARGUMENT ? UM_ERR_CONFIG : status, "%s: %s",
                               name, reason.message);
    }
    umi_live_labels_free(&read);
    umi_free(rest.data);
    return status;
}

um_status umi_live_learner_dictionary(const umi_live_learner *l, um_dictionary **out,
                                      um_error *error)
{
    return umi_live_dictionary_of(&l->model, &l->config, l->fft_size, out, error);
}
