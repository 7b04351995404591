#include "unmingle/online.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/tile.h"

#include <math.h>
#include <string.h>

enum {
    COMPONENTS_MAX = 4096,
    BINS_MAX = 1 << 20,
    BATCH_MAX = 1 << 20,
    UPDATES_MAX = 100000,
    FRESH_MAX = 1000000,
    WORKERS_MAX = 1024
};

/* A batch is cut into at most so many parts, each a task. The cut is a matter of the batch alone,
 * so that the bits do not depend on who did the work. */
enum { PARTS_MAX = 8 };

/* Smallest value of a learned atom, as a share of a flat one's: an update multiplies, so what is 0
 * would stay 0, and one batch without sound in a bin must not close it for all others. */
#define ATOM_FLOOR 1e-6

/* What one part of a batch sums over its frames. */
typedef struct part {
    um_view N; /* K x n_bins: H^T R */
    double divergence;
} part;

struct um_online {
    um_online_config config;
    umi_kernels kernels;
    um_view W;        /* K x n_bins, rows sum to 1 */
    double *mass;     /* K: row sums of A, which is mass times W and so need not be kept */
    bool *fixed;      /* K: the atom keeps its spectrum */
    um_view batch;    /* batch_frames x n_bins: the frames that wait */
    size_t n_waiting; /* of them */
    size_t n_batches; /* learned from */
    double step;      /* s_t of the batch at work */
    double kept;      /* what remains of A: 1 - s_t, or more when the batch is not full */
    double divergence;
    size_t n_parts; /* of the batch at work */
    part parts[PARTS_MAX];
    um_view *H;                /* one a worker: UMI_TILE_FRAMES x K */
    umi_tile_scratch *scratch; /* one a worker */
};

um_online_config um_online_config_default(void)
{
    um_online_config config = {0};
    config.batch_frames = 1024;
    config.updates = 20;
    config.fresh_batches = 50;
    config.forgetting = 1.0;
    config.parallel = um_parallel_serial();
    return config;
}

static bool config_is_valid(const um_online_config *c)
{
    return c->n_bins >= 1 && c->n_bins <= BINS_MAX && c->n_components >= 1 &&
           c->n_components <= COMPONENTS_MAX && c->batch_frames >= 1 &&
           c->batch_frames <= BATCH_MAX && c->updates >= 1 && c->updates <= UPDATES_MAX &&
           c->fresh_batches >= 1 && c->fresh_batches <= FRESH_MAX && c->forgetting >= 0.0 &&
           c->forgetting <= 1.0 && c->parallel.n_workers >= 1 &&
           c->parallel.n_workers <= WORKERS_MAX;
}

static size_t n_tiles_of(size_t n_frames)
{
    return (n_frames + UMI_TILE_FRAMES - 1) / UMI_TILE_FRAMES;
}

static size_t n_parts_of(size_t n_frames)
{
    size_t n_tiles = n_tiles_of(n_frames);
    return n_tiles < PARTS_MAX ? n_tiles : PARTS_MAX;
}

static bool allocate(um_online *o)
{
    const um_online_config *c = &o->config;
    size_t K = c->n_components, F = c->n_bins;
    o->W = umi_matrix_new(K, F);
    o->mass = umi_alloc(K, sizeof *o->mass);
    o->fixed = umi_alloc(K, sizeof *o->fixed);
    o->batch = umi_matrix_new(c->batch_frames, F);
    o->H = umi_alloc(c->parallel.n_workers, sizeof *o->H);
    o->scratch = umi_alloc(c->parallel.n_workers, sizeof *o->scratch);
    if (o->W.data == NULL || o->mass == NULL || o->fixed == NULL || o->batch.data == NULL ||
        o->H == NULL || o->scratch == NULL) {
        return false;
    }
    for (size_t w = 0; w < c->parallel.n_workers; w++) {
        o->H[w] = umi_matrix_new(UMI_TILE_FRAMES, K);
        if (!umi_tile_scratch_init(&o->scratch[w], F, K, false) || o->H[w].data == NULL) {
            return false;
        }
    }
    for (size_t p = 0; p < n_parts_of(c->batch_frames); p++) {
        o->parts[p].N = umi_matrix_new(K, F);
        if (o->parts[p].N.data == NULL) {
            return false;
        }
    }
    return true;
}

