#include "job/sources.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/atoms_remap.h"
#include "unmingle/matrix_mask.h"

#include <string.h>

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the sources");
}

void umi_sources_free(umi_sources *sources)
{
    for (size_t i = 0; i < sources->n_learned; i++) {
        umi_free(sources->learned[i].W.data);
        umi_free(sources->learned[i].G.data);
        umi_free(sources->learned[i].covariance);
    }
    for (size_t i = 0; i < sources->n_dictionaries; i++) {
        um_dictionary_free(sources->dictionaries[i]);
    }
    umi_free(sources->learned);
    umi_free(sources->dictionaries);
    umi_free(sources->known);
    memset(sources, 0, sizeof *sources);
}

/* Makes room for n further known sources. */
static um_status grow_known(umi_sources *sources, size_t n, um_error *error)
{
    umi_known_source *known = umi_alloc(sources->n_known + n, sizeof *known);
    if (known == NULL) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < sources->n_known; i++) {
        known[i] = sources->known[i];
    }
    umi_free(sources->known);
    sources->known = known;
    return UM_OK;
}

/* -- Dictionaries ------------------------------------------------------------------------------ */

static bool same_transform(const um_dictionary *a, const um_dictionary *b)
{
    const um_window_config *x = &a->stft.window, *y = &b->stft.window;
    return x->window == y->window && x->length == y->length && x->hop == y->hop &&
           x->kbd_alpha == y->kbd_alpha && x->synthesis_length == y->synthesis_length &&
           a->W.cols == b->W.cols;
}

static um_status check_alike(const um_dictionary *first, const char *first_path,
                             const um_dictionary *other, const char *path, um_error *error)
{
    if (first->sample_rate != other->sample_rate) {
        return umi_error_set(error, UM_ERR_CONFIG, "%s: learned at %.0f Hz, but %s at %.0f Hz",
                             path, other->sample_rate, first_path, first->sample_rate);
    }
    if (!same_transform(first, other)) {
        return umi_error_set(
            error, UM_ERR_CONFIG,
            "%s: window %zu, hop %zu, but %s has window %zu, hop %zu; dictionaries "
            "used together must be learned with one transform",
            path, other->stft.window.length, other->stft.window.hop, first_path,
            first->stft.window.length, first->stft.window.hop);
    }
    return UM_OK;
}

/* Atoms that last are of one dictionary alone. */
static um_status check_alone(const umi_sources *sources, const char *const *paths, um_error *error)
{
    size_t lasting = sources->n_dictionaries;
    for (size_t i = 0; i < sources->n_dictionaries; i++) {
        lasting = sources->dictionaries[i]->n_frames > 1 ? i : lasting;
    }
    if (lasting < sources->n_dictionaries && sources->n_dictionaries > 1) {
        return umi_error_set(error, UM_ERR_CONFIG,
                             "%s: its atoms last %zu frames, which goes with no other dictionary",
                             paths[lasting], sources->dictionaries[lasting]->n_frames);
    }
    return UM_OK;
}

/* The first component past the run of one label that component k is in. */
static size_t run_end(const um_dictionary *d, size_t k)
{
    size_t end = k + 1;
    while (end < d->W.rows && strcmp(d->labels[end], d->labels[k]) == 0) {
        end++;
    }
    return end;
}

/* The atoms from component k to the end of its run. */
static um_cview run_atoms(const um_dictionary *d, size_t k)
{
    return (um_cview){um_row(d->W, k), run_end(d, k) - k, d->W.cols, d->W.stride};
}

static bool is_residual(const um_dictionary *d, size_t k)
{
    return strcmp(d->labels[k], umi_residual_label) == 0;
}

/* Every run of components with one label becomes a known source. The residual that a separation
 * kept beside its sources, the one that has gains, was that of its recording alone and is left out.
 */
