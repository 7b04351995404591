/* Windows against their formulas, and pairs against what they promise: to reconstruct. */
#include "counting_allocator.h"
#include "unmingle/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

enum { ROOM = 4096 };
static float analysis[ROOM];
static float synthesis[ROOM];

static um_window_config config_of(um_window window, size_t length, size_t hop)
{
    um_window_config config = um_window_config_default();
    config.window = window;
    config.length = length;
    config.hop = hop;
    return config;
}

static void make_pair(um_window_config config)
{
    um_error error;
    assert_int_equal(um_window_pair(&config, analysis, synthesis, &error), UM_OK);
}

static void assert_near(double value, double expected, double tolerance)
{
    assert_true(fabs(value - expected) <= tolerance);
}

static void test_names_and_defaults(void **state)
{
    (void)state;
    assert_string_equal(um_window_name(UM_WINDOW_HANN), "hann");
    assert_string_equal(um_window_name(UM_WINDOW_SINE), "sine");
    assert_string_equal(um_window_name(UM_WINDOW_KBD), "kbd");
    assert_string_equal(um_window_name(UM_WINDOW_ASYMMETRIC), "asymmetric");
    assert_null(um_window_name((um_window)4));
    um_window_config config = um_window_config_default();
    assert_int_equal(config.window, UM_WINDOW_HANN);
    assert_int_equal(config.length, 4096);
    assert_int_equal(config.hop, 1024);
    assert_near(config.kbd_alpha, 4.0, 0.0);
    assert_int_equal(config.synthesis_length, 0);
    make_pair(config);
}

static void test_hann_and_sine(void **state)
{
    (void)state;
    const double root_half = 0.70710678118654752440;
    const double hann[8] = {0.0, 0.5 - root_half / 2, 0.5, 0.5 + root_half / 2,
                            1.0, 0.5 + root_half / 2, 0.5, 0.5 - root_half / 2};
    make_pair(config_of(UM_WINDOW_HANN, 800, 200));
    for (size_t i = 0; i < 8; i++) {
        assert_near((double)analysis[100 * i], hann[i], 1e-7);
        /* Squares of four Hann windows, a quarter apart, sum to 3/2. */
        assert_near((double)synthesis[100 * i], hann[i] / 1.5, 1e-7);
    }
    make_pair(config_of(UM_WINDOW_SINE, 1000, 500));
    for (size_t t = 0; t < 1000; t++) {
        assert_near((double)analysis[t], sin(PI * ((double)t + 0.5) / 1000.0), 1e-7);
        assert_near((double)synthesis[t], (double)analysis[t], 1e-7);
    }
}

/* Values of scipy.signal.windows.kaiser_bessel_derived(16, numpy.pi * alpha). */
static void test_kbd(void **state)
{
    (void)state;
    const double expected[2][8] = {{0.0033099542, 0.0792728583, 0.278738674, 0.566902885,
                                    0.823784631, 0.960366988, 0.996852955, 0.999994522},
                                   {0.0276099792, 0.15965002, 0.363988955, 0.598181531, 0.801360628,
                                    0.931403264, 0.987173678, 0.999618772}};
    const double alphas[2] = {4.0, 2.5};
    for (size_t i = 0; i < 2; i++) {
        um_window_config config = config_of(UM_WINDOW_KBD, 16, 8);
        config.kbd_alpha = alphas[i];
        make_pair(config);
        for (size_t t = 0; t < 8; t++) {
            assert_near((double)analysis[t], expected[i][t], 1e-7);
            assert_near((double)analysis[15 - t], expected[i][t], 1e-7);
            /* Princen and Bradley: squares half a window apart sum to 1, so it is its own dual. */
            assert_near((double)synthesis[t], expected[i][t], 1e-7);
        }
    }
}

