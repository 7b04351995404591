/* The inner loops in AVX2 and FMA instructions: kernels_avx512.c with half the width and half the
 * registers. What is said there about the order of operations holds here. */
#include "core/kernels/kernels.h"

#if defined(__x86_64__)

#include "core/kernels/log_polynomial.h"
#include "core/kernels/product.h"

#include <float.h>
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { LANES = 8 };

/* The first n lanes, n <= LANES. */
static ALWAYS_INLINE __m256i first_lanes(size_t n)
{
    static const int32_t ones_then_zeros[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(const void *)(ones_then_zeros + LANES - n));
}

/* Masked accesses cost more, so that whole vectors do without. */
static ALWAYS_INLINE __m256 load(const float *x, bool whole, __m256i mask)
{
    return whole ? _mm256_loadu_ps(x) : _mm256_maskload_ps(x, mask);
}

static ALWAYS_INLINE void store(float *x, bool whole, __m256i mask, __m256 value)
{
    if (whole) {
        _mm256_storeu_ps(x, value);
    } else {
        _mm256_maskstore_ps(x, mask, value);
    }
}

/* -- C = A B ----------------------------------------------------------------------------------- */

/* The largest block: 12 sums, 3 vectors of B and a broadcast are the 16 registers. */
enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 3 };

/* Up to so many atoms the divisions count most, and blocks of 2 vectors hide more of them. */
enum { FEW_ATOMS = 12 };

/* Asks for V under the strip after the next one. Two strips are more than two cache lines, so that
 * its first and last element are all it takes. */
static ALWAYS_INLINE void prefetch_ahead(const umi_product *p, size_t i, size_t m, int rows,
                                         int vectors)
{
    size_t strip = (size_t)vectors * LANES;
    if (m + 3 * strip <= p->cols) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            const float *V = p->V + (i + (size_t)r) * p->V_stride + m + 2 * strip;
            _mm_prefetch((const char *)V, _MM_HINT_T0);
            _mm_prefetch((const char *)(V + strip - 1), _MM_HINT_T0);
        }
    }
}

/* rows x (vectors * LANES) elements of C from row i and column m on. `rows`, `vectors`, `whole`
 * and `end` are constants where this is called. Unless `whole`, `mask` holds the columns that exist
 * in the last vector. */
static ALWAYS_INLINE void product_block(const umi_product *p, size_t i, size_t m, int rows,
                                        int vectors, bool whole, __m256i mask, umi_finish end)
{
    __m256 sums[BLOCK_ROWS][BLOCK_VECTORS];
    const float *A = p->A + i * p->A_row;
    const float *B = p->B + m;
    float *C = p->C + i * p->C_stride + m;
    if (end == UMI_DIVIDE) {
        prefetch_ahead(p, i, m, rows, vectors);
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            bool all = whole || v < vectors - 1;
            const float *c = C + (size_t)r * p->C_stride + v * LANES;
            sums[r][v] = end == UMI_ADD ? load(c, all, mask) : _mm256_setzero_ps();
        }
    }
    for (size_t k = 0; k < p->depth; k++) {
        __m256 b[BLOCK_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            b[v] = load(B + k * p->B_stride + v * LANES, whole || v < vectors - 1, mask);
        }
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            __m256 a = _mm256_broadcast_ss(A + (size_t)r * p->A_row + k * p->A_step);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                sums[r][v] = _mm256_fmadd_ps(a, b[v], sums[r][v]);
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            bool all = whole || v < vectors - 1;
            __m256 c = sums[r][v];
            if (end == UMI_DIVIDE) {
                const float *V = p->V + (i + (size_t)r) * p->V_stride + m + v * LANES;
                c = _mm256_div_ps(load(V, all, mask),
                                  _mm256_max_ps(c, _mm256_set1_ps(UMI_MODEL_FLOOR)));
            }
            store(C + (size_t)r * p->C_stride + v * LANES, all, mask, c);
        }
    }
}

/* All rows of one strip of columns. */
static ALWAYS_INLINE void product_strip(const umi_product *p, size_t m, int vectors, bool whole,
                                        __m256i mask, umi_finish end)
{
    size_t i = 0;
    for (; i + BLOCK_ROWS <= p->rows; i += BLOCK_ROWS) {
        product_block(p, i, m, BLOCK_ROWS, vectors, whole, mask, end);
    }
    for (; i + 2 <= p->rows; i += 2) {
        product_block(p, i, m, 2, vectors, whole, mask, end);
    }
    for (; i < p->rows; i++) {
        product_block(p, i, m, 1, vectors, whole, mask, end);
    }
}

