#include "job/kept_atoms.h"

#include "core/error.h"
#include "core/matrix.h"
#include "job/learn_origin.h"

#include <string.h>

const char umi_kept_atoms_name[] = "atoms.safetensors";

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to keep the atoms");
}

void umi_kept_covariances_turn(um_cview from, size_t n, um_view to)
{
    size_t m = from.cols / n;
    for (size_t s = 0; s < from.rows; s++) {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < m; j++) {
                um_row(to, s)[i * m + j] = um_crow(from, s)[j * n + i];
            }
        }
    }
}

/* The model as a dictionary. */
static um_status fill(um_dictionary *dictionary, const umi_model *model,
                      const umi_kept_atoms_origin *origin, um_error *error)
{
    bool piped = strcmp(origin->recording, "-") == 0;
    const char *name = piped ? "standard input" : origin->recording;
    if (dictionary->n_frames == 1) {
        if (um_dictionary_add_gains(dictionary, model->G.cols) != UM_OK) {
            return out_of_memory(error);
        }
        umi_matrix_copy_rows(dictionary->gains, 0, um_const_view(model->G));
    }
    umi_matrix_copy_rows(dictionary->W, 0, um_const_view(model->W));
    for (size_t k = 0; k < model->W.rows; k++) {
        memcpy(dictionary->labels[k], model->labels[model->source_of[k]], UM_LABEL_MAX + 1);
    }
    if (model->R.data != NULL) {
        if (um_dictionary_add_covariances(dictionary, model->G.cols) != UM_OK) {
            return out_of_memory(error);
        }
        umi_kept_covariances_turn(um_const_view(model->R), model->W.cols, dictionary->covariances);
    }
    dictionary->sample_rate = origin->sample_rate;
    dictionary->stft = *origin->stft;
    dictionary->seed = origin->seed;
    return umi_learn_set_origin(dictionary, &name, 1, error);
}

um_status umi_kept_atoms_write(const umi_model *model, const umi_kept_atoms_origin *origin,
                               umi_output_set *output, um_error *error)
{
    um_dictionary *dictionary = NULL;
    void *bytes = NULL;
    size_t n_bytes;
    um_status status = um_dictionary_new(model->W.rows, origin->atom_frames,
                                         model->W.cols / origin->atom_frames, &dictionary);
    if (status != UM_OK) {
        return out_of_memory(error);
    }
    status = fill(dictionary, model, origin, error);
    if (status == UM_OK) {
        status = um_dictionary_format(dictionary, &bytes, &n_bytes, error);
    }
    if (status == UM_OK) {
        status = umi_output_set_write(output, umi_kept_atoms_name, bytes, n_bytes, error);
    }
    um_dictionary_free_bytes(bytes);
    um_dictionary_free(dictionary);
    return status;
}