static void test_asymmetric(void **state)
{
    (void)state;
    const size_t length = 2048; /* K */
    const size_t half = 256;    /* M */
    const size_t hop = 64;
    um_window_config config = config_of(UM_WINDOW_ASYMMETRIC, length, hop);
    config.synthesis_length = 2 * half;
    make_pair(config);
    size_t peak = length - half;
    for (size_t t = 0; t < length; t++) {
        /* hann(N, t) = sin(pi t / N)^2, so its root is a quarter of a sine up, and one down. */
        double a = t < peak ? sin(PI * (double)t / (double)(2 * peak))
                            : cos(PI * (double)(t - peak) / (double)(2 * half));
        assert_near((double)analysis[t], a, 1e-7);
        double wave = sin(PI * ((double)t - (double)(length - 2 * half)) / (double)(2 * half));
        double product = t < length - 2 * half ? 0.0 : wave * wave * (double)hop / (double)half;
        assert_near((double)analysis[t] * (double)synthesis[t], product, 1e-7);
        assert_true(t >= length - 2 * half || synthesis[t] == 0.0F);
    }
}

/* The largest distance from 1 of sum over m of a(t - m hop) s(t - m hop), frame after frame laid
 * over a line of time, away from its ends. */
static double distance_from_one(size_t length, size_t hop)
{
    enum { LINE = 4 * 64 };
    double sum[LINE] = {0.0};
    assert_true(length <= 64);
    for (size_t start = 0; start + length <= LINE; start += hop) {
        for (size_t t = 0; t < length; t++) {
            sum[start + t] += (double)analysis[t] * (double)synthesis[t];
        }
    }
    double worst = 0.0;
    for (size_t t = length; t + 2 * length < LINE; t++) {
        worst = fmax(worst, fabs(sum[t] - 1.0));
    }
    return worst;
}

static void test_every_accepted_pair_reconstructs(void **state)
{
    (void)state;
    for (int window = UM_WINDOW_HANN; window <= UM_WINDOW_ASYMMETRIC; window++) {
        for (size_t length = 16; length <= 40; length += 2) {
            for (size_t hop = 1; hop <= length; hop++) {
                um_window_config config = config_of((um_window)window, length, hop);
                um_error error;
                um_status status = um_window_pair(&config, analysis, synthesis, &error);
                if (status == UM_OK) {
                    assert_true(distance_from_one(length, hop) < 1e-6);
                    continue;
                }
                /* Half the length is promised to do, and the message offers it. */
                assert_int_equal(status, UM_ERR_ARGUMENT);
                assert_true(hop > length / 2);
                assert_non_null(strstr(error.message, "hop"));
                config.hop = strtoul(strstr(error.message, "at most ") + 8, NULL, 10);
                assert_int_equal(config.hop, length / 2);
                make_pair(config);
            }
        }
    }
}

static void test_hops_up_to_the_documented_limit(void **state)
{
    (void)state;
    um_window_config accepted[] = {config_of(UM_WINDOW_HANN, 1000, 550),
                                   config_of(UM_WINDOW_SINE, 1000, 730)};
    um_window_config refused[] = {
        config_of(UM_WINDOW_HANN, 1000, 560), config_of(UM_WINDOW_SINE, 1000, 740),
        config_of(UM_WINDOW_HANN, 1000, 1000), config_of(UM_WINDOW_SINE, 1000, 1000),
        config_of(UM_WINDOW_KBD, 1000, 501)};
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        make_pair(accepted[i]);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(um_window_pair(&refused[i], analysis, synthesis, NULL), UM_ERR_ARGUMENT);
    }
}

static void test_extreme_shapes_of_kbd(void **state)
{
    (void)state;
    const double alphas[] = {0.0, 0.1, 20.0};
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++) {
        for (size_t hop = 1; hop <= 24; hop++) {
            um_window_config config = config_of(UM_WINDOW_KBD, 48, hop);
            config.kbd_alpha = alphas[i];
            make_pair(config);
            assert_true(distance_from_one(48, hop) < 1e-6);
        }
    }
}

