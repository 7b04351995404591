#include "unmingle/vq.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "core/random.h"
#include "core/tile.h"

#include <math.h>
#include <string.h>

/* k-means of kmeans.h is for a few hundred points in double. Here are as many points as frames, so
 * the distances come from the kernels: the nearest atom to v has the largest v w - |w|^2 / 2. */

enum { COMPONENTS_MAX = 4096, COLUMNS_MAX = 1 << 26, ITERATIONS_MAX = 1000000, WORKERS_MAX = 1024 };

struct um_vq {
    um_vq_config config;
    umi_kernels kernels;
    um_view W;         /* K x n_columns */
    um_view H;         /* n_frames x K */
    um_cview V;        /* of the run at work */
    size_t *atom_of;   /* n_frames */
    double *distance;  /* n_frames: squared, to the atom of the frame */
    size_t *n_members; /* K: frames of each atom */
    double *energy;    /* K: |w|^2 / 2 */
    um_view *P;        /* one a worker: UMI_TILE_FRAMES x K, products of frames and atoms */
    double **sum;      /* one a worker: n_columns */
    size_t n_rows;     /* of V in the last run */
    size_t newest;     /* atom, at the start */
    double *curve;
    size_t n_curve;
};

um_vq_config um_vq_config_default(void)
{
    um_vq_config config = {0};
    config.iterations = 200;
    config.parallel = um_parallel_serial();
    return config;
}

static bool config_is_valid(const um_vq_config *c)
{
    return c->n_frames >= 1 && c->n_columns >= 1 && c->n_columns <= COLUMNS_MAX &&
           c->n_components >= 1 && c->n_components <= COMPONENTS_MAX &&
           c->iterations <= ITERATIONS_MAX && c->parallel.n_workers >= 1 &&
           c->parallel.n_workers <= WORKERS_MAX;
}

static bool allocate(um_vq *vq)
{
    const um_vq_config *c = &vq->config;
    size_t K = c->n_components;
    vq->W = umi_matrix_new(K, c->n_columns);
    vq->H = umi_matrix_new(c->n_frames, K);
    vq->atom_of = umi_alloc(c->n_frames, sizeof *vq->atom_of);
    vq->distance = umi_alloc(c->n_frames, sizeof *vq->distance);
    vq->n_members = umi_alloc(K, sizeof *vq->n_members);
    vq->energy = umi_alloc(K, sizeof *vq->energy);
    vq->curve = umi_alloc(c->iterations + 1, sizeof *vq->curve);
    vq->P = umi_alloc(c->parallel.n_workers, sizeof *vq->P);
    vq->sum = umi_alloc(c->parallel.n_workers, sizeof *vq->sum);
    if (vq->W.data == NULL || vq->H.data == NULL || vq->atom_of == NULL || vq->distance == NULL ||
        vq->n_members == NULL || vq->energy == NULL || vq->curve == NULL || vq->P == NULL ||
        vq->sum == NULL) {
        return false;
    }
    for (size_t w = 0; w < c->parallel.n_workers; w++) {
        vq->P[w] = umi_matrix_new(UMI_TILE_FRAMES, K);
        vq->sum[w] = umi_alloc(c->n_columns, sizeof **vq->sum);
        if (vq->P[w].data == NULL || vq->sum[w] == NULL) {
            return false;
        }
    }
    return true;
}

um_status um_vq_new(const um_vq_config *config, um_vq **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || !config_is_valid(config)) {
        return UM_ERR_ARGUMENT;
    }
    um_vq *vq = umi_alloc(1, sizeof *vq);
    if (vq == NULL) {
        return UM_ERR_MEMORY;
    }
    vq->config = *config;
    vq->kernels = *umi_kernels_get();
    if (!allocate(vq)) {
        um_vq_free(vq);
        return UM_ERR_MEMORY;
    }
    *out = vq;
    return UM_OK;
}

void um_vq_free(um_vq *vq)
{
    if (vq == NULL) {
        return;
    }
    for (size_t w = 0; w < vq->config.parallel.n_workers; w++) {
        if (vq->P != NULL) {
            umi_free(vq->P[w].data);
        }
        if (vq->sum != NULL) {
            umi_free(vq->sum[w]);
        }
    }
    umi_free(vq->W.data);
    umi_free(vq->H.data);
    umi_free(vq->atom_of);
    umi_free(vq->distance);
    umi_free(vq->n_members);
    umi_free(vq->energy);
    umi_free(vq->curve);
    umi_free(vq->P);
    umi_free(vq->sum);
    umi_free(vq);
}

