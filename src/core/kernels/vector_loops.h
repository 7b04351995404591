/* The inner loops of the SIMD rows, written once for vectors of any width.
 *
 * Each kernels_ROW.c first says what a vector is on its processor and then includes this, which
 * makes the functions of its table, compiled with its own flags. It has to define:
 *
 *     vector, LANES           a vector type of that many floats
 *     tail                    which lanes of a row's last vector exist: all, or fewer
 *     tail first_lanes(n)     the first n, 1 <= n <= LANES
 *     load_tail, store_tail   touch those lanes alone; the others read as 0
 *     splat(x)                x in every lane
 *     multiply_add(a, b, c)   a b + c, in one rounding where the processor can
 *     larger(x, bound)        the larger one; bound where x is not a number
 *     square_root(x)
 *     even_and_odd            the even and the odd ones of 2 LANES floats in two vectors
 *     add_quarters(x)         the quad of the sums 8, then 4 apart in the vectors of one element
 *
 * and, as constants, BLOCK_ROWS, BLOCK_VECTORS, FEW_ATOMS, STRIPS_AHEAD, PROJECT_ROWS,
 * PROJECT_ATOMS, which are explained where they are used. Arithmetic on vectors is written with C's
 * operators.
 *
 * A block of C = A B stays in registers for the whole depth of the sum; blocks of one strip of
 * columns follow each other, so that the strip of B stays in the first cache. project keeps
 * UMI_PARTIAL_SUMS partial sums of each of PROJECT_ROWS x PROJECT_ATOMS elements instead.
 *
 * Whatever the shape of the block that an element falls into and however wide the vectors are, it
 * sees the same operations in the same order. That is what makes its bits independent of the tile,
 * and of the processor as far as multiply_add rounds alike.
 *
 * The loops over the parts of a block are unrolled by name: only then does GCC keep the sums in
 * registers. */
#ifndef UMI_CORE_KERNELS_VECTOR_LOOPS_H
#define UMI_CORE_KERNELS_VECTOR_LOOPS_H

#include "core/kernels/kernels.h"
#include "core/kernels/product.h"

#include <stdbool.h>
#include <stdint.h>

typedef int32_t integers __attribute__((vector_size(sizeof(vector))));
/* As it lies among floats. GCC keeps fewer pointers for accesses by this type than for memcpy. */
typedef float unaligned_vector
    __attribute__((vector_size(sizeof(vector)), aligned(sizeof(float)), may_alias));

static ALWAYS_INLINE vector load_whole(const float *x)
{
    return *(const unaligned_vector *)x;
}

static ALWAYS_INLINE void store_whole(float *x, vector value)
{
    *(unaligned_vector *)x = value;
}

/* Part of a vector costs more to access, so that whole ones do without. */
static ALWAYS_INLINE vector load(const float *x, bool whole, tail lanes)
{
    return whole ? load_whole(x) : load_tail(x, lanes);
}

static ALWAYS_INLINE void store(float *x, bool whole, tail lanes, vector value)
{
    if (whole) {
        store_whole(x, value);
    } else {
        store_tail(x, lanes, value);
    }
}

/* -- C = A B ----------------------------------------------------------------------------------- */

/* One row alone takes as many vectors at a time: fewer sums would wait for one another. */
enum { VECTORS_MAX = 8 };

/* Asks for V under a strip to come, STRIPS_AHEAD of this one: its short pieces of many rows are
 * nothing that a processor would foresee, and without this the ratio of few atoms waits for memory
 * most of the time. What is asked for is the cache lines in which every 16th element and the last
 * one lie: where V is not aligned, the strip before has asked for the one in which the first
 * begins. */
static ALWAYS_INLINE void prefetch_ahead(const umi_product *p, size_t i, size_t m, int rows,
                                         int vectors)
{
    enum { LINE = 16 }; /* floats */
    const int strip = vectors * LANES;
    if (m + (STRIPS_AHEAD + 1) * (size_t)strip <= p->cols) {
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            const float *V = p->V + (i + (size_t)r) * p->V_stride + m + STRIPS_AHEAD * strip;
#pragma GCC unroll 8
            for (int last = LINE - 1; last < strip - 1; last += LINE) {
                __builtin_prefetch(V + last);
            }
            __builtin_prefetch(V + strip - 1);
        }
    }
}

