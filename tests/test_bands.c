#include "core/bands.h"

#include "core/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void bands_tile_the_bins(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 16, 33, 257, 513, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        umi_bands bands;
        assert_true(umi_bands_init(&bands, sizes[i]));
        assert_int_equal(bands.first[0], 0);
        assert_int_equal(bands.first[bands.n_bands], sizes[i]);
        for (size_t b = 0; b < bands.n_bands; b++) {
            size_t width = bands.first[b + 1] - bands.first[b];
            assert_true(width >= 1);
            assert_true(bands.first[b] >= 32 || width == 1);
            assert_true((double)width <= 1.0 + 0.06 * (double)(bands.first[b] + 1));
        }
        umi_bands_free(&bands);
    }
}

static void speech_takes_80_bands(void **state)
{
    (void)state;
    umi_bands bands;
    assert_true(umi_bands_init(&bands, 513));
    assert_int_equal(bands.n_bands, 80);
    umi_bands_free(&bands);
}

static void sums_are_weighted(void **state)
{
    (void)state;
    enum { N = 100 };
    float weights[N], row[N], sums[N];
    umi_bands bands;
    assert_true(umi_bands_init(&bands, N));
    for (size_t f = 0; f < N; f++) {
        weights[f] = (float)(f % 7);
        row[f] = (float)(f * f);
    }
    umi_bands_sum(&bands, weights, row, sums);
    size_t b = 0;
    double expected = 0.0;
    for (size_t f = 0; f < N; f++) {
        expected += (double)(f % 7) * (double)(f * f);
        if (f + 1 == bands.first[b + 1]) {
            assert_float_equal(sums[b], expected, 1e-6 * expected);
            expected = 0.0;
            b++;
        }
    }
    assert_int_equal(b, bands.n_bands);
    umi_bands_free(&bands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_tile_the_bins),
        cmocka_unit_test(speech_takes_80_bands),
        cmocka_unit_test(sums_are_weighted),
    };
    return cmocka_run_group_tests_name("bands", tests, NULL, NULL);
}
