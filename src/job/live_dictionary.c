#include "job/live_dictionary.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the atoms");
}

/* The middle frame of the atoms with this label, remapped; the first of them is `first`. */
static um_status read_label(const um_dictionary *d, size_t first, umi_bin_grid to, size_t n_bins,
                            const char *name, um_view *W, um_error *error)
{
    size_t n = 0, n_old = um_dictionary_n_bins(d);
    for (size_t k = first; k < d->W.rows; k++) {
        n += strcmp(d->labels[k], d->labels[first]) == 0;
    }
    um_view old = umi_matrix_new(n, n_old);
    *W = umi_matrix_new(n, n_bins);
    if (old.data == NULL || W->data == NULL) {
        umi_free(old.data);
        return out_of_memory(error);
    }
    size_t row = 0;
    for (size_t k = first; k < d->W.rows; k++) {
        if (strcmp(d->labels[k], d->labels[first]) == 0) {
            memcpy(um_row(old, row++), um_row(d->W, k) + d->n_frames / 2 * n_old,
                   n_old * sizeof(float));
        }
    }
    umi_bin_grid from = {d->sample_rate, d->stft.fft_size};
    um_status status = umi_atoms_remap(um_const_view(old), 1, from, to, name, *W, error);
    umi_free(old.data);
    return status;
}

static um_status check_label(const umi_live_labels *labels, const char *label, const char *name,
                             um_error *error)
{
    um_error reason = {UM_OK, ""};
    um_status status = umi_live_label_check(label, &reason);
    if (status == UM_OK) {
        status = umi_live_labels_check_room(labels, label, &reason);
    }
    return status == UM_OK
               ? UM_OK
               : umi_error_set(error, UM_ERR_CONFIG, "%s: labels: %s", name, reason.message);
}

um_status umi_live_dictionary_read(const um_dictionary *d, umi_bin_grid to, size_t n_bins,
                                   const char *name, umi_live_labels *labels, um_view *rest,
                                   um_error *error)
{
    um_status status = UM_OK;
    *rest = (um_view){NULL, 0, n_bins, n_bins};
    for (size_t k = 0; k < d->W.rows && status == UM_OK; k++) {
        const char *label = d->labels[k];
        bool is_rest = strcmp(label, umi_live_rest_label) == 0;
        um_view W = {NULL, 0, 0, 0};
        if (is_rest ? rest->rows > 0 : umi_live_labels_find(labels, label) < labels->n) {
            continue;
        }
        status = is_rest ? UM_OK : check_label(labels, label, name, error);
        if (status == UM_OK) {
            status = read_label(d, k, to, n_bins, name, &W, error);
        }
        if (status != UM_OK) {
            umi_free(W.data);
        } else if (is_rest) {
            *rest = W;
        } else {
            umi_live_labels_set(labels, label, W);
        }
    }
    if (status != UM_OK) {
        umi_live_labels_free(labels);
        umi_free(rest->data);
        *rest = (um_view){NULL, 0, n_bins, n_bins};
    }
    return status;
}

um_status umi_live_dictionary_of(const umi_live_model *model, const umi_live_learner_config *config,
                                 size_t fft_size, um_dictionary **out, um_error *error)
{
    um_status status = um_dictionary_new(model->W.rows, 1, model->W.cols, out);
    if (status == UM_OK) {
        status = um_dictionary_set_origin(*out, "unmingle " UNMINGLE_VERSION, "a live run");
    }
    if (status != UM_OK) {
        um_dictionary_free(*out);
        *out = NULL;
        return out_of_memory(error);
    }
    um_dictionary *d = *out;
    umi_matrix_copy_rows(d->W, 0, model->W);
    for (size_t k = 0; k < model->W.rows; k++) {
        (void)snprintf(d->labels[k], sizeof d->labels[k], "%s", model->labels[model->source_of[k]]);
    }
    d->sample_rate = config->sample_rate;
    d->stft = config->stft;
    d->stft.fft_size = fft_size;
    d->seed = config->seed;
    return UM_OK;
}
