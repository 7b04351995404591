/* The loops with operands in bfloat16 in AVX-512 and AVX512_BF16 instructions.
 *
 * Built like vector_loops.h; what is said there about blocks and the order of operations holds
 * here. VDPBF16PS adds two products to each of 16 sums. Since packed operands are filled up with
 * zeros, only V, P and N need masks. */
#include "core/kernels/bf16.h"

#if defined(__x86_64__)

#include "core/kernels/bf16_vectors.h"
#include "core/kernels/product.h"

static ALWAYS_INLINE __m512 add_products(__m512 sum, __m512i a, __m512i b)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

/* -- C = A B ----------------------------------------------------------------------------------- */

typedef struct product {
    size_t rows, cols, depth; /* depth in pairs */
    const umi_bf16 *A;        /* pair (i, k) starts at A[i * A_row + 2 * k] */
    size_t A_row;
    const umi_bf16 *B; /* pair (k, m) starts at B[k * B_row + 2 * m] */
    size_t B_row;
    float *C; /* accumulate: rows x cols */
    size_t C_stride;
    const float *V; /* ratio: rows x cols */
    size_t V_stride, ahead;
    umi_bf16 *R, *R_pairs;
} product;

enum { BLOCK_ROWS = 4, BLOCK_VECTORS = 4 };

static ALWAYS_INLINE __m512i broadcast_pair(const umi_bf16 *pair)
{
    int both;
    memcpy(&both, pair, sizeof both);
    return _mm512_set1_epi32(both);
}

static ALWAYS_INLINE void sum_block(__m512 sums[BLOCK_ROWS][BLOCK_VECTORS], const product *p,
                                    size_t i, size_t m, int rows, int vectors)
{
    const umi_bf16 *A = p->A + i * p->A_row;
    const umi_bf16 *B = p->B + 2 * m;
    for (size_t k = 0; k < p->depth; k++) {
        __m512i b[BLOCK_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            b[v] = _mm512_load_si512(B + k * p->B_row + v * 2 * LANES);
        }
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            __m512i a = broadcast_pair(A + (size_t)r * p->A_row + 2 * k);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                sums[r][v] = add_products(sums[r][v], a, b[v]);
            }
        }
    }
}

/* Asks for V under the next strip: see vector_loops.h. */
static ALWAYS_INLINE void prefetch_next(const product *p, size_t i, size_t m, int rows, int vectors)
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

/* Asks for the same columns of the rows that come after this tile's, into the second cache. */
static ALWAYS_INLINE void prefetch_ahead(const product *p, size_t i, size_t m, int rows,
                                         int vectors)
{
    if (i + (size_t)rows <= p->ahead && m + (size_t)vectors * LANES <= p->cols) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            const float *V = p->V + (p->rows + i + (size_t)r) * p->V_stride + m;
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                _mm_prefetch((const char *)(V + v * LANES + LANES - 1), _MM_HINT_T1);
            }
        }
    }
}

/* The reciprocal has 14 binary digits, of which rounding leaves 8. */
static ALWAYS_INLINE __m512 quotient(__m512 v, __m512 model)
{
    return _mm512_mul_ps(v, _mm512_rcp14_ps(_mm512_max_ps(model, _mm512_set1_ps(UMI_MODEL_FLOOR))));
}

/* Rounds a block of the ratio into one packed form, or both. `rows` and `vectors` are constants
 * where this is called. `vectors` is even; `rows` is even but for the last row of an odd number. */
static ALWAYS_INLINE void write_ratios(__m512 ratios[BLOCK_ROWS][BLOCK_VECTORS], umi_bf16 *R,
                                       umi_bf16 *R_pairs, size_t width, int rows, int vectors)
{
    if (R != NULL) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v += 2) {
                _mm512_store_si512(R + (size_t)r * width + v * LANES,
                                   round_two(ratios[r][v], ratios[r][v + 1]));
            }
        }
    }
    if (R_pairs != NULL) {
#pragma GCC unroll 4
        for (int r = 0; r < rows; r += 2) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) {
                __m512 second = r + 1 < rows ? ratios[r + 1][v] : _mm512_setzero_ps();
                _mm512_store_si512(R_pairs + (size_t)r * width + 2 * v * LANES,
                                   round_pairs(ratios[r][v], second));
            }
        }
    }
}

