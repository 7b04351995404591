/* Runs the factorisation on a matrix and a start that another program wrote, for compare_nmf.py.
 *
 *     bench_nmf FILE ROWS COLUMNS K SOLVER ITERATIONS [ITERATIONS ...]
 *
 * SOLVER is mu or joint (mu-extrapolated and auto measure the divergence in every iteration, so
 * that bench_descent tells more of them); mu-bf16 and joint-bf16 have operands in bfloat16. The
 * environment's UNMINGLE_CPU limits the instructions. FILE is as problem.h says. Every count of
 * iterations is a run of its own from the start in it, and prints its CPU seconds on one line. What
 * the last run reached is written to FILE. */
#define _POSIX_C_SOURCE 200112L

#include "problem.h"
#include "unmingle/cpu.h"

#include <stdlib.h>

/* Prints the time of one run from the start values; the last run's results replace them. */
static um_status run(problem *p, um_nmf_config config, size_t iterations, bool last)
{
    config.iterations = iterations;
    /* Only the first and the last divergence, which every run has, so that they cancel out. */
    config.check_every = iterations > 0 ? iterations : 1;
    um_nmf *nmf;
    um_status status = problem_start(p, config, &nmf);
    double start = cpu_seconds();
    if (status == UM_OK) {
        status = um_nmf_run(nmf, p->V, NULL);
    }
    if (status == UM_OK) {
        (void)printf("%.9f\n", cpu_seconds() - start);
    }
    if (status == UM_OK && last) {
        problem_take(p, nmf);
    }
    um_nmf_free(nmf);
    return status;
}

int main(int argc, char **argv)
{
    um_nmf_config config = um_nmf_config_default();
    if (argc < 7 || !problem_method(argv[5], &config) ||
        um_cpu_limit(getenv("UNMINGLE_CPU")) != UM_OK) {
        (void)fprintf(stderr, "usage: bench_nmf FILE ROWS COLUMNS K SOLVER ITERATIONS ...\n");
        return 64;
    }
    problem p = {0};
    FILE *file = fopen(argv[1], "r+b");
    if (file == NULL || !problem_read(file, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                                      strtoul(argv[4], NULL, 10), &p)) {
        (void)fprintf(stderr, "bench_nmf: %s: cannot be read\n", argv[1]);
        return 74;
    }
    for (int i = 6; i < argc; i++) {
        um_status status = run(&p, config, strtoul(argv[i], NULL, 10), i + 1 == argc);
        if (status != UM_OK) {
            (void)fprintf(stderr, "bench_nmf: %s\n", um_status_string(status));
            return 70;
        }
    }
    if (!problem_write(file, &p)) {
        (void)fprintf(stderr, "bench_nmf: %s: cannot be written\n", argv[1]);
        return 74;
    }
    (void)fclose(file);
    umi_free(p.numbers);
    return 0;
}