static void test_refused_fields_are_named(void **state)
{
    (void)state;
    const struct {
        const char *field;
        um_window window;
        size_t length;
        size_t hop;
        double kbd_alpha;
        size_t synthesis_length;
    } rows[] = {
        {"window", (um_window)4, 64, 16, 4.0, 0},
        {"window", (um_window)-1, 64, 16, 4.0, 0},
        {"length", UM_WINDOW_HANN, 0, 16, 4.0, 0},
        {"length", UM_WINDOW_HANN, 14, 4, 4.0, 0},
        {"length", UM_WINDOW_HANN, 65, 16, 4.0, 0},
        {"length", UM_WINDOW_HANN, (1 << 20) + 2, 16, 4.0, 0},
        {"length", UM_WINDOW_HANN, SIZE_MAX - 1, 16, 4.0, 0},
        {"hop", UM_WINDOW_HANN, 64, 0, 4.0, 0},
        {"hop", UM_WINDOW_HANN, 64, 65, 4.0, 0},
        {"hop", UM_WINDOW_ASYMMETRIC, 64, 33, 4.0, 0},
        {"hop", UM_WINDOW_ASYMMETRIC, 64, SIZE_MAX / 2 + 1, 4.0, 0},
        {"kbd_alpha", UM_WINDOW_KBD, 64, 16, -0.1, 0},
        {"kbd_alpha", UM_WINDOW_KBD, 64, 16, 20.1, 0},
        {"kbd_alpha", UM_WINDOW_KBD, 64, 16, NAN, 0},
        {"synthesis_length", UM_WINDOW_ASYMMETRIC, 64, 16, 4.0, 16},
        {"synthesis_length", UM_WINDOW_ASYMMETRIC, 64, 16, 4.0, 48},
        {"synthesis_length", UM_WINDOW_ASYMMETRIC, 64, 16, 4.0, 96},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        um_window_config config = {rows[i].window, rows[i].length, rows[i].hop, rows[i].kbd_alpha,
                                   rows[i].synthesis_length};
        um_error error;
        assert_int_equal(um_window_pair(&config, analysis, synthesis, &error), UM_ERR_ARGUMENT);
        assert_int_equal(error.status, UM_ERR_ARGUMENT);
        /* "field: what is wrong". */
        size_t n = strlen(rows[i].field);
        assert_int_equal(strncmp(error.message, rows[i].field, n), 0);
        assert_int_equal(error.message[n], ':');
    }
}

static void test_fields_of_other_windows_do_not_matter(void **state)
{
    (void)state;
    um_window_config config = config_of(UM_WINDOW_HANN, 64, 16);
    config.kbd_alpha = NAN;
    config.synthesis_length = 7;
    make_pair(config);
}

static void test_null_arguments(void **state)
{
    (void)state;
    um_window_config config = um_window_config_default();
    assert_int_equal(um_window_pair(NULL, analysis, synthesis, NULL), UM_ERR_ARGUMENT);
    assert_int_equal(um_window_pair(&config, NULL, synthesis, NULL), UM_ERR_ARGUMENT);
    assert_int_equal(um_window_pair(&config, analysis, NULL, NULL), UM_ERR_ARGUMENT);
}

static void test_allocates_nothing(void **state)
{
    (void)state;
    size_t calls = counting_allocator_calls();
    for (int window = UM_WINDOW_HANN; window <= UM_WINDOW_ASYMMETRIC; window++) {
        make_pair(config_of((um_window)window, 512, 100));
    }
    assert_int_equal(counting_allocator_calls(), calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_defaults),
        cmocka_unit_test(test_hann_and_sine),
        cmocka_unit_test(test_kbd),
        cmocka_unit_test(test_asymmetric),
        cmocka_unit_test(test_every_accepted_pair_reconstructs),
        cmocka_unit_test(test_hops_up_to_the_documented_limit),
        cmocka_unit_test(test_extreme_shapes_of_kbd),
        cmocka_unit_test(test_refused_fields_are_named),
        cmocka_unit_test(test_fields_of_other_windows_do_not_matter),
        cmocka_unit_test(test_null_arguments),
        cmocka_unit_test(test_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
