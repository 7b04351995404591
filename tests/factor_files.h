/* Matrices in files, and settings to factorise them with, for the tests of factor. */
#ifndef FACTOR_FILES_H
#define FACTOR_FILES_H

#include "io/npy_file.h"
#include "job/factor.h"
#include "matrices.h"
#include "scratch_group.h"

#include <math.h>

enum { ROWS = 40, COLUMNS = 12, ATOMS = 3 };

static const umi_watch nobody_watches;

/* Writes M as `name`; returns the path, valid until the next call. */
static inline const char *put_matrix(const char *name, um_cview M)
{
    um_error error;
    (void)remove(scratch_path(&files, name));
    if (umi_npy_file_write_matrix(files.path, NULL, M, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return files.path;
}

/* A random matrix, written as `name`, whose path goes to `path`; umi_free the data. */
static inline um_view put_random(const char *name, size_t rows, size_t cols, double zeros,
                                 uint64_t seed, char path[PATH_MAX])
{
    umi_random random = umi_random_seeded(seed);
    um_view M = matrix_random(rows, cols, zeros, &random);
    strcpy(path, put_matrix(name, um_const_view(M)));
    return M;
}

/* A product of ATOMS atoms, as "V.npy". */
static inline um_view put_V(char path[PATH_MAX])
{
    umi_random random = umi_random_seeded(1);
    um_view H = matrix_random(ROWS, ATOMS, 0.3, &random);
    um_view W = matrix_random(ATOMS, COLUMNS, 0.3, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    strcpy(path, put_matrix("V.npy", um_const_view(V)));
    umi_free(H.data);
    umi_free(W.data);
    return V;
}

static inline umi_factor_input_config input_config(const char *path)
{
    umi_factor_input_config config = {
        .path = path, .parallel = um_parallel_serial(), .watch = &nobody_watches};
    return config;
}

/* The input, open. */
static inline umi_factor_input open_input(const char *path)
{
    umi_factor_input_config config = input_config(path);
    umi_factor_input input;
    um_error error;
    if (umi_factor_input_open(&config, &input, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return input;
}

static inline umi_factorisation_config how_config(void)
{
    umi_factorisation_config how = {.n_components = ATOMS,
                                    .solver = UMI_SOLVER_MU,
                                    .iterations = 30,
                                    .parallel = um_parallel_serial()};
    return how;
}

/* sum V log(V / M) - V + M with M = H W, in double. */
static inline double divergence_of(um_cview V, um_cview H, um_cview W)
{
    double sum = 0.0;
    for (size_t r = 0; r < V.rows; r++) {
        for (size_t c = 0; c < V.cols; c++) {
            double v = (double)um_crow(V, r)[c], m = 0.0;
            for (size_t k = 0; k < W.rows; k++) {
                m += (double)um_crow(H, r)[k] * (double)um_crow(W, k)[c];
            }
            sum += (v > 0.0 ? v * log(v / m) : 0.0) - v + m;
        }
    }
    return sum;
}

#endif
