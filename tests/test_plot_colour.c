/* Even steps, by CIELAB computed backwards from the colours; sources that are seen apart. */
#define _DEFAULT_SOURCE
#include "job/plot_colour.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct lab {
    double L, a, b;
} lab;

static double decode(umi_rgb colour, int shift)
{
    double value = (colour >> shift & 0xFF) / 255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double curve(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static lab to_lab(umi_rgb colour)
{
    double r = decode(colour, 16), g = decode(colour, 8), b = decode(colour, 0);
    double X = 0.4124564 * r + 0.3575761 * g + 0.1804375 * b;
    double Y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b;
    double Z = 0.0193339 * r + 0.1191920 * g + 0.9503041 * b;
    double fx = curve(X / 0.95047), fy = curve(Y), fz = curve(Z / 1.08883);
    return (lab){116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)};
}

static double distance(lab x, lab y)
{
    return sqrt((x.L - y.L) * (x.L - y.L) + (x.a - y.a) * (x.a - y.a) + (x.b - y.b) * (x.b - y.b));
}

static void steps_of_level_are_even(void **state)
{
    (void)state;
    enum { STEPS = 20 };
    for (int dark = 0; dark <= 1; dark++) {
        umi_plot_colours colours = umi_plot_colours_of(dark == 1);
        lab first = to_lab(umi_plot_level_colour(&colours, 0));
        lab last = to_lab(umi_plot_level_colour(&colours, 1));
        lab before = first;
        double step = distance(first, to_lab(umi_plot_level_colour(&colours, 1.0 / STEPS)));
        for (int i = 1; i <= STEPS; i++) {
            lab at = to_lab(umi_plot_level_colour(&colours, (double)i / STEPS));
            assert_true(fabs(at.L - (first.L + (last.L - first.L) * i / STEPS)) < 0.6);
            assert_true(fabs(distance(at, before) - step) < 0.15 * step);
            before = at;
        }
        assert_true(fabs(last.L - first.L) > 85);
    }
}

static void silence_is_the_page(void **state)
{
    (void)state;
    umi_plot_colours light = umi_plot_colours_of(false), dark = umi_plot_colours_of(true);
    assert_int_equal(light.page, 0xFFFFFF);
    assert_true(to_lab(dark.page).L < 10);
    assert_int_equal(umi_plot_level_colour(&light, 0), light.page);
    assert_int_equal(umi_plot_level_colour(&dark, 0), dark.page);
    assert_int_equal(umi_plot_level_colour(&light, -INFINITY), light.page);
    assert_int_equal(umi_plot_level_colour(&light, 7), umi_plot_level_colour(&light, 1));
}

static void sources_stand_out(void **state)
{
    (void)state;
    for (int dark = 0; dark <= 1; dark++) {
        umi_plot_colours colours = umi_plot_colours_of(dark == 1);
        for (size_t s = 0; s < 7; s++) {
            lab colour = to_lab(umi_plot_source_colour(&colours, s));
            assert_true(distance(colour, to_lab(colours.page)) > 40);
            for (size_t t = 0; t < s; t++) {
                assert_true(distance(colour, to_lab(umi_plot_source_colour(&colours, t))) > 15);
            }
        }
        assert_int_equal(umi_plot_source_colour(&colours, 7), umi_plot_source_colour(&colours, 0));
    }
}

static void mixes_are_between(void **state)
{
    (void)state;
    assert_int_equal(umi_plot_mix(0x102030, 0xF0E0D0, 0), 0x102030);
    assert_int_equal(umi_plot_mix(0x102030, 0xF0E0D0, 1), 0xF0E0D0);
    assert_int_equal(umi_plot_mix(0x000000, 0x64C8FF, 0.5), 0x326480);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_level_are_even),
        cmocka_unit_test(silence_is_the_page),
        cmocka_unit_test(sources_stand_out),
        cmocka_unit_test(mixes_are_between),
    };
    return cmocka_run_group_tests_name("plot_colour", tests, NULL, NULL);
}
