#include "core/hermitian.h"

#include <math.h>

bool umi_hermitian_factorise(size_t n, umi_hermitian A)
{
    bool definite = true;
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++) {
            double complex sum = A[i][j];
            for (size_t k = 0; k < j; k++) {
                sum -= A[i][k] * conj(A[j][k]);
            }
            definite = definite && (i != j || creal(sum) > 0.0);
            /* Rounding must not make a pivot of what is positive definite anything else. */
            A[i][j] = i == j ? sqrt(fmax(creal(sum), 1e-12)) : sum / creal(A[j][j]);
        }
    }
    return definite;
}

void umi_hermitian_solve(size_t n, umi_hermitian L, double complex *z)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            z[i] -= L[i][k] * z[k];
        }
        z[i] /= creal(L[i][i]);
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) {
            z[i] -= conj(L[k][i]) * z[k];
        }
        z[i] /= creal(L[i][i]);
    }
}
