/* The inner loops that go along one row, for vectors of any width: part of vector_loops.h, which
 * includes it. */
#ifndef UMI_CORE_KERNELS_ROW_LOOPS_H
#define UMI_CORE_KERNELS_ROW_LOOPS_H

#include "core/kernels/log_polynomial.h"

#include <float.h>

/* Of x >= FLT_MIN. */
static ALWAYS_INLINE vector logarithm(vector x)
{
    /* x = f 2^e with f in [sqrt(1/2), sqrt(2)): the bits of sqrt(1/2) are taken off before the
     * exponent is read, which moves the border between two exponents there. */
    enum { EXPONENT_PLACE = 23 };
    integers bits = (integers)x;
    integers exponent = (bits - (integers)splat(UMI_SQRT_HALF)) >> EXPONENT_PLACE;
    vector e = __builtin_convertvector(exponent, vector);
    vector f = (vector)(bits - exponent * (1 << EXPONENT_PLACE)) - splat(1.0F);

    vector q = splat(umi_log_polynomial[0]);
    for (int i = 1; i < UMI_LOG_TERMS; i++) {
        q = multiply_add(q, f, splat(umi_log_polynomial[i]));
    }
    /* The small terms first, the large ones last. */
    vector square = f * f;
    vector sum = q * f * square;
    sum = multiply_add(e, splat(UMI_LOG_2_LOW), sum);
    sum = multiply_add(splat(-0.5F), square, sum);
    return multiply_add(e, splat(UMI_LOG_2_HIGH), f + sum);
}

/* sum + V log R of one vector of columns; missing ones read as 0 and add 0. */
static ALWAYS_INLINE vector add_weighted_log(vector sum, const float *V, const float *R, bool whole,
                                             tail lanes)
{
    /* The bound stands in for log 0, whose weight V is 0 or next to it. */
    vector r = larger(load(R, whole, lanes), splat(FLT_MIN));
    return multiply_add(load(V, whole, lanes), logarithm(r), sum);
}

static double weighted_log(size_t n, const float *V, const float *R)
{
    enum { BLOCK = 256 };
    double total = 0.0;
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = n - begin > BLOCK ? begin + BLOCK : n;
        vector sums[SUM_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < SUM_VECTORS; v++) {
            sums[v] = splat(0.0F);
        }
        size_t i = begin;
        for (; i + UMI_PARTIAL_SUMS <= end; i += UMI_PARTIAL_SUMS) {
#pragma GCC unroll 4
            for (int v = 0; v < SUM_VECTORS; v++) {
                size_t at = i + (size_t)v * LANES;
                sums[v] = add_weighted_log(sums[v], V + at, R + at, true, first_lanes(LANES));
            }
        }
#pragma GCC unroll 4
        for (int v = 0; v < SUM_VECTORS; v++, i += LANES) {
            if (i < end) {
                tail lanes = first_lanes(end - i < LANES ? end - i : LANES);
                sums[v] = add_weighted_log(sums[v], V + i, R + i, false, lanes);
            }
        }
        double partial = 0.0;
        for (int lane = 0; lane < UMI_PARTIAL_SUMS; lane++) {
            partial += (double)sums[lane / LANES][lane % LANES];
        }
        total += partial;
    }
    return total;
}

/* e^x, for -87 <= x <= 88. */
static ALWAYS_INLINE vector exponential(vector x)
{
    enum { EXPONENT_PLACE = 23, EXPONENT_BIAS = 127 };
    /* x = e log 2 + f with |f| <= log 2 / 2: e is rounded by the cut of a number above 0. */
    vector shifted = multiply_add(x, splat(1.44269504F), splat((float)EXPONENT_BIAS + 0.5F));
    integers exponent = __builtin_convertvector(shifted, integers);
    vector e = __builtin_convertvector(exponent, vector) - splat((float)EXPONENT_BIAS);
    vector f = multiply_add(e, splat(-UMI_LOG_2_HIGH), x);
    f = multiply_add(e, splat(-UMI_LOG_2_LOW), f);
    /* Taylor's polynomial of degree 7, exact to 6e-9 there. */
    vector sum = splat(1.0F / 5040.0F);
    sum = multiply_add(sum, f, splat(1.0F / 720.0F));
    sum = multiply_add(sum, f, splat(1.0F / 120.0F));
    sum = multiply_add(sum, f, splat(1.0F / 24.0F));
    sum = multiply_add(sum, f, splat(1.0F / 6.0F));
    sum = multiply_add(sum, f, splat(0.5F));
    sum = multiply_add(sum, f * f, f) + splat(1.0F);
    return sum * (vector)(exponent << EXPONENT_PLACE);
}

