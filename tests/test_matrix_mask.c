/* Matrix masks: they add up, they are the formula, and what is at two places comes apart. */
#include "unmingle/matrix_mask.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 150, S = 3, C_MAX = 5 };

static const size_t channel_counts[] = {1, 2, 3, C_MAX};

/* Covariances of noise that is heard through random, partly common, ways. */
static um_view covariances_new(size_t C, umi_random *random)
{
    um_view R = matrix_new(S, C * C * F);
    float *spectrum = umi_alloc(2 * C * F, sizeof(float));
    double *sums = umi_alloc(C * C * F, sizeof(double));
    for (size_t s = 0; s < S; s++) {
        memset(sums, 0, C * C * F * sizeof(double));
        for (size_t t = 0; t < 4 * C; t++) {
            for (size_t i = 0; i < 2 * C * F; i++) {
                spectrum[i] = (float)(umi_random_uniform(random) - 0.3 * (double)(i % (s + 2)));
            }
            um_covariance_add(spectrum, C, F, sums);
        }
        um_covariance_finish(sums, C, F, um_row(R, s));
    }
    umi_free(spectrum);
    umi_free(sums);
    return R;
}

static double complex entry(um_view R, size_t s, size_t C, size_t f, size_t i, size_t j)
{
    const float *r = um_row(R, s);
    if (i == j) {
        return (double)r[(i * C + i) * F + f];
    }
    size_t low = i < j ? i : j, high = i < j ? j : i;
    double im = (double)r[(high * C + low) * F + f];
    return (double)r[(low * C + high) * F + f] + I * (i < j ? im : -im);
}

/* A z = x by elimination with pivots, an algorithm that the code does not use. */
static void eliminate(size_t n, double complex A[C_MAX][C_MAX], double complex *x)
{
    for (size_t k = 0; k < n; k++) {
        size_t p = k;
        for (size_t i = k + 1; i < n; i++) {
            p = cabs(A[i][k]) > cabs(A[p][k]) ? i : p;
        }
        for (size_t j = 0; j < n; j++) {
            double complex swap = A[k][j];
            A[k][j] = A[p][j];
            A[p][j] = swap;
        }
        double complex swap = x[k];
        x[k] = x[p];
        x[p] = swap;
        for (size_t i = 0; i < n; i++) {
            double complex q = i == k ? 0.0 : A[i][k] / A[k][k];
            for (size_t j = 0; j < n; j++) {
                A[i][j] -= q * A[k][j];
            }
            x[i] -= q * x[k];
        }
    }
    for (size_t k = 0; k < n; k++) {
        x[k] /= A[k][k];
    }
}

static void are_the_formula(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof channel_counts / sizeof *channel_counts; n++) {
        size_t C = channel_counts[n];
        umi_random random = umi_random_seeded(C);
        um_view R = covariances_new(C, &random), shares = matrix_random(S, F, 0.2, &random);
        um_view x = matrix_random(1, 2 * C * F, 0.0, &random), y = matrix_new(S, 2 * C * F);
        um_matrix_mask *mask;
        assert_int_equal(um_matrix_mask_new(um_const_view(R), C, &mask), UM_OK);
        for (size_t f = 0; f < F; f++) {
            um_row(shares, 0)[f] += 0.1F;
        }
        um_matrix_mask_apply(mask, shares.data, shares.stride, x.data, S, y.data, y.stride);
        for (size_t f = 0; f < F; f++) {
            double complex A[C_MAX][C_MAX] = {{0.0}}, z[C_MAX];
            for (size_t i = 0; i < C; i++) {
                z[i] = (double)x.data[2 * (i * F + f)] + I * (double)x.data[2 * (i * F + f) + 1];
                for (size_t j = 0; j < C; j++) {
                    for (size_t s = 0; s < S; s++) {
                        A[i][j] += (double)um_row(shares, s)[f] * entry(R, s, C, f, i, j);
                    }
                }
            }
            eliminate(C, A, z);
            for (size_t i = 0; i < C; i++) {
                double complex sum = 0.0;
                for (size_t s = 0; s < S; s++) {
                    double complex expected = 0.0;
                    for (size_t j = 0; j < C; j++) {
                        expected += (double)um_row(shares, s)[f] * entry(R, s, C, f, i, j) * z[j];
                    }
                    const float *got = um_row(y, s) + 2 * (i * F + f);
                    assert_true(cabs((double)got[0] + I * (double)got[1] - expected) < 1e-4);
                    sum += (double)got[0] + I * (double)got[1];
                }
                const float *whole = x.data + 2 * (i * F + f);
                assert_true(cabs(sum - ((double)whole[0] + I * (double)whole[1])) < 1e-5);
            }
        }
        um_matrix_mask_free(mask);
        umi_free(R.data);
        umi_free(shares.data);
        umi_free(x.data);
        umi_free(y.data);
    }
}

