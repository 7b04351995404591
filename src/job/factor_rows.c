#include "job/factor_rows.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/random.h"
#include "job/frame_walk.h"
#include "job/gather.h"

#include <math.h>
#include <string.h>

static um_status report(const umi_factor_input *input, size_t done, size_t total, um_error *error)
{
    return umi_progress_report(input->config.watch->progress, (double)done, (double)total, NAN)
               ? UM_OK
               : umi_error_set(error, UM_ERR_CANCELLED, "cancelled");
}

static um_status new_rows(size_t n_rows, size_t cols, um_view *rows, um_error *error)
{
    *rows = umi_matrix_new(n_rows, cols);
    return rows->data != NULL
               ? UM_OK
               : umi_error_set(error, UM_ERR_MEMORY, "not enough memory for %zu rows of %zu values",
                               n_rows, cols);
}

/* -- A sample ---------------------------------------------------------------------------------- */

/* Neighbours are read together: a file that holds columns one after the other is read from as many
 * places as there are columns, whatever the number of rows. */
enum { RUN_ROWS = 16 };

static um_status sample_matrix(umi_factor_input *input, size_t n_rows, uint64_t seed,
                               um_view *sample, um_error *error)
{
    um_status status = new_rows(n_rows, input->cols, sample, error);
    umi_random random = umi_random_seeded(seed);
    double stretch = (double)input->rows / (double)n_rows; /* rows for each that is drawn, >= 1 */
    for (size_t done = 0; done < n_rows && status == UM_OK;) {
        size_t length = n_rows - done < RUN_ROWS ? n_rows - done : RUN_ROWS;
        size_t begin = (size_t)((double)done * stretch);
        size_t end = (size_t)((double)(done + length) * stretch);
        end = end < input->rows ? end : input->rows;
        begin = end - begin < length ? end - length : begin; /* a rounding error, at most */
        um_view run = {um_row(*sample, done), length, sample->cols, sample->stride};
        size_t first = begin + umi_random_below(&random, end - begin - length + 1);
        status = umi_matrix_file_read(input->file, first, run, error);
        done += length;
        if (status == UM_OK) {
            status = report(input, done, n_rows, error);
        }
    }
    return status;
}

static um_status sample_recording(umi_factor_input *input, size_t n_rows, uint64_t seed,
                                  um_view *sample, um_error *error)
{
    umi_gather_config gather = {.stft = input->stft,
                                .reader = input->config.reader,
                                .mean_channels = true,
                                .keep_silence = true,
                                .memory = n_rows * umi_padded(input->cols) * sizeof(float),
                                .seed = seed,
                                .parallel = input->config.parallel,
                                .watch = input->config.watch};
    umi_passage whole = {input->config.path, 0.0, INFINITY, &input->recording};
    umi_material material;
    um_status status = umi_gather(&gather, &whole, 1, &material, error);
    *sample = material.V;
    return status;
}

um_status umi_factor_rows_sample(umi_factor_input *input, size_t n_rows, uint64_t seed,
                                 um_view *sample, um_error *error)
{
    n_rows = n_rows < input->rows ? n_rows : input->rows;
    *sample = (um_view){0};
    um_status status = input->file != NULL ? sample_matrix(input, n_rows, seed, sample, error)
                                           : sample_recording(input, n_rows, seed, sample, error);
    if (status != UM_OK) {
        umi_free(sample->data);
        *sample = (um_view){0};
    }
    return status;
}

/* -- All of them ------------------------------------------------------------------------------- */

/* Frames of a recording, gathered to blocks. */
typedef struct block_taker {
    umi_factor_input *input;
    um_view block; /* its rows are those that are filled */
    size_t block_rows;
    umi_factor_rows_take take;
    void *user;
    size_t n_samples; /* done so far */
    umi_frame_taker frames;
} block_taker;

static um_status hand_on(block_taker *t, um_error *error)
{
    um_status status = t->block.rows > 0 ? t->take(t->user, um_const_view(t->block), error) : UM_OK;
    t->block.rows = 0;
    return status;
}

static um_status take_frame(void *user, const float *magnitudes, const float *spectra,
                            um_error *error)
{
    (void)spectra;
    block_taker *t = user;
    memcpy(um_row(t->block, t->block.rows), magnitudes, t->block.cols * sizeof(float));
    t->block.rows++;
    t->frames.next++;
    return t->block.rows == t->block_rows ? hand_on(t, error) : UM_OK;
}

static um_status advance(void *user, size_t n_samples, um_error *error)
{
    block_taker *t = user;
    t->n_samples += n_samples;
    return report(t->input, t->n_samples, (size_t)t->input->recording.n_frames, error);
}

static um_status walk_recording(block_taker *t, um_error *error)
{
    um_stft *stft;
    umi_recording *recording = &t->input->recording;
    um_status status = um_stft_new(&t->input->stft, &stft, error);
    if (status == UM_OK) {
        umi_frame_walk_config walk = {stft, true, t->input->config.parallel, 0};
        t->frames = (umi_frame_taker){0, take_frame, advance, t};
        status = umi_frame_walk(&walk, recording, 0, recording->n_frames, &t->frames, error);
    }
    if (status == UM_OK) {
        status = hand_on(t, error);
    }
    um_stft_free(stft);
    return status == UM_OK ? umi_audio_reader_check_unchanged(recording->reader, error) : status;
}

static um_status walk_matrix(block_taker *t, um_error *error)
{
    um_status status = UM_OK;
    for (size_t first = 0; first < t->input->rows && status == UM_OK; first += t->block_rows) {
        size_t left = t->input->rows - first;
        t->block.rows = left < t->block_rows ? left : t->block_rows;
        size_t done = first + t->block.rows;
        status = umi_matrix_file_read(t->input->file, first, t->block, error);
        if (status == UM_OK) {
            status = hand_on(t, error);
        }
        if (status == UM_OK) {
            status = report(t->input, done, t->input->rows, error);
        }
    }
    return status;
}

um_status umi_factor_rows_walk(umi_factor_input *input, size_t block_rows,
                               umi_factor_rows_take take, void *user, um_error *error)
{
    block_taker t = {.input = input, .block_rows = block_rows, .take = take, .user = user};
    um_status status = new_rows(block_rows, input->cols, &t.block, error);
    t.block.rows = 0;
    if (status == UM_OK) {
        status = input->file != NULL ? walk_matrix(&t, error) : walk_recording(&t, error);
    }
    umi_free(t.block.data);
    return status;
}
