/* Masks: their formula, their sum, and that each point is a problem of its own. */
#include "unmingle/mask.h"

#include "core/random.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { N_SOURCES_MAX = 8, N_POINTS = 1000, STRIDE = N_POINTS + 3 };

static const double exponents[] = {0.1, 0.5, 1.0, 1.5, 1.75, 2.0, 4.0, 10.0};
enum { N_EXPONENTS = sizeof exponents / sizeof *exponents };

/* Values from the smallest to the largest that a model may have, next to each other at random. */
static void fill_extremes(float *models, size_t n)
{
    const float values[] = {0, 0, 1e-38F, 1e-30F, 1e-10F, 0.3F, 1, 1.0001F, 7, 1e10F, 1e30F, 3e38F};
    umi_random random = umi_random_seeded(5);
    for (size_t i = 0; i < n; i++) {
        models[i] = values[umi_random_below(&random, sizeof values / sizeof *values)];
    }
}

/* Sum to 1, and equal the definition worked out in double. A ratio of models below FLT_MIN may
 * count as 0. */
static void masks_are_shares_of_powers(void **state)
{
    (void)state;
    for (size_t i_exponent = 0; i_exponent < N_EXPONENTS; i_exponent++) {
        for (size_t n = 1; n <= N_SOURCES_MAX; n++) {
            static float models[N_SOURCES_MAX * STRIDE], masks[N_SOURCES_MAX * STRIDE];
            fill_extremes(models, n * STRIDE);
            memcpy(masks, models, sizeof models);
            double p = exponents[i_exponent];
            assert_int_equal(um_mask_ratio(masks, STRIDE, n, N_POINTS, p), UM_OK);
            for (size_t i = 0; i < N_POINTS; i++) {
                double largest = 0.0, sum = 0.0, masks_sum = 0.0;
                for (size_t s = 0; s < n; s++) {
                    largest = fmax(largest, (double)models[s * STRIDE + i]);
                }
                for (size_t s = 0; s < n; s++) {
                    double share = largest > 0.0 ? (double)models[s * STRIDE + i] / largest : 1.0;
                    sum += pow(share, p);
                }
                for (size_t s = 0; s < n; s++) {
                    double share = largest > 0.0 ? (double)models[s * STRIDE + i] / largest : 1.0;
                    double mask = (double)masks[s * STRIDE + i];
                    assert_true(mask >= 0.0);
                    assert_true(fabs(mask - pow(share, p) / sum) < 1e-6 + pow(FLT_MIN, p));
                    masks_sum += mask;
                }
                assert_true(fabs(masks_sum - 1.0) <= 2e-7 * (double)n);
            }
        }
    }
}

static void nothing_is_shared_equally(void **state)
{
    (void)state;
    float masks[] = {0, 0, 0, 0, 0};
    assert_int_equal(um_mask_ratio(masks, 1, 5, 1, 1.5), UM_OK);
    for (size_t s = 0; s < 5; s++) {
        assert_true(fabsf(masks[s] - 0.2F) < 1e-7F);
    }
}

static void cutting_changes_no_bit(void **state)
{
    (void)state;
    const size_t cuts[] = {1, 2, 7, 255, 256, 257, 600, N_POINTS};
    static float whole[5 * STRIDE], pieces[5 * STRIDE];
    for (size_t i_exponent = 0; i_exponent < N_EXPONENTS; i_exponent++) {
        double p = exponents[i_exponent];
        fill_extremes(whole, 5 * STRIDE);
        assert_int_equal(um_mask_ratio(whole, STRIDE, 5, N_POINTS, p), UM_OK);
        for (size_t i_cut = 0; i_cut < sizeof cuts / sizeof *cuts; i_cut++) {
            fill_extremes(pieces, 5 * STRIDE);
            for (size_t i = 0, n; i < N_POINTS; i += n) {
                n = cuts[i_cut] < N_POINTS - i ? cuts[i_cut] : N_POINTS - i;
                assert_int_equal(um_mask_ratio(pieces + i, STRIDE, 5, n, p), UM_OK);
            }
            assert_memory_equal(pieces, whole, sizeof whole); /* the gaps of the stride too */
        }
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    float models[4] = {1, 2, 3, 4};
    const float before[4] = {1, 2, 3, 4};
    assert_int_equal(um_mask_ratio(NULL, 2, 2, 2, 1.0), UM_ERR_ARGUMENT);
    assert_int_equal(um_mask_ratio(models, 1, 2, 2, 1.0), UM_ERR_ARGUMENT);
    assert_int_equal(um_mask_ratio(models, 2, 0, 2, 1.0), UM_ERR_ARGUMENT);
    const double wrong[] = {0.0, 0.09, 10.1, -1.0, INFINITY, NAN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(um_mask_ratio(models, 2, 2, 2, wrong[i]), UM_ERR_ARGUMENT);
    }
    assert_memory_equal(models, before, sizeof before);
    assert_int_equal(um_mask_ratio(models, 2, 2, 0, 1.0), UM_OK);
    assert_memory_equal(models, before, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_shares_of_powers),
        cmocka_unit_test(nothing_is_shared_equally),
        cmocka_unit_test(cutting_changes_no_bit),
        cmocka_unit_test(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
