/* The inner loops of the Kullback-Leibler iteration with operands in bfloat16 and sums in float32.
 *
 * bfloat16 is the upper half of a float32: its range, and 8 binary digits. Processors that have
 * instructions for it multiply two to eight times as many such numbers at once. They take their
 * operands in pairs that lie side by side, of neighbours along the dimension of the sum, so that
 * every matrix is packed, zeros filling each dimension up to a multiple of 32. With T = rows,
 * K = atoms, M = cols, and ^ for "filled up":
 *
 *     H        T^ x K^            activations: pairs along the atoms
 *     H_t      (K^ + 32) x T^     the same, transposed: pairs along the frames; the rows after K
 *                                 are read, not used, as a run of atoms may begin anywhere
 *     D_pairs  K^/2 x M^ x 2      dictionary: element (j, m, i) is atom 2 j + i at column m
 *     D_lines  K^ x M^            dictionary, pairs along the columns, in an order that is the
 *                                 table's own: what one row packed no other row reads
 *     R        T^ x M^            ratio: pairs along the columns
 *     R_pairs  T^/2 x M^ x 2      ratio: element (s, m, i) is frame 2 s + i at column m
 *
 * All start on UMI_ALIGNMENT and have no gaps. V, P and N are float32 and as in kernels.h.
 *
 * The scalar row is the specification. What every row promises:
 *  - Any T, K, M from 0 on, any strides of V, P, N >= the row's length.
 *  - Rounding to bfloat16 is to nearest, ties to even, and the same to the bit in all rows;
 *    numbers below FLT_MIN become 0, as the instructions treat them. The ratio is rounded from
 *    float32; its error before that is below 2^-13.
 *  - The bits of one output element depend on its own inputs and on K, M, never on T or on the
 *    row's place in the tile. accumulate adds frames in order, two (AMX: 32) at a time: splitting
 *    one call into two at a multiple of 32 frames changes no bit.
 *  - Nothing is read or written outside rows x cols of V, P and N. Packed operands are read filled
 *    up; whoever writes one fills it up, but for D_pairs, D_lines and the rows of H_t past K^,
 * whose memory starts as zeros.
 *  - A model value below UMI_MODEL_FLOOR counts as UMI_MODEL_FLOOR in the ratio.
 * Tables differ from each other by the order of the float32 sums and by how often these are
 * rounded; the instructions also take sums below FLT_MIN as 0. The approximate reciprocal of
 * the AVX-512 rows is the processor's: makers differ in its last digits, so that the bits of a
 * result hold for one make of processor. */
#ifndef UMI_CORE_KERNELS_BF16_H
#define UMI_CORE_KERNELS_BF16_H

#include "core/kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t umi_bf16;

enum { UMI_BF16_FILL = 32 };

/* n filled up. n must not be within UMI_BF16_FILL of SIZE_MAX. */
static inline size_t umi_bf16_filled(size_t n)
{
    return (n + UMI_BF16_FILL - 1) / UMI_BF16_FILL * UMI_BF16_FILL;
}

static inline umi_bf16 umi_bf16_from_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x)) {
        return (umi_bf16)(bits >> 16 | 0x40); /* quiet, and not an infinity by what was cut off */
    }
    if (fabsf(x) < FLT_MIN) {
        return (umi_bf16)(bits >> 16 & 0x8000);
    }
    return (umi_bf16)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static inline float umi_bf16_to_float(umi_bf16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

typedef struct umi_bf16_kernels {
    const char *name; /* "scalar", "avx512_bf16", "amx"; NULL: this processor has no such row */

    /* Once for every new D, K x M. */
    void (*pack_dictionary)(size_t cols, size_t atoms, const float *D, size_t D_stride,
                            umi_bf16 *D_pairs, umi_bf16 *D_lines);

    /* H_t may be NULL. */
    void (*pack_activations)(size_t rows, size_t atoms, const float *from, size_t from_stride,
                             umi_bf16 *H, umi_bf16 *H_t);

    /* V / (H D). R or R_pairs may be NULL: what nobody reads is not written. `ahead` rows of V
     * after the first `rows`, at most as many, are asked for on the way, so that they are in the
     * second cache when the next tile wants them: fetching V takes as long as the products of few
     * atoms. */
    void (*ratio)(size_t rows, size_t ahead, size_t cols, size_t atoms, const umi_bf16 *H,
                  const umi_bf16 *D_pairs, const float *V, size_t V_stride, umi_bf16 *R,
                  umi_bf16 *R_pairs);

    /* P = R D^T, T x K. */
    void (*project)(size_t rows, size_t cols, size_t atoms, const umi_bf16 *R,
                    const umi_bf16 *D_lines, float *P, size_t P_stride);

    /* N = N + H^T R, K x M. H_t may start at a later atom than the first. */
    void (*accumulate)(size_t rows, size_t cols, size_t atoms, const umi_bf16 *H_t,
                       const umi_bf16 *R_pairs, float *N, size_t N_stride);
} umi_bf16_kernels;

/* Fills *kernels with the named row, or, for NULL, the fastest row that the processor has
 * instructions for. False, and name = NULL, where there is none. */
bool umi_bf16_kernels_select(umi_bf16_kernels *kernels, const char *name);

void umi_bf16_kernels_init_scalar(umi_bf16_kernels *kernels);

/* The rungs of the ladder, each for a processor that has its instructions; the second takes from
 * the first what it does not do better. */
void umi_bf16_kernels_init_avx512(umi_bf16_kernels *kernels);
void umi_bf16_kernels_init_amx(umi_bf16_kernels *kernels);

/* Whether the processor has tiles for bfloat16 and the system lets this process use them, which
 * this asks for. */
bool umi_bf16_amx_is_available(void);

/* What bf16_amx_loops.h needs beside tiles, for a processor that has AVX512_BF16. */
void umi_bf16_round_quotients_avx512(size_t rows, size_t cols, size_t width, const float *X,
                                     size_t X_stride, const float *V, size_t V_stride, umi_bf16 *R,
                                     umi_bf16 *R_pairs);

#endif
