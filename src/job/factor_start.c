#include "job/factor_start.h"

#include "core/error.h"
#include "core/memory.h"
#include "unmingle/harmonic_atoms.h"
#include "unmingle/percussive_atoms.h"

#include <math.h>
#include <string.h>

bool umi_factor_start_is_whole(const umi_factor_start *start)
{
    return start->W_sums != NULL && start->H.data != NULL;
}

void umi_factor_start_drop_H(umi_factor_start *start)
{
    umi_free(start->H.data);
    start->H = (um_view){0};
}

void umi_factor_start_free(umi_factor_start *start)
{
    umi_free(start->W.data);
    umi_free(start->H.data);
    umi_free(start->W_sums);
    memset(start, 0, sizeof *start);
}

/* -- Files ------------------------------------------------------------------------------------- */

/* The matrix in a file that must be rows x cols; `words` tells where these come from. */
static um_status read_matrix(const char *path, const char *spool_directory, size_t rows,
                             size_t cols, const char *words, um_view *out, um_error *error)
{
    umi_matrix_file *file;
    um_status status = umi_matrix_file_open(path, spool_directory, &file, error);
    if (status != UM_OK) {
        return status;
    }
    const umi_matrix_info *info = umi_matrix_file_info(file);
    const char *name = umi_matrix_file_name(file);
    size_t n_values;
    if (info->rows != rows || info->cols != cols) {
        status = umi_error_set(error, UM_ERR_ARGUMENT, "%s: %zu x %zu, but %s is %zu x %zu", name,
                               info->rows, info->cols, words, rows, cols);
    } else {
        *out = (um_view){NULL, rows, cols, cols};
        if (umi_multiply(rows, cols, &n_values)) {
            out->data = umi_alloc(n_values, sizeof(float));
        }
        status = out->data != NULL ? umi_matrix_file_read(file, 0, *out, error)
                                   : umi_error_set(error, UM_ERR_MEMORY,
                                                   "%s: not enough memory for %zu x %zu values",
                                                   name, rows, cols);
    }
    umi_matrix_file_free(file);
    return status;
}

/* Fills W_sums. */
static um_status sum_rows(const char *path, umi_factor_start *start, um_error *error)
{
    start->W_sums = umi_alloc(start->W.rows, sizeof *start->W_sums);
    if (start->W_sums == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the first values");
    }
    for (size_t k = 0; k < start->W.rows; k++) {
        const float *w = um_row(start->W, k);
        for (size_t f = 0; f < start->W.cols; f++) {
            start->W_sums[k] += (double)w[f];
        }
        if (start->W_sums[k] <= 0.0) {
            return umi_error_set(error, UM_ERR_DATA,
                                 "%s: row %zu is all zero and would stay so; an atom needs a value "
                                 "above 0",
                                 path, k + 1);
        }
    }
    return UM_OK;
}

/* -- Combs and bands --------------------------------------------------------------------------- */

static double pitch_of(double frequency)
{
    return 69.0 + 12.0 * log2(frequency / 440.0);
}

static um_status fill_combs(const um_harmonic_atoms_config *config, const um_stft_config *transform,
                            um_view W)
{
    um_stft *stft;
    um_status status = um_stft_new(transform, &stft, NULL);
    if (status == UM_OK) {
        status = um_harmonic_atoms_fill(config, stft, W);
        um_stft_free(stft);
    }
    return status;
}

static um_status fill_bands(const umi_factor_input *input, um_view W)
{
    um_percussive_atoms_config config = um_percussive_atoms_config_default();
    config.sample_rate = input->sample_rate;
    config.highest_frequency = fmin(config.highest_frequency, input->sample_rate / 2.0);
    return um_percussive_atoms_fill(&config, W);
}

static um_status make_atoms(const umi_factor_start_config *config, const umi_factor_input *input,
                            umi_factor_start *start, um_error *error)
{
    um_harmonic_atoms_config combs = um_harmonic_atoms_config_default();
    size_t n_combs = 0, n_values;
    if (input->kind != UMI_MATRIX_NONE) {
        return umi_error_set(
            error, UM_ERR_ARGUMENT, "%s: %s needs a recording, for a matrix has no frequencies",
            umi_factor_input_name(input), config->highest > 0.0 ? "--harmonic" : "--percussive");
    }
    if (config->highest > 0.0) {
        combs.sample_rate = input->sample_rate;
        combs.lowest_pitch = pitch_of(config->lowest);
        combs.highest_pitch = pitch_of(config->highest);
        n_combs = um_harmonic_atoms_count(&combs);
        if (n_combs == 0) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "--harmonic: %g-%g Hz do not lie between 1 Hz and half of the "
                                 "sample rate, %g Hz",
                                 config->lowest, config->highest, input->sample_rate / 2.0);
        }
    }
    size_t n = n_combs + config->n_percussive;
    if (n > config->n_components) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--atoms %zu: --harmonic and --percussive make %zu; give --atoms %zu "
                             "or more",
                             config->n_components, n, n);
    }
    start->level_H = n_combs > 0;
    start->W = (um_view){NULL, n, input->cols, input->cols};
    if (umi_multiply(n, input->cols, &n_values)) {
        start->W.data = umi_alloc(n_values, sizeof(float));
    }
    if (start->W.data == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the first values");
    }
    um_view first = start->W, last = start->W;
    first.rows = n_combs;
    last.rows = n - n_combs;
    last.data = um_row(start->W, n_combs);
    um_status status = n_combs > 0 ? fill_combs(&combs, &input->stft, first) : UM_OK;
    if (status == UM_OK && last.rows > 0) {
        status = fill_bands(input, last);
    }
    return status == UM_OK
               ? UM_OK
               : umi_error_set(error, status, "first values: %s", um_status_string(status));
}

/* -- All of it --------------------------------------------------------------------------------- */

um_status umi_factor_start_load(const umi_factor_start_config *config,
                                const umi_factor_input *input, umi_factor_start *start,
                                um_error *error)
{
    const char *spool_directory = input->config.reader.spool_directory;
    size_t K = config->n_components;
    um_status status = UM_OK;
    memset(start, 0, sizeof *start);
    start->kind = config->kind;
    start->fix_W = config->fix_W;
    size_t T = config->atom_frames > 1 ? config->atom_frames : 1;
    if (config->init_W != NULL) {
        const char *words =
            T > 1 ? "W (--atoms x --atom-frames * columns of V)" : "W (--atoms x columns of V)";
        status = read_matrix(config->init_W, spool_directory, K, T * input->cols, words, &start->W,
                             error);
        if (status == UM_OK) {
            status = sum_rows(config->init_W, start, error);
        }
    }
    if (config->init_W == NULL && (config->highest > 0.0 || config->n_percussive > 0)) {
        status = make_atoms(config, input, start, error);
    }
    if (status == UM_OK && config->init_H != NULL) {
        status = read_matrix(config->init_H, spool_directory, input->rows, K,
                             "H (rows of V x --atoms)", &start->H, error);
    }
    /* What W loses when its rows are scaled to sum to 1, H gains: the first model is as given. */
    for (size_t n = 0; status == UM_OK && start->W_sums != NULL && n < start->H.rows; n++) {
        for (size_t k = 0; k < K; k++) {
            float *h = &um_row(start->H, n)[k];
            *h = (float)((double)*h * start->W_sums[k]);
        }
    }
    if (status != UM_OK) {
        umi_factor_start_free(start);
    }
    return status;
}
