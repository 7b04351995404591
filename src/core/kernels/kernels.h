/* The inner loops, one table a kind of processor.
 *
 * Three matrix products carry every update; each is a tile: few frames (`rows`), many columns, all
 * in cache. With T = rows, K = atoms, M = cols:
 *
 *     model       T x M   X = H D           H is T x K, D is K x M
 *     ratio       T x M   R = V / (H D)     the model is never stored
 *     project     T x K   P = R D^T
 *     accumulate  K x M   N = N + H^T R
 *
 * The scalar row is the specification. What every row promises:
 *  - Any T, K, M from 0 on, any strides (in floats) >= the row's length, those of H and V also
 *    smaller: they are only read, and their rows may overlap (nmfd_update.c, denoiser_gains.c). All
 * may be unaligned; where rows of D, R and N do not start on UMI_ALIGNMENT a tile takes up to half
 * as long again.
 *  - The bits of one output element depend on its own inputs and on K, M (project: the order of
 *    the sum over M is fixed, product.h), never on T or on the row's place in the tile (accumulate:
 *    rows are added in order, and splitting one call into two by rows changes no bit).
 *  - Sums of products have the same bits in every row that rounds alike: avx2, avx512 and neon
 *    round a product and its addition once, scalar and sse2 twice.
 *  - Nothing is read or written outside rows x cols.
 *  - A model value below UMI_MODEL_FLOOR counts as UMI_MODEL_FLOOR in the ratio, so that
 *    0 / 0 is 0.
 * The tables differ by that rounding only, the scalar one also by its own functions for logarithm
 * and power. */
#ifndef UMI_CORE_KERNELS_KERNELS_H
#define UMI_CORE_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest magnitude taken: that of full scale times a million, through the longest window. */
#define UMI_MAGNITUDE_MAX 1e12f

/* Smallest model value to divide by: far below any magnitude worth dividing, and large enough for a
 * quotient of UMI_MAGNITUDE_MAX to stay finite. Where every atom is 0 the quotient is multiplied by
 * those zeros, which would not help against an infinity. */
#define UMI_MODEL_FLOOR 1e-24f

/* b - 2, and the unit and the bounds that keep powers within float: see nmf_beta.c. */
typedef struct umi_beta_terms {
    float power, unit, V_floor, model_floor;
} umi_beta_terms;

typedef struct umi_kernels {
    const char *name; /* "scalar", "sse2", "neon", "avx2", "avx512" */

    void (*model)(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, float *X, size_t X_stride);

    void (*ratio)(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                  const float *D, size_t D_stride, const float *V, size_t V_stride, float *R,
                  size_t R_stride);

    void (*project)(size_t rows, size_t cols, size_t atoms, const float *R, size_t R_stride,
                    const float *D, size_t D_stride, float *P, size_t P_stride);

    void (*accumulate)(size_t rows, size_t cols, size_t atoms, const float *H, size_t H_stride,
                       const float *R, size_t R_stride, float *N, size_t N_stride);

    /* Sum over the n elements of V log(R), R = V / model, with 0 log 0 = 0: the part of the
     * Kullback-Leibler divergence that needs a logarithm. Partial sums in double at least every
     * 256 elements; relative error of one logarithm below 3e-7 of max(1, |log R|). */
    double (*weighted_log)(size_t n, const float *V, const float *R);

    /* For a row of a sparse V, or of its transpose, with the entries V[i] at the places index[i]: D
     * holds one row of K floats a place, and x is the row's own K.
     *
     *     ratio_entries      R[i] = V[i] / (x . D[index[i]])
     *     project_entries    P = P + sum over i of R[i] D[index[i]]
     *
     * A ratio does not depend on the other entries; the sum adds them in order, and splitting one
     * call into two changes no bit. */
    void (*ratio_entries)(size_t n, size_t atoms, const uint32_t *index, const float *V,
                          const float *x, const float *D, size_t D_stride, float *R);
    void (*project_entries)(size_t n, size_t atoms, const uint32_t *index, const float *R,
                            const float *D, size_t D_stride, float *P);

    /* One row of a beta-divergence's update: with v = max(unit V, V_floor) and
     * x = max(unit X, model_floor), A = v x^power and X = x^(power + 1). Relative error of x^power
     * below 4e-7 max(1, |power log x|). In place over X. */
    void (*beta_terms)(size_t n, const umi_beta_terms *terms, const float *V, float *A, float *X);

    /* Y = Y + B X, with a band matrix B of which row i has the values weights[i taps + t] in the
     * columns first[i] + t, t < taps; X and Y have rows of cols floats. Each element of Y is summed
     * from t = 0 on. */
    void (*band)(size_t rows, size_t cols, size_t taps, const uint32_t *first, const float *weights,
                 const float *X, size_t X_stride, float *Y, size_t Y_stride);

    /* magnitude[i] = sqrt(re^2 + im^2) of the n pairs in spectrum. */
    void (*magnitude)(size_t n, const float *spectrum, float *magnitude);
} umi_kernels;

/* Fills *kernels with the best row that the processor has, not above `level`. From the lowest, the
 * levels are "scalar"; "sse2" and "neon", two names for vectors of 128 bits; "avx2"; "avx512".
 * NULL: no limit. */
void umi_kernels_select(umi_kernels *kernels, const char *level);

/* The table for objects made from now on, as umi_kernels_limit left it. Safe from any thread. */
const umi_kernels *umi_kernels_get(void);

/* Sets what umi_kernels_get gives from now on: the table that umi_kernels_select fills for `level`.
 * False, and no change, for a name that is no level. Safe from any thread. */
bool umi_kernels_limit(const char *level);

/* Denormal numbers slow the loops down a hundredfold: every task that runs them is between these
 * two, which set flush-to-zero for the thread and put back what was there. */
unsigned umi_flush_denormals(void);
void umi_restore_denormals(unsigned before);

/* The rungs of the ladder: each overwrites what its instructions do better. */
void umi_kernels_init_scalar(umi_kernels *kernels);
void umi_kernels_init_simd128(umi_kernels *kernels);
void umi_kernels_init_avx2(umi_kernels *kernels);
void umi_kernels_init_avx512(umi_kernels *kernels);

#endif
