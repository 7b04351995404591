#include "job/kept_activations.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/npy_file.h"
#include "io/path.h"

#include <string.h>

const char umi_kept_activations_name[] = "activations.npy";

/* -- Writing ----------------------------------------------------------------------------------- */

struct umi_activations_writer {
    umi_npy_file *file;
    size_t n_left; /* rows to come */
    um_error *error;
};

um_status umi_activations_writer_new(umi_output_set *output, size_t rows, size_t cols,
                                     umi_activations_writer **out, um_error *error)
{
    umi_npy_file_config config = {umi_output_set_path(output, umi_kept_activations_name),
                                  umi_output_set_shown_path(output, umi_kept_activations_name),
                                  2,
                                  {rows, cols}};
    *out = NULL;
    umi_activations_writer *writer = umi_alloc(1, sizeof *writer);
    if (writer == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", config.shown_path);
    }
    writer->error = error;
    writer->n_left = rows;
    um_status status = umi_npy_file_new(&config, &writer->file, error);
    if (status != UM_OK) {
        umi_activations_writer_free(writer);
        return status;
    }
    *out = writer;
    return UM_OK;
}

um_status umi_activations_writer_take(void *user, um_cview H)
{
    umi_activations_writer *writer = user;
    /* Batches of several frames can reach past the end, into silence. */
    H.rows = H.rows < writer->n_left ? H.rows : writer->n_left;
    writer->n_left -= H.rows;
    return umi_npy_file_write(writer->file, H, writer->error);
}

um_status umi_activations_writer_finish(umi_activations_writer *writer, um_error *error)
{
    return umi_npy_file_finish(writer->file, error);
}

void umi_activations_writer_free(umi_activations_writer *writer)
{
    if (writer != NULL) {
        umi_npy_file_free(writer->file);
        umi_free(writer);
    }
}

/* -- Reading ----------------------------------------------------------------------------------- */

struct umi_kept_activations {
    umi_input_file file;
    umi_npy_reader reader;
    size_t n_atoms, width;
    size_t next_row;
    const size_t *order;
    um_error *error;
    float *values; /* rows as they are in the file */
    size_t n_room; /* rows; grows to the largest batch */
};

um_status umi_kept_activations_open(const char *directory, size_t n_atoms,
                                    umi_kept_activations **out, um_error *error)
{
    *out = NULL;
    char *path = umi_path_join(directory, umi_kept_activations_name);
    umi_kept_activations *a = umi_alloc(1, sizeof *a);
    um_status status = UM_OK;
    if (path == NULL || a == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", directory);
        goto fail;
    }
    a->file.descriptor = -1;
    a->n_atoms = n_atoms;
    status = umi_input_file_open(path, NULL, &a->file, error);
    if (status != UM_OK) {
        goto fail;
    }
    status = umi_npy_reader_open(&a->file, &a->reader, error);
    if (status == UM_OK && a->reader.cols % n_atoms != 0) {
        status = umi_error_set(error, UM_ERR_DATA, "%s: %zu columns do not fit %zu atoms",
                               a->file.name, a->reader.cols, n_atoms);
    }
    if (status != UM_OK) {
        goto fail;
    }
    a->width = a->reader.cols / n_atoms;
    umi_free(path);
    *out = a;
    return UM_OK;

fail:
    umi_free(path);
    umi_kept_activations_free(a);
    return status;
}

void umi_kept_activations_free(umi_kept_activations *activations)
{
    if (activations != NULL) {
        umi_input_file_close(&activations->file);
        umi_free(activations->values);
        umi_free(activations);
    }
}

size_t umi_kept_activations_rows(const umi_kept_activations *activations)
{
    return activations->reader.rows;
}

size_t umi_kept_activations_width(const umi_kept_activations *activations)
{
    return activations->width;
}

void umi_kept_activations_begin(umi_kept_activations *activations, const size_t *order,
                                um_error *error)
{
    activations->next_row = 0;
    activations->order = order;
    activations->error = error;
}

/* Room for n rows of the file. */
static bool make_room(umi_kept_activations *a, size_t n)
{
    size_t n_values;
    if (a->n_room >= n) {
        return true;
    }
    umi_free(a->values);
    a->values =
        umi_multiply(n, a->reader.cols, &n_values) ? umi_alloc(n_values, sizeof(float)) : NULL;
    a->n_room = a->values != NULL ? n : 0;
    return a->values != NULL;
}

um_status umi_kept_activations_give(void *user, um_view H)
{
    umi_kept_activations *a = user;
    /* Batches of several frames can reach past the end, into silence. */
    size_t n_left = a->reader.rows - a->next_row, n_past = H.rows > n_left ? H.rows - n_left : 0;
    for (size_t r = H.rows - n_past; r < H.rows; r++) {
        memset(um_row(H, r), 0, H.cols * sizeof(float));
    }
    H.rows -= n_past;
    if (H.cols != a->reader.cols) {
        return umi_error_set(a->error, UM_ERR_DATA,
                             "%s: %zu rows of %zu columns are not those of this recording",
                             a->file.name, a->reader.rows, a->reader.cols);
    }
    if (!make_room(a, H.rows)) {
        return umi_error_set(a->error, UM_ERR_MEMORY, "%s: not enough memory", a->file.name);
    }
    um_view rows = um_view_of(a->values, H.rows, a->reader.cols);
    um_status status = umi_npy_reader_read(&a->reader, a->next_row, rows, a->error);
    for (size_t r = 0; status == UM_OK && r < H.rows; r++) {
        for (size_t shift = 0; shift < a->width; shift++) {
            float *to = um_row(H, r) + shift * a->n_atoms;
            const float *from = um_row(rows, r) + shift * a->n_atoms;
            for (size_t k = 0; k < a->n_atoms; k++) {
                to[k] = from[a->order[k]];
            }
        }
    }
    a->next_row += H.rows;
    return status;
}
