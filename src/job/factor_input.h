/* The matrix to factorise: from a file of numbers, or the spectrogram of a recording. */
#ifndef UMI_JOB_FACTOR_INPUT_H
#define UMI_JOB_FACTOR_INPUT_H

#include "io/matrix_file.h"
#include "job/recording.h"
#include "job/watch.h"
#include "unmingle/parallel.h"
#include "unmingle/sparse.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

typedef struct umi_factor_input_config {
    const char *path;   /* "-": standard input, for a matrix */
    size_t window, hop; /* of a recording; samples; 0 and 0: see transform.h */
    um_window window_shape;
    umi_audio_reader_options reader;
    um_parallel parallel;
    const umi_watch *watch;
} umi_factor_input_config;

typedef struct umi_factor_input {
    umi_factor_input_config config;
    umi_matrix_kind kind; /* UMI_MATRIX_NONE: a recording */
    size_t rows, cols;
    bool is_sparse;
    size_t n_entries;    /* of a sparse matrix, at most */
    double sample_rate;  /* Hz, of a recording */
    um_stft_config stft; /* of a recording */

    /* Once it is loaded: one of the two. */
    um_view V;
    um_csparse sparse;
    size_t n_nonzero;
    float largest;
    double sum; /* of all values */

    umi_matrix_file *file;   /* NULL for a recording */
    umi_recording recording; /* its `reader` is NULL for a matrix */
} umi_factor_input;

/* Opens the file and finds the shape of V, without holding V. Of a recording every frame is a row,
 * silent ones too, and every bin a column. UM_ERR_DATA for what is neither a matrix nor a
 * recording, or has no cell; UM_ERR_ARGUMENT for a transform that cannot be; UM_ERR_CANCELLED, and
 * what else opening says. On failure there is nothing to free. */
um_status umi_factor_input_open(const umi_factor_input_config *config, umi_factor_input *input,
                                um_error *error) UM_MUST_USE;

/* Reads V. float32 is all that is ever held of it, whatever the file has. Warns of what is odd.
 * UM_ERR_DATA for a value that is negative, no number or too large; UM_ERR_MEMORY, UM_ERR_CHANGED,
 * UM_ERR_CANCELLED, ... */
um_status umi_factor_input_load(umi_factor_input *input, um_error *error) UM_MUST_USE;

bool umi_factor_input_is_loaded(const umi_factor_input *input);

/* Bytes that V takes when it is loaded. */
double umi_factor_input_bytes(const umi_factor_input *input);

/* The name for messages, on one line. */
const char *umi_factor_input_name(const umi_factor_input *input);

/* An input of zeros is fine. */
void umi_factor_input_free(umi_factor_input *input);

#endif
