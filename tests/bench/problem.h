/* A matrix and a start that another program wrote, and the results that it gets back: what the
 * programs share that compare_*.py run the factorisation by.
 *
 * The file holds float32 numbers: V (rows x columns), H (rows x K), W (K x columns, rows that sum
 * to 1). Results replace H and W, so that the caller can judge them by its own means. */
#ifndef BENCH_PROBLEM_H
#define BENCH_PROBLEM_H

#include "core/memory.h"
#include "unmingle/nmf.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct problem {
    float *numbers; /* V, H, W, without gaps */
    um_cview V;
    um_view H, W;
} problem;

static inline double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Rows without gaps, as they are in the file: rows of V are then not aligned, which is the harder
 * case for the kernels. False when it cannot be read. */
static inline bool problem_read(FILE *file, size_t rows, size_t cols, size_t K, problem *p)
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

static inline bool problem_write(FILE *file, const problem *p)
{
    size_t n_V = p->V.rows * p->V.cols;
    size_t n_results = p->H.rows * p->H.cols + p->W.rows * p->W.cols;
    return fseeko(file, (off_t)(n_V * sizeof(float)), SEEK_SET) == 0 &&
           fwrite(p->numbers + n_V, sizeof(float), n_results, file) == n_results &&
           fflush(file) == 0;
}

/* Takes over what was factorised. */
static inline void problem_take(problem *p, const um_nmf *nmf)
{
    um_cview H = um_nmf_activations(nmf), W = um_nmf_atoms(nmf);
    for (size_t r = 0; r < H.rows; r++) {
        memcpy(um_row(p->H, r), um_crow(H, r), H.cols * sizeof(float));
    }
    for (size_t r = 0; r < W.rows; r++) {
        memcpy(um_row(p->W, r), um_crow(W, r), W.cols * sizeof(float));
    }
}

/* The solver by its name, and "-bf16" after it for operands in bfloat16. */
static inline bool problem_method(const char *name, um_nmf_config *config)
{
    static const char *const names[] = {"mu", "joint", "mu-extrapolated", "auto"};
    static const um_solver solvers[] = {UM_SOLVER_MU, UM_SOLVER_JOINT, UM_SOLVER_EXTRAPOLATED,
                                        UM_SOLVER_AUTO};
    const char *suffix = strstr(name, "-bf16");
    size_t length = suffix == NULL ? strlen(name) : (size_t)(suffix - name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0) {
            config->solver = solvers[i];
            config->precision = suffix == NULL ? UM_PRECISION_FP32 : UM_PRECISION_BF16;
            return suffix == NULL || strcmp(suffix, "-bf16") == 0;
        }
    }
    return false;
}

/* An object at the problem's start; the other fields of config are the caller's. */
static inline um_status problem_start(const problem *p, um_nmf_config config, um_nmf **out)
{
    config.n_frames = p->V.rows;
    config.n_bins = p->V.cols;
    config.n_components = p->W.rows;
    um_status status = um_nmf_new(&config, out);
    if (status == UM_OK && um_nmf_precision(*out) != config.precision) {
        status = UM_ERR_ARGUMENT; /* no such instructions: float32 would be taken for bfloat16 */
    }
    if (status == UM_OK) {
        status = um_nmf_set_atoms(*out, 0, um_const_view(p->W), false);
    }
    if (status == UM_OK) {
        status = um_nmf_set_activations(*out, um_const_view(p->H));
    }
    return status;
}

#endif
