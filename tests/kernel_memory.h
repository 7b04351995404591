/* Memory in which the kernels' cases notice what is read or written beside a matrix: inputs end
 * where readable memory ends, so that reading past them is a crash, and outputs lie among guard
 * values. */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include "core/random.h"
#include "kernel_cases.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE_MAX_TESTED = 67, N_INPUTS = 3, GUARD = 0x7FBADBAD };

static inline void require(bool holds, const char *promise)
{
    if (!holds) {
        kernel_case_failed(promise);
    }
}

/* A mapping whose last page cannot be touched. */
typedef struct fence {
    char *start;
    size_t bytes; /* usable ones */
} fence;

static fence fences[N_INPUTS];

static inline fence new_fence(size_t n_floats)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    fence f = {NULL, (n_floats * sizeof(float) + page - 1) / page * page};
    f.start =
        mmap(NULL, f.bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(f.start != MAP_FAILED && mprotect(f.start + f.bytes, page, PROT_NONE) == 0,
            "there is memory for the test");
    return f;
}

/* A matrix whose last element is the last readable float; what lies between its rows is NaN. */
static inline float *fenced(size_t i, size_t n, size_t cols, size_t stride, umi_random *random)
{
    size_t length = n == 0 ? 0 : (n - 1) * stride + cols;
    if (fences[i].start == NULL) {
        fences[i] = new_fence(65536);
    }
    require(length * sizeof(float) <= fences[i].bytes, "the test's input fits its fence");
    float *data = (float *)(void *)(fences[i].start + fences[i].bytes) - length;
    for (size_t j = 0; j < length; j++) {
        data[j] = j % stride < cols ? (float)umi_random_uniform(random) : NAN;
    }
    return data;
}

/* A matrix among guards: 16 before it, between its rows, and 16 after it. */
typedef struct guarded {
    float *data;
    size_t n, cols, stride;
    uint32_t block[16 + (SIZE_MAX_TESTED + 1) * (SIZE_MAX_TESTED + 9) + 16];
} guarded;

static inline void guard(guarded *g, size_t n, size_t cols, size_t stride)
{
    g->n = n;
    g->cols = cols;
    g->stride = stride;
    require(n * stride + 32 <= sizeof g->block / sizeof g->block[0], "the test's output fits");
    for (size_t i = 0; i < sizeof g->block / sizeof g->block[0]; i++) {
        g->block[i] = GUARD;
    }
    g->data = (float *)(void *)(g->block + 16);
}

static inline void check_guards(const guarded *g)
{
    for (size_t i = 0; i < sizeof g->block / sizeof g->block[0]; i++) {
        size_t at = i - 16; /* wraps round before the matrix: then it is outside as well */
        if (at / g->stride >= g->n || at % g->stride >= g->cols) {
            require(g->block[i] == GUARD, "nothing is written outside the matrix");
        }
    }
}

/* All terms are positive, so the rounding of n operations is at most about n units. */
static inline void check_close(double actual, double expected, size_t n)
{
    double tolerance = 1.2e-7 * (double)(n + 4) * expected;
    if (!(fabs(actual - expected) <= tolerance)) {
        char message[80];
        (void)snprintf(message, sizeof message, "%.9g, expected %.9g", actual, expected);
        kernel_case_failed(message);
    }
}

#endif