/* `rows`, `vectors` and `whole` are constants where this is called. */
static ALWAYS_INLINE void ratio_block(const product *p, size_t i, size_t m, int rows, int vectors,
                                      bool whole)
{
    const size_t width = p->B_row / 2;
    __m512 sums[BLOCK_ROWS][BLOCK_VECTORS];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            sums[r][v] = _mm512_setzero_ps();
        }
    }
    prefetch_next(p, i, m, rows, vectors);
    prefetch_ahead(p, i, m, rows, vectors);
    sum_block(sums, p, i, m, rows, vectors);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        const float *V = p->V + (i + (size_t)r) * p->V_stride + m;
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            size_t begin = m + (size_t)v * LANES;
            __mmask16 lanes = whole ? 0xFFFF : begin < p->cols ? first_lanes(p->cols - begin) : 0;
            sums[r][v] = quotient(_mm512_maskz_loadu_ps(lanes, V + v * LANES), sums[r][v]);
        }
    }
    write_ratios(sums, p->R == NULL ? NULL : p->R + i * width + m,
                 p->R_pairs == NULL ? NULL : p->R_pairs + i * width + 2 * m, width, rows, vectors);
}

static ALWAYS_INLINE void ratio_strip(const product *p, size_t m, int vectors, bool whole)
{
    size_t i = 0;
    for (; i + BLOCK_ROWS <= p->rows; i += BLOCK_ROWS) {
        ratio_block(p, i, m, BLOCK_ROWS, vectors, whole);
    }
    for (; i + 2 <= p->rows; i += 2) {
        ratio_block(p, i, m, 2, vectors, whole);
    }
    for (; i < p->rows; i++) {
        ratio_block(p, i, m, 1, vectors, whole);
    }
}

/* Zeros for the frames from `begin` on, which is a multiple of `group`, to the end of the fill.
 * `group` frames are one run of memory. */
static void fill_frames(umi_bf16 *ratios, size_t rows, size_t width, size_t group)
{
    size_t begin = (rows + group - 1) / group * group;
    memset(ratios + begin * width, 0, (umi_bf16_filled(rows) - begin) * width * sizeof ratios[0]);
}

static void ratio(size_t rows, size_t ahead, size_t cols, size_t atoms, const umi_bf16 *H,
                  const umi_bf16 *D_pairs, const float *V, size_t V_stride, umi_bf16 *R,
                  umi_bf16 *R_pairs)
{
    const size_t width = umi_bf16_filled(cols);
    product p = {.rows = rows,
                 .cols = cols,
                 .depth = (atoms + 1) / 2,
                 .A = H,
                 .A_row = umi_bf16_filled(atoms),
                 .B = D_pairs,
                 .B_row = 2 * width,
                 .V = V,
                 .V_stride = V_stride,
                 .ahead = ahead,
                 .R = R,
                 .R_pairs = R_pairs};
    enum { STRIP = BLOCK_VECTORS * LANES };
    size_t m = 0;
    for (; m + STRIP <= cols; m += STRIP) {
        ratio_strip(&p, m, BLOCK_VECTORS, true);
    }
    for (; m < width; m += 2 * LANES) {
        ratio_strip(&p, m, 2, false);
    }
    if (R != NULL) {
        fill_frames(R, rows, width, 1);
    }
    if (R_pairs != NULL) {
        fill_frames(R_pairs, rows, width, 2);
    }
}

