/* How fast the inner loops are, on one thread, in CPU time.
 *
 *     bench_kernels [LEVEL [ATOMS COLUMNS]]      LEVEL: all (the default), scalar, sse2, neon, ...
 *
 * For every row of the kernel table, count of atoms K, columns M and frames a tile T, it prints the
 * rate of the kernels, of updates of the activations of one tile for a fixed dictionary (ratio and
 * project), and of a whole Kullback-Leibler iteration over V (4000 frames), each as a share of the
 * rate at which OpenBLAS's sgemm multiplies square matrices of 1536 in the same run. That product
 * is as good as a processor gets, so the share is comparable between machines. The kernels that
 * OpenBLAS took stand beside its rate: OPENBLAS_CORETYPE in the environment holds it to others,
 * "Haswell" to those of AVX2.
 *
 * The iteration is the alternating one, tile by tile: ratio, project, update of H, ratio,
 * accumulate; then the update of W. Counted are the 2 N M K operations of each product and nothing
 * else, so divisions, updates and memory show up as a smaller share. All but the iteration are of
 * one tile that stays in cache, its dictionary in the second one or further away. */
#define _POSIX_C_SOURCE 199309L

#include "core/blas.h"
#include "core/kernels/kernels.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/tile.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_FRAMES = 4000, SQUARE = 1536, N_ROWS_MAX = 5 };

/* One problem, in memory as the library lays it out: every row on a cache line. */
typedef struct problem {
    size_t cols, atoms, tile;
    um_view V, H, W, N, R, P;
    double *sums; /* of the columns of H */
} problem;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *need(void *block)
{
    if (block == NULL) {
        (void)fprintf(stderr, "bench_kernels: not enough memory\n");
        exit(71);
    }
    return block;
}

static um_view new_matrix(size_t rows, size_t cols, umi_random *random)
{
    um_view m = {NULL, rows, cols, umi_padded(cols)};
    m.data = need(umi_alloc(rows * m.stride, sizeof(float)));
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++) {
            um_row(m, r)[c] = (float)(0.01 + umi_random_uniform(random));
        }
    }
    return m;
}

static double sgemm_rate(void)
{
    umi_random random = umi_random_seeded(1);
    um_view A = new_matrix(SQUARE, SQUARE, &random);
    um_view B = new_matrix(SQUARE, SQUARE, &random);
    um_view C = new_matrix(SQUARE, SQUARE, &random);
    double best = 1e9;
    for (int i = 0; i < 8; i++) {
        double start = now();
        umi_sgemm(1.0F, um_const_view(A), false, um_const_view(B), false, 0.0F, C);
        double time = now() - start;
        best = time < best ? time : best;
    }
    umi_free(A.data);
    umi_free(B.data);
    umi_free(C.data);
    return 2.0 * SQUARE * SQUARE * SQUARE / best;
}

static void tile_ratio(const umi_kernels *kernels, const problem *p, size_t first, size_t rows)
{
    kernels->ratio(rows, p->cols, p->atoms, um_row(p->H, first), p->H.stride, p->W.data,
                   p->W.stride, um_row(p->V, first), p->V.stride, p->R.data, p->R.stride);
}

static void tile_model(const umi_kernels *kernels, const problem *p, size_t first, size_t rows)
{
    kernels->model(rows, p->cols, p->atoms, um_row(p->H, first), p->H.stride, p->W.data,
                   p->W.stride, p->R.data, p->R.stride);
}

static void tile_project(const umi_kernels *kernels, const problem *p, size_t first, size_t rows)
{
    (void)first;
    kernels->project(rows, p->cols, p->atoms, p->R.data, p->R.stride, p->W.data, p->W.stride,
                     p->P.data, p->P.stride);
}

static void tile_accumulate(const umi_kernels *kernels, const problem *p, size_t first, size_t rows)
{
    kernels->accumulate(rows, p->cols, p->atoms, um_row(p->H, first), p->H.stride, p->R.data,
                        p->R.stride, p->N.data, p->N.stride);
}

