/* From bins to places of a scale: nothing is lost where they are many, nothing made up where few.
 */
#define _DEFAULT_SOURCE
#include "job/plot_bands.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 2049, N = 300 };

static const double bin_hertz = 44100.0 / 4096;
static const umi_frequency_scale scale = {30, 22050};

static void every_partial_is_shown_where_it_is(void **state)
{
    (void)state;
    for (size_t f = 4; f < F - 1; f += 7) {
        static float bins[F];
        float places[N];
        bins[f] = 1;
        umi_plot_bands(bins, F, bin_hertz, &scale, places, N);
        bins[f] = 0;
        double place = log((double)f * bin_hertz / 30) / log(22050.0 / 30) * N;
        assert_true(places[(size_t)place] > 0.8F);
        for (size_t i = 0; i < N; i++) {
            /* Nothing beyond the next bins on both sides. */
            double low = log(((double)f - 1) * bin_hertz / 30) / log(22050.0 / 30) * N;
            double high = log(((double)f + 1) * bin_hertz / 30) / log(22050.0 / 30) * N;
            assert_true(places[i] == 0 || ((double)i > low - 1 && (double)i < high + 1));
        }
    }
}

static void between_wide_bins_it_is_a_line(void **state)
{
    (void)state;
    static float bins[F];
    float places[N];
    for (size_t f = 0; f < F; f++) {
        bins[f] = (float)f; /* the frequency itself */
    }
    umi_plot_bands(bins, F, bin_hertz, &scale, places, N);
    for (size_t i = 0; i < N; i++) {
        double low = 30 * pow(22050.0 / 30, (double)i / N) / bin_hertz;
        double high = 30 * pow(22050.0 / 30, (i + 1.0) / N) / bin_hertz;
        assert_true((double)places[i] >= low - 1e-3 && (double)places[i] <= high + 1e-3);
    }
}

static void one_bin_is_enough(void **state)
{
    (void)state;
    const float bins[] = {3};
    float places[5];
    umi_plot_bands(bins, 1, 100, &scale, places, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(places[i] == 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_partial_is_shown_where_it_is),
        cmocka_unit_test(between_wide_bins_it_is_a_line),
        cmocka_unit_test(one_bin_is_enough),
    };
    return cmocka_run_group_tests_name("plot_bands", tests, NULL, NULL);
}
