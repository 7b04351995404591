/* Stems in whole numbers sum to the mix exactly, whatever the separated values are. */
#include "job/sum_contract.h"

#include "core/random.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

enum { N = 2000, STEMS_MAX = 64 };

static float values[STEMS_MAX][N];
static int32_t results[STEMS_MAX][N];
static int32_t mix[N];

typedef float (*draw)(umi_random *random);

/* Stems as music has them: some swing past the range. */
static float usual(umi_random *random)
{
    return (float)(0.4 * umi_random_normal(random));
}

static float extreme(umi_random *random)
{
    static const float list[] = {1.0F,      -1.0F,     1e30F,     -1e30F, FLT_MAX, -FLT_MAX,
                                 INFINITY,  -INFINITY, NAN,       0.0F,   -0.0F,   1e-40F,
                                 0.999999F, 0.5F,      -0.99999F, 2.0F};
    return list[umi_random_below(random, sizeof list / sizeof *list)];
}

/* The mix runs through both ends of the range and all between. */
static void fill(draw draw_value, size_t n_stems, unsigned bits, umi_random *random)
{
    for (size_t i = 0; i < N; i++) {
        uint32_t drawn = (uint32_t)umi_random_bits(random);
        uint32_t chosen = i % 8 == 0 ? 0x80000000U : i % 8 == 1 ? 0x7FFFFFFFU : drawn;
        mix[i] = (int32_t)chosen >> (32 - bits);
        for (size_t s = 0; s < n_stems; s++) {
            values[s][i] = draw_value(random);
        }
    }
}

static size_t split(size_t n_stems, unsigned bits)
{
    const float *stems[STEMS_MAX];
    int32_t *whole[STEMS_MAX];
    for (size_t s = 0; s < n_stems; s++) {
        stems[s] = values[s];
        whole[s] = results[s];
    }
    return umi_sum_whole(stems, n_stems, mix, N, bits, whole);
}

/* Whether a stem has to be held at i, found from the separated values alone. */
static bool must_hold(size_t n_stems, unsigned bits, size_t i)
{
    double top = ldexp(1.0, (int)bits - 1);
    double rest = mix[i];
    for (size_t s = 0; s + 1 < n_stems; s++) {
        double value = nearbyint((double)values[s][i] * top);
        if (!(value < top && value >= -top)) {
            return true;
        }
        rest -= value;
    }
    return rest >= top || rest < -top;
}

static void check(size_t n_stems, unsigned bits)
{
    size_t n_held = split(n_stems, bits);
    int64_t top = (int64_t)1 << (bits - 1);
    size_t n_expected = 0;
    for (size_t i = 0; i < N; i++) {
        int64_t sum = 0;
        bool held = must_hold(n_stems, bits, i);
        n_expected += held;
        for (size_t s = 0; s < n_stems; s++) {
            sum += results[s][i];
            assert_true(results[s][i] < top && results[s][i] >= -top);
            if (!held && s + 1 < n_stems) {
                double exact = ldexp((double)values[s][i], (int)bits - 1);
                assert_true(fabs(results[s][i] - exact) <= 0.5);
            }
        }
        assert_true(sum == mix[i]);
    }
    assert_int_equal(n_held, n_expected);
}

static void whole_stems_sum_exactly(void **state)
{
    (void)state;
    static const unsigned depths[] = {2, 8, 16, 24, 32};
    static const size_t counts[] = {1, 2, 3, 4, 7, 17, 63, 64};
    umi_random random = umi_random_seeded(1);
    for (size_t b = 0; b < sizeof depths / sizeof *depths; b++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            fill(usual, counts[c], depths[b], &random);
            check(counts[c], depths[b]);
            fill(extreme, counts[c], depths[b], &random);
            check(counts[c], depths[b]);
        }
    }
}

/* What stem 0 cannot hold goes to the others, and to no more of them than it takes. */
static void excess_goes_to_the_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        mix[i] = 100;
        values[0][i] = -0.5F; /* -64 of 8 bits */
        values[1][i] = 0.25F; /* 32 */
    }
    assert_int_equal(split(3, 8), N); /* the rest, 132, is 5 too much */
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(results[0][i], -59);
        assert_int_equal(results[1][i], 32);
        assert_int_equal(results[2][i], 127);
    }
}

static void no_number_counts_as_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        mix[i] = 7;
        values[0][i] = i % 2 == 0 ? NAN : 0.0F;
    }
    assert_int_equal(split(2, 16), N / 2);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(results[0][i], 0);
        assert_int_equal(results[1][i], 7);
    }
}

/* The range of float is a range too. */
static void float_stems_sum_and_stay_finite(void **state)
{
    (void)state;
    static const double levels[] = {1e-30, 1e-12, 1.0, 16.0, 1e38};
    umi_random random = umi_random_seeded(2);
    float *stems[STEMS_MAX];
    float sum_of[N];
    for (size_t s = 0; s < STEMS_MAX; s++) {
        stems[s] = values[s];
    }
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
        for (size_t n_stems = 1; n_stems <= 5; n_stems++) {
            for (size_t i = 0; i < N; i++) {
                sum_of[i] = (float)(levels[l] * (2.0 * umi_random_uniform(&random) - 1.0));
                for (size_t s = 0; s < n_stems; s++) {
                    values[s][i] = (float)(levels[l] * (umi_random_uniform(&random) - 0.5));
                }
            }
            umi_sum_float(stems, n_stems, sum_of, N);
            for (size_t i = 0; i < N; i++) {
                double sum = 0.0;
                for (size_t s = 0; s < n_stems; s++) {
                    sum += (double)values[s][i];
                }
                assert_true(fabs(sum - (double)sum_of[i]) <= 4 * levels[l] * 0x1p-24);
            }
        }
    }
    values[0][0] = -FLT_MAX;
    values[0][1] = FLT_MAX;
    sum_of[0] = FLT_MAX;
    sum_of[1] = -FLT_MAX;
    umi_sum_float(stems, 2, sum_of, 2);
    assert_true(values[1][0] == FLT_MAX && values[1][1] == -FLT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_stems_sum_exactly),
        cmocka_unit_test(excess_goes_to_the_others),
        cmocka_unit_test(no_number_counts_as_nothing),
        cmocka_unit_test(float_stems_sum_and_stay_finite),
    };
    return cmocka_run_group_tests_name("sum_contract", tests, NULL, NULL);
}