/* A left source and one right of the middle, both at every bin: over 40 dB, with equal shares. */
static void panned_sources_come_apart(void **state)
{
    (void)state;
    static const double place[2][2] = {{1.0, 0.2}, {0.4, 0.9}};
    um_view R = matrix_new(2, 4 * F);
    static float alone[2][4 * F], mix[4 * F], shares[2 * F], masked[2][4 * F];
    static double sums[4 * F];
    umi_random random = umi_random_seeded(5);
    for (size_t s = 0; s < 2; s++) {
        memset(sums, 0, sizeof sums);
        for (size_t i = 0; i < 2 * F; i++) {
            float value = (float)umi_random_uniform(&random) - 0.5F;
            alone[s][i] = (float)place[s][0] * value;
            alone[s][2 * F + i] = (float)place[s][1] * value;
            shares[s * F + i / 2] = 0.5F;
        }
        um_covariance_add(alone[s], 2, F, sums);
        um_covariance_finish(sums, 2, F, um_row(R, s));
        for (size_t i = 0; i < 4 * F; i++) {
            mix[i] += alone[s][i];
        }
    }
    um_matrix_mask *mask;
    float distinctness[F];
    assert_int_equal(um_matrix_mask_new(um_const_view(R), 2, &mask), UM_OK);
    um_matrix_mask_apply(mask, shares, F, mix, 2, masked[0], 4 * F);
    um_matrix_mask_distinctness(mask, distinctness);
    double signal = 0.0, error = 0.0;
    for (size_t i = 0; i < 4 * F; i++) {
        signal += (double)alone[0][i] * (double)alone[0][i];
        error += pow((double)masked[0][i] - (double)alone[0][i], 2.0);
    }
    assert_true(10.0 * log10(signal / error) > 40.0);
    assert_true(distinctness[3] > 0.9F && distinctness[3] <= 1.0F);
    um_matrix_mask_free(mask);
    memcpy(um_row(R, 1), um_row(R, 0), R.cols * sizeof(float));
    assert_int_equal(um_matrix_mask_new(um_const_view(R), 2, &mask), UM_OK);
    um_matrix_mask_distinctness(mask, distinctness);
    assert_true(distinctness[3] < 1e-3F);
    um_matrix_mask_free(mask);
    umi_free(R.data);
}

static void what_was_not_heard_comes_from_everywhere(void **state)
{
    (void)state;
    const double sums[9] = {0.0};
    float R[9];
    um_covariance_finish(sums, 3, 1, R);
    for (size_t i = 0; i < 9; i++) {
        assert_true(fabs((double)R[i] - (i % 4 == 0 ? 1.0 / 3.0 + 1e-4 : 0.0)) < 1e-7);
    }
}

static um_status attempt(void *context)
{
    um_matrix_mask *mask;
    um_status status = um_matrix_mask_new(*(const um_cview *)context, 2, &mask);
    um_matrix_mask_free(mask);
    return status;
}

static void arguments_are_checked(void **state)
{
    (void)state;
    float values[8] = {1, 0, 0, 1, 1, 0, 0, 1};
    um_cview R = {values, 2, 4, 4};
    um_matrix_mask *mask;
    assert_int_equal(um_matrix_mask_new(R, 2, NULL), UM_ERR_ARGUMENT);
    assert_int_equal(um_matrix_mask_new(R, 0, &mask), UM_ERR_ARGUMENT);
    assert_int_equal(um_matrix_mask_new(R, 65, &mask), UM_ERR_ARGUMENT);
    assert_int_equal(um_matrix_mask_new(R, 3, &mask), UM_ERR_ARGUMENT);
    values[3] = 0.0F;
    assert_int_equal(um_matrix_mask_new(R, 2, &mask), UM_ERR_ARGUMENT);
    values[3] = NAN;
    assert_int_equal(um_matrix_mask_new(R, 2, &mask), UM_ERR_ARGUMENT);
    values[3] = 1.0F;
    um_matrix_mask_free(NULL);
    assert_true(counting_allocator_sweep(attempt, &R) > 0);
}

/* Such have no inverse, or one that turns signs: never infinite sound, but an error at once. */
static void what_is_not_definite_is_refused(void **state)
{
    (void)state;
    static const float wrong[][4] = {
        {1, 1, 0, 1},        /* one place exactly: singular */
        {1, 5, 0, 1},        /* more in common than there is */
        {1, 0, 5, 1},        /* the same, a quarter of a turn apart */
        {1, 0.8F, 0.8F, 1},  /* both together */
        {0, 0, 0, 0},        /* nothing */
        {-1, 0, 0, -1},      /* less than nothing */
        {1, INFINITY, 0, 1}, /* no number */
        {1, 0, NAN, 1},
    };
    um_matrix_mask *mask;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        float values[2][8] = {{1, 1, 0, 0, 0, 0, 1, 1}, {1, 1, 0, 0, 0, 0, 1, 1}};
        um_cview R = {values[0], 2, 8, 8};
        assert_int_equal(um_matrix_mask_new(R, 2, &mask), UM_OK);
        um_matrix_mask_free(mask);
        for (size_t p = 0; p < 4; p++) { /* of the last source the last bin */
            values[1][2 * p + 1] = wrong[i][p];
        }
        assert_int_equal(um_matrix_mask_new(R, 2, &mask), UM_ERR_ARGUMENT);
        assert_null(mask);
    }
    float three[9] = {1, 0.9F, -0.9F, 0, 1, 0.9F, 0, 0, 1}; /* two and two of them would do */
    assert_int_equal(um_matrix_mask_new((um_cview){three, 1, 9, 9}, 3, &mask), UM_ERR_ARGUMENT);
    three[2] = 0.9F;
    assert_int_equal(um_matrix_mask_new((um_cview){three, 1, 9, 9}, 3, &mask), UM_OK);
    um_matrix_mask_free(mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_the_formula),
        cmocka_unit_test(panned_sources_come_apart),
        cmocka_unit_test(what_was_not_heard_comes_from_everywhere),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(what_is_not_definite_is_refused),
    };
    return cmocka_run_group_tests_name("matrix_mask", tests, NULL, NULL);
}
