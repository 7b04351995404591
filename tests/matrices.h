/* Matrices, and threads that are none, which the tests of the factorisation share. */
#ifndef MATRICES_H
#define MATRICES_H

#include "core/memory.h"
#include "core/random.h"
#include "unmingle/parallel.h"
#include "unmingle/view.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Zeros, with a stride that is no multiple of anything; umi_free the data. */
static inline um_view matrix_new(size_t rows, size_t cols)
{
    um_view M = {umi_alloc(rows * (cols + 3), sizeof(float)), rows, cols, cols + 3};
    return M;
}

/* Uniform in 0..1; a share `zeros` of the elements is 0. */
static inline um_view matrix_random(size_t rows, size_t cols, double zeros, umi_random *random)
{
    um_view M = matrix_new(rows, cols);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++) {
            double value = umi_random_uniform(random);
            um_row(M, r)[c] = umi_random_uniform(random) < zeros ? 0.0F : (float)value;
        }
    }
    return M;
}

static inline um_view matrix_copy(um_cview from)
{
    um_view M = matrix_new(from.rows, from.cols);
    for (size_t r = 0; r < from.rows; r++) {
        memcpy(um_row(M, r), um_crow(from, r), from.cols * sizeof(float));
    }
    return M;
}

/* H W in double, rounded. */
static inline um_view matrix_product(um_cview H, um_cview W)
{
    um_view M = matrix_new(H.rows, W.cols);
    for (size_t r = 0; r < H.rows; r++) {
        for (size_t c = 0; c < W.cols; c++) {
            double sum = 0.0;
            for (size_t k = 0; k < H.cols; k++) {
                sum += (double)um_crow(H, r)[k] * (double)um_crow(W, k)[c];
            }
            um_row(M, r)[c] = (float)sum;
        }
    }
    return M;
}

/* Of the angle between two rows of n values. */
static inline double row_cosine(const float *a, const float *b, size_t n)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static inline bool same_bits(um_cview a, um_cview b)
{
    bool same = a.rows == b.rows && a.cols == b.cols;
    for (size_t r = 0; same && r < a.rows; r++) {
        same = memcmp(um_crow(a, r), um_crow(b, r), a.cols * sizeof(float)) == 0;
    }
    return same;
}

/* Runs tasks on the caller's thread, but from the last to the first, and by turns as each of the
 * *n_workers workers, so that a result which depends on the order or on the worker shows. */
static inline void run_backwards(void *n_workers, size_t n_tasks, um_task task, void *argument)
{
    for (size_t i = n_tasks; i-- > 0;) {
        task(argument, i, i % *(size_t *)n_workers);
    }
}

static inline um_parallel backwards_parallel(size_t *n_workers)
{
    um_parallel parallel = {*n_workers, run_backwards, n_workers};
    return parallel;
}

#endif