static um_status add_runs(umi_sources *sources, const um_dictionary *dictionary, bool adapt,
                          const char *path, um_error *error)
{
    size_t n_before = sources->n_known;
    um_status status = grow_known(sources, dictionary->W.rows, error);
    for (size_t k = 0; status == UM_OK && k < dictionary->W.rows; k = run_end(dictionary, k)) {
        bool residual = is_residual(dictionary, k);
        if (residual && dictionary->gains.data == NULL) {
            return umi_error_set(error, UM_ERR_CONFIG,
                                 "%s: labels[%zu]: '%s' is the stem of what no source explains; "
                                 "learn it again under another label",
                                 path, k, umi_residual_label);
        }
        if (!residual) {
            sources->known[sources->n_known++] = (umi_known_source){
                .label = dictionary->labels[k], .W = run_atoms(dictionary, k), .adapts = adapt};
        }
    }
    if (status == UM_OK && sources->n_known == n_before) {
        return umi_error_set(error, UM_ERR_CONFIG,
                             "%s: holds '%s' alone, which is of one recording", path,
                             umi_residual_label);
    }
    return status;
}

um_status umi_sources_load(const char *const *paths, size_t n_paths, bool adapt,
                           umi_sources *sources, um_error *error)
{
    memset(sources, 0, sizeof *sources);
    sources->dictionaries = umi_alloc(n_paths, sizeof(um_dictionary *));
    um_status status = sources->dictionaries == NULL ? out_of_memory(error) : UM_OK;
    for (size_t i = 0; i < n_paths && status == UM_OK; i++) {
        status = um_dictionary_load(paths[i], &sources->dictionaries[i], error);
        if (status == UM_OK) {
            sources->n_dictionaries++;
            status = check_alone(sources, paths, error);
        }
        if (status == UM_OK) {
            status = check_alike(sources->dictionaries[0], paths[0], sources->dictionaries[i],
                                 paths[i], error);
        }
        if (status == UM_OK) {
            status = add_runs(sources, sources->dictionaries[i], adapt, paths[i], error);
        }
    }
    if (status != UM_OK) {
        umi_sources_free(sources);
    }
    return status;
}

size_t umi_sources_atom_frames(const umi_sources *sources)
{
    return sources->n_dictionaries > 0 ? sources->dictionaries[0]->n_frames : 1;
}

bool umi_sources_transform(const umi_sources *sources, um_stft_config *stft, double *sample_rate)
{
    if (sources->n_dictionaries == 0) {
        return false;
    }
    *stft = sources->dictionaries[0]->stft;
    *sample_rate = sources->dictionaries[0]->sample_rate;
    return true;
}

um_status umi_sources_remap(umi_sources *sources, double sample_rate, size_t fft_size,
                            const char *const *paths, um_error *error)
{
    um_status status = UM_OK;
    size_t n_known = 0;
    for (size_t i = 0; i < sources->n_dictionaries && status == UM_OK; i++) {
        um_dictionary *d = sources->dictionaries[i];
        umi_bin_grid from = {d->sample_rate, 2 * (um_dictionary_n_bins(d) - 1)};
        umi_bin_grid to = {sample_rate, fft_size};
        um_view W = umi_matrix_new(d->W.rows, d->n_frames * (fft_size / 2 + 1));
        if (W.data == NULL) {
            return out_of_memory(error);
        }
        status = umi_atoms_remap(um_const_view(d->W), d->n_frames, from, to, paths[i], W, error);
        umi_free(d->W.data);
        d->W = W;
        for (size_t k = 0; k < W.rows; k = run_end(d, k)) {
            if (!is_residual(d, k)) {
                sources->known[n_known++].W = run_atoms(d, k);
            }
        }
    }
    return status;
}

/* -- Examples ---------------------------------------------------------------------------------- */

/* Gathers all examples with the label of examples[first]. */
static um_status gather_label(const umi_example *examples, size_t n_examples, size_t first,
                              umi_recording *recording, const umi_gather_config *gather,
                              umi_material *material, um_error *error)
{
    umi_passage *passages = umi_alloc(n_examples, sizeof *passages);
    if (passages == NULL) {
        return out_of_memory(error);
    }
    size_t n = 0;
    for (size_t i = first; i < n_examples; i++) {
        const umi_example *e = &examples[i];
        if (strcmp(e->label, examples[first].label) == 0) {
            passages[n++] =
                (umi_passage){e->path, e->start, e->end, e->path == NULL ? recording : NULL};
        }
    }
    um_status status = umi_gather(gather, passages, n, material, error);
    umi_free(passages);
    return status;
}

