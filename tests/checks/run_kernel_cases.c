/* The kernel cases without a test library, for processors that have none at hand. Fails when the
 * best row is not the one that the command line names.
 *
 *     run_kernel_cases ROW */
#include "kernel_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *running = "";

void kernel_case_failed(const char *message)
{
    (void)fprintf(stderr, "%s: %s\n", running, message);
    exit(1);
}

int main(int argc, char **argv)
{
    umi_kernels rows[KERNEL_ROWS_MAX];
    size_t n_rows = kernel_rows(rows);
    const char *best = rows[n_rows - 1].name;
    if (argc != 2 || strcmp(best, argv[1]) != 0) {
        (void)fprintf(stderr, "the best row is %s\n", best);
        return 1;
    }
    running = "denormals";
    check_denormals();
    for (size_t i = 0; i < n_rows; i++) {
        for (size_t j = 0; j < N_KERNEL_CASES; j++) {
            running = kernel_cases[j].name;
            kernel_cases[j].check(&rows[i]);
            (void)printf("%s: %s: passed\n", rows[i].name, running);
            (void)fflush(stdout);
        }
    }
    return 0;
}
