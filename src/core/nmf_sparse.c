/* The Kullback-Leibler divergence of a sparse V.
 *
 * An entry needs its ratio, one scalar product of two vectors of K, and adds that ratio times one
 * of them to the numerators of the other. H is updated row by row, with the numerators of one row
 * in cache, and the columns of W column by column, from the same entries sorted by columns: so both
 * walks write in one place only and read the other factor's vectors, the sums have an order that is
 * V's alone, and no memory is needed for a thread or a part. */
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 64,         /* entries at a time, so that the vectors read for their ratios are still in
                          cache when they are added up */
    CHUNKS_A_SUM = 8,   /* after so many, partial sums in float go into the whole one, so that the
                           rounding error of a column with many entries stays small */
    COLUMNS_A_TASK = 16 /* whole cache lines of N */
};

_Static_assert(COLUMNS_A_TASK <= (int)UMI_TILE_FRAMES, "scratch P holds a row for every column");

/* -- One row of V, or one column --------------------------------------------------------------- */

/* The ratio of cells that are held out is 1: see umi_nmf_hide. */
static void hide(const um_nmf *nmf, size_t n, const float *value, float *ratio)
{
    for (size_t i = 0; nmf->config.held_out > 0.0 && i < n; i++) {
        ratio[i] = signbit(value[i]) ? 1.0f : ratio[i];
    }
}

/* Numerators P of one row, summed in two steps. */
typedef struct numerators {
    float *sum;     /* K */
    float *partial; /* K */
    size_t n_chunks;
    size_t n_components;
} numerators;

static numerators numerators_at_zero(float *sum, float *partial, size_t K)
{
    memset(sum, 0, K * sizeof *sum);
    memset(partial, 0, K * sizeof *partial);
    return (numerators){sum, partial, 0, K};
}

static void add_partial(numerators *p)
{
    for (size_t k = 0; k < p->n_components; k++) {
        p->sum[k] += p->partial[k];
        p->partial[k] = 0.0f;
    }
}

static void add_chunk(numerators *p, const umi_kernels *kernels, size_t n, const uint32_t *index,
                      const float *ratio, um_view M)
{
    kernels->project_entries(n, p->n_components, index, ratio, M.data, M.stride, p->partial);
    p->n_chunks++;
    if (p->n_chunks % CHUNKS_A_SUM == 0) {
        add_partial(p);
    }
}

/* -- H, row by row ----------------------------------------------------------------------------- */

/* sum V log(V / M) - V of entries that are seen; the ratio of the others is 1, whose logarithm adds
 * nothing. */
static double divergence_of_entries(const um_nmf *nmf, size_t n, const float *value,
                                    const float *ratio)
{
    double sum = nmf->kernels.weighted_log(n, value, ratio);
    for (size_t i = 0; i < n; i++) {
        sum -= signbit(value[i]) ? 0.0 : (double)value[i];
    }
    return sum;
}

/* Adds the divergence of the held-out cells of row n to the part, and returns the model's sum over
 * them. */
static double measure_hidden(const um_nmf *nmf, size_t n, const float *h, umi_nmf_part *part)
{
    const um_csparse *V = &nmf->entries.V;
    double model = 0.0;
    for (size_t i = V->row_start[n]; i < V->row_start[n + 1]; i++) {
        if (!signbit(V->value[i])) {
            continue;
        }
        const float *w = um_row(nmf->Wt, V->column[i]);
        double m = 0.0;
        for (size_t k = 0; k < nmf->config.n_components; k++) {
            m += (double)h[k] * (double)w[k];
        }
        double v = (double)fabsf(V->value[i]);
        model += m;
        m = fmax(m, (double)UMI_MODEL_FLOOR);
        part->held_out += (v > 0.0 ? v * log(v / m) : 0.0) - v + m;
        part->n_held_out++;
    }
    return model;
}

/* Ratios of row n, what the pass asks to measure, and the numerators of its activations. */
static void walk_row(const umi_nmf_pass *pass, size_t n, const float *h, umi_nmf_part *part,
                     numerators *p)
{
    const um_nmf *nmf = pass->nmf;
    const um_csparse *V = &nmf->entries.V;
    size_t K = nmf->config.n_components;
    double divergence = 0.0;
    for (size_t i = V->row_start[n]; i < V->row_start[n + 1]; i += CHUNK) {
        size_t left = V->row_start[n + 1] - i;
        size_t count = left < CHUNK ? left : CHUNK;
        const uint32_t *column = V->column + i;
        const float *value = V->value + i;
        float in_chunk[CHUNK];
        float *ratio = nmf->entries.ratio != NULL ? nmf->entries.ratio + i : in_chunk;
        nmf->kernels.ratio_entries(count, K, column, value, h, nmf->Wt.data, nmf->Wt.stride, ratio);
        hide(nmf, count, value, ratio);
        if (pass->measure) {
            divergence += divergence_of_entries(nmf, count, value, ratio);
        }
        if (pass->update) {
            add_chunk(p, &nmf->kernels, count, column, ratio, nmf->Wt);
        }
    }
    if (pass->measure) {
        /* Rows of W sum to 1, so the model's sum is that of H. */
        for (size_t k = 0; k < K; k++) {
            divergence += (double)h[k];
        }
        if (nmf->config.held_out > 0.0) {
            divergence -= measure_hidden(nmf, n, h, part);
        }
        part->divergence += divergence;
    }
}

