/* Runs the factorisation on a matrix and a start that another program wrote, and prints what
 * compare_nmf.py needs: the CPU seconds of one iteration and the divergence reached.
 *
 *     bench_nmf FILE ROWS COLUMNS K ITERATIONS
 *
 * FILE holds float32 numbers: V (ROWS x COLUMNS), H (ROWS x K), W (K x COLUMNS). */
#include "unmingle/nmf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int run(um_cview V, um_cview H, um_cview W, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    config.n_components = W.rows;
    config.iterations = iterations;
    config.check_every = iterations > 0 ? iterations : 1;
    um_nmf *nmf;
    if (um_nmf_new(&config, &nmf) != UM_OK || um_nmf_set_atoms(nmf, 0, W, false) != UM_OK ||
        um_nmf_set_activations(nmf, H) != UM_OK) {
        return 1;
    }
    double start = cpu_seconds();
    if (um_nmf_run(nmf, V, NULL) != UM_OK) {
        return 1;
    }
    double seconds = cpu_seconds() - start;
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    printf("%.9g %.9g\n", seconds, curve[n - 1]);
    um_nmf_free(nmf);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: bench_nmf FILE ROWS COLUMNS K ITERATIONS\n");
        return 64;
    }
    size_t rows = strtoul(argv[2], NULL, 10), cols = strtoul(argv[3], NULL, 10);
    size_t K = strtoul(argv[4], NULL, 10), iterations = strtoul(argv[5], NULL, 10);
    size_t count = rows * cols + rows * K + K * cols;
    float *numbers = aligned_alloc(2 << 20, (count * sizeof(float) + (2 << 20)) >> 21 << 21);
    FILE *file = fopen(argv[1], "rb");
    if (numbers == NULL || file == NULL || fread(numbers, sizeof(float), count, file) != count) {
        (void)fprintf(stderr, "bench_nmf: %s: cannot be read\n", argv[1]);
        return 74;
    }
    (void)fclose(file);
    int failed = run(um_cview_of(numbers, rows, cols), um_cview_of(numbers + rows * cols, rows, K),
                     um_cview_of(numbers + rows * cols + rows * K, K, cols), iterations);
    free(numbers);
    return failed;
}
