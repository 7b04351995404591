#include "core/atom_shares.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/tile.h"

#include <math.h>

/* Stretches of V with sums of their own: how many does not depend on how many threads there are. */
enum { STRETCHES = 8 };

_Static_assert((int)UMI_PART_FRAMES <= (int)UMI_TILE_FRAMES, "a part is worked on tile by tile");

typedef struct worker {
    umi_tile_scratch tile;
    um_view L;
    float *scratch;
} worker;

typedef struct shares {
    const umi_kernels *kernels;
    um_cview V, H, D;
    const umi_part *part;
    worker *workers;
    double *sums; /* STRETCHES x 2 K: of L, and of V */
} shares;

static um_cview rows_of(um_cview X, size_t first, size_t n)
{
    return (um_cview){um_crow(X, first), n, X.cols, X.stride};
}

/* Adds to sums[k] the sum over the tile of X h_k / M. */
static void add_tile(const shares *s, um_cview X, um_cview H, const umi_tile_scratch *scratch,
                     double *sums)
{
    umi_tile_ratio(s->kernels, X, s->D, H, scratch);
    s->kernels->project(H.rows, s->D.cols, s->D.rows, scratch->R, scratch->R_stride, s->D.data,
                        s->D.stride, scratch->P, scratch->P_stride);
    for (size_t t = 0; t < H.rows; t++) {
        for (size_t k = 0; k < s->D.rows; k++) {
            sums[k] += (double)um_crow(H, t)[k] * (double)scratch->P[t * scratch->P_stride + k];
        }
    }
}

static void add_stretch(void *argument, size_t i_stretch, size_t i_worker)
{
    const shares *s = argument;
    const worker *w = &s->workers[i_worker];
    double *sums = s->sums + i_stretch * 2 * s->D.rows;
    size_t n_tiles = (s->V.rows + UMI_PART_FRAMES - 1) / UMI_PART_FRAMES;
    unsigned before = umi_flush_denormals();
    for (size_t i = i_stretch * n_tiles / STRETCHES; i < (i_stretch + 1) * n_tiles / STRETCHES;
         i++) {
        size_t first = i * UMI_PART_FRAMES, left = s->V.rows - first;
        size_t n = left < UMI_PART_FRAMES ? left : UMI_PART_FRAMES;
        um_view L = {w->L.data, n, w->L.cols, w->L.stride};
        um_cview H = rows_of(s->H, first, n);
        s->part->fill(s->part->user, s->V, first, L, w->scratch);
        add_tile(s, um_const_view(L), H, &w->tile, sums);
        add_tile(s, rows_of(s->V, first, n), H, &w->tile, sums + s->D.rows);
    }
    umi_restore_denormals(before);
}

static bool worker_init(worker *w, const shares *s)
{
    bool whole = umi_tile_scratch_init(&w->tile, s->D.cols, s->D.rows, false);
    w->L = umi_matrix_new(UMI_PART_FRAMES, s->V.cols);
    w->scratch = umi_alloc(s->part->n_scratch, sizeof(float));
    return whole && w->L.data != NULL && w->scratch != NULL;
}

static void worker_free(worker *w)
{
    umi_tile_scratch_free(&w->tile);
    umi_free(w->L.data);
    umi_free(w->scratch);
}

/* sums[k] over all stretches. */
static double total(const shares *s, size_t k)
{
    double sum = 0.0;
    for (size_t i = 0; i < STRETCHES; i++) {
        sum += s->sums[i * 2 * s->D.rows + k];
    }
    return sum;
}

um_status umi_atom_shares(const um_parallel *parallel, um_cview V, const umi_part *part, um_cview H,
                          um_cview D, double *share)
{
    size_t n_workers = parallel->n_workers, K = D.rows;
    shares s = {umi_kernels_get(),
                V,
                H,
                D,
                part,
                umi_alloc(n_workers, sizeof(worker)),
                umi_alloc(STRETCHES * 2 * K, sizeof(double))};
    bool whole = s.workers != NULL && s.sums != NULL;
    for (size_t i = 0; whole && i < n_workers; i++) {
        whole = worker_init(&s.workers[i], &s);
    }
    if (whole) {
        umi_parallel_run(parallel, STRETCHES, add_stretch, &s);
    }
    for (size_t k = 0; whole && k < K; k++) {
        double sum = total(&s, K + k);
        share[k] = sum > 0.0 ? fmin(total(&s, k) / sum, 1.0) : 0.0;
    }
    for (size_t i = 0; s.workers != NULL && i < n_workers; i++) {
        worker_free(&s.workers[i]);
    }
    umi_free(s.workers);
    umi_free(s.sums);
    return whole ? UM_OK : UM_ERR_MEMORY;
}
