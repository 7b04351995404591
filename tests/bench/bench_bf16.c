/* How fast the loops with operands in bfloat16 are, on one thread, in CPU time.
 *
 *     bench_bf16 [ROW [ATOMS COLUMNS]]      ROW: scalar, avx512_bf16, amx
 *
 * For every count of atoms K and columns M it prints the rate of the three products on one tile
 * that stays in cache, as shares of the rate at which OpenBLAS's sgemm multiplies square matrices
 * of 1536 in the same run, and the time of a Kullback-Leibler iteration over 4000 frames, tile by
 * tile (ratio, project, update of H, ratio, accumulate), next to that of the float32 loops. The
 * two iterations take turns; the ratio is of their medians. */
#define _POSIX_C_SOURCE 199309L

#include "core/blas.h"
#include "core/kernels/bf16.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/tile.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N_FRAMES = 4000, SQUARE = 1536, TURNS = 5 };

/* One problem, in memory as the library lays it out. */
typedef struct problem {
    umi_kernels fp32;
    umi_bf16_kernels bf16;
    size_t cols, atoms;
    um_view V, H, D, N, R, P;
    umi_bf16 *H16, *H_t, *D_pairs, *D_lines, *R16, *R_pairs;
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
        (void)fprintf(stderr, "bench_bf16: not enough memory\n");
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

static umi_bf16 *new_packed(size_t rows, size_t cols)
{
    return need(umi_alloc(umi_bf16_filled(rows) * umi_bf16_filled(cols), sizeof(umi_bf16)));
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

/* -- One tile ---------------------------------------------------------------------------------- */

static void pack(const problem *p, size_t first, size_t rows, umi_bf16 *H_t)
{
    p->bf16.pack_activations(rows, p->atoms, um_row(p->H, first), p->H.stride, p->H16, H_t);
}

static void tile_ratio(const problem *p, size_t first, size_t rows, size_t ahead, umi_bf16 *R,
                       umi_bf16 *R_pairs)
{
    p->bf16.ratio(rows, ahead, p->cols, p->atoms, p->H16, p->D_pairs, um_row(p->V, first),
                  p->V.stride, R, R_pairs);
}

static void step_ratio(const problem *p, size_t rows)
{
    tile_ratio(p, 0, rows, 0, p->R16, NULL);
}

static void step_ratio_pairs(const problem *p, size_t rows)
{
    tile_ratio(p, 0, rows, 0, NULL, p->R_pairs);
}

static void step_project(const problem *p, size_t rows)
{
    p->bf16.project(rows, p->cols, p->atoms, p->R16, p->D_lines, p->P.data, p->P.stride);
}

static void step_accumulate(const problem *p, size_t rows)
{
    p->bf16.accumulate(rows, p->cols, p->atoms, p->H_t, p->R_pairs, p->N.data, p->N.stride);
}

static void update_activations(const problem *p, size_t first, size_t rows)
{
    for (size_t t = 0; t < rows; t++) {
        float *h = um_row(p->H, first + t);
        const float *numerator = um_row(p->P, t);
        for (size_t k = 0; k < p->atoms; k++) {
            h[k] *= numerator[k];
        }
    }
}

static void tile_bf16(const problem *p, size_t first, size_t rows)
{
    pack(p, first, rows, NULL);
    size_t left = N_FRAMES - first - rows;
    tile_ratio(p, first, rows, 0, p->R16, NULL);
    step_project(p, rows);
    update_activations(p, first, rows);
    pack(p, first, rows, p->H_t);
    tile_ratio(p, first, rows, left < rows ? left : rows, NULL, p->R_pairs);
    step_accumulate(p, rows);
}

static void tile_fp32(const problem *p, size_t first, size_t rows)
{
    for (int half = 0; half < 2; half++) {
        p->fp32.ratio(rows, p->cols, p->atoms, um_row(p->H, first), p->H.stride, p->D.data,
                      p->D.stride, um_row(p->V, first), p->V.stride, p->R.data, p->R.stride);
        if (half == 0) {
            p->fp32.project(rows, p->cols, p->atoms, p->R.data, p->R.stride, p->D.data, p->D.stride,
                            p->P.data, p->P.stride);
            update_activations(p, first, rows);
        }
    }
    p->fp32.accumulate(rows, p->cols, p->atoms, um_row(p->H, first), p->H.stride, p->R.data,
                       p->R.stride, p->N.data, p->N.stride);
}

/* -- Time -------------------------------------------------------------------------------------- */

/* Seconds of one iteration. The dictionary stays, so that all turns do the same work; packing it
 * is part of the time. */
static double iteration(const problem *p, bool bf16)
{
    double start = now();
    memset(p->N.data, 0, p->N.rows * p->N.stride * sizeof(float));
    if (bf16) {
        p->bf16.pack_dictionary(p->cols, p->atoms, p->D.data, p->D.stride, p->D_pairs, p->D_lines);
    }
    for (size_t first = 0; first < N_FRAMES; first += UMI_TILE_FRAMES) {
        size_t rows = N_FRAMES - first < UMI_TILE_FRAMES ? N_FRAMES - first : UMI_TILE_FRAMES;
        if (bf16) {
            tile_bf16(p, first, rows);
        } else {
            tile_fp32(p, first, rows);
        }
    }
    return now() - start;
}

typedef void (*tile_step)(const problem *p, size_t rows);

/* Operations a second on one tile: the best of three runs of about 10 ms. */
static double step_rate(const problem *p, tile_step step)
{
    double work = 2.0 * UMI_TILE_FRAMES * (double)p->cols * (double)p->atoms;
    size_t n = (size_t)(1e9 / work) + 1;
    double best = 0.0;
    for (int i = 0; i < 3; i++) {
        double start = now();
        for (size_t j = 0; j < n; j++) {
            step(p, UMI_TILE_FRAMES);
        }
        double rate = work * (double)n / (now() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void bench(problem *p, double sgemm)
{
    umi_random random = umi_random_seeded(2);
    p->D = new_matrix(p->atoms, p->cols, &random);
    p->N = new_matrix(p->atoms, p->cols, &random);
    p->R = new_matrix(UMI_TILE_FRAMES, p->cols, &random);
    p->P = new_matrix(UMI_TILE_FRAMES, p->atoms, &random);
    p->H = new_matrix(N_FRAMES, p->atoms, &random);
    p->H16 = new_packed(UMI_TILE_FRAMES, p->atoms);
    p->H_t = new_packed(p->atoms + UMI_BF16_FILL, UMI_TILE_FRAMES);
    p->D_pairs = new_packed(p->atoms, p->cols);
    p->D_lines = new_packed(p->atoms, p->cols);
    p->R16 = new_packed(UMI_TILE_FRAMES, p->cols);
    p->R_pairs = p->R16; /* by turns, as in the library */
    p->bf16.pack_dictionary(p->cols, p->atoms, p->D.data, p->D.stride, p->D_pairs, p->D_lines);
    pack(p, 0, UMI_TILE_FRAMES, p->H_t);

    (void)printf("%5zu %4zu", p->cols, p->atoms);
    static const tile_step steps[] = {step_ratio, step_ratio_pairs, step_project, step_accumulate};
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        (void)printf("  %6.1f%%", 100.0 * step_rate(p, steps[s]) / sgemm);
    }
    double bf16[TURNS], fp32[TURNS];
    for (int i = 0; i < TURNS; i++) {
        bf16[i] = iteration(p, true);
        fp32[i] = iteration(p, false);
    }
    qsort(bf16, TURNS, sizeof bf16[0], by_size);
    qsort(fp32, TURNS, sizeof fp32[0], by_size);
    double rate = 8.0 * N_FRAMES * (double)p->cols * (double)p->atoms / bf16[TURNS / 2];
    (void)printf("  %8.1f%% %7.1f %8.2f\n", 100.0 * rate / sgemm, 1e-9 * rate,
                 fp32[TURNS / 2] / bf16[TURNS / 2]);
    (void)fflush(stdout);
    um_view *matrices[] = {&p->D, &p->N, &p->R, &p->P, &p->H};
    for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++) {
        umi_free(matrices[i]->data);
    }
    umi_bf16 *packed[] = {p->H16, p->H_t, p->D_pairs, p->D_lines, p->R16};
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        umi_free(packed[i]);
    }
}

int main(int argc, char **argv)
{
    static const size_t all_cols[] = {1025, 4098};
    static const size_t all_atoms[] = {8, 16, 32, 64, 128};
    size_t only_atoms = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    size_t only_cols = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    problem p = {0};
    umi_kernels_select(&p.fp32, NULL);
    if (!umi_bf16_kernels_select(&p.bf16, argc > 1 ? argv[1] : NULL)) {
        (void)fprintf(stderr, "bench_bf16: this processor has no such instructions\n");
        return 69;
    }
    umi_blas_single_thread();
    (void)umi_flush_denormals();
    double sgemm = sgemm_rate();
    (void)printf("sgemm of %d x %d matrices: %.1f GFLOP/s, one thread, CPU time\n"
                 "%s loops and a whole iteration over %d frames, as shares of that rate;\n"
                 "the last column is the time of the %s iteration in float32 over this one's\n"
                 "    M    K    ratio   (pairs)  project   accum.  iteration GFLOP/s  fp32/bf16\n",
                 SQUARE, SQUARE, 1e-9 * sgemm, p.bf16.name, N_FRAMES, p.fp32.name);
    for (size_t i = 0; i < sizeof all_cols / sizeof all_cols[0]; i++) {
        umi_random random = umi_random_seeded(3);
        if (only_cols != 0 && only_cols != all_cols[i]) {
            continue;
        }
        p.cols = all_cols[i];
        p.V = new_matrix(N_FRAMES, p.cols, &random);
        for (size_t j = 0; j < sizeof all_atoms / sizeof all_atoms[0]; j++) {
            if (only_atoms == 0 || only_atoms == all_atoms[j]) {
                p.atoms = all_atoms[j];
                bench(&p, sgemm);
            }
        }
        umi_free(p.V.data);
    }
    return 0;
}
