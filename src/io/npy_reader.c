#include "io/npy_reader.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/matrix_value.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Reads exactly n bytes that were there when the file was opened. */
static um_status read_bytes(const umi_input_file *file, uint64_t offset, unsigned char *bytes,
                            size_t n, um_error *error)
{
    size_t n_read = 0;
    if (!umi_input_file_read(file, offset, bytes, n, &n_read)) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    if (n_read < n) {
        return umi_error_set(error, UM_ERR_CHANGED, "%s: became shorter while it was read",
                             file->name);
    }
    return UM_OK;
}

um_status umi_npy_reader_open(const umi_input_file *file, umi_npy_reader *reader, um_error *error)
{
    unsigned char prefix[UMI_NPY_PREFIX] = {0};
    if (file->size > SIZE_MAX) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: larger than any memory", file->name);
    }
    size_t size = (size_t)file->size;
    size_t n_prefix = size < sizeof prefix ? size : sizeof prefix;
    um_status status = read_bytes(file, 0, prefix, n_prefix, error);
    if (status == UM_OK) {
        status = umi_npy_data_begin(prefix, size, file->name, &reader->data_begin, error);
    }
    if (status != UM_OK) {
        return status;
    }
    assert(reader->data_begin <= sizeof reader->bytes);
    status = read_bytes(file, 0, reader->bytes, reader->data_begin, error);
    if (status == UM_OK) {
        status = umi_npy_parse(reader->bytes, reader->data_begin, size - reader->data_begin,
                               file->name, &reader->npy, error);
    }
    if (status == UM_OK) {
        status = umi_npy_matrix(&reader->npy, file->name, &reader->rows, &reader->cols, error);
    }
    reader->file = file;
    return status;
}

/* n items from reader->bytes on `skip` bytes, as floats to values[n]; false when one of them is not
 * valid. */
static bool convert(const umi_npy_reader *reader, size_t skip, size_t n, float *values)
{
    bool valid = true;
    umi_npy_to_float(&reader->npy, reader->bytes + skip, n, values);
    for (size_t i = 0; i < n; i++) {
        values[i] += 0.0f; /* -0 becomes 0 */
        valid &= umi_matrix_value_is_valid(values[i]);
    }
    return valid;
}

/* What is wrong with the item of values[n] that is not valid. */
static um_status reject(const umi_npy_reader *reader, size_t skip, const float *values, size_t row,
                        size_t col, um_error *error)
{
    bool is_column = reader->npy.fortran_order;
    size_t i = 0;
    while (umi_matrix_value_is_valid(values[i])) {
        i++;
    }
    double value = umi_npy_value(&reader->npy, reader->bytes + skip + i * reader->npy.item_bytes);
    return umi_matrix_value_reject(reader->file->name, is_column ? row + i : row,
                                   is_column ? col : col + i, value, error);
}

/* The rows lie one after the other: whole blocks, however short a row is. */
static um_status read_by_rows(umi_npy_reader *reader, size_t first_row, um_view rows,
                              um_error *error)
{
    size_t item_bytes = reader->npy.item_bytes;
    uint64_t begin = reader->data_begin + (uint64_t)first_row * reader->cols * item_bytes;
    size_t n_items = rows.rows * rows.cols;
    size_t n_block;
    for (size_t done = 0; done < n_items; done += n_block) {
        size_t most = sizeof reader->bytes / item_bytes;
        n_block = n_items - done < most ? n_items - done : most;
        um_status status = read_bytes(reader->file, begin + (uint64_t)done * item_bytes,
                                      reader->bytes, n_block * item_bytes, error);
        if (status != UM_OK) {
            return status;
        }
        size_t n;
        for (size_t i = 0; i < n_block; i += n) {
            size_t row = (done + i) / rows.cols;
            size_t col = (done + i) % rows.cols;
            n = n_block - i < rows.cols - col ? n_block - i : rows.cols - col;
            float *values = um_row(rows, row) + col;
            if (!convert(reader, i * item_bytes, n, values)) {
                return reject(reader, i * item_bytes, values, first_row + row, col, error);
            }
        }
    }
    return UM_OK;
}

/* The columns lie one after the other. A band of rows is filled column by column: neighbouring
 * columns write to the same cache lines, and those of one band stay in the cache. */
static um_status read_by_columns(umi_npy_reader *reader, size_t first_row, um_view rows,
                                 um_error *error)
{
    size_t item_bytes = reader->npy.item_bytes;
    for (size_t band = 0; band < rows.rows; band += UMI_NPY_BLOCK_ROWS) {
        size_t n = rows.rows - band < UMI_NPY_BLOCK_ROWS ? rows.rows - band : UMI_NPY_BLOCK_ROWS;
        for (size_t c = 0; c < rows.cols; c++) {
            uint64_t item = (uint64_t)c * reader->rows + first_row + band;
            um_status status = read_bytes(reader->file, reader->data_begin + item * item_bytes,
                                          reader->bytes, n * item_bytes, error);
            if (status != UM_OK) {
                return status;
            }
            if (!convert(reader, 0, n, reader->column)) {
                return reject(reader, 0, reader->column, first_row + band, c, error);
            }
            for (size_t r = 0; r < n; r++) {
                um_row(rows, band + r)[c] = reader->column[r];
            }
        }
    }
    return UM_OK;
}

um_status umi_npy_reader_read(umi_npy_reader *reader, size_t first_row, um_view rows,
                              um_error *error)
{
    assert(rows.cols == reader->cols && first_row <= reader->rows &&
           rows.rows <= reader->rows - first_row);
    return reader->npy.fortran_order ? read_by_columns(reader, first_row, rows, error)
                                     : read_by_rows(reader, first_row, rows, error);
}
