/* Runs the factorisation of a sparse matrix that another program wrote, for compare_sparse.py.
 *
 *     bench_sparse FILE ROWS COLUMNS ENTRIES K SOLVER ITERATIONS [ITERATIONS ...]
 *
 * SOLVER is mu or joint. The environment's UNMINGLE_CPU limits the instructions. FILE holds, one
 * after the other, the starts of the rows (64 bits, ROWS + 1), the columns (32 bits) and the values
 * (float32) of V's entries, and in float32 H (ROWS x K) and W (K x COLUMNS, rows that sum to 1).
 * Every count of iterations is a run of its own from that start, and prints its CPU seconds on one
 * line. What the last run reached is written to FILE in place of H and W. */
#define _POSIX_C_SOURCE 200112L

#include "core/memory.h"
#include "unmingle/cpu.h"
#include "unmingle/nmf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct problem {
    size_t n_entries;
    size_t *row_start;
    uint32_t *column;
    float *value, *factors; /* H, W, without gaps */
    um_csparse V;
    um_view H, W;
} problem;

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void copy_out(um_cview from, um_view to)
{
    for (size_t r = 0; r < from.rows; r++) {
        memcpy(um_row(to, r), um_crow(from, r), from.cols * sizeof(float));
    }
}

/* Prints the time of one run from the start values; the last run's results replace them. */
static um_status run(problem *p, um_solver solver, size_t iterations, bool last)
{
    um_nmf_config config = um_nmf_config_default();
    config.solver = solver;
    config.sparse = true;
    config.n_values = p->n_entries;
    config.n_frames = p->V.rows;
    config.n_bins = p->V.cols;
    config.n_components = p->W.rows;
    config.iterations = iterations;
    /* Only the first and the last divergence, which every run has, so that they cancel out. */
    config.check_every = iterations > 0 ? iterations : 1;
    um_nmf *nmf;
    um_status status = um_nmf_new(&config, &nmf);
    if (status == UM_OK) {
        status = um_nmf_set_atoms(nmf, 0, um_const_view(p->W), false);
    }
    if (status == UM_OK) {
        status = um_nmf_set_activations(nmf, um_const_view(p->H));
    }
    double start = cpu_seconds();
    if (status == UM_OK) {
        status = um_nmf_run_sparse(nmf, &p->V, NULL);
    }
    if (status == UM_OK) {
        (void)printf("%.9f\n", cpu_seconds() - start);
    }
    if (status == UM_OK && last) {
        copy_out(um_nmf_activations(nmf), p->H);
        copy_out(um_nmf_atoms(nmf), p->W);
    }
    um_nmf_free(nmf);
    return status;
}

static bool read_problem(FILE *file, size_t rows, size_t cols, size_t n, size_t K, problem *p)
{
    size_t n_factors = (rows + cols) * K;
    p->n_entries = n;
    p->row_start = umi_alloc(rows + 1, sizeof *p->row_start);
    p->column = umi_alloc(n, sizeof *p->column);
    p->value = umi_alloc(n, sizeof *p->value);
    p->factors = umi_alloc(n_factors, sizeof *p->factors);
    if (p->row_start == NULL || p->column == NULL || p->value == NULL || p->factors == NULL ||
        fread(p->row_start, sizeof *p->row_start, rows + 1, file) != rows + 1 ||
        fread(p->column, sizeof *p->column, n, file) != n ||
        fread(p->value, sizeof *p->value, n, file) != n ||
        fread(p->factors, sizeof *p->factors, n_factors, file) != n_factors) {
        return false;
    }
    p->V = (um_csparse){rows, cols, p->row_start, p->column, p->value};
    p->H = um_view_of(p->factors, rows, K);
    p->W = um_view_of(p->factors + rows * K, K, cols);
    return p->row_start[rows] == n;
}

static bool write_results(FILE *file, const problem *p)
{
    size_t before = (p->V.rows + 1) * sizeof *p->row_start +
                    p->n_entries * (sizeof *p->column + sizeof *p->value);
    size_t n_factors = (p->V.rows + p->V.cols) * p->W.rows;
    return fseeko(file, (off_t)before, SEEK_SET) == 0 &&
           fwrite(p->factors, sizeof *p->factors, n_factors, file) == n_factors &&
           fflush(file) == 0;
}

int main(int argc, char **argv)
{
    bool joint = argc > 6 && strcmp(argv[6], "joint") == 0;
    if (argc < 8 || (!joint && strcmp(argv[6], "mu") != 0) ||
        um_cpu_limit(getenv("UNMINGLE_CPU")) != UM_OK) {
        (void)fprintf(stderr, "usage: bench_sparse FILE ROWS COLUMNS ENTRIES K mu|joint "
                              "ITERATIONS ...\n");
        return 64;
    }
    problem p = {0};
    FILE *file = fopen(argv[1], "r+b");
    if (file == NULL || !read_problem(file, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                                      strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10), &p)) {
        (void)fprintf(stderr, "bench_sparse: %s: cannot be read\n", argv[1]);
        return 74;
    }
    for (int i = 7; i < argc; i++) {
        um_status status = run(&p, joint ? UM_SOLVER_JOINT : UM_SOLVER_MU,
                               strtoul(argv[i], NULL, 10), i + 1 == argc);
        if (status != UM_OK) {
            (void)fprintf(stderr, "bench_sparse: %s\n", um_status_string(status));
            return 70;
        }
    }
    if (!write_results(file, &p)) {
        (void)fprintf(stderr, "bench_sparse: %s: cannot be written\n", argv[1]);
        return 74;
    }
    (void)fclose(file);
    umi_free(p.row_start);
    umi_free(p.column);
    umi_free(p.value);
    umi_free(p.factors);
    return 0;
}
