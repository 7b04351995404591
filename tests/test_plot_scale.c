/* Where frequencies lie, and which ticks an axis has. */
#define _DEFAULT_SOURCE
#include "job/plot_scale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The texts of all ticks, with blanks between, then the unit. */
static const char *list(const umi_ticks *ticks)
{
    static char text[UMI_TICKS_MAX * UMI_TICK_TEXT];
    text[0] = '\0';
    for (size_t i = 0; i < ticks->n; i++) {
        assert_true(ticks->ticks[i].place > -0.001 && ticks->ticks[i].place < 1.001);
        assert_true(i == 0 || ticks->ticks[i].place > ticks->ticks[i - 1].place);
        strcat(strcat(text, ticks->ticks[i].text), " ");
    }
    return strcat(text, ticks->unit);
}

static void octaves_are_of_one_size(void **state)
{
    (void)state;
    umi_frequency_scale scale = umi_frequency_scale_of(44100);
    double octave = umi_frequency_place(&scale, 200) - umi_frequency_place(&scale, 100);
    assert_true(fabs(octave - 1 / log2(22050.0 / 30)) < 1e-12);
    for (double f = 50; f < 10000; f *= 1.7) {
        double place = umi_frequency_place(&scale, f);
        assert_true(fabs(umi_frequency_place(&scale, 2 * f) - place - octave) < 1e-12);
        assert_true(fabs(umi_frequency_at(&scale, place) - f) < 1e-9 * f);
    }
    assert_true(fabs(umi_frequency_at(&scale, 0) - 30) < 1e-12);
    assert_true(fabs(umi_frequency_at(&scale, 1) - 22050) < 1e-8);
}

static void frequency_ticks(void **state)
{
    (void)state;
    umi_ticks ticks;
    umi_frequency_scale scale = umi_frequency_scale_of(44100);
    umi_frequency_ticks(&scale, 430, UMI_LABEL_UP, &ticks);
    assert_string_equal(list(&ticks), "50 100 200 500 1k 2k 5k 10k 20k Hz");
    assert_true(fabs(ticks.ticks[4].place - log(1000.0 / 30) / log(22050.0 / 30)) < 1e-12);
    umi_frequency_ticks(&scale, 100, UMI_LABEL_UP, &ticks);
    assert_string_equal(list(&ticks), "100 1k 10k Hz");
    scale = umi_frequency_scale_of(8000);
    umi_frequency_ticks(&scale, 430, UMI_LABEL_ALONG, &ticks);
    assert_string_equal(list(&ticks), "50 100 200 500 1k 2k Hz");
    scale = umi_frequency_scale_of(768000);
    umi_frequency_ticks(&scale, 430, UMI_LABEL_UP, &ticks);
    assert_string_equal(list(&ticks), "50 100 200 500 1k 2k 5k 10k 20k 50k 100k 200k Hz");
}

static void time_ticks(void **state)
{
    (void)state;
    static const struct {
        double seconds, pixels;
        const char *expected;
    } cases[] = {
        {0.5, 400, "0.0 0.1 0.2 0.3 0.4 0.5 s"},
        {0.02, 200, "0.00 0.01 0.02 s"},
        {7.2, 600, "0 1 2 3 4 5 6 7 s"},
        {59.9, 400, "0 10 20 30 40 50 s"},
        {60, 400, "0:00 0:10 0:20 0:30 0:40 0:50 1:00 min:s"},
        {240, 500, "0:00 1:00 2:00 3:00 4:00 min:s"},
        {3600, 500, "0:00 0:10 0:20 0:30 0:40 0:50 1:00 h:min"},
        {86400, 600, "0:00 4:00 8:00 12:00 16:00 20:00 24:00 h:min"},
    };
    umi_ticks ticks;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_time_ticks(cases[i].seconds, cases[i].pixels, &ticks);
        assert_string_equal(list(&ticks), cases[i].expected);
    }
    /* Whatever the length, there are some and not too many. */
    for (double seconds = 1e-4; seconds < 1e8; seconds *= 1.3) {
        umi_time_ticks(seconds, 8000, &ticks);
        assert_in_range(ticks.n, 1, UMI_TICKS_MAX - 1);
        (void)list(&ticks);
    }
}

static void level_ticks(void **state)
{
    (void)state;
    umi_ticks ticks;
    umi_level_ticks(-75, -5, 300, &ticks);
    assert_string_equal(list(&ticks), "-70 -60 -50 -40 -30 -20 -10 dBFS");
    assert_true(fabs(ticks.ticks[0].place - 5.0 / 70) < 1e-12);
    umi_level_ticks(-70, 0, 150, &ticks);
    assert_string_equal(list(&ticks), "-60 -40 -20 0 dBFS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octaves_are_of_one_size),
        cmocka_unit_test(frequency_ticks),
        cmocka_unit_test(time_ticks),
        cmocka_unit_test(level_ticks),
    };
    return cmocka_run_group_tests_name("plot_scale", tests, NULL, NULL);
}