/* Atoms, and, where the clips' channels are those of the recording, the place of the source. */
static um_status learn_material(const umi_material *material, const char *label, size_t n_atoms,
                                const umi_gather_config *gather, const umi_model_config *model,
                                umi_learned_source *learned, umi_known_source *known,
                                um_error *error)
{
    size_t C = material->n_channels, F = model->n_bins;
    bool placed = material->covariance_sums != NULL;
    learned->W = um_view_of(umi_alloc(n_atoms * F, sizeof(float)), n_atoms, F);
    learned->G = um_view_of(umi_alloc(n_atoms * C, sizeof(float)), n_atoms, C);
    learned->covariance = placed ? umi_alloc(C * C * F, sizeof(float)) : NULL;
    if (learned->W.data == NULL || learned->G.data == NULL ||
        (placed && learned->covariance == NULL)) {
        return out_of_memory(error);
    }
    *known = (umi_known_source){.label = label, .W = um_const_view(learned->W)};
    if (placed) {
        um_covariance_finish(material->covariance_sums, C, F, learned->covariance);
        known->G = um_const_view(learned->G);
        known->covariance = learned->covariance;
    }
    return umi_model_learn_atoms(model, um_const_view(material->V), gather->watch->progress,
                                 learned->W, &learned->G, error);
}

/* Shorter than half a window. */
static bool is_too_short(const umi_material *material, const um_window_config *window)
{
    return 2 * material->n_available * window->hop < window->length;
}

static um_status learn_label(umi_sources *sources, const umi_example *examples, size_t n_examples,
                             size_t first, size_t n_atoms, umi_recording *recording,
                             const umi_gather_config *gather, const umi_model_config *model,
                             um_error *error)
{
    umi_material material;
    const char *label = examples[first].label;
    const char *name = examples[first].path == NULL ? umi_audio_reader_name(recording->reader)
                                                    : examples[first].path;
    um_status status =
        gather_label(examples, n_examples, first, recording, gather, &material, error);
    if (status != UM_OK) {
        return status;
    }
    if (material.sample_rate != recording->format.sample_rate) {
        status = umi_error_set(error, UM_ERR_DATA,
                               "%s: the clip of '%s' has %.0f Hz, but the recording %.0f Hz; "
                               "convert the clip (sox CLIP -r %.0f NEW.wav)",
                               name, label, material.sample_rate, recording->format.sample_rate,
                               recording->format.sample_rate);
    } else if (is_too_short(&material, &gather->stft.window)) {
        status = umi_error_set(error, UM_ERR_DATA,
                               "%s: the clip of '%s' is too short: %.2f s are needed, seconds are "
                               "better",
                               name, label,
                               0.5 * (double)gather->stft.window.length / material.sample_rate);
    } else if (material.V.rows == 0) {
        status = umi_error_set(error, UM_ERR_DATA, "%s: the clip of '%s' is silent", name, label);
    } else {
        status = learn_material(&material, label, n_atoms, gather, model,
                                &sources->learned[sources->n_learned++],
                                &sources->known[sources->n_known++], error);
    }
    umi_material_free(&material);
    return status;
}

um_status umi_sources_learn(umi_sources *sources, const umi_example *examples, size_t n_examples,
                            size_t n_atoms, umi_recording *recording,
                            const umi_gather_config *gather, const umi_model_config *model,
                            um_error *error)
{
    sources->learned = umi_alloc(n_examples, sizeof *sources->learned);
    um_status status =
        sources->learned == NULL ? out_of_memory(error) : grow_known(sources, n_examples, error);
    for (size_t i = 0; i < n_examples && status == UM_OK; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++) {
            seen |= strcmp(examples[j].label, examples[i].label) == 0;
        }
        if (!seen) {
            status = learn_label(sources, examples, n_examples, i, n_atoms, recording, gather,
                                 model, error);
        }
    }
    return status;
}
