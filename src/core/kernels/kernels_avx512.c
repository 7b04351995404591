/* The inner loops in AVX-512 instructions.
 *
 * A block of C = A B stays in registers for the whole depth of the sum; blocks of one strip of
 * columns follow each other, so that the strip of B stays in the first cache. project keeps 16
 * partial sums an element instead.
 *
 * Whatever the shape of the block that an element falls into, it sees the same operations in the
 * same order. That is what makes its bits independent of the tile.
 *
 * The loops over the parts of a block are unrolled by name: only then does GCC keep the sums in
 * registers. */
#include "core/kernels/kernels.h"

#if defined(__x86_64__)

#include "core/kernels/log_polynomial.h"
#include "core/kernels/product.h"

#include <float.h>
#include <immintrin.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { LANES = 16 };

/* The first n lanes, n <= LANES. */
static ALWAYS_INLINE __mmask16 first_lanes(size_t n)
{
    return (__mmask16)((1U << n) - 1U);
}

/* -- C = A B ----------------------------------------------------------------------------------- */

/* The largest block. 12 sums keep two multipliers busy; with more, the work at the end of a block,
 * most of all the divisions, no longer overlaps with the beginning of the next one. */
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 3 };

/* Up to so many atoms the divisions count most, and blocks of 2 vectors hide more of them. */
enum { FEW_ATOMS = 48 };

/* Asks for V under the next strip: its short pieces of many rows are nothing that a processor
 * would foresee, and without this the ratio of few atoms waits for memory most of the time. What
 * is asked for is the cache line in which each vector ends: where V is not aligned, the strip
 * before has asked for the one in which the first begins. */
static ALWAYS_INLINE void prefetch_next(const umi_product *p, size_t i, size_t m, int rows,
                                        int vectors)
{
    size_t strip = (size_t)vectors * LANES;
    if (m + 2 * strip <= p->cols) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            const float *V = p->V + (i + (size_t)r) * p->V_stride + m + strip;
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                _mm_prefetch((const char *)(V + v * LANES + LANES - 1), _MM_HINT_T0);
            }
        }
    }
}

/* rows x (vectors * LANES) elements of C from row i and column m on. `rows`, `vectors` and `end`
 * are constants where this is called, so that the sums are registers and the loops over them
 * vanish; `mask` holds the columns that exist in the last vector. */
static ALWAYS_INLINE void product_block(const umi_product *p, size_t i, size_t m, int rows,
                                        int vectors, __mmask16 mask, umi_finish end)
{
    __m512 sums[BLOCK_ROWS][BLOCK_VECTORS];
    const float *A = p->A + i * p->A_row;
    const float *B = p->B + m;
    float *C = p->C + i * p->C_stride + m;
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            __mmask16 lanes = v == vectors - 1 ? mask : 0xFFFF;
            sums[r][v] = end == UMI_ADD
                             ? _mm512_maskz_loadu_ps(lanes, C + (size_t)r * p->C_stride + v * LANES)
                             : _mm512_setzero_ps();
        }
    }
    if (end == UMI_DIVIDE) {
        prefetch_next(p, i, m, rows, vectors);
    }
    for (size_t k = 0; k < p->depth; k++) {
        __m512 b[BLOCK_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            b[v] = _mm512_maskz_loadu_ps(v == vectors - 1 ? mask : 0xFFFF,
                                         B + k * p->B_stride + v * LANES);
        }
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            __m512 a = _mm512_set1_ps(A[(size_t)r * p->A_row + k * p->A_step]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                sums[r][v] = _mm512_fmadd_ps(a, b[v], sums[r][v]);
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            __mmask16 lanes = v == vectors - 1 ? mask : 0xFFFF;
            __m512 c = sums[r][v];
            if (end == UMI_DIVIDE) {
                const float *V = p->V + (i + (size_t)r) * p->V_stride + m + v * LANES;
                c = _mm512_div_ps(_mm512_maskz_loadu_ps(lanes, V),
                                  _mm512_max_ps(c, _mm512_set1_ps(UMI_MODEL_FLOOR)));
            }
            _mm512_mask_storeu_ps(C + (size_t)r * p->C_stride + v * LANES, lanes, c);
        }
    }
}

/* All rows of one strip of columns. */
static ALWAYS_INLINE void product_strip(const umi_product *p, size_t m, int vectors, __mmask16 mask,
                                        umi_finish end)
{
    size_t i = 0;
    for (; i + BLOCK_ROWS <= p->rows; i += BLOCK_ROWS) {
        product_block(p, i, m, BLOCK_ROWS, vectors, mask, end);
    }
    for (; i + 2 <= p->rows; i += 2) {
        product_block(p, i, m, 2, vectors, mask, end);
    }
    for (; i < p->rows; i++) {
        product_block(p, i, m, 1, vectors, mask, end);
    }
}