/* rows x (vectors * LANES) elements of C from row i and column m on. `rows`, `vectors`, `whole`
 * and `end` are constants where this is called, so that the sums are registers and the loops over
 * them vanish. Unless `whole`, `lanes` are the columns that exist in the last vector. */
static ALWAYS_INLINE void product_block(const umi_product *p, size_t i, size_t m, int rows,
                                        int vectors, bool whole, tail lanes, umi_finish end)
{
    vector sums[BLOCK_ROWS][VECTORS_MAX];
    const float *A = p->A + i * p->A_row;
    const float *B = p->B + m;
    float *C = p->C + i * p->C_stride + m;
    if (end == UMI_DIVIDE) {
        prefetch_ahead(p, i, m, rows, vectors);
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            bool all = whole || v < vectors - 1;
            const float *c = C + (size_t)r * p->C_stride + v * LANES;
            sums[r][v] = end == UMI_ADD ? load(c, all, lanes) : splat(0.0F);
        }
    }
    for (size_t k = 0; k < p->depth; k++, A += p->A_step, B += p->B_stride) {
        vector b[VECTORS_MAX];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            b[v] = load(B + v * LANES, whole || v < vectors - 1, lanes);
        }
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            vector a = splat(A[(size_t)r * p->A_row]);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) {
                sums[r][v] = multiply_add(a, b[v], sums[r][v]);
            }
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            bool all = whole || v < vectors - 1;
            vector c = sums[r][v];
            if (end == UMI_DIVIDE) {
                const float *V = p->V + (i + (size_t)r) * p->V_stride + m + v * LANES;
                c = load(V, all, lanes) / larger(c, splat(UMI_MODEL_FLOOR));
            }
            store(C + v * LANES, all, lanes, c);
        }
        C += p->C_stride;
    }
}

/* All rows of one strip of columns, BLOCK_ROWS at a time as long as there are so many. */
static ALWAYS_INLINE void product_strip(const umi_product *p, size_t m, int vectors, bool whole,
                                        tail lanes, umi_finish end)
{
    size_t i = 0;
    for (; i + BLOCK_ROWS <= p->rows; i += BLOCK_ROWS) {
        product_block(p, i, m, BLOCK_ROWS, vectors, whole, lanes, end);
    }
    for (; i + 2 <= p->rows; i += 2) {
        product_block(p, i, m, 2, vectors, whole, lanes, end);
    }
    for (; i < p->rows; i++) {
        product_block(p, i, m, 1, vectors, whole, lanes, end);
    }
}

/* Strips of `vectors` vectors, from 2 on, and what is left. */
static ALWAYS_INLINE void multiply(const umi_product *p, int vectors, umi_finish end)
{
    const size_t strip = (size_t)vectors * LANES;
    const size_t wide = (size_t)VECTORS_MAX * LANES;
    size_t m = 0;
    if (p->rows == 1) {
        for (; m + wide <= p->cols; m += wide) {
            product_block(p, 0, m, 1, VECTORS_MAX, true, first_lanes(LANES), end);
        }
    }
    for (; m + strip <= p->cols; m += strip) {
        product_strip(p, m, vectors, true, first_lanes(LANES), end);
    }
    size_t left = p->cols - m;
    if (vectors > 3 && left > 3 * LANES) {
        product_strip(p, m, 4, false, first_lanes(left - 3 * LANES), end);
    } else if (vectors > 2 && left > 2 * LANES) {
        product_strip(p, m, 3, false, first_lanes(left - 2 * LANES), end);
    } else if (left > LANES) {
        product_strip(p, m, 2, false, first_lanes(left - LANES), end);
    } else if (left > 0) {
        product_strip(p, m, 1, false, first_lanes(left), end);
    }
}

