/* Runs the factorisation on a matrix and a start that another program wrote, for compare_nmf.py.
 *
 *     bench_nmf FILE ROWS COLUMNS K SOLVER ITERATIONS [ITERATIONS ...]
 *
 * SOLVER is mu or joint; mu-bf16 and joint-bf16 have operands in bfloat16. The environment's
 * UNMINGLE_CPU limits the instructions. FILE holds float32 numbers: V (ROWS x COLUMNS), H (ROWS x
 * K), W (K x COLUMNS, rows that sum to 1). Every count of iterations is a run of its own from that
 * start, and prints its CPU seconds on one line. What the last run reached is written to FILE in
 * place of H and W, so that the caller can judge it by its own means. */
#define _POSIX_C_SOURCE 200112L

#include "core/memory.h"
#include "unmingle/cpu.h"
#include "unmingle/nmf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct problem {
    float *numbers; /* V, H, W, without gaps */
    um_cview V;
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
        for (size_t c = 0; c < from.cols; c++) {
            um_row(to, r)[c] = um_crow(from, r)[c];
        }
    }
}

/* Prints the time of one run from the start values; the last run's results replace them. */
static um_status run(problem *p, um_solver solver, um_precision precision, size_t iterations,
                     bool last)
{
    um_nmf_config config = um_nmf_config_default();
    config.solver = solver;
    config.precision = precision;
    config.n_frames = p->V.rows;
    config.n_bins = p->V.cols;
    config.n_components = p->W.rows;
    config.iterations = iterations;
    /* Only the first and the last divergence, which every run has, so that they cancel out. */
    config.check_every = iterations > 0 ? iterations : 1;
    um_nmf *nmf;
    um_status status = um_nmf_new(&config, &nmf);
    if (status == UM_OK && um_nmf_precision(nmf) != precision) {
        status = UM_ERR_ARGUMENT; /* no such instructions: float32 would be taken for bfloat16 */
    }
    if (status == UM_OK) {
        status = um_nmf_set_atoms(nmf, 0, um_const_view(p->W), false);
    }
    if (status == UM_OK) {
        status = um_nmf_set_activations(nmf, um_const_view(p->H));
    }
    double start = cpu_seconds();
    if (status == UM_OK) {
        status = um_nmf_run(nmf, p->V, NULL);
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

/* Rows without gaps, as they are in the file: rows of V are then not aligned, which is the harder
 * case for the kernels. */
static bool read_problem(FILE *file, size_t rows, size_t cols, size_t K, problem *p)
{
    size_t count = rows * cols + rows * K + K * cols;
    p->numbers = umi_alloc(count, sizeof(float));
    if (p->numbers == NULL || fread(p->numbers, sizeof(float), count, file) != count) {
        return false;
    }
    p->V = um_cview_of(p->numbers, rows, cols);
    p->H = um_view_of(p->numbers + rows * cols, rows, K);
    p->W = um_view_of(p->numbers + rows * cols + rows * K, K, cols);
    return true;
}

static bool write_results(FILE *file, const problem *p)
{
    size_t n_V = p->V.rows * p->V.cols;
    size_t n_results = p->H.rows * p->H.cols + p->W.rows * p->W.cols;
    return fseeko(file, (off_t)(n_V * sizeof(float)), SEEK_SET) == 0 &&
           fwrite(p->numbers + n_V, sizeof(float), n_results, file) == n_results &&
           fflush(file) == 0;
}

/* The solver, and "-bf16" after it for operands in bfloat16. */
static bool method_of(const char *name, um_solver *solver, um_precision *precision)
{
    static const char *const names[] = {"mu", "joint", "mu-bf16", "joint-bf16"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *solver = i % 2 == 0 ? UM_SOLVER_MU : UM_SOLVER_JOINT;
            *precision = i < 2 ? UM_PRECISION_FP32 : UM_PRECISION_BF16;
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    um_solver solver;
    um_precision precision;
    if (argc < 7 || !method_of(argv[5], &solver, &precision) ||
        um_cpu_limit(getenv("UNMINGLE_CPU")) != UM_OK) {
        (void)fprintf(stderr,
                      "usage: bench_nmf FILE ROWS COLUMNS K mu|joint[-bf16] ITERATIONS ...\n");
        return 64;
    }
    problem p = {0};
    FILE *file = fopen(argv[1], "r+b");
    if (file == NULL || !read_problem(file, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                                      strtoul(argv[4], NULL, 10), &p)) {
        (void)fprintf(stderr, "bench_nmf: %s: cannot be read\n", argv[1]);
        return 74;
    }
    for (int i = 6; i < argc; i++) {
        um_status status = run(&p, solver, precision, strtoul(argv[i], NULL, 10), i + 1 == argc);
        if (status != UM_OK) {
            (void)fprintf(stderr, "bench_nmf: %s\n", um_status_string(status));
            return 70;
        }
    }
    if (!write_results(file, &p)) {
        (void)fprintf(stderr, "bench_nmf: %s: cannot be written\n", argv[1]);
        return 74;
    }
    (void)fclose(file);
    umi_free(p.numbers);
    return 0;
}
