/* Cepstral coefficients against a direct computation from the formulas. */
#include "core/mfcc.h"

#include "core/random.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_BINS_MAX = 2049, N_BANDS_MAX = 40 };

typedef struct shape {
    size_t n_bins;
    double rate;
    size_t n_bands;
    double low, high;
    size_t n_coefficients;
} shape;

static const shape shapes[] = {
    {2049, 44100, 40, 40, 16000, 14}, {257, 8000, 20, 0, 4000, 20}, {513, 16000, 26, 300, 20000, 1},
    {2, 48000, 3, 0, 24000, 3},       {65, 8000, 40, 0, 8000, 40},  {1025, 48000, 1, 100, 200, 1},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* Height at `hz` of triangle b of n between low and high, from its corners in mel. */
static double triangle(double hz, size_t b, size_t n, double low, double high)
{
    double corner[3];
    for (size_t i = 0; i < 3; i++) {
        double from = 2595 * log10(1 + low / 700), to = 2595 * log10(1 + high / 700);
        double mel = from + (to - from) * (double)(b + i) / (double)(n + 1);
        corner[i] = 700 * (pow(10, mel / 2595) - 1);
    }
    if (hz <= corner[0] || hz >= corner[2]) {
        return 0;
    }
    return hz < corner[1] ? (hz - corner[0]) / (corner[1] - corner[0])
                          : (corner[2] - hz) / (corner[2] - corner[1]);
}

static void coefficients_equal_the_formula(void **state)
{
    (void)state;
    static float spectrum[N_BINS_MAX];
    umi_random random = umi_random_seeded(21);
    for (size_t i = 0; i < N_SHAPES; i++) {
        const shape *s = &shapes[i];
        double log_band[N_BANDS_MAX], coefficients[N_BANDS_MAX];
        for (size_t f = 0; f < s->n_bins; f++) {
            spectrum[f] = (float)umi_random_uniform(&random);
        }
        double high = s->high < s->rate / 2 ? s->high : s->rate / 2;
        for (size_t b = 0; b < s->n_bands; b++) {
            double sum = 0;
            for (size_t f = 0; f < s->n_bins; f++) {
                double hz = (double)f * s->rate / 2 / (double)(s->n_bins - 1);
                sum += (double)spectrum[f] * triangle(hz, b, s->n_bands, s->low, high);
            }
            log_band[b] = log(50 * sum + 0.01);
        }
        umi_mfcc *mfcc;
        assert_int_equal(
            umi_mfcc_new(s->n_bins, s->rate, s->n_bands, s->low, s->high, s->n_coefficients, &mfcc),
            UM_OK);
        umi_mfcc_compute(mfcc, spectrum, 50, 0.01, coefficients);
        umi_mfcc_free(mfcc);
        for (size_t j = 0; j < s->n_coefficients; j++) {
            double expected = 0, n = (double)s->n_bands;
            for (size_t b = 0; b < s->n_bands; b++) {
                expected += log_band[b] * cos(acos(-1) / n * ((double)b + 0.5) * (double)j);
            }
            expected *= j == 0 ? sqrt(1 / n) : sqrt(2 / n);
            assert_true(fabs(coefficients[j] - expected) < 1e-9 * (1 + fabs(expected)));
        }
    }
}

/* All coefficients together are a rotation of the logarithms, so a flat band spectrum has its
 * level in the first one and nothing in the others. */
static void silence_is_all_level(void **state)
{
    (void)state;
    const float silence[65] = {0};
    double coefficients[12];
    umi_mfcc *mfcc;
    assert_int_equal(umi_mfcc_new(65, 8000, 12, 0, 4000, 12, &mfcc), UM_OK);
    umi_mfcc_compute(mfcc, silence, 1, 1e-3, coefficients);
    umi_mfcc_free(mfcc);
    assert_true(fabs(coefficients[0] - sqrt(12) * log(1e-3)) < 1e-9);
    for (size_t i = 1; i < 12; i++) {
        assert_true(fabs(coefficients[i]) < 1e-9);
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    const shape wrong[] = {
        {1, 8000, 10, 0, 4000, 5},   {65, 0, 10, 0, 4000, 5},    {65, NAN, 10, 0, 4000, 5},
        {65, 8000, 0, 0, 4000, 0},   {65, 8000, 10, 0, 4000, 0}, {65, 8000, 10, 0, 4000, 11},
        {65, 8000, 10, -1, 4000, 5}, {65, 8000, 10, 50, 50, 5},  {65, 8000, 10, NAN, 4000, 5},
        {65, 8000, 10, 0, NAN, 5},   {65, 80, 10, 40, 16000, 5}, {65, INFINITY, 10, 0, 4000, 5},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const shape *s = &wrong[i];
        umi_mfcc *mfcc = (void *)state; /* anything but NULL */
        assert_int_equal(
            umi_mfcc_new(s->n_bins, s->rate, s->n_bands, s->low, s->high, s->n_coefficients, &mfcc),
            UM_ERR_ARGUMENT);
        assert_null(mfcc);
    }
    umi_mfcc_free(NULL);
}

static um_status attempt(void *context)
{
    (void)context;
    umi_mfcc *mfcc;
    um_status status = umi_mfcc_new(65, 8000, 10, 0, 4000, 5, &mfcc);
    assert_true((status == UM_OK) == (mfcc != NULL));
    umi_mfcc_free(mfcc);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(attempt, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_equal_the_formula),
        cmocka_unit_test(silence_is_all_level),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("mfcc", tests, NULL, NULL);
}
