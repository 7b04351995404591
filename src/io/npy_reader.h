/* Rows of a matrix in an NPY file. */
#ifndef UMI_IO_NPY_READER_H
#define UMI_IO_NPY_READER_H

#include "format/npy.h"
#include "io/input_file.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>

/* Scratch for one call at a time. */
enum { UMI_NPY_BLOCK_BYTES = 1 << 18, UMI_NPY_BLOCK_ROWS = 4096 };

typedef struct umi_npy_reader {
    const umi_input_file *file;
    umi_npy npy;
    size_t rows;
    size_t cols;
    size_t data_begin;
    unsigned char bytes[UMI_NPY_BLOCK_BYTES];
    float column[UMI_NPY_BLOCK_ROWS];
} umi_npy_reader;

/* Reads the header and fills all of *reader, which borrows `file`. UM_ERR_DATA when it is not an
 * NPY file of one matrix, UM_ERR_IO, UM_ERR_CHANGED, UM_ERR_MEMORY. */
um_status umi_npy_reader_open(const umi_input_file *file, umi_npy_reader *reader,
                              um_error *error) UM_MUST_USE;

/* Reads the rows from first_row on, as many as `rows` has, and checks every value: finite, 0 to
 * UMI_MAGNITUDE_MAX, or UM_ERR_DATA with its place. Minus zero becomes zero. Takes the same memory
 * and about the same time whatever the order in which the file has its numbers. UM_ERR_IO;
 * UM_ERR_CHANGED when the file ends earlier than it did. */
um_status umi_npy_reader_read(umi_npy_reader *reader, size_t first_row, um_view rows,
                              um_error *error) UM_MUST_USE;

#endif
