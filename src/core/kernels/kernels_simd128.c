/* The inner loops in vectors of 128 bits, which every x86-64 and every 64-bit Arm has: SSE2 and
 * NEON. */
#include "core/kernels/kernels.h"

#if defined(__x86_64__) || defined(__aarch64__)

#include "core/kernels/product.h"

#include <stddef.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#else
#include <arm_neon.h>
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { LANES = 4 };

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef size_t tail; /* how many lanes exist */

#if defined(__x86_64__)

static const char row_name[] = "sse2";

/* 12 sums, 3 vectors of B and a product are the 16 registers; so are 12 sums (of 3 elements), one
 * vector of R, one of D and a product, with one to spare. */
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 3, FEW_ATOMS = 0, STRIPS_AHEAD = 2 };
enum { PROJECT_ROWS = 1, PROJECT_ATOMS = 3 };

static ALWAYS_INLINE vector multiply_add(vector a, vector b, vector c)
{
    return a * b + c;
}

static ALWAYS_INLINE vector larger(vector x, vector bound)
{
    return _mm_max_ps(x, bound);
}

static ALWAYS_INLINE vector square_root(vector x)
{
    return _mm_sqrt_ps(x);
}

static ALWAYS_INLINE void even_and_odd(vector low, vector high, vector *even, vector *odd)
{
    *even = _mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0));
    *odd = _mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1));
}

#else

static const char row_name[] = "neon";

/* There are 32 registers: 16 sums keep four multipliers busy, each with 4 additions under way. A
 * projection has 24 sums, of 6 elements, 3 vectors of R and one of D. */
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 4, FEW_ATOMS = 0, STRIPS_AHEAD = 2 };
enum { PROJECT_ROWS = 3, PROJECT_ATOMS = 2 };

static ALWAYS_INLINE vector multiply_add(vector a, vector b, vector c)
{
    return vfmaq_f32(c, a, b);
}

static ALWAYS_INLINE vector larger(vector x, vector bound)
{
    return vmaxnmq_f32(x, bound); /* vmaxq_f32 would give back what is not a number */
}

static ALWAYS_INLINE vector square_root(vector x)
{
    return vsqrtq_f32(x);
}

static ALWAYS_INLINE void even_and_odd(vector low, vector high, vector *even, vector *odd)
{
    *even = vuzp1q_f32(low, high);
    *odd = vuzp2q_f32(low, high);
}

#endif

static ALWAYS_INLINE tail first_lanes(size_t n)
{
    return n;
}

static ALWAYS_INLINE vector load_tail(const float *x, tail n)
{
    vector value = {x[0], n > 1 ? x[1] : 0.0F, n > 2 ? x[2] : 0.0F, n > 3 ? x[3] : 0.0F};
    return value;
}

static ALWAYS_INLINE void store_tail(float *x, tail n, vector value)
{
    x[0] = value[0];
    if (n > 1) {
        x[1] = value[1];
    }
    if (n > 2) {
        x[2] = value[2];
    }
    if (n > 3) {
        x[3] = value[3];
    }
}

static ALWAYS_INLINE vector splat(float x)
{
    vector value = {x, x, x, x};
    return value;
}

static ALWAYS_INLINE umi_quad add_quarters(const vector x[4])
{
    return (x[0] + x[2]) + (x[1] + x[3]);
}

#include "core/kernels/vector_loops.h"

void umi_kernels_init_simd128(umi_kernels *kernels)
{
    fill_table(kernels, row_name);
}

#else

void umi_kernels_init_simd128(umi_kernels *kernels)
{
    (void)kernels;
}

#endif
