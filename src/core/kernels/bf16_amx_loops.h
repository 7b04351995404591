/* The loops with operands in bfloat16, in tile instructions, for whoever includes this to bring
 * the instructions: bf16_amx.c brings those of the processor (amx_tile.h), a test a model of them
 * in plain C, and so all that is written here is tested where no processor has tiles. Brought
 * along as well is
 *
 *     round_quotients(rows, cols, width, X, X_stride, V, V_stride, R, R_pairs)
 *
 * which writes rows x 32 elements of R and R_pairs (both `width` columns wide, NULL: not wanted),
 * V / X for the first `cols` columns and 0 after them.
 *
 * Every product is made of blocks of 32 x 32 sums: tiles 0, 1 above 2, 3. Tiles 4, 5 hold 32 rows
 * of the left operand, 6, 7 hold 32 columns of the right one, both 32 numbers deep. Operands are
 * filled up to whole blocks, so that only P and N have edges: a block over an edge goes through a
 * buffer. Sums start at 0 or N and take 32 terms at a time, in order, whatever the block. */
#ifndef UMI_CORE_KERNELS_BF16_AMX_LOOPS_H
#define UMI_CORE_KERNELS_BF16_AMX_LOOPS_H

#include "core/kernels/bf16.h"

enum { AMX_HALF = 16, AMX_BLOCK = 32 };

typedef struct amx_block {
    _Alignas(64) float sums[AMX_BLOCK * AMX_BLOCK];
} amx_block;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void pack_dictionary(size_t cols, size_t atoms, const float *D, size_t D_stride,
                            umi_bf16 *D_pairs, umi_bf16 *D_lines)
{
    const size_t width = umi_bf16_filled(cols);
    const size_t depth = umi_bf16_filled(atoms);
    for (size_t k = 0; k < atoms; k++) {
        for (size_t m = 0; m < cols; m++) {
            umi_bf16 d = umi_bf16_from_float(D[k * D_stride + m]);
            D_pairs[k / 2 * 2 * width + 2 * m + k % 2] = d;
            D_lines[m / 2 * 2 * depth + 2 * k + m % 2] = d;
        }
    }
}

static void zero_sums(void)
{
    amx_zero(0);
    amx_zero(1);
    amx_zero(2);
    amx_zero(3);
}

static void load_sums(const float *from, size_t stride)
{
    const size_t row = stride * sizeof(float);
    amx_load(0, from, row);
    amx_load(1, from + AMX_HALF, row);
    amx_load(2, from + AMX_HALF * stride, row);
    amx_load(3, from + AMX_HALF * stride + AMX_HALF, row);
}

static void store_sums(float *to, size_t stride)
{
    const size_t row = stride * sizeof(float);
    amx_store(0, to, row);
    amx_store(1, to + AMX_HALF, row);
    amx_store(2, to + AMX_HALF * stride, row);
    amx_store(3, to + AMX_HALF * stride + AMX_HALF, row);
}

/* Adds products over `depth` numbers. A row of A is A_row numbers after the one before; a row of
 * pairs of B is B_row numbers after. Halves of the block that no result lies in are left out. */
static void add_to_sums(size_t depth, const umi_bf16 *A, size_t A_row, const umi_bf16 *B,
                        size_t B_row, bool lower, bool right)
{
    const size_t A_bytes = A_row * sizeof(umi_bf16);
    const size_t B_bytes = B_row * sizeof(umi_bf16);
    for (size_t k = 0; k < depth; k += AMX_BLOCK) {
        const umi_bf16 *b = B + k / 2 * B_row;
        amx_load(4, A + k, A_bytes);
        amx_load(6, b, B_bytes);
        amx_add_products(0, 4, 6);
        if (right) {
            amx_load(7, b + 2 * AMX_HALF, B_bytes);
            amx_add_products(1, 4, 7);
        }
        if (lower) {
            amx_load(5, A + AMX_HALF * A_row + k, A_bytes);
            amx_add_products(2, 5, 6);
        }
        if (lower && right) {
            amx_add_products(3, 5, 7);
        }
    }
}

/* Zeros for the frames from the end of `rows`, or of its last group, to the end of the fill.
 * `group` frames are one run of memory. */
static void fill_frames(umi_bf16 *ratios, size_t rows, size_t width, size_t group)
{
    if (ratios != NULL) {
        size_t begin = (rows + group - 1) / group * group;
        memset(ratios + begin * width, 0, (umi_bf16_filled(rows) - begin) * width * sizeof *ratios);
    }
}

