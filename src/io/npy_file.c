#define _POSIX_C_SOURCE 200809L
#include "io/npy_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "io/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Floats that are encoded and written at a time. */
enum { BLOCK_FLOATS = 65536 };

struct umi_npy_file {
    char shown[UMI_DISPLAY_MAX];
    int descriptor;
    size_t n_rows;
    size_t n_cols;
    size_t n_written; /* rows */
    size_t n_pending; /* bytes of the block that are not written yet */
    unsigned char block[BLOCK_FLOATS * sizeof(float)];
};

static um_status failed(const umi_npy_file *file, int reason, um_error *error)
{
    return umi_error_set(error, umi_status_of_writing(reason), "%s: %s", file->shown,
                         strerror(reason));
}

/* Writes what waits in the block. */
static um_status flush(umi_npy_file *file, um_error *error)
{
    size_t done = 0;
    while (done < file->n_pending) {
        ssize_t n = write(file->descriptor, file->block + done, file->n_pending - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return failed(file, n == 0 ? EIO : errno, error);
        }
    }
    file->n_pending = 0;
    return UM_OK;
}

/* False when the shape is not one of two or three dimensions whose bytes can be counted. */
static bool take_shape(umi_npy_file *file, const umi_npy_file_config *config)
{
    size_t n = config->n_dimensions;
    size_t n_items = 0;
    if (n != 2 && n != 3) {
        return false;
    }
    file->n_cols = config->shape[n - 1];
    file->n_rows = config->shape[0];
    return (n == 2 || umi_multiply(file->n_rows, config->shape[1], &file->n_rows)) &&
           umi_multiply(file->n_rows, file->n_cols, &n_items) && n_items <= SIZE_MAX / 8;
}

um_status umi_npy_file_new(const umi_npy_file_config *config, umi_npy_file **out, um_error *error)
{
    *out = NULL;
    umi_npy_file *file = umi_alloc(1, sizeof *file);
    if (file == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    file->descriptor = -1;
    umi_display_name(config->path, file->shown, sizeof file->shown);
    if (config->shown_path != NULL) {
        /* It is fit to be shown already. */
        size_t length = strlen(config->shown_path);
        length = length < sizeof file->shown ? length : sizeof file->shown - 1;
        memcpy(file->shown, config->shown_path, length);
        file->shown[length] = '\0';
    }
    um_status status = UM_OK;
    if (!take_shape(file, config)) {
        status =
            umi_error_set(error, UM_ERR_ARGUMENT, "%s: the shape cannot be written", file->shown);
        goto fail;
    }
    file->descriptor =
        open(config->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->descriptor < 0) {
        status = failed(file, errno, error);
        goto fail;
    }
    file->n_pending = umi_npy_format(config->shape, config->n_dimensions, file->block);
    *out = file;
    return UM_OK;

fail:
    umi_npy_file_free(file);
    return status;
}

um_status umi_npy_file_write(umi_npy_file *file, um_cview rows, um_error *error)
{
    if (rows.cols != file->n_cols || rows.rows > file->n_rows - file->n_written) {
        return umi_error_set(
            error, UM_ERR_ARGUMENT, "%s: %zu rows of %zu numbers, after %zu of %zu rows of %zu",
            file->shown, rows.rows, rows.cols, file->n_written, file->n_rows, file->n_cols);
    }
    for (size_t r = 0; r < rows.rows; r++) {
        for (size_t c = 0; c < rows.cols;) {
            size_t room = (sizeof file->block - file->n_pending) / sizeof(float);
            size_t n = rows.cols - c < room ? rows.cols - c : room;
            umi_npy_from_float(um_crow(rows, r) + c, n, file->block + file->n_pending);
            file->n_pending += n * sizeof(float);
            c += n;
            um_status status = n == room ? flush(file, error) : UM_OK;
            if (status != UM_OK) {
                return status;
            }
        }
    }
    file->n_written += rows.rows;
    return UM_OK;
}

um_status umi_npy_file_finish(umi_npy_file *file, um_error *error)
{
    if (file->n_written != file->n_rows) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: %zu of %zu rows were written",
                             file->shown, file->n_written, file->n_rows);
    }
    um_status status = flush(file, error);
    if (status != UM_OK) {
        return status;
    }
    /* Some file systems tell of a full disk no earlier than here. */
    if (fsync(file->descriptor) != 0 && errno != EINVAL) {
        return failed(file, errno, error);
    }
    int result = close(file->descriptor);
    file->descriptor = -1;
    return result == 0 ? UM_OK : failed(file, errno, error);
}

void umi_npy_file_free(umi_npy_file *file)
{
    if (file != NULL) {
        if (file->descriptor >= 0) {
            (void)close(file->descriptor);
        }
        umi_free(file);
    }
}

um_status umi_npy_file_write_matrix(const char *path, const char *shown_path, um_cview matrix,
                                    um_error *error)
{
    umi_npy_file_config config = {path, shown_path, 2, {matrix.rows, matrix.cols}};
    umi_npy_file *file = NULL;
    um_status status = umi_npy_file_new(&config, &file, error);
    if (status == UM_OK) {
        status = umi_npy_file_write(file, matrix, error);
    }
    if (status == UM_OK) {
        status = umi_npy_file_finish(file, error);
    }
    umi_npy_file_free(file);
    return status;
}
