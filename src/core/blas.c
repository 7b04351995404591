#include "core/blas.h"

#include "core/memory.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <limits.h>

void umi_blas_single_thread(void)
{
    openblas_set_num_threads(1);
}

/* BLAS counts in int. */
static int as_int(size_t n)
{
    assert(n <= INT_MAX);
    return (int)n;
}

/* A leading dimension must be at least 1, also of a matrix without columns. */
static int leading(size_t stride)
{
    return stride > 0 ? as_int(stride) : 1;
}

void umi_sgemm(float alpha, um_cview A, bool transpose_A, um_cview B, bool transpose_B, float beta,
               um_view C)
{
    size_t inner = transpose_A ? A.rows : A.cols;
    assert((transpose_A ? A.cols : A.rows) == C.rows);
    assert((transpose_B ? B.rows : B.cols) == C.cols);
    assert((transpose_B ? B.cols : B.rows) == inner);
    cblas_sgemm(CblasRowMajor, transpose_A ? CblasTrans : CblasNoTrans,
                transpose_B ? CblasTrans : CblasNoTrans, as_int(C.rows), as_int(C.cols),
                as_int(inner), alpha, A.data, leading(A.stride), B.data, leading(B.stride), beta,
                C.data, leading(C.stride));
}

/* What LAPACK says of its work space, a count of floats in a float, which may be rounded down: one
 * part in 2^23 more makes up for that. */
static size_t work_size(float answer)
{
    return (size_t)(answer * 1.000001F) + 1;
}

um_status umi_orthonormalise(um_view A)
{
    assert(A.rows >= A.cols && A.cols >= 1);
    /* LAPACK is column-major, so it sees the transpose, k x m. Its factors A' = L Q' are those of
     * A = Q R, and the rows of Q' in its order are the columns of Q in ours. */
    int k = as_int(A.cols), m = as_int(A.rows), lda = leading(A.stride);
    float *tau = umi_alloc(A.cols, sizeof *tau);
    float *work = NULL;
    um_status status = UM_ERR_MEMORY;
    float n_factor = 0, n_form = 0;
    (void)LAPACKE_sgelqf_work(LAPACK_COL_MAJOR, k, m, A.data, lda, tau, &n_factor, -1);
    (void)LAPACKE_sorglq_work(LAPACK_COL_MAJOR, k, m, k, A.data, lda, tau, &n_form, -1);
    size_t n_work = work_size(n_factor > n_form ? n_factor : n_form);
    work = umi_alloc(n_work, sizeof *work);
    if (tau == NULL || work == NULL) {
        goto fail;
    }
    int info = LAPACKE_sgelqf_work(LAPACK_COL_MAJOR, k, m, A.data, lda, tau, work, as_int(n_work));
    assert(info == 0);
    info = LAPACKE_sorglq_work(LAPACK_COL_MAJOR, k, m, k, A.data, lda, tau, work, as_int(n_work));
    assert(info == 0);
    (void)info;
    status = UM_OK;
fail:
    umi_free(work);
    umi_free(tau);
    return status;
}

um_status umi_svd(um_view A, um_view U, float *s, um_view Vt)
{
    size_t k = A.rows < A.cols ? A.rows : A.cols;
    assert(k >= 1 && U.rows == A.rows && U.cols == k && Vt.rows == k && Vt.cols == A.cols);
    /* As above LAPACK sees A' = V diag(s) U', n x m, so U and Vt change places. */
    int m = as_int(A.rows), n = as_int(A.cols);
    int lda = leading(A.stride), ldu = leading(U.stride), ldvt = leading(Vt.stride);
    um_status status = UM_ERR_MEMORY;
    float *work = NULL;
    lapack_int *int_work = umi_alloc(8 * k, sizeof *int_work);
    float answer = 0;
    (void)LAPACKE_sgesdd_work(LAPACK_COL_MAJOR, 'S', n, m, A.data, lda, s, Vt.data, ldvt, U.data,
                              ldu, &answer, -1, int_work);
    size_t n_work = work_size(answer);
    work = umi_alloc(n_work, sizeof *work);
    if (int_work == NULL || work == NULL) {
        goto fail;
    }
    int info = LAPACKE_sgesdd_work(LAPACK_COL_MAJOR, 'S', n, m, A.data, lda, s, Vt.data, ldvt,
                                   U.data, ldu, work, as_int(n_work), int_work);
    status = info == 0 ? UM_OK : UM_ERR_DATA;
fail:
    umi_free(work);
    umi_free(int_work);
    return status;
}

bool umi_cholesky_size(size_t n, size_t *n_doubles)
{
    assert(n % 2 == 0);
    return umi_multiply(n / 2, n + 1, n_doubles);
}

um_status umi_cholesky_factor(double *matrix, size_t n)
{
    assert(n % 2 == 0);
    int info = LAPACKE_dpftrf_work(LAPACK_COL_MAJOR, 'N', 'L', as_int(n), matrix);
    return info == 0 ? UM_OK : UM_ERR_DATA;
}

void umi_cholesky_solve(const double *factor, size_t n, double *sides, size_t n_sides)
{
    assert(n % 2 == 0);
    int info = LAPACKE_dpftrs_work(LAPACK_COL_MAJOR, 'N', 'L', as_int(n), as_int(n_sides), factor,
                                   sides, as_int(n));
    assert(info == 0);
    (void)info;
}