/* Strips of `vectors` vectors, and what is left. */
static ALWAYS_INLINE void multiply(const umi_product *p, int vectors, umi_finish end)
{
    const size_t strip = (size_t)vectors * LANES;
    size_t m = 0;
    for (; m + strip <= p->cols; m += strip) {
        product_strip(p, m, vectors, true, first_lanes(LANES), end);
    }
    size_t left = p->cols - m;
    if (vectors == 3 && left > 2 * LANES) {
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

enum { PROJECT_ROWS = 3, PROJECT_ATOMS = 4 };

/* Adds the products of one vector of columns. */
static ALWAYS_INLINE void project_step(__m256 sums[PROJECT_ROWS][PROJECT_ATOMS], const float *R,
                                       size_t R_stride, const float *D, size_t D_stride, int rows,
                                       int atoms, bool whole, __m256i mask)
{
    __m256 r[PROJECT_ROWS];
#pragma GCC unroll 4
    for (int t = 0; t < rows; t++) {
        r[t] = load(R + (size_t)t * R_stride, whole, mask);
    }
#pragma GCC unroll 4
    for (int k = 0; k < atoms; k++) {
        __m256 d = load(D + (size_t)k * D_stride, whole, mask);
#pragma GCC unroll 4
        for (int t = 0; t < rows; t++) {
            sums[t][k] = _mm256_fmadd_ps(r[t], d, sums[t][k]);
        }
    }
}

/* The sums over the lanes of 4 vectors, by the same tree for each. */
static ALWAYS_INLINE __m128 sums_of_lanes(const __m256 x[PROJECT_ATOMS])
{
    __m256 halves = _mm256_hadd_ps(_mm256_hadd_ps(x[0], x[1]), _mm256_hadd_ps(x[2], x[3]));
    return _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1));
}

/* rows x atoms elements of P from frame t and atom k on, summed over the columns from `begin` to
 * `end`; later blocks of columns add to what the first one stored. */
static ALWAYS_INLINE void project_block(const umi_projection *p, size_t t, size_t k, int rows,
                                        int atoms, size_t begin, size_t end)
{
    __m256 sums[PROJECT_ROWS][PROJECT_ATOMS];
    const float *R = p->R + t * p->R_stride;
    const float *D = p->D + k * p->D_stride;
#pragma GCC unroll 4
    for (int r = 0; r < PROJECT_ROWS; r++) {
#pragma GCC unroll 4
        for (int a = 0; a < PROJECT_ATOMS; a++) {
            sums[r][a] = _mm256_setzero_ps();
        }
    }
    size_t m = begin;
    for (; m + LANES <= end; m += LANES) {
        project_step(sums, R + m, p->R_stride, D + m, p->D_stride, rows, atoms, true,
                     _mm256_setzero_si256());
    }
    if (m < end) {
        project_step(sums, R + m, p->R_stride, D + m, p->D_stride, rows, atoms, false,
                     first_lanes(end - m));
    }
    __m128i lanes = _mm256_castsi256_si128(first_lanes((size_t)atoms));
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        float *P = p->P + (t + (size_t)r) * p->P_stride + k;
        __m128 sum = sums_of_lanes(sums[r]);
        if (begin > 0) {
            sum = _mm_add_ps(_mm_maskload_ps(P, lanes), sum);
        }
        _mm_maskstore_ps(P, lanes, sum);
    }
}

