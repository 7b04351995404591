/* How fast the loops over the entries of a sparse V are, on one thread, in CPU time.
 *
 *     bench_entries
 *
 * For every row of the kernel table and some counts of atoms it prints operations a second, 2 an
 * atom and entry: with the rows of D that entries pick among few, which stay in the first caches,
 * and among so many that they do not. The second is what a large V with many atoms gets. */
#define _POSIX_C_SOURCE 199309L

#include "core/kernels/kernels.h"
#include "core/memory.h"
#include "core/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENTRIES = 64, CALLS = 2000, FEW = 64, MANY = 60000 };

typedef struct problem {
    size_t atoms, stride;
    float *D, *x, *P;
    uint32_t index[CALLS][ENTRIES];
    float V[ENTRIES], R[ENTRIES];
} problem;

static problem p;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void prepare(size_t atoms, size_t places)
{
    umi_random random = umi_random_seeded(1);
    p.atoms = atoms;
    p.stride = umi_padded(atoms);
    p.D = umi_alloc(places * p.stride, sizeof(float));
    p.x = umi_alloc(atoms, sizeof(float));
    p.P = umi_alloc(atoms, sizeof(float));
    if (p.D == NULL || p.x == NULL || p.P == NULL) {
        (void)fprintf(stderr, "bench_entries: not enough memory\n");
        exit(71);
    }
    for (size_t i = 0; i < places * p.stride; i++) {
        p.D[i] = 0.5F;
    }
    for (size_t k = 0; k < atoms; k++) {
        p.x[k] = 1.0F / (float)atoms;
    }
    for (size_t i = 0; i < CALLS * ENTRIES; i++) {
        p.index[i / ENTRIES][i % ENTRIES] = (uint32_t)umi_random_below(&random, places);
        p.V[i % ENTRIES] = 0.5F;
    }
}

/* Billions of operations a second, the best of five: of the ratios, or of both loops in turns as
 * the factorisation runs them. */
static double rate(const umi_kernels *kernels, size_t n_loops)
{
    double best = 0.0;
    for (int repeat = 0; repeat < 5; repeat++) {
        double start = now();
        memset(p.P, 0, p.atoms * sizeof(float));
        for (size_t i = 0; i < CALLS; i++) {
            kernels->ratio_entries(ENTRIES, p.atoms, p.index[i], p.V, p.x, p.D, p.stride, p.R);
            if (n_loops > 1) {
                kernels->project_entries(ENTRIES, p.atoms, p.index[i], p.R, p.D, p.stride, p.P);
            }
        }
        double work = 2.0 * (double)(n_loops * CALLS * ENTRIES * p.atoms);
        double result = 1e-9 * work / (now() - start);
        best = result > best ? result : best;
    }
    return best;
}

int main(void)
{
    static const char *const levels[] = {"scalar", "sse2", "neon", "avx2", "avx512"};
    static const size_t atoms[] = {8, 20, 50, 200, 500};
    (void)umi_flush_denormals();
    (void)printf("GFLOP/s, of %d rows and of %d\n"
                 "row        K   ratio    both    ratio    both\n",
                 FEW, MANY);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        umi_kernels kernels;
        umi_kernels_select(&kernels, levels[i]);
        /* A level that the processor lacks gives one that is there already. */
        for (size_t j = 0; strcmp(kernels.name, levels[i]) == 0 && j < 5; j++) {
            (void)printf("%-8s %3zu", kernels.name, atoms[j]);
            for (size_t places = FEW; places <= MANY; places += MANY - FEW) {
                prepare(atoms[j], places);
                (void)printf(" %7.1f %7.1f ", rate(&kernels, 1), rate(&kernels, 2));
                umi_free(p.D);
                umi_free(p.x);
                umi_free(p.P);
            }
            (void)printf("\n");
            (void)fflush(stdout);
        }
    }
    return 0;
}