static void tile(const umi_nmf_pass *pass, size_t first, um_view H, umi_nmf_part *part,
                 const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = pass->nmf;
    for (size_t n = 0; n < H.rows; n++) {
        numerators p = numerators_at_zero(scratch->P + n * scratch->P_stride, scratch->Q, H.cols);
        walk_row(pass, first + n, um_row(H, n), part, &p);
        add_partial(&p);
    }
    if (pass->update) {
        umi_nmf_update_activations(nmf, first, H, scratch->P, NULL, scratch->P_stride, 1.0);
    }
}

/* -- W, column by column ----------------------------------------------------------------------- */

/* The numerators of column f: with the activations as they were and the ratios that gave the new
 * ones (joint), or all from the new ones. */
static void walk_column(const um_nmf *nmf, size_t f, numerators *p)
{
    const umi_nmf_entries *e = &nmf->entries;
    bool joint = e->ratio != NULL;
    um_view H = joint ? nmf->H_before : nmf->H;
    for (size_t i = e->column_start[f]; i < e->column_start[f + 1]; i += CHUNK) {
        size_t left = e->column_start[f + 1] - i;
        size_t count = left < CHUNK ? left : CHUNK;
        float value[CHUNK], ratio[CHUNK];
        for (size_t j = 0; j < count; j++) {
            value[j] = e->V.value[e->entry[i + j]];
            ratio[j] = joint ? e->ratio[e->entry[i + j]] : 0.0f;
        }
        if (!joint) {
            nmf->kernels.ratio_entries(count, H.cols, e->row + i, value, um_row(nmf->Wt, f), H.data,
                                       H.stride, ratio);
            hide(nmf, count, value, ratio);
        }
        add_chunk(p, &nmf->kernels, count, e->row + i, ratio, H);
    }
}

static void walk_columns(void *argument, size_t i_task, size_t i_worker)
{
    const um_nmf *nmf = argument;
    const umi_tile_scratch *scratch = &nmf->scratch[i_worker];
    size_t K = nmf->config.n_components;
    size_t first = i_task * COLUMNS_A_TASK;
    size_t left = nmf->n_columns - first;
    size_t n_columns = left < COLUMNS_A_TASK ? left : COLUMNS_A_TASK;
    unsigned before = umi_flush_denormals();
    for (size_t f = 0; f < n_columns; f++) {
        numerators p = numerators_at_zero(scratch->P + f * scratch->P_stride, scratch->Q, K);
        walk_column(nmf, first + f, &p);
        add_partial(&p);
    }
    for (size_t k = 0; k < K; k++) {
        float *N = um_row(nmf->parts[0].N, k) + first;
        for (size_t f = 0; f < n_columns; f++) {
            N[f] = scratch->P[f * scratch->P_stride + k];
        }
    }
    umi_restore_denormals(before);
}

static void dictionary(umi_nmf_pass *pass)
{
    um_nmf *nmf = pass->nmf;
    size_t n_tasks = (nmf->n_columns + COLUMNS_A_TASK - 1) / COLUMNS_A_TASK;
    umi_parallel_run(&nmf->config.parallel, n_tasks, walk_columns, nmf);
    umi_nmf_kl.dictionary(pass);
}

const umi_nmf_family umi_nmf_kl_sparse = {NULL, tile, dictionary};

void umi_nmf_transpose_atoms(um_nmf *nmf)
{
    enum { BLOCK = 16 }; /* a cache line, on either side */
    um_view W = nmf->W, Wt = nmf->Wt;
    for (size_t first = 0; first < W.cols; first += BLOCK) {
        size_t end = W.cols - first < BLOCK ? W.cols : first + BLOCK;
        for (size_t k = 0; k < W.rows; k++) {
            for (size_t f = first; f < end; f++) {
                um_row(Wt, f)[k] = um_row(W, k)[f];
            }
        }
    }
}

/* -- What the caller calls --------------------------------------------------------------------- */

static bool is_valid(const um_nmf *nmf, const um_csparse *V)
{
    if (nmf == NULL || V == NULL || !nmf->config.sparse || !um_csparse_is_valid(*V) ||
        V->rows > nmf->H.rows || V->cols != nmf->n_columns ||
        um_csparse_entries(*V) > nmf->config.n_values) {
        return false;
    }
    for (size_t i = 0; i < um_csparse_entries(*V); i++) {
        if (V->value[i] > UMI_MAGNITUDE_MAX) {
            return false;
        }
    }
    return true;
}

static double mean_of(const um_csparse *V)
{
    double sum = 0.0;
    for (size_t i = 0; i < um_csparse_entries(*V); i++) {
        sum += (double)V->value[i];
    }
    return sum / ((double)V->rows * (double)V->cols);
}

um_status um_nmf_start_random_sparse(um_nmf *nmf, const um_csparse *V, uint64_t seed)
{
    if (!is_valid(nmf, V)) {
        return UM_ERR_ARGUMENT;
    }
    umi_nmf_start_random(nmf, V->rows, mean_of(V), seed);
    return UM_OK;
}

um_status um_nmf_run_sparse(um_nmf *nmf, const um_csparse *V, const um_progress *progress)
{
    if (!is_valid(nmf, V)) {
        return UM_ERR_ARGUMENT;
    }
    double mean = mean_of(V);
    nmf->mean = mean > 0.0 ? mean : 1.0; /* of no entries any unit will do */
    nmf->n_rows = V->rows;
    umi_nmf_entries_set(nmf, V);
    um_cview shape = {NULL, V->rows, V->cols, V->cols};
    return umi_nmf_iterate(nmf, shape, progress);
}
