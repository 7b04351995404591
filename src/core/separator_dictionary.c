/* The atoms that a separator works with, as it needs them. */
#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/separator_internal.h"

#include <math.h>
#include <string.h>

size_t umi_separator_n_activations(const um_separator_dictionary *d)
{
    return d->first_of[d->n_sources] * (d->shifted != NULL ? d->shifted->n_shifts : 1);
}

/* Writes atom times gains, scaled to sum to 1; false when that cannot be. */
static bool expand_atom(const float *atom, const float *gains, size_t n_bins, size_t n_channels,
                        float *row)
{
    double sum = 0.0;
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t f = 0; f < n_bins; f++) {
            double value = (double)atom[f] * (double)gains[c];
            if (!(atom[f] >= 0.0f && gains[c] >= 0.0f) || !isfinite(value)) {
                return false;
            }
            sum += value;
        }
    }
    if (!(sum > 0.0)) {
        return false;
    }
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t f = 0; f < n_bins; f++) {
            row[c * n_bins + f] = (float)((double)atom[f] * (double)gains[c] / sum);
        }
    }
    return true;
}

/* Atom k of T frames as row `row` of W, summing to 1, and its frames to their places in D; false
 * when that cannot be. */
static bool place_lasting_atom(um_separator_dictionary *d, const float *atom, size_t source,
                               size_t n_of_source, size_t row)
{
    size_t T = d->atom_frames, F = d->n_bins, first = d->first_of[source];
    const float whole = 1.0f;
    if (!expand_atom(atom, &whole, T * F, 1, um_row(d->W, row))) {
        return false;
    }
    for (size_t t = 0; t < T; t++) {
        size_t place = T * first + (T - 1 - t) * n_of_source + (row - first);
        memcpy(um_row(d->D, place), um_row(d->W, row) + t * F, F * sizeof(float));
    }
    return true;
}

static size_t count_atoms(const um_separator_dictionary_config *c, size_t source)
{
    size_t n = 0;
    for (size_t k = 0; k < c->atoms.rows; k++) {
        n += c->source_of[k] == source;
    }
    return n;
}

static bool place_atom(um_separator_dictionary *d, const um_separator_dictionary_config *c,
                       size_t k, size_t source, size_t n_of_source, size_t row)
{
    const float *atom = um_crow(c->atoms, k);
    return d->atom_frames > 1 ? place_lasting_atom(d, atom, source, n_of_source, row)
                              : expand_atom(atom, um_crow(c->gains, k), d->n_bins, d->n_channels,
                                            um_row(d->D, row));
}

/* Fills D, source by source. */
static um_status copy_atoms(um_separator_dictionary *d, const um_separator_dictionary_config *c,
                            um_error *error)
{
    size_t row = 0;
    for (size_t source = 0; source < d->n_sources; source++) {
        size_t n = count_atoms(c, source);
        d->first_of[source] = row;
        for (size_t k = 0; k < c->atoms.rows; k++) {
            if (c->source_of[k] != source) {
                continue;
            }
            if (!place_atom(d, c, k, source, n, row)) {
                return umi_error_set(error, UM_ERR_ARGUMENT,
                                     "atom %zu or its gains: negative, not finite or all zero", k);
            }
            row++;
        }
        if (row > d->first_of[source] || source + 1 == d->n_sources) {
            d->active[d->n_active++] = source;
        }
    }
    d->first_of[d->n_sources] = row;
    return row == c->atoms.rows
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT, "an atom belongs to no source");
}

/* The atoms as they are, and moved; NULL when memory is short. */
static umi_shifted_atoms *shifted_new(const um_separator_dictionary_config *c, um_view D,
                                      size_t n_channels)
{
    double semitones[UM_SEPARATOR_SHIFTS_MAX] = {0.0};
    memcpy(semitones + 1, c->shifts, c->n_shifts * sizeof *semitones);
    umi_shifted_atoms *shifted = umi_alloc(1, sizeof *shifted);
    if (shifted != NULL && !umi_shifted_atoms_init(shifted, um_const_view(D), n_channels, semitones,
                                                   c->n_shifts + 1)) {
        umi_shifted_atoms_free(shifted);
        umi_free(shifted);
        return NULL;
    }
    return shifted;
}

