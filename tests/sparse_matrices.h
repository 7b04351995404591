/* A matrix both dense and sparse, which the tests of sparse V share. */
#ifndef SPARSE_MATRICES_H
#define SPARSE_MATRICES_H

#include "matrices.h"
#include "unmingle/sparse.h"

#include <stdint.h>

typedef struct both {
    um_view dense;
    um_csparse sparse;
} both;

/* The elements above 0. */
static inline um_csparse entries_of(um_cview V)
{
    size_t *row_start = umi_alloc(V.rows + 1, sizeof *row_start);
    uint32_t *column = umi_alloc(V.rows * V.cols, sizeof *column);
    float *value = umi_alloc(V.rows * V.cols, sizeof *value);
    size_t n = 0;
    for (size_t r = 0; r < V.rows; r++) {
        for (size_t c = 0; c < V.cols; c++) {
            if (um_crow(V, r)[c] > 0.0F) {
                column[n] = (uint32_t)c;
                value[n++] = um_crow(V, r)[c];
            }
        }
        row_start[r + 1] = n;
    }
    return (um_csparse){V.rows, V.cols, row_start, column, value};
}

/* The first row and the first column are as good as full, so that sums are long; the second row and
 * column are empty. */
static inline both make_both(size_t rows, size_t cols, double zeros, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    both V = {.dense = matrix_random(rows, cols, zeros, &random)};
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++) {
            if (r == 1 || c == 1) {
                um_row(V.dense, r)[c] = 0.0F;
            } else if (r == 0 || c == 0) {
                um_row(V.dense, r)[c] = 0.01F + (float)umi_random_uniform(&random);
            }
        }
    }
    V.sparse = entries_of(um_const_view(V.dense));
    return V;
}

static inline void free_both(both V)
{
    umi_free(V.dense.data);
    umi_free((void *)(uintptr_t)V.sparse.row_start);
    umi_free((void *)(uintptr_t)V.sparse.column);
    umi_free((void *)(uintptr_t)V.sparse.value);
}

#endif
