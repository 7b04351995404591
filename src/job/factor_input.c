#include "job/factor_input.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"
#include "io/text.h"
#include "job/gather.h"
#include "job/sound_name.h"
#include "job/transform.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double mib = 1048576.0;

/* -- Opening ----------------------------------------------------------------------------------- */

static um_status open_matrix(umi_factor_input *input, umi_input_file *file, um_error *error)
{
    um_status status = umi_matrix_file_take(file, &input->file, error);
    if (status == UM_OK) {
        const umi_matrix_info *info = umi_matrix_file_info(input->file);
        input->rows = info->rows;
        input->cols = info->cols;
        input->is_sparse = info->is_sparse;
        input->n_entries = info->n_entries;
    }
    return status;
}

static um_status open_recording(umi_factor_input *input, um_error *error)
{
    const umi_factor_input_config *c = &input->config;
    umi_recording *recording = &input->recording;
    if (strcmp(c->path, "-") == 0) {
        return umi_error_set(error, UM_ERR_DATA,
                             "standard input: not a matrix; of a recording give the file's name");
    }
    um_status status =
        umi_recording_open(c->path, &c->reader, c->watch->progress, recording, error);
    if (status == UM_ERR_DATA && error != NULL && !umi_is_sound_name(c->path)) {
        char message[sizeof error->message];
        snprintf(message, sizeof message, "%s", error->message);
        return umi_error_set(error, status, "%.900s; and no matrix (NPY, Matrix Market, CSV)",
                             message);
    }
    if (status != UM_OK) {
        return status;
    }
    size_t fft_size;
    input->sample_rate = recording->format.sample_rate;
    input->stft = umi_transform(input->sample_rate, c->window, c->hop, c->window_shape);
    status = umi_transform_sizes(&input->stft, &input->cols, &fft_size, error);
    uint64_t hop = input->stft.window.hop;
    if (status == UM_OK) {
        input->rows = (size_t)((recording->n_frames + hop - 1) / hop);
    }
    if (status == UM_OK && input->rows == 0) {
        status = umi_error_set(error, UM_ERR_DATA, "%s: there is no sound in it to factorise",
                               umi_factor_input_name(input));
    }
    return status;
}

um_status umi_factor_input_open(const umi_factor_input_config *config, umi_factor_input *input,
                                um_error *error)
{
    umi_input_file file = {.descriptor = -1};
    memset(input, 0, sizeof *input);
    input->config = *config;
    um_status status =
        umi_input_file_open(config->path, config->reader.spool_directory, &file, error);
    if (status != UM_OK) {
        return status;
    }
    status = umi_matrix_kind_of(&file, &input->kind, error);
    if (status == UM_OK) {
        status = input->kind != UMI_MATRIX_NONE ? open_matrix(input, &file, error)
                                                : open_recording(input, error);
    }
    umi_input_file_close(&file);
    if (status != UM_OK) {
        umi_factor_input_free(input);
    }
    return status;
}

void umi_factor_input_free(umi_factor_input *input)
{
    umi_free(input->V.data);
    umi_matrix_file_free(input->file);
    umi_recording_close(&input->recording);
    memset(input, 0, sizeof *input);
}

const char *umi_factor_input_name(const umi_factor_input *input)
{
    return input->file != NULL ? umi_matrix_file_name(input->file)
                               : umi_audio_reader_name(input->recording.reader);
}

/* -- Loading ----------------------------------------------------------------------------------- */

/* Aligned rows are worth a little memory, but not where there are few columns. */
static size_t stride_for(size_t cols)
{
    size_t padded = umi_padded(cols);
    return padded - cols <= cols / 25 ? padded : cols;
}

double umi_factor_input_bytes(const umi_factor_input *input)
{
    if (input->is_sparse) {
        return (double)input->n_entries * (sizeof(float) + sizeof(uint32_t)) +
               (double)input->rows * sizeof(size_t);
    }
    size_t stride =
        input->kind == UMI_MATRIX_NONE ? umi_padded(input->cols) : stride_for(input->cols);
    return (double)input->rows * (double)stride * sizeof(float);
}

