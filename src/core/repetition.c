#include "unmingle/repetition.h"

#include "core/kernels/kernels.h"
#include "core/memory.h"
#include "core/row_median.h"
#include "core/tile.h"

#include <math.h>
#include <string.h>

struct um_repetition {
    um_repetition_config config;
    umi_kernels kernels;
    um_cview U;
    float *scale; /* 1 / the Euclidean norm of every row of U, 0 for silence */
};

um_status um_repetition_new(const um_repetition_config *config, um_cview U, um_repetition **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || config->n_similar < 1 || config->n_similar > UMI_MEDIAN_ROWS_MAX ||
        config->distance < 1 || !umi_tile_magnitudes_are_valid(U)) {
        return UM_ERR_ARGUMENT;
    }
    um_repetition *r = umi_alloc(1, sizeof *r);
    if (r == NULL) {
        return UM_ERR_MEMORY;
    }
    *r = (um_repetition){*config, *umi_kernels_get(), U, umi_alloc(U.rows, sizeof(float))};
    if (r->scale == NULL) {
        um_repetition_free(r);
        return UM_ERR_MEMORY;
    }
    for (size_t n = 0; n < U.rows; n++) {
        double sum = 0.0;
        for (size_t f = 0; f < U.cols; f++) {
            sum += (double)um_crow(U, n)[f] * (double)um_crow(U, n)[f];
        }
        r->scale[n] = sum > 0.0 ? (float)(1.0 / sqrt(sum)) : 0.0f;
    }
    *out = r;
    return UM_OK;
}

void um_repetition_free(um_repetition *r)
{
    if (r != NULL) {
        umi_free(r->scale);
        umi_free(r);
    }
}

size_t um_repetition_scratch(const um_repetition *r, size_t n_rows)
{
    return n_rows * umi_padded(r->U.rows);
}

/* The rows of U that are most similar by `similarity`, which is used up; the most similar first,
 * and the earlier of equal ones. Returns how many. */
static size_t pick(const um_repetition *r, float *similarity, const float **rows)
{
    size_t n = 0;
    for (; n < r->config.n_similar; n++) {
        size_t best = 0;
        for (size_t u = 1; u < r->U.rows; u++) {
            best = similarity[u] > similarity[best] ? u : best;
        }
        if (similarity[best] < 0.0f) {
            break; /* all are taken, or too near to one that is */
        }
        rows[n] = um_crow(r->U, best);
        size_t begin = best >= r->config.distance ? best - r->config.distance + 1 : 0;
        size_t end = r->U.rows - best > r->config.distance ? best + r->config.distance : r->U.rows;
        for (size_t u = begin; u < end; u++) {
            similarity[u] = -1.0f;
        }
    }
    return n;
}

void um_repetition_background(const um_repetition *r, um_cview V, um_view B, float *scratch)
{
    for (size_t n = 0; r->U.rows == 0 && n < V.rows; n++) {
        memset(um_row(B, n), 0, V.cols * sizeof(float)); /* nothing comes again */
    }
    if (r->U.rows == 0) {
        return;
    }
    size_t stride = umi_padded(r->U.rows);
    const float *rows[UMI_MEDIAN_ROWS_MAX];
    r->kernels.project(V.rows, V.cols, r->U.rows, V.data, V.stride, r->U.data, r->U.stride, scratch,
                       stride);
    for (size_t n = 0; n < V.rows; n++) {
        float *similarity = scratch + n * stride;
        for (size_t u = 0; u < r->U.rows; u++) {
            similarity[u] *= r->scale[u];
        }
        size_t n_similar = pick(r, similarity, rows);
        float *b = um_row(B, n);
        umi_row_median(rows, n_similar, V.cols, b);
        for (size_t f = 0; f < V.cols; f++) {
            b[f] = fminf(b[f], um_crow(V, n)[f]);
        }
    }
}