static size_t n_tiles_of(size_t n_rows)
{
    return (n_rows + UMI_TILE_FRAMES - 1) / UMI_TILE_FRAMES;
}

static size_t tile_end(size_t i_tile, size_t n_rows)
{
    size_t end = (i_tile + 1) * UMI_TILE_FRAMES;
    return end < n_rows ? end : n_rows;
}

static double squared_distance(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double difference = (double)a[i] - (double)b[i];
        sum += difference * difference;
    }
    return sum;
}

/* -- Start ------------------------------------------------------------------------------------- */

/* What the newest atom changes in the frames' distances to the nearest. */
static void approach_task(void *argument, size_t i_tile, size_t i_worker)
{
    um_vq *vq = argument;
    (void)i_worker;
    size_t end = tile_end(i_tile, vq->n_rows);
    for (size_t n = i_tile * UMI_TILE_FRAMES; n < end; n++) {
        double d = squared_distance(um_crow(vq->V, n), um_row(vq->W, vq->newest), vq->V.cols);
        if (vq->newest == 0 || d < vq->distance[n]) {
            vq->distance[n] = d;
            vq->atom_of[n] = vq->newest;
        }
    }
}

/* A frame, drawn with a probability proportional to its distance from the nearest atom; when every
 * frame is an atom, any. */
static size_t draw_frame(const um_vq *vq, umi_random *random)
{
    double total = 0.0;
    for (size_t n = 0; vq->newest > 0 && n < vq->n_rows; n++) {
        total += vq->distance[n];
    }
    if (!(total > 0.0)) {
        return umi_random_below(random, vq->n_rows);
    }
    double left = umi_random_uniform(random) * total;
    size_t last = 0;
    for (size_t n = 0; n < vq->n_rows; n++) {
        if (vq->distance[n] > 0.0) {
            last = n;
            left -= vq->distance[n];
            if (left < 0.0) {
                break;
            }
        }
    }
    return last;
}

/* k-means++: every further atom a frame far from those there are. */
static void start(um_vq *vq, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    for (size_t k = 0; k < vq->W.rows; k++) {
        vq->newest = k;
        memcpy(um_row(vq->W, k), um_crow(vq->V, draw_frame(vq, &random)),
               vq->V.cols * sizeof(float));
        umi_parallel_run(&vq->config.parallel, n_tiles_of(vq->n_rows), approach_task, vq);
    }
}

/* -- Iteration --------------------------------------------------------------------------------- */

static void choose_task(void *argument, size_t i_tile, size_t i_worker)
{
    um_vq *vq = argument;
    um_view P = vq->P[i_worker];
    size_t first = i_tile * UMI_TILE_FRAMES, end = tile_end(i_tile, vq->n_rows);
    vq->kernels.project(end - first, vq->V.cols, vq->W.rows, um_crow(vq->V, first), vq->V.stride,
                        vq->W.data, vq->W.stride, P.data, P.stride);
    for (size_t n = first; n < end; n++) {
        const float *p = um_row(P, n - first);
        size_t nearest = vq->atom_of[n]; /* which stays, unless another is nearer */
        double best = (double)p[nearest] - vq->energy[nearest];
        for (size_t k = 0; k < vq->W.rows; k++) {
            double score = (double)p[k] - vq->energy[k];
            if (score > best) {
                best = score;
                nearest = k;
            }
        }
        vq->atom_of[n] = nearest;
    }
}

static void measure_task(void *argument, size_t i_tile, size_t i_worker)
{
    um_vq *vq = argument;
    (void)i_worker;
    size_t end = tile_end(i_tile, vq->n_rows);
    for (size_t n = i_tile * UMI_TILE_FRAMES; n < end; n++) {
        vq->distance[n] =
            squared_distance(um_crow(vq->V, n), um_row(vq->W, vq->atom_of[n]), vq->V.cols);
    }
}

static void count_members(um_vq *vq)
{
    memset(vq->n_members, 0, vq->W.rows * sizeof *vq->n_members);
    for (size_t n = 0; n < vq->n_rows; n++) {
        vq->n_members[vq->atom_of[n]]++;
    }
}

/* Gives every atom without frames the one that lies worst among those that share an atom. When all
 * of these are their atom already there is nothing to gain, and the atom stays without. */