/* Brings a row to the sum 1, its smallest values to the floor. */
static void raise_to_floor(float *w, size_t F)
{
    double floor = ATOM_FLOOR / (double)F;
    for (size_t f = 0; f < F; f++) {
        w[f] = fmaxf(w[f], (float)floor);
    }
    bool normalised = umi_row_normalise(w, F);
    (void)normalised; /* its values are above zero and finite */
}

static void start_random(um_online *o)
{
    umi_random random = umi_random_seeded(o->config.seed);
    for (size_t k = 0; k < o->W.rows; k++) {
        float *w = um_row(o->W, k);
        for (size_t f = 0; f < o->W.cols; f++) {
            w[f] = (float)(0.1 + 0.9 * umi_random_uniform(&random));
        }
        raise_to_floor(w, o->W.cols);
    }
}

um_status um_online_new(const um_online_config *config, um_online **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || !config_is_valid(config)) {
        return UM_ERR_ARGUMENT;
    }
    um_online *o = umi_alloc(1, sizeof *o);
    if (o == NULL) {
        return UM_ERR_MEMORY;
    }
    o->config = *config;
    o->kernels = *umi_kernels_get();
    if (!allocate(o)) {
        um_online_free(o);
        return UM_ERR_MEMORY;
    }
    start_random(o);
    *out = o;
    return UM_OK;
}

void um_online_free(um_online *o)
{
    if (o == NULL) {
        return;
    }
    for (size_t p = 0; p < PARTS_MAX; p++) {
        umi_free(o->parts[p].N.data);
    }
    for (size_t w = 0; w < o->config.parallel.n_workers; w++) {
        if (o->H != NULL) {
            umi_free(o->H[w].data);
        }
        if (o->scratch != NULL) {
            umi_tile_scratch_free(&o->scratch[w]);
        }
    }
    umi_free(o->W.data);
    umi_free(o->mass);
    umi_free(o->fixed);
    umi_free(o->batch.data);
    umi_free(o->H);
    umi_free(o->scratch);
    umi_free(o);
}

/* Every value finite and >= 0, and no row without a sum. */
static bool atoms_are_valid(um_cview W)
{
    if (W.stride < W.cols || (W.rows > 0 && W.data == NULL)) {
        return false;
    }
    for (size_t k = 0; k < W.rows; k++) {
        const float *w = um_crow(W, k);
        bool above_zero = false;
        for (size_t f = 0; f < W.cols; f++) {
            if (!isfinite(w[f]) || w[f] < 0.0f) {
                return false;
            }
            above_zero |= w[f] > 0.0f;
        }
        if (!above_zero) {
            return false;
        }
    }
    return true;
}

um_status um_online_set_atoms(um_online *online, size_t first, um_cview W, bool fixed)
{
    if (online == NULL || first > online->W.rows || W.rows > online->W.rows - first ||
        W.cols != online->W.cols || !atoms_are_valid(W)) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t k = 0; k < W.rows; k++) {
        float *w = um_row(online->W, first + k);
        memcpy(w, um_crow(W, k), W.cols * sizeof *w);
        bool normalised = umi_row_normalise(w, W.cols);
        (void)normalised; /* its sum is finite, in double, and above zero */
        if (!fixed) {
            raise_to_floor(w, W.cols);
        }
        online->fixed[first + k] = fixed;
        online->mass[first + k] = 0.0;
    }
    return UM_OK;
}

/* -- One batch --------------------------------------------------------------------------------- */

/* sum V log(V / M) - V + M, from the ratio in scratch. Rows of W sum to 1, so the model's sum is
 * that of H. */
static double divergence_of(const um_online *o, um_cview V, um_view H,
                            const umi_tile_scratch *scratch)
{
    double total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        total += o->kernels.weighted_log(V.cols, v, scratch->R + n * scratch->R_stride);
        for (size_t f = 0; f < V.cols; f++) {
            total -= (double)v[f];
        }
        for (size_t k = 0; k < H.cols; k++) {
            total += (double)um_row(H, n)[k];
        }
    }
    return total;
}