/* Beyond them the power leaves the range of float by far; it stays inside. */
static ALWAYS_INLINE vector within_exponents(vector x)
{
    return -larger(-larger(x, splat(-87.0F)), splat(-88.0F));
}

static ALWAYS_INLINE void beta_terms_of(const umi_beta_terms *t, const float *V, float *A, float *X,
                                        bool whole, tail lanes)
{
    vector unit = splat(t->unit);
    vector v = larger(load(V, whole, lanes) * unit, splat(t->V_floor));
    vector x = larger(load(X, whole, lanes) * unit, splat(t->model_floor));
    vector lower = splat(1.0F) / (x * x); /* Itakura-Saito's is the one that is used most */
    if (t->power != -2.0F) {
        lower = exponential(within_exponents(splat(t->power) * logarithm(x)));
    }
    store(A, whole, lanes, v * lower);
    store(X, whole, lanes, x * lower);
}

static void beta_terms(size_t n, const umi_beta_terms *terms, const float *V, float *A, float *X)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        beta_terms_of(terms, V + i, A + i, X + i, true, first_lanes(LANES));
    }
    if (i < n) {
        beta_terms_of(terms, V + i, A + i, X + i, false, first_lanes(n - i));
    }
}

/* One row of Y from column m on, `vectors` of them. */
static ALWAYS_INLINE void band_strip(size_t taps, const float *weights, const float *X,
                                     size_t X_stride, float *Y, int vectors, bool whole, tail lanes)
{
    vector sums[2];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
        sums[v] = load(Y + v * LANES, whole || v < vectors - 1, lanes);
    }
    for (size_t t = 0; t < taps; t++, X += X_stride) {
        vector weight = splat(weights[t]);
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            sums[v] =
                multiply_add(weight, load(X + v * LANES, whole || v < vectors - 1, lanes), sums[v]);
        }
    }
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
        store(Y + v * LANES, whole || v < vectors - 1, lanes, sums[v]);
    }
}

static void band(size_t rows, size_t cols, size_t taps, const uint32_t *first, const float *weights,
                 const float *X, size_t X_stride, float *Y, size_t Y_stride)
{
    for (size_t i = 0; i < rows; i++) {
        const float *w = weights + i * taps, *x = X + first[i] * X_stride;
        float *y = Y + i * Y_stride;
        size_t m = 0;
        for (; m + 2 * LANES <= cols; m += 2 * LANES) {
            band_strip(taps, w, x + m, X_stride, y + m, 2, true, first_lanes(LANES));
        }
        for (; m < cols; m += LANES) {
            size_t left = cols - m;
            band_strip(taps, w, x + m, X_stride, y + m, 1, left >= LANES,
                       first_lanes(left < LANES ? left : LANES));
        }
    }
}

static ALWAYS_INLINE vector magnitudes(vector low, vector high)
{
    vector re, im;
    even_and_odd(low, high, &re, &im);
    return square_root(multiply_add(re, re, im * im));
}

static void magnitude(size_t n, const float *spectrum, float *result)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const float *pairs = spectrum + 2 * i;
        store_whole(result + i, magnitudes(load_whole(pairs), load_whole(pairs + LANES)));
    }
    if (i < n) {
        const float *pairs = spectrum + 2 * i;
        size_t n_floats = 2 * (n - i);
        vector low = load_tail(pairs, first_lanes(n_floats < LANES ? n_floats : LANES));
        vector high = splat(0.0F);
        if (n_floats > LANES) {
            high = load_tail(pairs + LANES, first_lanes(n_floats - LANES));
        }
        store_tail(result + i, first_lanes(n - i), magnitudes(low, high));
    }
}

#endif