static void update_activations(const problem *p, size_t first, size_t rows)
{
    for (size_t t = 0; t < rows; t++) {
        float *h = um_row(p->H, first + t);
        const float *numerator = um_row(p->P, t);
        for (size_t k = 0; k < p->atoms; k++) {
            h[k] *= numerator[k];
            p->sums[k] += (double)h[k];
        }
    }
}

/* W = W N / sum of H, each row then scaled to sum to 1. */
static void update_dictionary(const problem *p)
{
    for (size_t k = 0; k < p->atoms; k++) {
        float *w = um_row(p->W, k);
        const float *n = um_row(p->N, k);
        double sum = 0.0;
        for (size_t m = 0; m < p->cols; m++) {
            w[m] *= n[m];
            sum += (double)w[m];
        }
        for (size_t m = 0; m < p->cols; m++) {
            w[m] = (float)((double)w[m] / sum);
        }
    }
}

static void iterate(const umi_kernels *kernels, const problem *p)
{
    memset(p->sums, 0, p->atoms * sizeof *p->sums);
    memset(p->N.data, 0, p->N.rows * p->N.stride * sizeof(float));
    for (size_t first = 0; first < N_FRAMES; first += p->tile) {
        size_t rows = N_FRAMES - first < p->tile ? N_FRAMES - first : p->tile;
        tile_ratio(kernels, p, first, rows);
        tile_project(kernels, p, first, rows);
        update_activations(p, first, rows);
        tile_ratio(kernels, p, first, rows);
        tile_accumulate(kernels, p, first, rows);
    }
    update_dictionary(p);
}

/* Updates of the tile's activations for a fixed dictionary, from flat. */
enum { N_UPDATES = 10 };

static void tile_activations(const umi_kernels *kernels, const problem *p, size_t first,
                             size_t rows)
{
    umi_tile_scratch scratch = {
        .R = p->R.data, .R_stride = p->R.stride, .P = p->P.data, .P_stride = p->P.stride};
    um_cview V = {um_row(p->V, first), rows, p->cols, p->V.stride};
    um_view H = {um_row(p->H, first), rows, p->atoms, p->H.stride};
    umi_tile_solve_activations(kernels, V, um_const_view(p->W), N_UPDATES, H, &scratch);
}

typedef void (*tile_kernel)(const umi_kernels *kernels, const problem *p, size_t first,
                            size_t rows);

static const struct {
    tile_kernel run;
    size_t n_products;
} steps[] = {{tile_model, 1},
             {tile_ratio, 1},
             {tile_project, 1},
             {tile_accumulate, 1},
             {tile_activations, 2 * N_UPDATES}};
enum { N_STEPS = sizeof steps / sizeof steps[0] };

/* Operations a second of one step on one tile: the best of five runs of at least 10 ms. */
static double step_rate(const umi_kernels *kernels, const problem *p, size_t step)
{
    double work = 2.0 * (double)(p->tile * p->cols * p->atoms * steps[step].n_products);
    double best = 0.0;
    for (int i = 0; i < 5; i++) {
        double start = now(), time = 0.0;
        size_t n = 0;
        /* The clock is asked seldom enough to cost nothing. */
        while (time < 0.01) {
            for (double done = 0.0; done < 4e6; done += work) {
                steps[step].run(kernels, p, 0, p->tile);
                n++;
            }
            time = now() - start;
        }
        double rate = work * (double)n / time;
        best = rate > best ? rate : best;
        memset(p->N.data, 0, p->N.rows * p->N.stride * sizeof(float));
    }
    return best;
}

static double iteration_rate(const umi_kernels *kernels, const problem *p)
{
    double best = 0.0;
    for (int i = 0; i < 4; i++) {
        double start = now();
        iterate(kernels, p);
        double time = now() - start;
        double rate = 8.0 * N_FRAMES * (double)p->cols * (double)p->atoms / time;
        best = rate > best ? rate : best;
    }
    return best;
}

