/* Sparse matrices by reference.
 *
 * A um_csparse is a rows x cols matrix of float32 >= 0 of which somebody else holds the entries
 * that are not zero, in compressed sparse rows: row r has the entries i = row_start[r] ..
 * row_start[r + 1] - 1, of which i stands in column[i] and is value[i]; everything else is 0. It is
 * what scipy calls csr_matrix with indptr, indices and data. As for um_cview, nothing is owned and
 * nothing is written to. */
#ifndef UNMINGLE_SPARSE_H
#define UNMINGLE_SPARSE_H

#include "unmingle/export.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_csparse {
    size_t rows;
    size_t cols;
    const size_t *row_start; /* rows + 1; the first is 0, the last the number of entries */
    const uint32_t *column;  /* strictly ascending within a row, below cols */
    const float *value;      /* finite, >= 0; a zero is allowed and only costs time */
} um_csparse;

/* Entries that are stored. */
static inline size_t um_csparse_entries(um_csparse matrix)
{
    return matrix.row_start[matrix.rows];
}

/* True when all of the above holds. Reads every entry once. row_start must have rows + 1 elements
 * and, where those ascend, `column` and `value` as many as the last of them says: that alone cannot
 * be seen from here. False for rows or cols of 0 and for NULL pointers, but `column` and `value`
 * may be NULL when there is no entry. */
UM_API bool um_csparse_is_valid(um_csparse matrix);

#ifdef __cplusplus
}
#endif

#endif
