/* Small Hermitian positive definite matrices: the covariances of channels, and sums of them. */
#ifndef UMI_CORE_HERMITIAN_H
#define UMI_CORE_HERMITIAN_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

enum { UMI_HERMITIAN_MAX = 64 }; /* rows */

typedef double complex umi_hermitian[UMI_HERMITIAN_MAX][UMI_HERMITIAN_MAX];

/* A = L L^H in the lower half of A, which is all that is read (Golub and Van Loan, Matrix
 * Computations, 4.2). n 1..UMI_HERMITIAN_MAX rows. False where A is not positive definite; L is one
 * of a matrix near by then. */
bool umi_hermitian_factorise(size_t n, umi_hermitian A);

/* z = (L L^H)^-1 z */
void umi_hermitian_solve(size_t n, umi_hermitian L, double complex *z);

#endif