static void shifted_free(umi_shifted_atoms *shifted)
{
    if (shifted != NULL) {
        umi_shifted_atoms_free(shifted);
        umi_free(shifted);
    }
}

static bool add_shifts(um_separator_dictionary *d, const um_separator_dictionary_config *c)
{
    d->shifted = d->moved_M = shifted_new(c, d->D, d->n_channels);
    return d->shifted != NULL;
}

/* Models as matrix masks need them, a sum over channels. */
static bool sum_channels(um_separator_dictionary *d, const um_separator_dictionary_config *c)
{
    if (d->n_channels == 1) {
        return true;
    }
    d->M = umi_matrix_new(d->D.rows, d->n_bins);
    for (size_t k = 0; d->M.data != NULL && k < d->D.rows; k++) {
        for (size_t i = 0; i < d->D.cols; i++) {
            um_row(d->M, k)[i % d->n_bins] += um_row(d->D, k)[i];
        }
    }
    if (d->M.data != NULL && c->n_shifts > 0) {
        d->moved_M = shifted_new(c, d->M, 1);
    }
    return d->M.data != NULL && (c->n_shifts == 0 || d->moved_M != NULL);
}

static bool add_penalties(um_separator_dictionary *d, const um_separator_dictionary_config *c)
{
    d->shrinkage = umi_alloc(umi_separator_n_activations(d), sizeof *d->shrinkage);
    if (d->shrinkage == NULL) {
        return false;
    }
    for (size_t s = 0; s <= c->n_shifts; s++) {
        double moved = s > 0 ? c->shift_penalty * fabs(c->shifts[s - 1]) : 0.0;
        for (size_t source = 0; source < d->n_sources; source++) {
            double sparsity = c->sparsity != NULL ? c->sparsity[source] : 0.0;
            for (size_t k = d->first_of[source]; k < d->first_of[source + 1]; k++) {
                d->shrinkage[s * d->D.rows + k] = (float)(1.0 / (1.0 + sparsity + moved));
            }
        }
    }
    return true;
}

/* Of the sources that can sound: the others have no share of anything. */
static um_status add_covariances(um_separator_dictionary *d,
                                 const um_separator_dictionary_config *c, um_error *error)
{
    um_view R = umi_matrix_new(d->n_active, c->covariances.cols);
    if (R.data == NULL || !sum_channels(d, c)) {
        umi_free(R.data);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the covariances");
    }
    for (size_t i = 0; i < d->n_active; i++) {
        memcpy(um_row(R, i), um_crow(c->covariances, d->active[i]), R.cols * sizeof(float));
    }
    um_status status = um_matrix_mask_new(um_const_view(R), d->n_channels, &d->matrices);
    umi_free(R.data);
    if (status == UM_OK) {
        d->distinctness = umi_alloc(d->n_bins, sizeof(float));
        status = d->distinctness == NULL ? UM_ERR_MEMORY : UM_OK;
    }
    if (status == UM_OK) {
        um_matrix_mask_distinctness(d->matrices, d->distinctness);
    }
    return status == UM_OK ? UM_OK
                           : umi_error_set(error, status, "the covariances cannot be used: %s",
                                           um_status_string(status));
}

static bool shifts_are_valid(const um_separator_dictionary_config *c)
{
    if (c->n_shifts >= UM_SEPARATOR_SHIFTS_MAX || (c->n_shifts > 0 && c->shifts == NULL) ||
        (c->n_shifts > 0 && c->atoms.cols < 2) ||
        !(c->shift_penalty >= 0.0 && c->shift_penalty <= 100.0)) {
        return false;
    }
    for (size_t i = 0; i < c->n_shifts; i++) {
        if (!(fabs(c->shifts[i]) <= 24.0)) {
            return false;
        }
    }
    return true;
}

/* Atoms of several frames bring nothing else. */
static bool frames_fit(const um_separator_dictionary_config *c)
{
    size_t T = c->atom_frames;
    return T <= 1 ? c->gains.data != NULL
                  : T <= 64 && c->atoms.cols % T == 0 && c->gains.data == NULL &&
                        c->sparsity == NULL && c->n_shifts == 0 && c->covariances.data == NULL;
}