/* Strips of `vectors` vectors, and what is left. */
static ALWAYS_INLINE void multiply(const umi_product *p, int vectors, umi_finish end)
{
    const size_t strip = (size_t)vectors * LANES;
    size_t m = 0;
    for (; m + strip <= p->cols; m += strip) {
        product_strip(p, m, vectors, 0xFFFF, end);
    }
    size_t left = p->cols - m;
    if (vectors == 3 && left > 2 * LANES) {
        product_strip(p, m, 3, first_lanes(left - 2 * LANES), end);
    } else if (left > LANES) {
        product_strip(p, m, 2, first_lanes(left - LANES), end);
    } else if (left > 0) {
        product_strip(p, m, 1, first_lanes(left), end);
    }
}

static void model(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, float *X, size_t X_stride)
{
    umi_product p = {rows, cols, atoms, H, H_stride, 1, D, D_stride, NULL, 0, X, X_stride};
    multiply(&p, BLOCK_VECTORS, UMI_STORE);
}

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

enum { PROJECT_ROWS = 4, PROJECT_ATOMS = 4 };

/* Adds the products of one vector of columns. sums[4 k + t] is that of frame t and atom k. */
static ALWAYS_INLINE void project_step(__m512 *sums, const float *R, size_t R_stride,
                                       const float *D, size_t D_stride, int rows, int atoms,
                                       __mmask16 mask)
{
    __m512 r[PROJECT_ROWS];
#pragma GCC unroll 4
    for (int t = 0; t < rows; t++) {
        r[t] = _mm512_maskz_loadu_ps(mask, R + (size_t)t * R_stride);
    }
#pragma GCC unroll 4
    for (int k = 0; k < atoms; k++) {
        __m512 d = _mm512_maskz_loadu_ps(mask, D + (size_t)k * D_stride);
#pragma GCC unroll 4
        for (int t = 0; t < rows; t++) {
            sums[PROJECT_ROWS * k + t] = _mm512_fmadd_ps(r[t], d, sums[PROJECT_ROWS * k + t]);
        }
    }
}

