/* The generator against values from its definition, and its draws against their distributions. */
#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_DRAWS = 200000 };

/* Worked out with unbounded integers from the published recurrence, not with this program. */
static void bits_are_those_of_xoshiro(void **state)
{
    (void)state;
    const uint64_t expected[] = {
        0x2d00, 0, 0x5a007080, 0x10e0000000009d80, 0x10e0b61ce1009d80, 0x0870021ce143ad00};
    umi_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(umi_random_bits(&random), expected[i]);
    }
}

static void seeds_are_spread_by_splitmix(void **state)
{
    (void)state;
    const uint64_t of_zero[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f,
                                0xf88bb8a8724c81ec};
    const uint64_t first_of_42[] = {0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1};
    umi_random zero = umi_random_seeded(0);
    umi_random random = umi_random_seeded(42);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(zero.state[i], of_zero[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(umi_random_bits(&random), first_of_42[i]);
    }
}

/* In the limits below, 5 is a number of standard deviations. */

static void uniform_fills_the_unit_interval_evenly(void **state)
{
    (void)state;
    enum { N_CELLS = 20 };
    size_t count[N_CELLS] = {0};
    umi_random random = umi_random_seeded(1);
    for (size_t i = 0; i < N_DRAWS; i++) {
        double u = umi_random_uniform(&random);
        assert_true(u >= 0.0 && u < 1.0);
        count[(size_t)(u * N_CELLS)]++;
    }
    double expected = (double)N_DRAWS / N_CELLS;
    for (size_t i = 0; i < N_CELLS; i++) {
        assert_true(fabs((double)count[i] - expected) < 5.0 * sqrt(expected));
    }
}

static void below_is_unbiased(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    size_t count[7] = {0};
    for (size_t i = 0; i < N_DRAWS; i++) {
        size_t value = umi_random_below(&random, 7);
        assert_true(value < 7);
        count[value]++;
    }
    double expected = (double)N_DRAWS / 7.0;
    for (size_t i = 0; i < 7; i++) {
        assert_true(fabs((double)count[i] - expected) < 5.0 * sqrt(expected));
    }
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(umi_random_below(&random, 1), 0);
    }
}

/* A plain remainder of 64 random bits by 3/4 of 2^64 would give the lower third of the results
 * twice as often as the rest: half of all draws in place of a third. */
static void below_is_unbiased_for_large_ranges(void **state)
{
    (void)state;
    const size_t n = SIZE_MAX / 4 * 3;
    umi_random random = umi_random_seeded(3);
    size_t in_lower_third = 0;
    for (size_t i = 0; i < N_DRAWS; i++) {
        in_lower_third += umi_random_below(&random, n) < n / 3;
    }
    double expected = N_DRAWS / 3.0;
    assert_true(fabs((double)in_lower_third - expected) < 5.0 * sqrt(expected));
}

static void normal_has_the_moments_of_a_normal(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    double sum[5] = {0};
    size_t within_one = 0;
    for (size_t i = 0; i < N_DRAWS; i++) {
        double x = umi_random_normal(&random);
        double power = 1.0;
        for (size_t j = 0; j < 5; j++) {
            sum[j] += power / N_DRAWS;
            power *= x;
        }
        within_one += fabs(x) < 1.0;
    }
    /* The variances of x, x^2, x^3, x^4 are 1, 2, 15, 96. */
    double root = sqrt((double)N_DRAWS);
    assert_true(fabs(sum[1]) < 5.0 * 1.0 / root);
    assert_true(fabs(sum[2] - 1.0) < 5.0 * sqrt(2.0) / root);
    assert_true(fabs(sum[3]) < 5.0 * sqrt(15.0) / root);
    assert_true(fabs(sum[4] - 3.0) < 5.0 * sqrt(96.0) / root);
    assert_true(fabs((double)within_one / N_DRAWS - erf(sqrt(0.5))) < 5.0 * 0.5 / root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_those_of_xoshiro),
        cmocka_unit_test(seeds_are_spread_by_splitmix),
        cmocka_unit_test(uniform_fills_the_unit_interval_evenly),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(below_is_unbiased_for_large_ranges),
        cmocka_unit_test(normal_has_the_moments_of_a_normal),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
