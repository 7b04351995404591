/* What the files of the AVX512_BF16 row share. Only for sources that are compiled with its
 * instructions. */
#ifndef UMI_CORE_KERNELS_BF16_VECTORS_H
#define UMI_CORE_KERNELS_BF16_VECTORS_H

#include "core/kernels/bf16.h"

#include <immintrin.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { LANES = 16 };

static ALWAYS_INLINE __mmask16 first_lanes(size_t n)
{
    return n < LANES ? (__mmask16)((1U << n) - 1U) : (__mmask16)0xFFFF;
}

/* 32 numbers: those of `first`, then those of `second`. */
static ALWAYS_INLINE __m512i round_two(__m512 first, __m512 second)
{
    return (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

/* The same, one of `first` and one of `second` in turns. */
static ALWAYS_INLINE __m512i round_pairs(__m512 first, __m512 second)
{
    const __m512i turns =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(turns, round_two(first, second));
}

/* -- bf16_pack_avx512.c: see the table --------------------------------------------------------- */

void umi_bf16_pack_dictionary_avx512(size_t cols, size_t atoms, const float *D, size_t D_stride,
                                     umi_bf16 *D_pairs, umi_bf16 *D_lines);
void umi_bf16_pack_activations_avx512(size_t rows, size_t atoms, const float *from,
                                      size_t from_stride, umi_bf16 *H, umi_bf16 *H_t);

#endif