/* Activations for the part's frames, a tile at a time, and what they say about the dictionary. */
static void sum_part(void *argument, size_t i_part, size_t i_worker)
{
    um_online *o = argument;
    part *p = &o->parts[i_part];
    const umi_tile_scratch *scratch = &o->scratch[i_worker];
    um_cview W = um_const_view(o->W);
    unsigned before = umi_flush_denormals();
    memset(p->N.data, 0, p->N.rows * p->N.stride * sizeof(float));
    p->divergence = 0.0;
    size_t n_tiles = n_tiles_of(o->n_waiting);
    size_t end = (i_part + 1) * n_tiles / o->n_parts;
    for (size_t t = i_part * n_tiles / o->n_parts; t < end; t++) {
        size_t first = t * UMI_TILE_FRAMES;
        size_t left = o->n_waiting - first;
        size_t rows = left < UMI_TILE_FRAMES ? left : UMI_TILE_FRAMES;
        um_cview V = {um_row(o->batch, first), rows, o->batch.cols, o->batch.stride};
        um_view H = {o->H[i_worker].data, rows, W.rows, o->H[i_worker].stride};
        umi_tile_problem problem = umi_tile_problem_of(V, W);
        umi_tile_solve(&o->kernels, &problem, o->config.updates, H, scratch);
        umi_tile_ratio(&o->kernels, V, W, um_const_view(H), scratch);
        p->divergence += divergence_of(o, V, H, scratch);
        o->kernels.accumulate(rows, W.cols, W.rows, H.data, H.stride, scratch->R, scratch->R_stride,
                              p->N.data, p->N.stride);
    }
    umi_restore_denormals(before);
}

/* Adds row k of every part's N to the first part's. */
static float *reduced_row(um_online *o, size_t k)
{
    float *sum = um_row(o->parts[0].N, k);
    for (size_t i = 1; i < o->n_parts; i++) {
        const float *n = um_row(o->parts[i].N, k);
        for (size_t f = 0; f < o->W.cols; f++) {
            sum[f] += n[f];
        }
    }
    return sum;
}

/* A = kept A + s W o N for row k, in terms of W and its mass. */
static void learn_atom(um_online *o, size_t k)
{
    float *w = um_row(o->W, k);
    const float *N = reduced_row(o, k);
    size_t F = o->W.cols;
    double explained = 0.0;
    for (size_t f = 0; f < F; f++) {
        explained += (double)w[f] * (double)N[f];
    }
    double kept = o->kept * o->mass[k];
    double mass = kept + o->step * explained;
    /* An atom that nothing was ever explained by stays as it is. */
    if (!isfinite(mass) || mass <= 0.0) {
        return;
    }
    for (size_t f = 0; f < F; f++) {
        w[f] = (float)((double)w[f] * (kept + o->step * (double)N[f]) / mass);
    }
    raise_to_floor(w, F);
    o->mass[k] = mass;
}

static void learn_atom_task(void *argument, size_t k, size_t i_worker)
{
    um_online *o = argument;
    (void)i_worker;
    if (!o->fixed[k]) {
        unsigned before = umi_flush_denormals();
        learn_atom(o, k);
        umi_restore_denormals(before);
    }
}

static void learn_batch(um_online *o)
{
    const um_online_config *c = &o->config;
    o->n_batches++;
    o->n_parts = n_parts_of(o->n_waiting);
    o->step = fmax(fmin(1.0, (double)c->fresh_batches / (double)o->n_batches), 1.0 - c->forgetting);
    o->kept = 1.0 - o->step * (double)o->n_waiting / (double)c->batch_frames;
    umi_parallel_run(&c->parallel, o->n_parts, sum_part, o);
    for (size_t p = 0; p < o->n_parts; p++) {
        o->divergence += o->parts[p].divergence;
    }
    umi_parallel_run(&c->parallel, c->n_components, learn_atom_task, o);
    o->n_waiting = 0;
}

/* -- Frames ------------------------------------------------------------------------------------ */

static bool is_silent(const float *v, size_t n)
{
    for (size_t f = 0; f < n; f++) {
        if (v[f] > 0.0f) {
            return false;
        }
    }
    return true;
}

um_status um_online_push(um_online *online, um_cview V)
{
    if (online == NULL || V.cols != online->W.cols || !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        if (is_silent(v, V.cols)) {
            continue;
        }
        memcpy(um_row(online->batch, online->n_waiting), v, V.cols * sizeof *v);
        if (++online->n_waiting == online->batch.rows) {
            learn_batch(online);
        }
    }
    return UM_OK;
}

void um_online_flush(um_online *online)
{
    if (online->n_waiting > 0) {
        learn_batch(online);
    }
}

um_cview um_online_atoms(const um_online *online)
{
    return um_const_view(online->W);
}

double um_online_divergence(const um_online *online)
{
    return online->divergence;
}

size_t um_online_batches(const um_online *online)
{
    return online->n_batches;
}