/* Asks for a block of V, into the second cache. */
static void prefetch_block(const float *V, size_t rows, size_t V_stride)
{
    for (size_t t = 0; t < rows; t++) {
        __builtin_prefetch(V + t * V_stride, 0, 2);
        __builtin_prefetch(V + t * V_stride + AMX_HALF, 0, 2);
    }
}

static void ratio(size_t rows, size_t ahead, size_t cols, size_t atoms, const umi_bf16 *H,
                  const umi_bf16 *D_pairs, const float *V, size_t V_stride, umi_bf16 *R,
                  umi_bf16 *R_pairs)
{
    const size_t width = umi_bf16_filled(cols);
    const size_t depth = umi_bf16_filled(atoms);
    amx_block X;
    amx_configure();
    for (size_t m = 0; m < cols; m += AMX_BLOCK) {
        for (size_t t = 0; t < rows; t += AMX_BLOCK) {
            size_t height = smaller(rows - t, AMX_BLOCK);
            zero_sums();
            add_to_sums(depth, H + t * depth, depth, D_pairs + 2 * m, 2 * width, height > AMX_HALF,
                        true);
            store_sums(X.sums, AMX_BLOCK);
            if (t < ahead) {
                prefetch_block(V + (rows + t) * V_stride + m, smaller(ahead - t, AMX_BLOCK),
                               V_stride);
            }
            round_quotients(height, smaller(cols - m, AMX_BLOCK), width, X.sums, AMX_BLOCK,
                            V + t * V_stride + m, V_stride, R == NULL ? NULL : R + t * width + m,
                            R_pairs == NULL ? NULL : R_pairs + t * width + 2 * m);
        }
    }
    amx_release();
    fill_frames(R, rows, width, 1);
    fill_frames(R_pairs, rows, width, 2);
}

/* Rows of `cols` numbers from one matrix to another. */
static void copy_block(size_t rows, size_t cols, const float *from, size_t from_stride, float *to,
                       size_t to_stride)
{
    for (size_t r = 0; r < rows; r++) {
        memcpy(to + r * to_stride, from + r * from_stride, cols * sizeof(float));
    }
}

static void project(size_t rows, size_t cols, size_t atoms, const umi_bf16 *R,
                    const umi_bf16 *D_lines, float *P, size_t P_stride)
{
    const size_t width = umi_bf16_filled(cols);
    const size_t line = 2 * umi_bf16_filled(atoms);
    amx_block block;
    amx_configure();
    for (size_t t = 0; t < rows; t += AMX_BLOCK) {
        size_t height = smaller(rows - t, AMX_BLOCK);
        for (size_t k = 0; k < atoms; k += AMX_BLOCK) {
            size_t n = smaller(atoms - k, AMX_BLOCK);
            float *p = P + t * P_stride + k;
            zero_sums();
            add_to_sums(width, R + t * width, width, D_lines + 2 * k, line, height > AMX_HALF,
                        n > AMX_HALF);
            if (height == AMX_BLOCK && n == AMX_BLOCK) {
                store_sums(p, P_stride);
            } else {
                store_sums(block.sums, AMX_BLOCK);
                copy_block(height, n, block.sums, AMX_BLOCK, p, P_stride);
            }
        }
    }
    amx_release();
}

static void accumulate(size_t rows, size_t cols, size_t atoms, const umi_bf16 *H_t,
                       const umi_bf16 *R_pairs, float *N, size_t N_stride)
{
    const size_t width = umi_bf16_filled(cols);
    const size_t height = umi_bf16_filled(rows);
    amx_block block = {{0}}; /* what lies past an edge is some number, never NaN */
    amx_configure();
    for (size_t m = 0; m < cols; m += AMX_BLOCK) {
        size_t across = smaller(cols - m, AMX_BLOCK);
        for (size_t k = 0; k < atoms; k += AMX_BLOCK) {
            size_t n = smaller(atoms - k, AMX_BLOCK);
            bool whole = n == AMX_BLOCK && across == AMX_BLOCK;
            float *at = N + k * N_stride + m;
            float *sums = whole ? at : block.sums;
            size_t stride = whole ? N_stride : AMX_BLOCK;
            if (!whole) {
                copy_block(n, across, at, N_stride, sums, stride);
            }
            load_sums(sums, stride);
            add_to_sums(height, H_t + k * height, height, R_pairs + 2 * m, 2 * width, n > AMX_HALF,
                        across > AMX_HALF);
            store_sums(sums, stride);
            if (!whole) {
                copy_block(n, across, sums, stride, at, N_stride);
            }
        }
    }
    amx_release();
}

#endif
