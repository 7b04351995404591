/* Prints how the divergence falls with time, for compare_time.py.
 *
 *     bench_descent FILE ROWS COLUMNS K SOLVER ITERATIONS TOLERANCE CHECK_EVERY
 *
 * SOLVER is mu, joint, mu-extrapolated or auto. FILE is as problem.h says; the result is written to
 * it. One line an iteration: CPU seconds since before um_nmf_new, iterations done, and the last
 * value of the divergence curve; a last line for the end of the run. The lines are kept until then.
 */
#define _POSIX_C_SOURCE 200112L

#include "problem.h"
#include "unmingle/cpu.h"

#include <stdlib.h>

enum { LINES_MAX = 10000 };

typedef struct descent {
    double start;
    double seconds[LINES_MAX], done[LINES_MAX], divergence[LINES_MAX];
    size_t n;
} descent;

static bool note(void *user, double done, double total, double divergence)
{
    (void)total;
    descent *d = user;
    if (d->n < LINES_MAX) {
        d->seconds[d->n] = cpu_seconds() - d->start;
        d->done[d->n] = done;
        d->divergence[d->n] = divergence;
        d->n++;
    }
    return true;
}

static um_status run(problem *p, um_nmf_config config)
{
    static descent d;
    um_progress progress = {note, &d};
    um_nmf *nmf;
    d.start = cpu_seconds();
    um_status status = problem_start(p, config, &nmf);
    if (status == UM_OK) {
        status = um_nmf_run(nmf, p->V, &progress);
    }
    double end = cpu_seconds() - d.start;
    for (size_t i = 0; status == UM_OK && i < d.n; i++) {
        (void)printf("%.6f %.3f %.9g\n", d.seconds[i], d.done[i], d.divergence[i]);
    }
    if (status == UM_OK) {
        (void)printf("%.6f %.3f %.9g\n", end, (double)um_nmf_iterations(nmf),
                     um_nmf_divergence(nmf));
        problem_take(p, nmf);
    }
    um_nmf_free(nmf);
    return status;
}

int main(int argc, char **argv)
{
    um_nmf_config config = um_nmf_config_default();
    if (argc != 9 || !problem_method(argv[5], &config) ||
        um_cpu_limit(getenv("UNMINGLE_CPU")) != UM_OK) {
        (void)fprintf(stderr, "usage: bench_descent FILE ROWS COLUMNS K SOLVER ITERATIONS "
                              "TOLERANCE CHECK_EVERY\n");
        return 64;
    }
    config.iterations = strtoul(argv[6], NULL, 10);
    config.tolerance = strtod(argv[7], NULL);
    config.check_every = strtoul(argv[8], NULL, 10);
    problem p = {0};
    FILE *file = fopen(argv[1], "r+b");
    if (file == NULL || !problem_read(file, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                                      strtoul(argv[4], NULL, 10), &p)) {
        (void)fprintf(stderr, "bench_descent: %s: cannot be read\n", argv[1]);
        return 74;
    }
    um_status status = run(&p, config);
    if (status != UM_OK) {
        (void)fprintf(stderr, "bench_descent: %s\n", um_status_string(status));
        return 70;
    }
    if (!problem_write(file, &p)) {
        (void)fprintf(stderr, "bench_descent: %s: cannot be written\n", argv[1]);
        return 74;
    }
    (void)fclose(file);
    umi_free(p.numbers);
    return 0;
}