static void bench(const umi_kernels *kernels, double sgemm, um_view V, size_t atoms)
{
    static const size_t tiles[] = {1, UMI_TILE_FRAMES};
    umi_random random = umi_random_seeded(2);
    problem p = {.cols = V.cols, .atoms = atoms, .V = V};
    p.W = new_matrix(atoms, V.cols, &random);
    p.N = new_matrix(atoms, V.cols, &random);
    p.R = new_matrix(UMI_TILE_FRAMES, V.cols, &random);
    p.P = new_matrix(UMI_TILE_FRAMES, atoms, &random);
    p.H = new_matrix(N_FRAMES, atoms, &random);
    p.sums = need(umi_alloc(atoms, sizeof *p.sums));
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        p.tile = tiles[i];
        (void)printf("%5zu %4zu %3zu ", p.cols, p.atoms, p.tile);
        for (size_t step = 0; step < N_STEPS; step++) {
            (void)printf(" %6.1f%%", 100.0 * step_rate(kernels, &p, step) / sgemm);
        }
        if (p.tile > 1) {
            double rate = iteration_rate(kernels, &p);
            (void)printf(" %9.1f%% %8.1f", 100.0 * rate / sgemm, 1e-9 * rate);
        }
        (void)printf("\n");
        (void)fflush(stdout);
    }
    umi_free(p.W.data);
    umi_free(p.N.data);
    umi_free(p.R.data);
    umi_free(p.P.data);
    umi_free(p.H.data);
    umi_free(p.sums);
}

/* One row of the table; 0 atoms or columns stand for all sizes. */
static void bench_row(const umi_kernels *kernels, size_t only_atoms, size_t only_cols)
{
    static const size_t all_cols[] = {1025, 4098};
    static const size_t all_atoms[] = {8, 16, 32, 64, 128};
    double sgemm = sgemm_rate();
    (void)printf("sgemm of %d x %d matrices, OpenBLAS for %s: %.1f GFLOP/s, one thread, CPU time\n"
                 "%s kernels and a whole iteration over %d frames, as shares of that rate\n"
                 "    M    K   T    model   ratio project  accum.  activ.  iteration  GFLOP/s\n",
                 SQUARE, SQUARE, openblas_get_corename(), 1e-9 * sgemm, kernels->name, N_FRAMES);
    for (size_t i = 0; i < sizeof all_cols / sizeof all_cols[0]; i++) {
        umi_random random = umi_random_seeded(3);
        if (only_cols != 0 && only_cols != all_cols[i]) {
            continue;
        }
        um_view V = new_matrix(N_FRAMES, all_cols[i], &random);
        for (size_t j = 0; j < sizeof all_atoms / sizeof all_atoms[0]; j++) {
            if (only_atoms == 0 || only_atoms == all_atoms[j]) {
                bench(kernels, sgemm, V, all_atoms[j]);
            }
        }
        umi_free(V.data);
    }
}

int main(int argc, char **argv)
{
    static const char *const levels[N_ROWS_MAX] = {"scalar", "sse2", "neon", "avx2", "avx512"};
    const char *level = argc > 1 ? argv[1] : "all";
    size_t only_atoms = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    size_t only_cols = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    bool known = strcmp(level, "all") == 0;
    umi_blas_single_thread();
    (void)umi_flush_denormals();
    for (size_t i = 0; i < N_ROWS_MAX; i++) {
        bool asked = strcmp(level, levels[i]) == 0;
        umi_kernels kernels;
        umi_kernels_select(&kernels, levels[i]);
        /* Of all levels, those whose row this processor has. */
        if (asked || (strcmp(level, "all") == 0 && strcmp(kernels.name, levels[i]) == 0)) {
            bench_row(&kernels, only_atoms, only_cols);
        }
        known = known || asked;
    }
    if (!known) {
        (void)fprintf(stderr, "bench_kernels: '%s' is no level\n", level);
    }
    return known ? 0 : 64;
}