static ALWAYS_INLINE void project_atoms(const umi_projection *p, size_t k, int atoms, size_t begin,
                                        size_t end)
{
    size_t t = 0;
    for (; t + 3 <= p->rows; t += 3) {
        project_block(p, t, k, 3, atoms, begin, end);
    }
    for (; t + 2 <= p->rows; t += 2) {
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

/* Of x >= FLT_MIN. */
static ALWAYS_INLINE __m256 logarithm(__m256 x)
{
    /* x = f 2^e with f in [sqrt(1/2), sqrt(2)): the bits of sqrt(1/2) are taken off before the
     * exponent is read, which moves the border between two exponents there. */
    const __m256i border = _mm256_castps_si256(_mm256_set1_ps(UMI_SQRT_HALF));
    __m256i bits = _mm256_castps_si256(x);
    __m256i exponent = _mm256_srai_epi32(_mm256_sub_epi32(bits, border), 23);
    __m256 e = _mm256_cvtepi32_ps(exponent);
    __m256 f = _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(exponent, 23)));
    f = _mm256_sub_ps(f, _mm256_set1_ps(1.0F));

    __m256 q = _mm256_set1_ps(umi_log_polynomial[0]);
    for (int i = 1; i < UMI_LOG_TERMS; i++) {
        q = _mm256_fmadd_ps(q, f, _mm256_set1_ps(umi_log_polynomial[i]));
    }
    /* The small terms first, the large ones last. */
    __m256 square = _mm256_mul_ps(f, f);
    __m256 sum = _mm256_mul_ps(_mm256_mul_ps(q, f), square);
    sum = _mm256_fmadd_ps(e, _mm256_set1_ps(UMI_LOG_2_LOW), sum);
    sum = _mm256_fnmadd_ps(_mm256_set1_ps(0.5F), square, sum);
    sum = _mm256_add_ps(f, sum);
    return _mm256_fmadd_ps(e, _mm256_set1_ps(UMI_LOG_2_HIGH), sum);
}

/* sum + V log R of one vector of columns; missing ones read as 0 and add 0. */
static ALWAYS_INLINE __m256 add_weighted_log(__m256 sum, const float *V, const float *R, bool whole,
                                             __m256i mask)
{
    /* The bound stands in for log 0, whose weight V is 0 or next to it. */
    __m256 r = _mm256_max_ps(load(R, whole, mask), _mm256_set1_ps(FLT_MIN));
    return _mm256_fmadd_ps(load(V, whole, mask), logarithm(r), sum);
}

static double weighted_log(size_t n, const float *V, const float *R)
{
    enum { BLOCK = 256 };
    double total = 0.0;
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = n - begin > BLOCK ? begin + BLOCK : n;
        __m256 sum = _mm256_setzero_ps();
        size_t i = begin;
        for (; i + LANES <= end; i += LANES) {
            sum = add_weighted_log(sum, V + i, R + i, true, _mm256_setzero_si256());
        }
        if (i < end) {
            sum = add_weighted_log(sum, V + i, R + i, false, first_lanes(end - i));
        }
        __m256d doubles = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(sum)),
                                        _mm256_cvtps_pd(_mm256_extractf128_ps(sum, 1)));
        __m128d pair =
            _mm_add_pd(_mm256_castpd256_pd128(doubles), _mm256_extractf128_pd(doubles, 1));
        total += _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
    }
    return total;
}

static ALWAYS_INLINE __m256 magnitudes(__m256 low, __m256 high)
{
    /* Squares of re and im side by side; their sums come out with the middle quarters swapped. */
    __m256 sums = _mm256_hadd_ps(_mm256_mul_ps(low, low), _mm256_mul_ps(high, high));
    __m256d ordered = _mm256_permute4x64_pd(_mm256_castps_pd(sums), _MM_SHUFFLE(3, 1, 2, 0));
    return _mm256_sqrt_ps(_mm256_castpd_ps(ordered));
}

static void magnitude(size_t n, const float *spectrum, float *result)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const float *pairs = spectrum + 2 * i;
        _mm256_storeu_ps(result + i,
                         magnitudes(_mm256_loadu_ps(pairs), _mm256_loadu_ps(pairs + LANES)));
    }
    if (i < n) {
        const float *pairs = spectrum + 2 * i;
        size_t n_floats = 2 * (n - i);
        __m256 low = _mm256_maskload_ps(pairs, first_lanes(n_floats < LANES ? n_floats : LANES));
        __m256 high = _mm256_setzero_ps();
        if (n_floats > LANES) {
            high = _mm256_maskload_ps(pairs + LANES, first_lanes(n_floats - LANES));
        }
        _mm256_maskstore_ps(result + i, first_lanes(n - i), magnitudes(low, high));
    }
}

void umi_kernels_init_avx2(umi_kernels *kernels)
{
    kernels->name = "avx2";
    kernels->model = model;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
    kernels->weighted_log = weighted_log;
    kernels->magnitude = magnitude;
}

#else

void umi_kernels_init_avx2(umi_kernels *kernels)
{
    (void)kernels;
}

#endif
