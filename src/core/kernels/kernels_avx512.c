/* The inner loops in AVX-512 instructions. */
#include "core/kernels/kernels.h"

#if defined(__x86_64__)

#include "core/kernels/product.h"

#include <immintrin.h>
#include <stddef.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

typedef __m512 vector;
typedef __mmask16 tail;

enum { LANES = 16 };

/* 12 sums keep two multipliers busy; with more, the work at the end of a block, most of all the
 * divisions, no longer overlaps with the beginning of the next one. A projection has no such end
 * and takes 16. */
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 3, FEW_ATOMS = 48, STRIPS_AHEAD = 1 };
enum { PROJECT_ROWS = 4, PROJECT_ATOMS = 4 };

static ALWAYS_INLINE tail first_lanes(size_t n)
{
    return (__mmask16)((1U << n) - 1U);
}

static ALWAYS_INLINE vector load_tail(const float *x, tail lanes)
{
    return _mm512_maskz_loadu_ps(lanes, x);
}

static ALWAYS_INLINE void store_tail(float *x, tail lanes, vector value)
{
    _mm512_mask_storeu_ps(x, lanes, value);
}

static ALWAYS_INLINE vector splat(float x)
{
    return _mm512_set1_ps(x);
}

static ALWAYS_INLINE vector multiply_add(vector a, vector b, vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static ALWAYS_INLINE vector larger(vector x, vector bound)
{
    return _mm512_max_ps(x, bound);
}

static ALWAYS_INLINE vector square_root(vector x)
{
    return _mm512_sqrt_ps(x);
}

static ALWAYS_INLINE void even_and_odd(vector low, vector high, vector *even, vector *odd)
{
    const __m512i evens =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odds =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    *even = _mm512_permutex2var_ps(low, evens, high);
    *odd = _mm512_permutex2var_ps(low, odds, high);
}

static ALWAYS_INLINE umi_quad add_quarters(const vector x[1])
{
    __m256 halves = _mm512_castps512_ps256(x[0]) + _mm512_extractf32x8_ps(x[0], 1);
    return _mm256_castps256_ps128(halves) + _mm256_extractf128_ps(halves, 1);
}

#include "core/kernels/vector_loops.h"

void umi_kernels_init_avx512(umi_kernels *kernels)
{
    fill_table(kernels, "avx512");
}

#else

void umi_kernels_init_avx512(umi_kernels *kernels)
{
    (void)kernels;
}

#endif
