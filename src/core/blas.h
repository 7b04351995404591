/* The few products and factorisations that OpenBLAS and LAPACK serve: start values, the Euclidean
 * updates, the metrics' filters. Matrices are row-major, as everywhere; no dimension or stride may
 * pass INT_MAX, which is asserted. */
#ifndef UMI_CORE_BLAS_H
#define UMI_CORE_BLAS_H

#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>

/* Keeps OpenBLAS from starting threads of its own, for the whole process: the program does its own
 * threading, over fixed blocks. */
void umi_blas_single_thread(void);

/* C = alpha op(A) op(B) + beta C, op the transpose where asked for. With beta = 0 the values in C
 * are not read. Sizes must agree, and C may not overlap A or B. */
void umi_sgemm(float alpha, um_cview A, bool transpose_A, um_cview B, bool transpose_B, float beta,
               um_view C);

/* Replaces the columns of a tall A (rows >= cols >= 1) by an orthonormal basis of a space that
 * holds them all: the Q of A = Q R. Works for any rank: missing directions are filled up.
 * UM_ERR_MEMORY. */
UM_MUST_USE um_status umi_orthonormalise(um_view A);

/* Thin singular value decomposition A = U diag(s) Vt of m x n numbers: U is m x k, s has k values
 * in falling order, Vt is k x n, with k = min(m, n) >= 1. A is destroyed. The signs of a pair of
 * singular vectors are arbitrary. UM_ERR_MEMORY; UM_ERR_DATA when the iteration does not converge,
 * which happens only to what is not finite. */
UM_MUST_USE um_status umi_svd(um_view A, um_view U, float *s, um_view Vt);

/* -- Symmetric positive definite systems, in double ---------------------------------------------
 *
 * The n x n matrix is kept as one triangle in rectangular full packed format (Gustavson,
 * Wasniewski, Dongarra, Langou, 2010): half the memory of the square at the same speed. n must be
 * even. */

/* Doubles that the matrix takes: n (n + 1) / 2. False on overflow. */
bool umi_cholesky_size(size_t n, size_t *n_doubles);

/* Where element (row, column) of the lower triangle lies; column <= row < n. The rows of
 * one of the first n / 2 columns follow each other, and so do the columns of one of the last n / 2
 * rows. */
static inline size_t umi_cholesky_index(size_t n, size_t row, size_t column)
{
    size_t half = n / 2;
    return column < half ? column * (n + 1) + row + 1 : (row - half) * (n + 1) + (column - half);
}

/* Factorises in place. UM_ERR_DATA when the matrix is not positive definite. */
UM_MUST_USE um_status umi_cholesky_factor(double *matrix, size_t n);

/* Replaces the n_sides right-hand sides, each n contiguous doubles, by the solutions. `factor` is
 * what umi_cholesky_factor left. */
void umi_cholesky_solve(const double *factor, size_t n, double *sides, size_t n_sides);

#endif
