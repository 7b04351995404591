/* Matrix Market, the text format of matrix collections.
 *
 *     %%MatrixMarket matrix FORMAT FIELD SYMMETRY
 *     % comments
 *     coordinate: rows columns entries       array: rows columns
 *     row column value                              value
 *     ...                                           ... column by column
 *
 * Rows and columns count from 1. FIELD is real, double, integer, unsigned-integer or pattern
 * (coordinate only: no values, each is 1), SYMMETRY is general or symmetric (the entries below the
 * diagonal stand for those above it, too). Words are taken whether small or capital; blank lines
 * and comments may stand anywhere below the first line. What is left out, complex values and the
 * skew and Hermitian kinds, has no place in a non-negative matrix. After the description by
 * Boisvert, Pozo and Remington, "The Matrix Market exchange formats: initial design", NISTIR 5935
 * (1996).
 *
 * All functions read the text from its start; a reader's source is set by the caller. */
#ifndef UMI_FORMAT_MATRIX_MARKET_H
#define UMI_FORMAT_MATRIX_MARKET_H

#include "core/sparse_builder.h"
#include "format/text_reader.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_matrix_market {
    size_t rows; /* 1..2^32, and columns too */
    size_t cols;
    size_t n_lines; /* entries, or values of an array, that the file has to list */
    bool is_sparse; /* coordinate */
    bool is_pattern;
    bool is_symmetric;
} umi_matrix_market;

/* Reads all that stands before the first entry. UM_ERR_DATA for what is not as above, and for more
 * entries than the source's bytes can hold; UM_ERR_IO. *market is only filled by success. */
um_status umi_matrix_market_open(umi_text_reader *reader, umi_matrix_market *market,
                                 um_error *error) UM_MUST_USE;

/* Reads the entries into `matrix`, which has the right shape; those given twice are summed. Every
 * value, and every sum, is checked as matrix_value.h says. UM_ERR_DATA with line, or row and
 * column; UM_ERR_IO; UM_ERR_CHANGED when the header is not `market` any more. */
um_status umi_matrix_market_read(umi_text_reader *reader, const umi_matrix_market *market,
                                 um_view matrix, um_error *error) UM_MUST_USE;

/* The same for a sparse matrix, without its zeros: *matrix is borrowed from *out, which is to be
 * freed with umi_sparse_builder_free, and NULL on failure. Also UM_ERR_MEMORY. */
um_status umi_matrix_market_read_sparse(umi_text_reader *reader, const umi_matrix_market *market,
                                        umi_sparse_builder **out, um_csparse *matrix,
                                        um_error *error) UM_MUST_USE;

#endif
