/* A sparse matrix made of entries that come in any order, twice: once to be counted, once to be
 * put. It takes the memory of the result and of one size a row, and little more to sort with.
 *
 *     umi_sparse_builder_new, _count for every entry, _allocate, _put for every entry, _finish
 */
#ifndef UMI_CORE_SPARSE_BUILDER_H
#define UMI_CORE_SPARSE_BUILDER_H

#include "unmingle/sparse.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_sparse_builder umi_sparse_builder;

/* Room for the rows of a rows x cols matrix, cols at most 2^32. UM_ERR_MEMORY. */
um_status umi_sparse_builder_new(size_t rows, size_t cols, umi_sparse_builder **out) UM_MUST_USE;

/* NULL is fine. */
void umi_sparse_builder_free(umi_sparse_builder *builder);

/* One more entry in `row`. */
void umi_sparse_builder_count(umi_sparse_builder *builder, size_t row);

/* Room for the entries. UM_ERR_MEMORY. */
um_status umi_sparse_builder_allocate(umi_sparse_builder *builder) UM_MUST_USE;

/* An entry; value >= 0. False, and nothing is done, when the row has all that were counted. */
bool umi_sparse_builder_put(umi_sparse_builder *builder, size_t row, size_t column, float value);

/* True when every row has what was counted. */
bool umi_sparse_builder_is_full(const umi_sparse_builder *builder);

/* Sorts the rows, sums entries of the same place in the order in which they came, and leaves
 * out zeros. *matrix is borrowed from the builder; um_csparse_is_valid but for sums that are
 * infinite. UM_ERR_MEMORY. */
um_status umi_sparse_builder_finish(umi_sparse_builder *builder, um_csparse *matrix) UM_MUST_USE;

#endif