void umi_bf16_round_quotients_avx512(size_t rows, size_t cols, size_t width, const float *X,
                                     size_t X_stride, const float *V, size_t V_stride, umi_bf16 *R,
                                     umi_bf16 *R_pairs)
{
    const __mmask16 low = first_lanes(cols);
    const __mmask16 high = cols > LANES ? first_lanes(cols - LANES) : 0;
    for (size_t t = 0; t < rows; t += 2) {
        __m512 ratios[BLOCK_ROWS][BLOCK_VECTORS];
        for (size_t r = 0; r < 2; r++) {
            /* The partner of a last row that has none is read with no lane set. */
            bool exists = t + r < rows;
            const float *x = X + (exists ? t + r : t) * X_stride;
            const float *v = V + (exists ? t + r : t) * V_stride;
            ratios[r][0] = quotient(_mm512_maskz_loadu_ps(exists ? low : 0, v),
                                    _mm512_maskz_loadu_ps(exists ? low : 0, x));
            ratios[r][1] = quotient(_mm512_maskz_loadu_ps(exists ? high : 0, v + LANES),
                                    _mm512_maskz_loadu_ps(exists ? high : 0, x + LANES));
        }
        /* An odd number of rows is filled up, so that R has a row t + 1. */
        umi_bf16 *pairs = R_pairs == NULL ? NULL : R_pairs + t * width;
        write_ratios(ratios, R == NULL ? NULL : R + t * width, pairs, width, 2, 2);
    }
}

static ALWAYS_INLINE void accumulate_block(const product *p, size_t i, size_t m, int rows,
                                           int vectors, __mmask16 mask)
{
    __m512 sums[BLOCK_ROWS][BLOCK_VECTORS];
    float *C = p->C + i * p->C_stride + m;
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            __mmask16 lanes = v == vectors - 1 ? mask : 0xFFFF;
            sums[r][v] = _mm512_maskz_loadu_ps(lanes, C + (size_t)r * p->C_stride + v * LANES);
        }
    }
    sum_block(sums, p, i, m, rows, vectors);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            __mmask16 lanes = v == vectors - 1 ? mask : 0xFFFF;
            _mm512_mask_storeu_ps(C + (size_t)r * p->C_stride + v * LANES, lanes, sums[r][v]);
        }
    }
}

static ALWAYS_INLINE void accumulate_strip(const product *p, size_t m, int vectors, __mmask16 mask)
{
    size_t i = 0;
    for (; i + BLOCK_ROWS <= p->rows; i += BLOCK_ROWS) {
        accumulate_block(p, i, m, BLOCK_ROWS, vectors, mask);
    }
    for (; i < p->rows; i++) {
        accumulate_block(p, i, m, 1, vectors, mask);
    }
}

static void accumulate(size_t rows, size_t cols, size_t atoms, const umi_bf16 *H_t,
                       const umi_bf16 *R_pairs, float *N, size_t N_stride)
{
    product p = {.rows = atoms,
                 .cols = cols,
                 .depth = (rows + 1) / 2,
                 .A = H_t,
                 .A_row = umi_bf16_filled(rows),
                 .B = R_pairs,
                 .B_row = 2 * umi_bf16_filled(cols),
                 .C = N,
                 .C_stride = N_stride};
    enum { STRIP = BLOCK_VECTORS * LANES };
    size_t m = 0;
    for (; m + STRIP <= cols; m += STRIP) {
        accumulate_strip(&p, m, BLOCK_VECTORS, 0xFFFF);
    }
    for (; m < cols; m += LANES) {
        accumulate_strip(&p, m, 1, first_lanes(cols - m));
    }
}

/* -- P = R D^T --------------------------------------------------------------------------------- */

enum { PROJECT_ROWS = 4, PROJECT_ATOMS = 4 };