static bool gains_fit(const um_separator_dictionary_config *c)
{
    um_cview gains = c->gains;
    return gains.data == NULL || (gains.rows == c->atoms.rows && gains.cols >= 1 &&
                                  gains.cols <= 64 && gains.stride >= gains.cols);
}

static bool covariances_fit(const um_separator_dictionary_config *c)
{
    um_cview R = c->covariances;
    return R.data == NULL || (R.rows == c->n_sources && R.stride >= R.cols &&
                              R.cols == c->gains.cols * c->gains.cols * c->atoms.cols);
}

static bool config_is_valid(const um_separator_dictionary_config *c)
{
    um_cview atoms = c->atoms;
    if (atoms.data == NULL || c->source_of == NULL || atoms.rows < 1 || atoms.rows > 4096 ||
        atoms.cols < 1 || atoms.stride < atoms.cols || !frames_fit(c) || !gains_fit(c) ||
        c->n_sources < 1 || c->n_sources > 4096 || !shifts_are_valid(c) || !covariances_fit(c)) {
        return false;
    }
    for (size_t i = 0; c->sparsity != NULL && i < c->n_sources; i++) {
        if (!(c->sparsity[i] >= 0.0 && c->sparsity[i] <= 100.0)) {
            return false;
        }
    }
    return true;
}

um_status um_separator_dictionary_new(const um_separator_dictionary_config *config,
                                      um_separator_dictionary **out, um_error *error)
{
    if (out == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "no place for the dictionary");
    }
    *out = NULL;
    if (config == NULL || !config_is_valid(config)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "no atoms, or too many, or no gains");
    }
    um_separator_dictionary *d = umi_alloc(1, sizeof *d);
    if (d == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the atoms");
    }
    size_t n = config->atoms.rows;
    d->n_sources = config->n_sources;
    d->atom_frames = config->atom_frames > 1 ? config->atom_frames : 1;
    d->n_bins = config->atoms.cols / d->atom_frames;
    d->n_channels = d->atom_frames > 1 ? 1 : config->gains.cols;
    d->residual = config->residual;
    d->D = d->M = umi_matrix_new(n * d->atom_frames, d->n_channels * d->n_bins);
    if (d->atom_frames > 1) {
        d->W = umi_matrix_new(n, config->atoms.cols);
    }
    d->first_of = umi_alloc(d->n_sources + 1, sizeof(size_t));
    d->active = umi_alloc(d->n_sources, sizeof(size_t));
    bool has_memory = d->D.data != NULL && (d->W.data != NULL || d->atom_frames == 1) &&
                      d->first_of != NULL && d->active != NULL;
    um_status status = has_memory ? copy_atoms(d, config, error) : UM_ERR_MEMORY;
    if (status == UM_OK && config->n_shifts > 0 && !add_shifts(d, config)) {
        status = UM_ERR_MEMORY;
    }
    bool penalises = config->sparsity != NULL || config->n_shifts > 0;
    if (status == UM_OK && penalises && !add_penalties(d, config)) {
        status = UM_ERR_MEMORY;
    }
    if (status == UM_ERR_MEMORY) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the atoms");
    }
    if (status == UM_OK && config->covariances.data != NULL) {
        status = add_covariances(d, config, error);
    }
    if (status != UM_OK) {
        um_separator_dictionary_free(d);
        return status;
    }
    *out = d;
    return UM_OK;
}

void um_separator_dictionary_free(um_separator_dictionary *d)
{
    if (d == NULL) {
        return;
    }
    if (d->M.data != d->D.data) {
        umi_free(d->M.data);
    }
    if (d->moved_M != d->shifted) {
        shifted_free(d->moved_M);
    }
    umi_free(d->W.data);
    umi_free(d->D.data);
    umi_free(d->first_of);
    umi_free(d->active);
    umi_free(d->shrinkage);
    shifted_free(d->shifted);
    um_matrix_mask_free(d->matrices);
    umi_free(d->distinctness);
    umi_free(d);
}
