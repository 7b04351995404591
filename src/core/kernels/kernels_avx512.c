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
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 3, FEW_ATOMS = 48, STRIPS_AHEAD = 1, PROJECT_ROWS = 4 };

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

/* All 16 sums in one vector, whatever `rows` is: by lanes 8 apart, 4, 2, 1. */
static ALWAYS_INLINE void sum_lanes(umi_quad *totals, vector sums[PROJECT_ROWS][UMI_PROJECT_ATOMS],
                                    int rows)
{
    vector y[UMI_PROJECT_ATOMS];
#pragma GCC unroll 4
    for (int k = 0; k < UMI_PROJECT_ATOMS; k++) {
        vector a = sums[0][k], b = sums[1][k], c = sums[2][k], d = sums[3][k];
        vector ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(1, 0, 1, 0)),
                                  _mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(3, 2, 3, 2)));
        vector cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, _MM_SHUFFLE(1, 0, 1, 0)),
                                  _mm512_shuffle_f32x4(c, d, _MM_SHUFFLE(3, 2, 3, 2)));
        y[k] = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                             _mm512_shuffle_f32x4(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
    }
    /* y[k] holds 4 sums of 4 lanes: quarter r belongs to sums[r][k]. */
    vector ab = _mm512_add_ps(_mm512_shuffle_ps(y[0], y[1], _MM_SHUFFLE(1, 0, 1, 0)),
                              _mm512_shuffle_ps(y[0], y[1], _MM_SHUFFLE(3, 2, 3, 2)));
    vector cd = _mm512_add_ps(_mm512_shuffle_ps(y[2], y[3], _MM_SHUFFLE(1, 0, 1, 0)),
                              _mm512_shuffle_ps(y[2], y[3], _MM_SHUFFLE(3, 2, 3, 2)));
    vector all = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                               _mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
    /* Quarter r is row r, its lanes the atoms. */
    umi_quad quarters[PROJECT_ROWS] = {_mm512_castps512_ps128(all), _mm512_extractf32x4_ps(all, 1),
                                       _mm512_extractf32x4_ps(all, 2),
                                       _mm512_extractf32x4_ps(all, 3)};
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        totals[r] = quarters[r];
    }
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