/* A few MiB at a time, so that who cancels is heard. */
static um_status read_rows(umi_factor_input *input, um_error *error)
{
    const um_progress *progress = input->config.watch->progress;
    size_t n = input->rows;
    if (umi_matrix_file_info(input->file)->has_row_access) {
        double rows = 4.0 * mib / ((double)input->V.stride * sizeof(float));
        n = rows < 1.0 ? 1 : rows < (double)n ? (size_t)rows : n;
    }
    um_status status = UM_OK;
    for (size_t first = 0; first < input->rows && status == UM_OK; first += n) {
        um_view block = input->V;
        block.data = um_row(input->V, first);
        block.rows = input->rows - first < n ? input->rows - first : n;
        status = umi_matrix_file_read(input->file, first, block, error);
        if (status == UM_OK && !umi_progress_report(progress, (double)(first + block.rows),
                                                    (double)input->rows, NAN)) {
            status = umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
        }
    }
    return status;
}

static um_status load_dense(umi_factor_input *input, um_error *error)
{
    size_t n_values;
    input->V = (um_view){NULL, input->rows, input->cols, stride_for(input->cols)};
    if (umi_multiply(input->rows, input->V.stride, &n_values)) {
        input->V.data = umi_alloc(n_values, sizeof(float));
    }
    if (input->V.data == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: %zu x %zu values need %.0f MiB",
                             umi_factor_input_name(input), input->rows, input->cols,
                             umi_factor_input_bytes(input) / mib + 1.0);
    }
    return read_rows(input, error);
}

static um_status load_recording(umi_factor_input *input, um_error *error)
{
    const umi_factor_input_config *c = &input->config;
    umi_recording *recording = &input->recording;
    umi_gather_config gather = {.stft = input->stft,
                                .reader = c->reader,
                                .mean_channels = true,
                                .keep_silence = true,
                                .memory = SIZE_MAX,
                                .parallel = c->parallel,
                                .watch = c->watch};
    umi_passage whole = {c->path, 0.0, INFINITY, recording};
    umi_material material;
    um_status status = umi_gather(&gather, &whole, 1, &material, error);
    if (status != UM_OK) {
        return status;
    }
    input->V = material.V;
    umi_recording_warn(recording, c->watch);
    if (recording->gain != 1.0) {
        char text[UMI_DISPLAY_MAX + 128];
        snprintf(text, sizeof text,
                 "%s: its peak is %g times full scale; V is the spectrogram times %g",
                 umi_factor_input_name(input), recording->peak, recording->gain);
        umi_watch_warn(c->watch, text);
    }
    return umi_audio_reader_check_unchanged(recording->reader, error);
}

static void measure_values(umi_factor_input *input, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        input->n_nonzero += values[i] > 0.0f;
        input->sum += (double)values[i];
        input->largest = values[i] > input->largest ? values[i] : input->largest;
    }
}

static void measure(umi_factor_input *input)
{
    if (input->is_sparse) {
        measure_values(input, input->sparse.value, um_csparse_entries(input->sparse));
    }
    for (size_t r = 0; r < input->V.rows; r++) {
        measure_values(input, um_row(input->V, r), input->V.cols);
    }
    if (input->n_nonzero == 0) {
        char text[UMI_DISPLAY_MAX + 128];
        snprintf(text, sizeof text, "%s: every value is zero; H will be zero, and W mean nothing",
                 umi_factor_input_name(input));
        umi_watch_warn(input->config.watch, text);
    }
}

um_status umi_factor_input_load(umi_factor_input *input, um_error *error)
{
    um_status status;
    if (input->file == NULL) {
        status = load_recording(input, error);
    } else if (input->is_sparse) {
        status = umi_matrix_file_read_sparse(input->file, &input->sparse, error);
    } else {
        status = load_dense(input, error);
    }
    if (status == UM_OK) {
        measure(input);
    }
    return status;
}

bool umi_factor_input_is_loaded(const umi_factor_input *input)
{
    return input->V.data != NULL || input->sparse.row_start != NULL;
}