/* The sums over the lanes of 16 vectors, in one. Always the same tree: lanes 8 apart, 4, 2, 1. */
static ALWAYS_INLINE __m512 sums_of_lanes(const __m512 x[16])
{
    __m512 y[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m512 *s = x + 4 * i;
        __m512 ab = _mm512_add_ps(_mm512_shuffle_f32x4(s[0], s[1], _MM_SHUFFLE(1, 0, 1, 0)),
                                  _mm512_shuffle_f32x4(s[0], s[1], _MM_SHUFFLE(3, 2, 3, 2)));
        __m512 cd = _mm512_add_ps(_mm512_shuffle_f32x4(s[2], s[3], _MM_SHUFFLE(1, 0, 1, 0)),
                                  _mm512_shuffle_f32x4(s[2], s[3], _MM_SHUFFLE(3, 2, 3, 2)));
        y[i] = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                             _mm512_shuffle_f32x4(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
    }
    /* y[i] holds 4 sums of 4 lanes: quarter j belongs to x[4 i + j]. */
    __m512 ab = _mm512_add_ps(_mm512_shuffle_ps(y[0], y[1], _MM_SHUFFLE(1, 0, 1, 0)),
                              _mm512_shuffle_ps(y[0], y[1], _MM_SHUFFLE(3, 2, 3, 2)));
    __m512 cd = _mm512_add_ps(_mm512_shuffle_ps(y[2], y[3], _MM_SHUFFLE(1, 0, 1, 0)),
                              _mm512_shuffle_ps(y[2], y[3], _MM_SHUFFLE(3, 2, 3, 2)));
    /* Lane 4 j + i of the result is the sum of x[4 i + j]. */
    return _mm512_add_ps(_mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                         _mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
}

/* rows x atoms elements of P from frame t and atom k on, summed over the columns from `begin` to
 * `end`; later blocks of columns add to what the first one stored. */
static ALWAYS_INLINE void project_block(const umi_projection *p, size_t t, size_t k, int rows,
                                        int atoms, size_t begin, size_t end)
{
    __m512 sums[PROJECT_ATOMS * PROJECT_ROWS];
    const float *R = p->R + t * p->R_stride;
    const float *D = p->D + k * p->D_stride;
#pragma GCC unroll 16
    for (int i = 0; i < PROJECT_ATOMS * PROJECT_ROWS; i++) {
        sums[i] = _mm512_setzero_ps();
    }
    size_t m = begin;
    for (; m + LANES <= end; m += LANES) {
        project_step(sums, R + m, p->R_stride, D + m, p->D_stride, rows, atoms, 0xFFFF);
    }
    if (m < end) {
        project_step(sums, R + m, p->R_stride, D + m, p->D_stride, rows, atoms,
                     first_lanes(end - m));
    }
    __m512 totals = sums_of_lanes(sums);
    __m128 quarters[PROJECT_ROWS] = {
        _mm512_castps512_ps128(totals), _mm512_extractf32x4_ps(totals, 1),
        _mm512_extractf32x4_ps(totals, 2), _mm512_extractf32x4_ps(totals, 3)};
    __mmask8 lanes = (__mmask8)((1U << atoms) - 1U);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        float *P = p->P + (t + (size_t)r) * p->P_stride + k;
        __m128 sum = quarters[r];
        if (begin > 0) {
            sum = _mm_add_ps(_mm_maskz_loadu_ps(lanes, P), sum);
        }
        _mm_mask_storeu_ps(P, lanes, sum);
    }
}

static ALWAYS_INLINE void project_atoms(const umi_projection *p, size_t k, int atoms, size_t begin,
                                        size_t end)
{
    size_t t = 0;
    for (; t + PROJECT_ROWS <= p->rows; t += PROJECT_ROWS) {
        project_block(p, t, k, PROJECT_ROWS, atoms, begin, end);
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
    const size_t width = umi_projection_width(cols, LANES);
    size_t begin = 0;
    /* At least once, so that no columns give zeros. */
    do {
        size_t end = p.cols - begin > width ? begin + width : p.cols;
        project_columns(&p, begin, end);
        begin = end;
    } while (begin < p.cols);
}

/* -- Along one row ----------------------------------------------------------------------------- */

static ALWAYS_INLINE __m512 logarithm(__m512 x)
{
    /* x = f 2^e with f in [0.5, 1), then in [sqrt(1/2), sqrt(2)), around 1. */
    __m512 e = _mm512_add_ps(_mm512_getexp_ps(x), _mm512_set1_ps(1.0F));
    __m512 f = _mm512_getmant_ps(x, _MM_MANT_NORM_p5_1, _MM_MANT_SIGN_src);
    __mmask16 low = _mm512_cmp_ps_mask(f, _mm512_set1_ps(UMI_SQRT_HALF), _CMP_LT_OQ);
    f = _mm512_mask_add_ps(f, low, f, f);
    e = _mm512_mask_sub_ps(e, low, e, _mm512_set1_ps(1.0F));
    f = _mm512_sub_ps(f, _mm512_set1_ps(1.0F));

    __m512 q = _mm512_set1_ps(umi_log_polynomial[0]);
    for (int i = 1; i < UMI_LOG_TERMS; i++) {
        q = _mm512_fmadd_ps(q, f, _mm512_set1_ps(umi_log_polynomial[i]));
    }
    /* The small terms first, the large ones last. */
    __m512 square = _mm512_mul_ps(f, f);
    __m512 sum = _mm512_mul_ps(_mm512_mul_ps(q, f), square);
    sum = _mm512_fmadd_ps(e, _mm512_set1_ps(UMI_LOG_2_LOW), sum);
    sum = _mm512_fnmadd_ps(_mm512_set1_ps(0.5F), square, sum);
    sum = _mm512_add_ps(f, sum);
    return _mm512_fmadd_ps(e, _mm512_set1_ps(UMI_LOG_2_HIGH), sum);
}

static double weighted_log(size_t n, const float *V, const float *R)
{
    enum { BLOCK = 256 };
    double total = 0.0;
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = n - begin > BLOCK ? begin + BLOCK : n;
        __m512 sum = _mm512_setzero_ps();
        for (size_t i = begin; i < end; i += LANES) {
            __mmask16 lanes = end - i < LANES ? first_lanes(end - i) : 0xFFFF;
            __m512 v = _mm512_maskz_loadu_ps(lanes, V + i);
            /* The bound stands in for log 0, whose weight V is 0 or next to it. */
            __m512 r = _mm512_max_ps(_mm512_maskz_loadu_ps(lanes, R + i), _mm512_set1_ps(FLT_MIN));
            sum = _mm512_fmadd_ps(v, logarithm(r), sum);
        }
        __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(sum));
        __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(sum, 1));
        total += _mm512_reduce_add_pd(_mm512_add_pd(low, high));
    }
    return total;
}

static void magnitude(size_t n, const float *spectrum, float *result)
{
    const __m512i real =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i imaginary =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    for (size_t i = 0; i < n; i += LANES) {
        size_t left = n - i < LANES ? n - i : LANES;
        __mmask16 low_lanes = first_lanes(left < 8 ? 2 * left : LANES);
        __mmask16 high_lanes = first_lanes(left < 8 ? 0 : 2 * left - LANES);
        __m512 low = _mm512_maskz_loadu_ps(low_lanes, spectrum + 2 * i);
        __m512 high = _mm512_maskz_loadu_ps(high_lanes, spectrum + 2 * i + LANES);
        __m512 re = _mm512_permutex2var_ps(low, real, high);
        __m512 im = _mm512_permutex2var_ps(low, imaginary, high);
        __m512 square = _mm512_fmadd_ps(re, re, _mm512_mul_ps(im, im));
        _mm512_mask_storeu_ps(result + i, first_lanes(left), _mm512_sqrt_ps(square));
    }
}

void umi_kernels_init_avx512(umi_kernels *kernels)
{
    kernels->name = "avx512";
    kernels->model = model;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
    kernels->weighted_log = weighted_log;
    kernels->magnitude = magnitude;
}

#else

void umi_kernels_init_avx512(umi_kernels *kernels)
{
    (void)kernels;
}

#endif
