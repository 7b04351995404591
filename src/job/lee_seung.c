#include "job/lee_seung.h"

#include <math.h>

/* What n values of V give alone. */
static double own_part(const float *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double v = (double)values[i];
        sum += v > 0.0 ? v * log(v) - v : 0.0;
    }
    return sum;
}

double umi_lee_seung(um_cview V, double divergence)
{
    double sum = 0.0;
    for (size_t r = 0; r < V.rows; r++) {
        sum += own_part(um_crow(V, r), V.cols);
    }
    return sum - divergence;
}

double umi_lee_seung_sparse(um_csparse V, double divergence)
{
    /* The cells that are not stored are zero and give nothing. */
    return own_part(V.value, um_csparse_entries(V)) - divergence;
}
