/* The inner loops in AVX2 and FMA instructions. */
#include "core/kernels/kernels.h"

#if defined(__x86_64__)

#include "core/kernels/product.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

typedef __m256 vector;
typedef __m256i tail; /* the sign bit of each lane that exists */

enum { LANES = 8 };

/* 12 sums, 3 vectors of B and a broadcast are the 16 registers; so are 12 sums (of 6 elements),
 * 3 of R, one of D. */
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 3, FEW_ATOMS = 12, STRIPS_AHEAD = 2 };
enum { PROJECT_ROWS = 3, PROJECT_ATOMS = 2 };

static ALWAYS_INLINE tail first_lanes(size_t n)
{
    static const int32_t ones_then_zeros[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(const void *)(ones_then_zeros + LANES - n));
}

static ALWAYS_INLINE vector load_tail(const float *x, tail lanes)
{
    return _mm256_maskload_ps(x, lanes);
}

static ALWAYS_INLINE void store_tail(float *x, tail lanes, vector value)
{
    _mm256_maskstore_ps(x, lanes, value);
}

static ALWAYS_INLINE vector splat(float x)
{
    return _mm256_set1_ps(x);
}

static ALWAYS_INLINE vector multiply_add(vector a, vector b, vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static ALWAYS_INLINE vector larger(vector x, vector bound)
{
    return _mm256_max_ps(x, bound);
}

static ALWAYS_INLINE vector square_root(vector x)
{
    return _mm256_sqrt_ps(x);
}

static ALWAYS_INLINE void even_and_odd(vector low, vector high, vector *even, vector *odd)
{
    /* The halves of both first, as the shuffle stays within a half. */
    vector first = _mm256_permute2f128_ps(low, high, 0x20);
    vector second = _mm256_permute2f128_ps(low, high, 0x31);
    *even = _mm256_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0));
    *odd = _mm256_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1));
}

static ALWAYS_INLINE umi_quad add_quarters(const vector x[2])
{
    vector halves = x[0] + x[1];
    return _mm256_castps256_ps128(halves) + _mm256_extractf128_ps(halves, 1);
}

#include "core/kernels/vector_loops.h"

void umi_kernels_init_avx2(umi_kernels *kernels)
{
    fill_table(kernels, "avx2");
}

#else

void umi_kernels_init_avx2(umi_kernels *kernels)
{
    (void)kernels;
}

#endif