static void model(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, float *X, size_t X_stride)
{
    umi_product p = {rows, cols, atoms, H, H_stride, 1, D, D_stride, NULL, 0, X, X_stride};
    multiply(&p, BLOCK_VECTORS, UMI_STORE);
}

/* Up to FEW_ATOMS the divisions count most, and blocks of 2 vectors hide more of them. */
static void ratio(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, const float *V, size_t V_stride, float *R,
                  size_t R_stride)
{
    umi_product p = {rows, cols, atoms, H, H_stride, 1, D, D_stride, V, V_stride, R, R_stride};
    if (atoms <= FEW_ATOMS) {
        multiply(&p, 2, UMI_DIVIDE);
    } else {
        multiply(&p, BLOCK_VECTORS, UMI_DIVIDE);
    }
}

static void accumulate(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                       const float *R, size_t R_stride, float *N, size_t N_stride)
{
    umi_product p = {atoms, cols, rows, H, 1, H_stride, R, R_stride, NULL, 0, N, N_stride};
    multiply(&p, BLOCK_VECTORS, UMI_ADD);
}

/* -- P = R D^T --------------------------------------------------------------------------------- */

/* Vectors that hold the partial sums of one element. */
enum { SUM_VECTORS = UMI_PARTIAL_SUMS / LANES };

/* Quads that hold the elements of a block. */
enum { N_QUADS = (PROJECT_ROWS * PROJECT_ATOMS + UMI_QUAD - 1) / UMI_QUAD };

/* The partial sums of the elements of a block, element by element, as many as fill quads. */
typedef vector partial_sums[UMI_QUAD * N_QUADS][SUM_VECTORS];

static ALWAYS_INLINE void clear_sums(partial_sums sums)
{
#pragma GCC unroll 16
    for (int e = 0; e < UMI_QUAD * N_QUADS; e++) {
#pragma GCC unroll 4
        for (int v = 0; v < SUM_VECTORS; v++) {
            sums[e][v] = splat(0.0F);
        }
    }
}

/* Four elements' sums: those 8 and 4 apart were added first, now 2 apart, then neighbours. */
static ALWAYS_INLINE umi_quad sum_quad(partial_sums sums, int first)
{
    umi_quad x[UMI_QUAD];
#pragma GCC unroll 4
    for (int i = 0; i < UMI_QUAD; i++) {
        x[i] = add_quarters(sums[first + i]);
    }
    umi_quad low = __builtin_shufflevector(x[0], x[1], 0, 1, 4, 5) +
                   __builtin_shufflevector(x[0], x[1], 2, 3, 6, 7);
    umi_quad high = __builtin_shufflevector(x[2], x[3], 0, 1, 4, 5) +
                    __builtin_shufflevector(x[2], x[3], 2, 3, 6, 7);
    return __builtin_shufflevector(low, high, 0, 2, 4, 6) +
           __builtin_shufflevector(low, high, 1, 3, 5, 7);
}

/* Keeps *x in a register. GCC would read it from memory again for each of two uses, and loads, not
 * products, would set the pace. */
static ALWAYS_INLINE void hold(vector *x)
{
#if defined(__aarch64__)
    __asm__("" : "+w"(*x));
#else
    __asm__("" : "+v"(*x));
#endif
}

/* Adds the products of one vector of columns to the v-th vector of each element's sums. */
static ALWAYS_INLINE void project_step(partial_sums sums, int v, const float *R, size_t R_stride,
                                       const float *D, size_t D_stride, int rows, int atoms,
                                       bool whole, tail lanes)
{
    vector r[PROJECT_ROWS];
#pragma GCC unroll 4
    for (int t = 0; t < rows; t++) {
        r[t] = load(R + (size_t)t * R_stride, whole, lanes);
        hold(&r[t]);
    }
#pragma GCC unroll 4
    for (int k = 0; k < atoms; k++) {
        vector d = load(D + (size_t)k * D_stride, whole, lanes);
#pragma GCC unroll 4
        for (int t = 0; t < rows; t++) {
            vector *sum = &sums[t * PROJECT_ATOMS + k][v];
            *sum = multiply_add(r[t], d, *sum);
        }
    }
}

