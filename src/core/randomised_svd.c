#include "core/randomised_svd.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/random.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Further columns of the range finder, and rounds of power iteration: the defaults of Halko,
 * Martinsson and Tropp for spectra that fall slowly. */
enum { OVERSAMPLING = 10, POWER_ROUNDS = 4 };

/* Work matrices for L vectors, of which the caller gets the first. */
typedef struct svd_work {
    um_view Q;  /* m x L: orthonormal, spans what A maps to */
    um_view Z;  /* n x L: A^T Q */
    um_view Zt; /* L x n */
    um_view U;  /* L x L */
    um_view Vt; /* L x n */
    float *s;   /* L */
} svd_work;

static bool matrix_init(um_view *M, size_t rows, size_t cols)
{
    size_t count;
    *M = um_view_of(NULL, rows, cols);
    if (umi_multiply(rows, cols, &count)) {
        M->data = umi_alloc(count, sizeof(float));
    }
    return M->data != NULL;
}

static bool svd_work_init(svd_work *work, size_t m, size_t n, size_t L)
{
    bool whole = matrix_init(&work->Q, m, L);
    whole = matrix_init(&work->Z, n, L) && whole;
    whole = matrix_init(&work->Zt, L, n) && whole;
    whole = matrix_init(&work->U, L, L) && whole;
    whole = matrix_init(&work->Vt, L, n) && whole;
    work->s = umi_alloc(L, sizeof(float));
    return whole && work->s != NULL;
}

static void svd_work_free(svd_work *work)
{
    umi_free(work->Q.data);
    umi_free(work->Z.data);
    umi_free(work->Zt.data);
    umi_free(work->U.data);
    umi_free(work->Vt.data);
    umi_free(work->s);
}

/* Y = A op(X), with A the mean of V over channels. */
static void mean_times(um_cview V, size_t n_channels, bool transpose, um_cview X, um_view Y)
{
    size_t n = V.cols / n_channels;
    for (size_t c = 0; c < n_channels; c++) {
        um_cview channel = {V.data + c * n, V.rows, n, V.stride};
        umi_sgemm(1.0f / (float)n_channels, channel, transpose, X, false, c == 0 ? 0.0f : 1.0f, Y);
    }
}

/* Q and Z: with random vectors to begin with, to and fro, so that what A makes large stays. The
 * basis is made orthonormal in each round, without which the vectors would all turn into one. */
static um_status find_range(um_cview V, size_t n_channels, uint64_t seed, svd_work *work)
{
    umi_random random = umi_random_seeded(seed);
    for (size_t f = 0; f < work->Z.rows; f++) {
        for (size_t l = 0; l < work->Z.cols; l++) {
            um_row(work->Z, f)[l] = (float)umi_random_normal(&random);
        }
    }
    for (int round = 0; round <= POWER_ROUNDS; round++) {
        mean_times(V, n_channels, false, um_const_view(work->Z), work->Q);
        um_status status = umi_orthonormalise(work->Q);
        if (status != UM_OK) {
            return status;
        }
        mean_times(V, n_channels, true, um_const_view(work->Q), work->Z);
    }
    return UM_OK;
}

/* A ~ Q Zt = (Q U) diag(s) Vt. */
static um_status decompose_range(svd_work *work)
{
    for (size_t f = 0; f < work->Z.rows; f++) {
        for (size_t l = 0; l < work->Z.cols; l++) {
            um_row(work->Zt, l)[f] = um_row(work->Z, f)[l];
        }
    }
    return umi_svd(work->Zt, work->U, work->s, work->Vt);
}

um_status umi_randomised_svd(um_cview V, size_t n_channels, uint64_t seed, um_view U, float *s,
                             um_view Vt)
{
    size_t m = V.rows, n = V.cols / n_channels, r = Vt.rows;
    size_t smaller = m < n ? m : n;
    assert(r >= 1 && r <= smaller && U.rows == m && U.cols == r && Vt.cols == n);
    size_t L = r + OVERSAMPLING < smaller ? r + OVERSAMPLING : smaller;
    svd_work work = {0};
    um_status status = UM_ERR_MEMORY;
    if (!svd_work_init(&work, m, n, L)) {
        goto done;
    }
    status = find_range(V, n_channels, seed, &work);
    if (status == UM_OK) {
        status = decompose_range(&work);
    }
    if (status != UM_OK) {
        goto done;
    }
    um_cview first = {work.U.data, L, r, work.U.stride};
    umi_sgemm(1.0f, um_const_view(work.Q), false, first, false, 0.0f, U);
    memcpy(s, work.s, r * sizeof *s);
    for (size_t i = 0; i < r; i++) {
        memcpy(um_row(Vt, i), um_row(work.Vt, i), n * sizeof(float));
    }
done:
    svd_work_free(&work);
    return status;
}