/* The sums over the lanes of 16 vectors, in one: lane 4 j + i is that of x[4 i + j]. Always the
 * same tree: lanes 8 apart, 4, 2, 1. */
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
    __m512 ab = _mm512_add_ps(_mm512_shuffle_ps(y[0], y[1], _MM_SHUFFLE(1, 0, 1, 0)),
                              _mm512_shuffle_ps(y[0], y[1], _MM_SHUFFLE(3, 2, 3, 2)));
    __m512 cd = _mm512_add_ps(_mm512_shuffle_ps(y[2], y[3], _MM_SHUFFLE(1, 0, 1, 0)),
                              _mm512_shuffle_ps(y[2], y[3], _MM_SHUFFLE(3, 2, 3, 2)));
    return _mm512_add_ps(_mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                         _mm512_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
}

typedef struct projection {
    size_t rows, width, atoms;
    const umi_bf16 *R, *D; /* rows of `width` */
    float *P;
    size_t P_stride;
} projection;

static ALWAYS_INLINE void project_block(const projection *p, size_t t, size_t k, int rows,
                                        int atoms, size_t begin, size_t end)
{
    __m512 sums[PROJECT_ATOMS * PROJECT_ROWS];
    const umi_bf16 *R = p->R + t * p->width;
    const umi_bf16 *D = p->D + k * p->width;
#pragma GCC unroll 16
    for (int i = 0; i < PROJECT_ATOMS * PROJECT_ROWS; i++) {
        sums[i] = _mm512_setzero_ps();
    }
    for (size_t m = begin; m < end; m += 2 * LANES) {
        __m512i r[PROJECT_ROWS];
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) {
            r[i] = _mm512_load_si512(R + (size_t)i * p->width + m);
        }
#pragma GCC unroll 4
        for (int j = 0; j < atoms; j++) {
            __m512i d = _mm512_load_si512(D + (size_t)j * p->width + m);
#pragma GCC unroll 4
            for (int i = 0; i < rows; i++) {
                sums[PROJECT_ROWS * j + i] = add_products(sums[PROJECT_ROWS * j + i], r[i], d);
            }
        }
    }
    __m512 totals = sums_of_lanes(sums);
    __m128 quarters[PROJECT_ROWS] = {
        _mm512_castps512_ps128(totals), _mm512_extractf32x4_ps(totals, 1),
        _mm512_extractf32x4_ps(totals, 2), _mm512_extractf32x4_ps(totals, 3)};
    __mmask8 lanes = (__mmask8)((1U << atoms) - 1U);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
        float *P = p->P + (t + (size_t)i) * p->P_stride + k;
        __m128 sum = quarters[i];
        if (begin > 0) {
            sum = _mm_add_ps(_mm_maskz_loadu_ps(lanes, P), sum);
        }
        _mm_mask_storeu_ps(P, lanes, sum);
    }
}

static ALWAYS_INLINE void project_atoms(const projection *p, size_t k, int atoms, size_t begin,
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

static void project(size_t rows, size_t cols, size_t atoms, const umi_bf16 *R,
                    const umi_bf16 *D_lines, float *P, size_t P_stride)
{
    projection p = {rows, umi_bf16_filled(cols), atoms, R, D_lines, P, P_stride};
    const size_t block = umi_projection_width(p.width, 2 * LANES);
    size_t begin = 0;
    /* At least once, so that no columns give zeros. */
    do {
        size_t end = p.width - begin > block ? begin + block : p.width;
        size_t k = 0;
        for (; k + PROJECT_ATOMS <= atoms; k += PROJECT_ATOMS) {
            project_atoms(&p, k, PROJECT_ATOMS, begin, end);
        }
        for (; k < atoms; k++) {
            project_atoms(&p, k, 1, begin, end);
        }
        begin = end;
    } while (begin < p.width);
}

void umi_bf16_kernels_init_avx512(umi_bf16_kernels *kernels)
{
    kernels->name = "avx512_bf16";
    kernels->pack_dictionary = umi_bf16_pack_dictionary_avx512;
    kernels->pack_activations = umi_bf16_pack_activations_avx512;
    kernels->ratio = ratio;
    kernels->project = project;
    kernels->accumulate = accumulate;
}

#else

void umi_bf16_kernels_init_avx512(umi_bf16_kernels *kernels)
{
    (void)kernels;
}

#endif