/* rows x atoms elements of P from frame t and atom k on, summed over the columns from `begin` to
 * `end`; later blocks of columns add to what the first one stored. */
static ALWAYS_INLINE void project_block(const umi_projection *p, size_t t, size_t k, int rows,
                                        int atoms, size_t begin, size_t end)
{
    partial_sums sums;
    const float *R = p->R + t * p->R_stride;
    const float *D = p->D + k * p->D_stride;
    clear_sums(sums);
    size_t m = begin;
    for (; m + UMI_PARTIAL_SUMS <= end; m += UMI_PARTIAL_SUMS) {
#pragma GCC unroll 4
        for (int v = 0; v < SUM_VECTORS; v++) {
            project_step(sums, v, R + m + v * LANES, p->R_stride, D + m + v * LANES, p->D_stride,
                         rows, atoms, true, first_lanes(LANES));
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < SUM_VECTORS; v++, m += LANES) {
        if (m < end) {
            project_step(sums, v, R + m, p->R_stride, D + m, p->D_stride, rows, atoms, false,
                         first_lanes(end - m < LANES ? end - m : LANES));
        }
    }
    umi_quad totals[N_QUADS];
#pragma GCC unroll 4
    for (int q = 0; q < N_QUADS; q++) {
        totals[q] = sum_quad(sums, UMI_QUAD * q);
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        float *P = p->P + (t + (size_t)r) * p->P_stride + k;
#pragma GCC unroll 4
        for (int a = 0; a < atoms; a++) {
            const int e = r * PROJECT_ATOMS + a;
            const float total = totals[e / UMI_QUAD][e % UMI_QUAD];
            P[a] = begin > 0 ? P[a] + total : total;
        }
    }
}

static ALWAYS_INLINE void project_atoms(const umi_projection *p, size_t k, int atoms, size_t begin,
                                        size_t end)
{
    size_t t = 0;
    for (; t + PROJECT_ROWS <= p->rows; t += PROJECT_ROWS) {
        project_block(p, t, k, PROJECT_ROWS, atoms, begin, end);
    }
    for (; PROJECT_ROWS > 2 && t + 2 <= p->rows; t += 2) {
        project_block(p, t, k, 2, atoms, begin, end);
    }
    for (; t < p->rows; t++) {
        project_block(p, t, k, 1, atoms, begin, end);
    }
}

static ALWAYS_INLINE void project_columns(const umi_projection *p, size_t begin, size_t end)
{
    size_t k = 0;
    for (; k + PROJECT_ATOMS <= p->atoms; k += PROJECT_ATOMS) {
        project_atoms(p, k, PROJECT_ATOMS, begin, end);
    }
    for (; k < p->atoms; k++) {
        project_atoms(p, k, 1, begin, end);
    }
}

static void project(size_t rows, size_t cols, size_t atoms, const float *R, size_t R_stride,
                    const float *D, size_t D_stride, float *P, size_t P_stride)
{
    umi_projection p = {rows, cols, atoms, R, R_stride, D, D_stride, P, P_stride};
    const size_t width = umi_projection_width(cols, UMI_PARTIAL_SUMS);
    size_t begin = 0;
    /* At least once, so that no columns give zeros. */
    do {
        size_t end = p.cols - begin > width ? begin + width : p.cols;
        project_columns(&p, begin, end);
        begin = end;
    } while (begin < p.cols);
}

#include "core/kernels/row_loops.h"

/* -- Over entries ------------------------------------------------------------------------------ */

#include "core/kernels/entries_loops.h"

/* -- The table --------------------------------------------------------------------------------- */

static void fill_table(umi_kernels *kernels, const char *name)
{
    kernels->name = name;
    kernels->model = model;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
    kernels->weighted_log = weighted_log;
    kernels->beta_terms = beta_terms;
    kernels->ratio_entries = ratio_entries;
    kernels->project_entries = project_entries;
    kernels->band = band;
    kernels->magnitude = magnitude;
}

#endif
