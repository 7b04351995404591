/* Memory for tests of loops over matrices: inputs end where readable memory ends, so that reading
 * past them is a crash; outputs lie among guard values. For a test to include once. */
#ifndef FENCE_H
#define FENCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* A mapping whose last page cannot be touched. */
typedef struct fence {
    char *start;
    size_t bytes; /* usable ones */
} fence;

static fence fence_new(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    fence f = {NULL, (bytes + page - 1) / page * page};
    f.start =
        mmap(NULL, f.bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(f.start != MAP_FAILED);
    assert_int_equal(mprotect(f.start + f.bytes, page, PROT_NONE), 0);
    return f;
}

/* The last `bytes` of the mapping. */
static void *fence_tail(const fence *f, size_t bytes)
{
    assert_true(bytes <= f->bytes);
    return f->start + f->bytes - bytes;
}

enum { GUARD = 0x7FBADBAD, GUARDS = 16, GUARDED_ROWS = 68, GUARDED_STRIDE = 76 };

/* A matrix among guards: before it, between its rows, and after it. */
typedef struct guarded {
    float *data;
    size_t n, cols, stride;
    uint32_t block[GUARDS + GUARDED_ROWS * GUARDED_STRIDE + GUARDS];
} guarded;

static void guard(guarded *g, size_t n, size_t cols, size_t stride)
{
    g->n = n;
    g->cols = cols;
    g->stride = stride;
    assert_true(n * stride <= GUARDED_ROWS * GUARDED_STRIDE);
    for (size_t i = 0; i < sizeof g->block / sizeof g->block[0]; i++) {
        g->block[i] = GUARD;
    }
    g->data = (float *)(void *)(g->block + GUARDS);
}

static void check_guards(const guarded *g)
{
    for (size_t i = 0; i < sizeof g->block / sizeof g->block[0]; i++) {
        size_t at = i - GUARDS; /* wraps round before the matrix: then it is outside as well */
        if (at / g->stride >= g->n || at % g->stride >= g->cols) {
            assert_int_equal(g->block[i], GUARD);
        }
    }
}

#endif
