#include "job/matched_atoms.h"

#include "core/assignment.h"
#include "core/blas.h"
#include "core/memory.h"

#include <math.h>

static double norm_of(um_cview M, size_t row)
{
    const float *values = um_crow(M, row);
    double sum = 0.0;
    for (size_t i = 0; i < M.cols; i++) {
        sum += (double)values[i] * (double)values[i];
    }
    return sqrt(sum);
}

/* cosines[a * K + b], negated: what is paired at least cost is then most alike. */
static void negated_cosines(um_cview A, um_cview B, um_view products, double *norms,
                            double *cosines)
{
    size_t K = A.rows;
    umi_sgemm(1.0f, A, false, B, true, 0.0f, products);
    for (size_t b = 0; b < K; b++) {
        norms[b] = norm_of(B, b);
    }
    for (size_t a = 0; a < K; a++) {
        double norm = norm_of(A, a);
        for (size_t b = 0; b < K; b++) {
            double both = norm * norms[b];
            double cosine = both > 0.0 ? (double)um_row(products, a)[b] / both : 0.0;
            cosines[a * K + b] = -fmin(cosine, 1.0);
        }
    }
}

um_status umi_match_atoms(um_cview A, um_cview B, double *cosine)
{
    size_t K = A.rows, n_pairs;
    if (B.rows != K || B.cols != A.cols || !umi_multiply(K, K, &n_pairs)) {
        return UM_ERR_ARGUMENT;
    }
    float *products = umi_alloc(n_pairs, sizeof *products);
    double *cosines = umi_alloc(n_pairs, sizeof *cosines);
    double *norms = umi_alloc(K, sizeof *norms);
    size_t *partner = umi_alloc(K, sizeof *partner);
    um_status status = UM_ERR_MEMORY;
    if (products != NULL && cosines != NULL && norms != NULL && partner != NULL) {
        negated_cosines(A, B, um_view_of(products, K, K), norms, cosines);
        status = umi_assign(cosines, K, K, partner);
    }
    for (size_t k = 0; k < K && status == UM_OK; k++) {
        cosine[k] = -cosines[k * K + partner[k]];
    }
    umi_free(products);
    umi_free(cosines);
    umi_free(norms);
    umi_free(partner);
    return status;
}
