/* Packing of the operands in bfloat16, in AVX-512 and AVX512_BF16 instructions. */
#include "core/kernels/bf16.h"

#if defined(__x86_64__)

#include "core/kernels/bf16_vectors.h"

void umi_bf16_pack_dictionary_avx512(size_t cols, size_t atoms, const float *D, size_t D_stride,
                                     umi_bf16 *D_pairs, umi_bf16 *D_lines)
{
    const size_t width = umi_bf16_filled(cols);
    for (size_t k = 0; k < atoms; k += 2) {
        const float *even = D + k * D_stride;
        /* The partner of a last atom that has none is read with no lane set. */
        const float *odd = k + 1 < atoms ? even + D_stride : even;
        for (size_t m = 0; m < width; m += 2 * LANES) {
            __mmask16 low = m < cols ? first_lanes(cols - m) : 0;
            __mmask16 high = m + LANES < cols ? first_lanes(cols - m - LANES) : 0;
            bool pair = k + 1 < atoms;
            __m512 a = _mm512_maskz_loadu_ps(low, even + m);
            __m512 b = _mm512_maskz_loadu_ps(high, even + m + LANES);
            __m512 c = _mm512_maskz_loadu_ps(pair ? low : 0, odd + m);
            __m512 d = _mm512_maskz_loadu_ps(pair ? high : 0, odd + m + LANES);
            _mm512_store_si512(D_pairs + k * width + 2 * m, round_pairs(a, c));
            _mm512_store_si512(D_pairs + k * width + 2 * m + 2 * LANES, round_pairs(b, d));
            _mm512_store_si512(D_lines + k * width + m, round_two(a, b));
            if (pair) {
                _mm512_store_si512(D_lines + (k + 1) * width + m, round_two(c, d));
            }
        }
    }
}

/* Sixteen atoms of two frames at a time: H takes them as they lie, in H_t a pair is one word of
 * every atom's row. */
void umi_bf16_pack_activations_avx512(size_t rows, size_t atoms, const float *from,
                                      size_t from_stride, umi_bf16 *H, umi_bf16 *H_t)
{
    const size_t height = umi_bf16_filled(rows);
    const size_t width = umi_bf16_filled(atoms);
    const __m512i every_row =
        _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                           _mm512_set1_epi32((int)(height / 2)));
    for (size_t t = 0; t < height; t += 2) {
        const float *even = from + (t < rows ? t : 0) * from_stride;
        const float *odd = from + (t + 1 < rows ? t + 1 : 0) * from_stride;
        for (size_t k = 0; k < width; k += LANES) {
            __mmask16 lanes = k < atoms ? first_lanes(atoms - k) : 0;
            __m512 a = _mm512_maskz_loadu_ps(t < rows ? lanes : 0, even + k);
            __m512 b = _mm512_maskz_loadu_ps(t + 1 < rows ? lanes : 0, odd + k);
            __m512i both = round_two(a, b);
            _mm256_store_si256((__m256i *)(void *)(H + t * width + k),
                               _mm512_castsi512_si256(both));
            _mm256_store_si256((__m256i *)(void *)(H + (t + 1) * width + k),
                               _mm512_extracti64x4_epi64(both, 1));
            if (H_t != NULL) {
                _mm512_i32scatter_epi32(H_t + k * height + t, every_row, round_pairs(a, b), 4);
            }
        }
    }
}

#endif
