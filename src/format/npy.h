/* NPY, numpy's file for one array: a header in front of plain numbers.
 *
 *     6 bytes    "\x93NUMPY"
 *     2 bytes    version: 1.0, 2.0 or 3.0
 *     2 or 4     length of what follows, little endian: 2 bytes in version 1.0, else 4
 *     text       {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 *     data       the items, last index first to move, or the first one in Fortran order
 *
 * Only the header and single items are handled here: where the data comes from and goes to is the
 * caller's affair, so that a matrix need not be in memory to be read. The text is a literal of the
 * Python language, of which exactly what numpy writes is read. After the format's description in
 * numpy's manual (numpy.lib.format). */
#ifndef UMI_FORMAT_NPY_H
#define UMI_FORMAT_NPY_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    UMI_NPY_MAGIC = 6,          /* bytes that every file begins with */
    UMI_NPY_PREFIX = 12,        /* first bytes that tell where the data begins */
    UMI_NPY_HEADER_MAX = 65536, /* bytes before the data that are read */
    UMI_NPY_WRITTEN_MAX = 192,  /* bytes before the data that are written */
    UMI_NPY_DIMENSIONS_MAX = 3, /* a matrix, or the atoms of several frames each */
    UMI_NPY_ITEM_BYTES_MAX = 8
};

typedef enum umi_npy_type {
    UMI_NPY_FLOAT,
    UMI_NPY_SIGNED,
    UMI_NPY_UNSIGNED,
    UMI_NPY_BOOL
} umi_npy_type;

typedef struct umi_npy {
    umi_npy_type type;
    size_t item_bytes; /* float: 4 or 8; integers: 1, 2, 4 or 8; bool: 1 */
    bool big_endian;
    bool fortran_order;
    size_t n_dimensions; /* 0 is a single number */
    size_t shape[UMI_NPY_DIMENSIONS_MAX];
} umi_npy;

/* True when the n bytes begin as an NPY file does. */
bool umi_npy_is(const unsigned char *bytes, size_t n);

/* Where the data of a file of file_size bytes begins, by its first bytes, of which UMI_NPY_PREFIX
 * or, in a shorter file, all are given. UM_ERR_DATA when the file cannot be NPY. `name` stands for
 * the file in messages, here and below. */
um_status umi_npy_data_begin(const unsigned char *prefix, size_t file_size, const char *name,
                             size_t *data_begin, um_error *error) UM_MUST_USE;

/* Reads a header: the first data_begin bytes of a file that has data_size bytes behind them.
 * UM_ERR_DATA unless it is well formed, of a type above, has at most UMI_NPY_DIMENSIONS_MAX
 * dimensions, and the shape's items are exactly data_size bytes. *npy is only filled by success. */
um_status umi_npy_parse(const unsigned char *header, size_t data_begin, size_t data_size,
                        const char *name, umi_npy *npy, um_error *error) UM_MUST_USE;

/* The array as a matrix. One dimension is one row, as numpy.atleast_2d has it. UM_ERR_DATA for 0
 * and 3 dimensions, and when there is no item. */
um_status umi_npy_matrix(const umi_npy *npy, const char *name, size_t *rows, size_t *cols,
                         um_error *error) UM_MUST_USE;

/* The item that starts at `item`; integers beyond 2^53 are rounded. */
double umi_npy_value(const umi_npy *npy, const unsigned char *item);

/* n items that follow each other as float32, rounded to the nearest. A float64 that float32 cannot
 * hold becomes an infinity, so the result has to be checked; umi_npy_value then has the value. */
void umi_npy_to_float(const umi_npy *npy, const unsigned char *items, size_t n, float *values);

/* Writes the header of a C-order float32 file to header[UMI_NPY_WRITTEN_MAX] and returns its
 * length, a multiple of 64 as the format asks for. n_dimensions is 0..UMI_NPY_DIMENSIONS_MAX. */
size_t umi_npy_format(const size_t *shape, size_t n_dimensions, unsigned char *header);

/* n floats as the items of such a file, 4 n bytes. */
void umi_npy_from_float(const float *values, size_t n, unsigned char *items);

#endif
