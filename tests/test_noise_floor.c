#include "core/noise_floor.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { BINS = 21 };

/* Row i of n, mirrored at both ends as often as it takes. */
static size_t mirrored(long i, size_t n)
{
    while (i < 0 || i >= (long)n) {
        i = i < 0 ? -1 - i : 2 * (long)n - 1 - i;
    }
    return (size_t)i;
}

static void equals_the_formula(um_cview V, um_cview W, double sigma)
{
    um_view R = matrix_new(V.rows, V.cols);
    umi_noise_floor floor;
    assert_true(umi_noise_floor_init(&floor, sigma, V.rows));
    umi_noise_floor_run(&floor, V, W, R);
    long reach = (long)(4.0 * sigma + 0.5);
    for (size_t t = 0; t < V.rows; t++) {
        for (size_t f = 0; f < V.cols; f++) {
            double power = 0.0, weight = 0.0;
            for (long s = -reach; s <= reach; s++) {
                size_t row = mirrored((long)t + s, V.rows);
                double k = exp(-0.5 * (double)(s * s) / (sigma * sigma));
                double w = (double)um_crow(W, row)[f] + 1e-6, v = (double)um_crow(V, row)[f];
                power += k * w * v * v;
                weight += k * w;
            }
            double expected = sqrt(power / weight);
            assert_float_equal(um_row(R, t)[f], expected, 1e-5 * expected);
        }
    }
    umi_noise_floor_free(&floor);
    umi_free(R.data);
}

static void follows_its_formula(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    const size_t lengths[] = {1, 2, 9, 50};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        um_view V = matrix_random(lengths[i], BINS, 0.1, &random);
        um_view W = matrix_random(lengths[i], BINS, 0.3, &random);
        equals_the_formula(um_const_view(V), um_const_view(W), 3.0);
        umi_free(V.data);
        umi_free(W.data);
    }
}

static void works_in_place(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    um_view V = matrix_random(30, BINS, 0.0, &random), W = matrix_random(30, BINS, 0.0, &random);
    um_view R = matrix_new(30, BINS);
    umi_noise_floor floor;
    assert_true(umi_noise_floor_init(&floor, 2.0, 30));
    umi_noise_floor_run(&floor, um_const_view(V), um_const_view(W), R);
    umi_noise_floor_run(&floor, um_const_view(V), um_const_view(W), W);
    for (size_t t = 0; t < 30; t++) {
        assert_memory_equal(um_row(R, t), um_row(W, t), BINS * sizeof(float));
    }
    umi_noise_floor_free(&floor);
    umi_free(V.data);
    umi_free(W.data);
    umi_free(R.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_formula),
        cmocka_unit_test(works_in_place),
    };
    return cmocka_run_group_tests_name("noise_floor", tests, NULL, NULL);
}
