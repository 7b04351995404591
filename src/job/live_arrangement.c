#include "job/live_arrangement.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"

#include <string.h>

static void start_rest(const umi_live_arrangement_config *c, um_view W)
{
    umi_random random = umi_random_seeded(c->seed);
    for (size_t k = 0; k < W.rows; k++) {
        for (size_t f = 0; f < W.cols; f++) {
            um_row(W, k)[f] =
                c->rest.rows > 0 ? um_crow(c->rest, k)[f] : (float)umi_random_start_value(&random);
        }
        bool normalised = umi_row_normalise(um_row(W, k), W.cols);
        (void)normalised; /* values above zero, or an atom already */
    }
}

um_status umi_live_arrangement_init(const umi_live_arrangement_config *c, umi_live_arrangement *a,
                                    um_error *error)
{
    memset(a, 0, sizeof *a);
    size_t n_rest = c->rest.rows > 0 ? c->rest.rows : c->n_random;
    size_t n = c->n_labelled + n_rest;
    if (n > UMI_LIVE_ATOMS_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%zu atoms in all, but %d are possible: remove a source first", n,
                             UMI_LIVE_ATOMS_MAX);
    }
    a->learning = c->learning;
    a->rest_knows = c->rest.rows > 0;
    a->W = umi_matrix_new(n, c->n_bins);
    a->source_of = umi_alloc(n, sizeof *a->source_of);
    if (a->W.data == NULL || a->source_of == NULL ||
        (c->learning && umi_live_rest_init(n, c->n_bins, c->seed, &a->rest) != UM_OK)) {
        umi_live_arrangement_free(a);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
    }
    start_rest(c, (um_view){um_row(a->W, c->n_labelled), n_rest, c->n_bins, a->W.stride});
    return UM_OK;
}

void umi_live_arrangement_fill(umi_live_arrangement *a, const umi_live_labels *labels)
{
    size_t row = 0;
    for (size_t i = 0; i < labels->n; i++) {
        um_view W = labels->items[i].W;
        for (size_t k = 0; k < W.rows; k++) {
            memcpy(um_row(a->W, row), um_row(W, k), W.cols * sizeof(float));
            a->source_of[row++] = i;
        }
    }
    if (a->learning) {
        umi_live_rest_start(&a->rest, um_const_view(a->W), row, !a->rest_knows);
    }
    while (row < a->W.rows) {
        a->source_of[row++] = labels->n;
    }
}

void umi_live_arrangement_free(umi_live_arrangement *a)
{
    umi_live_rest_free(&a->rest);
    umi_free(a->W.data);
    umi_free(a->source_of);
    memset(a, 0, sizeof *a);
}