static void fill_empty_atoms(um_vq *vq)
{
    count_members(vq);
    for (size_t k = 0; k < vq->W.rows; k++) {
        size_t worst = vq->n_rows;
        for (size_t n = 0; vq->n_members[k] == 0 && n < vq->n_rows; n++) {
            if (vq->n_members[vq->atom_of[n]] > 1 && vq->distance[n] > 0.0 &&
                (worst == vq->n_rows || vq->distance[n] > vq->distance[worst])) {
                worst = n;
            }
        }
        if (worst < vq->n_rows) {
            vq->n_members[vq->atom_of[worst]]--;
            vq->n_members[k] = 1;
            vq->atom_of[worst] = k;
            vq->distance[worst] = 0.0;
        }
    }
}

/* Atom k becomes the mean of its frames, added up in their order. */
static void mean_task(void *argument, size_t k, size_t i_worker)
{
    um_vq *vq = argument;
    double *sum = vq->sum[i_worker];
    float *w = um_row(vq->W, k);
    if (vq->n_members[k] == 0) {
        return;
    }
    memset(sum, 0, vq->V.cols * sizeof *sum);
    for (size_t n = 0; n < vq->n_rows; n++) {
        const float *v = um_crow(vq->V, n);
        for (size_t f = 0; vq->atom_of[n] == k && f < vq->V.cols; f++) {
            sum[f] += (double)v[f];
        }
    }
    for (size_t f = 0; f < vq->V.cols; f++) {
        w[f] = (float)(sum[f] / (double)vq->n_members[k]);
    }
}

static void energy_task(void *argument, size_t k, size_t i_worker)
{
    um_vq *vq = argument;
    (void)i_worker;
    const float *w = um_row(vq->W, k);
    double sum = 0.0;
    for (size_t f = 0; f < vq->W.cols; f++) {
        sum += (double)w[f] * (double)w[f];
    }
    vq->energy[k] = 0.5 * sum;
}

static double measure(um_vq *vq)
{
    umi_parallel_run(&vq->config.parallel, n_tiles_of(vq->n_rows), measure_task, vq);
    double sum = 0.0;
    for (size_t n = 0; n < vq->n_rows; n++) {
        sum += 0.5 * vq->distance[n];
    }
    return sum;
}

/* One iteration: frames to atoms, atoms to means. Returns the divergence then. */
static double iterate(um_vq *vq)
{
    const um_parallel *parallel = &vq->config.parallel;
    umi_parallel_run(parallel, vq->W.rows, energy_task, vq);
    umi_parallel_run(parallel, n_tiles_of(vq->n_rows), choose_task, vq);
    (void)measure(vq);
    fill_empty_atoms(vq);
    umi_parallel_run(parallel, vq->W.rows, mean_task, vq);
    return measure(vq);
}

static void write_activations(um_vq *vq)
{
    memset(vq->H.data, 0, vq->H.rows * vq->H.stride * sizeof(float));
    for (size_t n = 0; n < vq->n_rows; n++) {
        um_row(vq->H, n)[vq->atom_of[n]] = 1.0f;
    }
}

um_status um_vq_run(um_vq *vq, um_cview V, uint64_t seed, const um_progress *progress)
{
    if (vq == NULL || V.rows < 1 || V.rows > vq->H.rows || V.cols != vq->W.cols ||
        !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    um_status status = UM_OK;
    double total = (double)vq->config.iterations;
    vq->V = V;
    vq->n_rows = V.rows;
    start(vq, seed);
    vq->curve[0] = measure(vq);
    vq->n_curve = 1;
    while (vq->n_curve <= vq->config.iterations && status == UM_OK) {
        double divergence = iterate(vq);
        bool settled = !(divergence < vq->curve[vq->n_curve - 1]);
        vq->curve[vq->n_curve++] = divergence;
        if (!umi_progress_report(progress, settled ? total : (double)(vq->n_curve - 1), total,
                                 divergence)) {
            status = UM_ERR_CANCELLED;
        }
        if (settled) {
            break;
        }
    }
    write_activations(vq);
    vq->V = (um_cview){0};
    return status;
}

um_cview um_vq_activations(const um_vq *vq)
{
    um_cview H = um_const_view(vq->H);
    H.rows = vq->n_rows;
    return H;
}

um_cview um_vq_atoms(const um_vq *vq)
{
    return um_const_view(vq->W);
}

const double *um_vq_curve(const um_vq *vq, size_t *n_values)
{
    *n_values = vq->n_curve;
    return vq->curve;
}
