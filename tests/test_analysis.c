/* Analysis streams: the formula at the head of stft.h, and the same bits for any blocks. */
#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "unmingle/stft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static um_stft_config config_of(um_window window, size_t length, size_t hop, size_t fft_size)
{
    um_stft_config config = um_stft_config_default();
    config.window.window = window;
    config.window.length = length;
    config.window.hop = hop;
    config.fft_size = fft_size;
    return config;
}

static um_stft *new_stft(um_stft_config config)
{
    um_stft *stft = NULL;
    um_error error;
    assert_int_equal(um_stft_new(&config, &stft, &error), UM_OK);
    return stft;
}

static um_analysis *new_analysis(const um_stft *stft)
{
    um_analysis *analysis = NULL;
    assert_int_equal(um_analysis_new(stft, &analysis), UM_OK);
    return analysis;
}

static float *floats(size_t n)
{
    float *x = umi_alloc(n, sizeof *x);
    assert_non_null(x);
    return x;
}

static float *noise(size_t n)
{
    umi_random random = umi_random_seeded(2);
    float *x = floats(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(2.0 * umi_random_uniform(&random) - 1.0);
    }
    return x;
}

/* X(m, f) as stft.h defines it. */
static void direct_bin(const um_stft_config *config, const float *window, const float *x, size_t m,
                       size_t f, double *re, double *im)
{
    size_t length = config->window.length;
    *re = 0.0;
    *im = 0.0;
    for (size_t t = 0; t < length; t++) {
        size_t end = (m + 1) * config->window.hop;
        double sample = end + t < length ? 0.0 : (double)x[end + t - length];
        double angle = -2.0 * PI * (double)(f * t % config->fft_size) / (double)config->fft_size;
        *re += (double)window[t] * sample * cos(angle);
        *im += (double)window[t] * sample * sin(angle);
    }
}

static void test_frames_are_the_formula(void **state)
{
    (void)state;
    const um_stft_config configs[] = {
        config_of(UM_WINDOW_HANN, 64, 16, 64), config_of(UM_WINDOW_SINE, 60, 25, 80),
        config_of(UM_WINDOW_KBD, 48, 24, 48),  config_of(UM_WINDOW_ASYMMETRIC, 100, 10, 150),
        config_of(UM_WINDOW_HANN, 16, 1, 16),
    };
    enum { N = 500 };
    float *x = noise(N);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        float window[100];
        float dual[100];
        assert_int_equal(um_window_pair(&configs[i].window, window, dual, NULL), UM_OK);
        um_stft *stft = new_stft(configs[i]);
        um_analysis *analysis = new_analysis(stft);
        size_t n_bins = um_stft_n_bins(stft);
        size_t n_frames = N / configs[i].window.hop;
        float *X = floats(n_frames * 2 * n_bins);
        assert_int_equal(um_analysis_push(analysis, x, 1, N, X, 2 * n_bins), n_frames);
        for (size_t m = 0; m < n_frames; m++) {
            for (size_t f = 0; f < n_bins; f++) {
                double re;
                double im;
                direct_bin(&configs[i], window, x, m, f, &re, &im);
                const float *bin = X + 2 * (m * n_bins + f);
                /* Values of up to 10; float32 has 7 digits. */
                assert_true(fabs((double)bin[0] - re) < 1e-5);
                assert_true(fabs((double)bin[1] - im) < 1e-5);
            }
        }
        umi_free(X);
        um_analysis_free(analysis);
        um_stft_free(stft);
    }
    umi_free(x);
}

static void test_a_full_scale_sine(void **state)
{
    (void)state;
    enum { LENGTH = 512, BIN = 32, N = 2 * LENGTH };
    um_stft *stft = new_stft(config_of(UM_WINDOW_HANN, LENGTH, LENGTH / 4, 0));
    um_analysis *analysis = new_analysis(stft);
    float x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = (float)sin(2.0 * PI * BIN * (double)i / LENGTH + 0.3);
    }
    float X[8][LENGTH + 2];
    assert_int_equal(um_analysis_push(analysis, x, 1, N, X[0], LENGTH + 2), 8);
    /* Hann's sum is half its length; its neighbour bins have half of the peak, others nothing. */
    const double peak = LENGTH / 2.0 / 2.0;
    for (size_t f = 0; f <= LENGTH / 2; f++) {
        double magnitude = hypot((double)X[7][2 * f], (double)X[7][2 * f + 1]);
        double expected = f == BIN ? peak : f == BIN - 1 || f == BIN + 1 ? peak / 2 : 0.0;
        assert_true(fabs(magnitude - expected) < 1e-6 * peak);
    }
    um_analysis_free(analysis);
    um_stft_free(stft);
}

/* Pushes n samples in blocks of `block`, or of random sizes for 0. */
static void push_in_blocks(um_analysis *analysis, const float *x, size_t n, size_t block, float *X,
                           size_t stride)
{
    umi_random random = umi_random_seeded(n);
    size_t n_frames = 0;
    for (size_t i = 0; i < n;) {
        size_t size = block != 0 ? block : (size_t)umi_random_below(&random, 300);
        size = size < n - i ? size : n - i;
        size_t expected = um_analysis_frames_after(analysis, size);
        float *place = expected == 0 ? NULL : X + n_frames * stride;
        assert_int_equal(um_analysis_push(analysis, x + i, 1, size, place, stride), expected);
        n_frames += expected;
        i += size;
    }
}

static void test_blocks_strides_and_reset_change_no_bit(void **state)
{
    (void)state;
    const um_stft_config configs[] = {
        config_of(UM_WINDOW_HANN, 64, 16, 0), config_of(UM_WINDOW_SINE, 60, 43, 64),
        config_of(UM_WINDOW_KBD, 128, 50, 0), config_of(UM_WINDOW_ASYMMETRIC, 90, 5, 0)};
    enum { N = 4001 };
    float *x = noise(N);
    float *interleaved = floats((size_t)3 * N);
    for (size_t i = 0; i < N; i++) {
        interleaved[3 * i + 1] = x[i];
    }
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        um_stft *stft = new_stft(configs[i]);
        um_analysis *analysis = new_analysis(stft);
        size_t row = 2 * um_stft_n_bins(stft);
        size_t n_frames = um_analysis_frames_after(analysis, N);
        assert_int_equal(n_frames, N / configs[i].window.hop);
        float *whole = floats(n_frames * row);
        assert_int_equal(um_analysis_push(analysis, x, 1, N, whole, row), n_frames);
        const size_t blocks[] = {1, 997, 0, N};
        for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
            /* One float further on: the caller's array need not be aligned. Rows have a gap. */
            float *X = floats(n_frames * (row + 3) + 1);
            um_analysis_reset(analysis);
            push_in_blocks(analysis, x, N, blocks[k], X + 1, row + 3);
            for (size_t m = 0; m < n_frames; m++) {
                assert_memory_equal(X + 1 + m * (row + 3), whole + m * row, row * sizeof *X);
                assert_true(m + 1 == n_frames || X[1 + m * (row + 3) + row] == 0.0F);
            }
            umi_free(X);
        }
        float *X = floats(n_frames * row);
        um_analysis_reset(analysis);
        assert_int_equal(um_analysis_push(analysis, interleaved + 1, 3, N, X, row), n_frames);
        assert_memory_equal(X, whole, n_frames * row * sizeof *X);
        umi_free(X);
        umi_free(whole);
        um_analysis_free(analysis);
        um_stft_free(stft);
    }
    umi_free(x);
    umi_free(interleaved);
}

static void test_frames_after_does_not_overflow(void **state)
{
    (void)state;
    um_stft *stft = new_stft(config_of(UM_WINDOW_HANN, 64, 32, 0));
    um_analysis *analysis = new_analysis(stft);
    float x[31] = {0.0F};
    assert_int_equal(um_analysis_push(analysis, x, 1, 31, NULL, 0), 0);
    assert_int_equal(um_analysis_frames_after(analysis, 0), 0);
    assert_int_equal(um_analysis_frames_after(analysis, 1), 1);
    assert_int_equal(um_analysis_frames_after(analysis, 32), 1);
    assert_int_equal(um_analysis_frames_after(analysis, 33), 2);
    assert_true(um_analysis_frames_after(analysis, SIZE_MAX) == SIZE_MAX / 32 + 1);
    um_analysis_free(analysis);
    um_stft_free(stft);
}

static void test_push_allocates_nothing(void **state)
{
    (void)state;
    enum { N = 10000 };
    um_stft *stft = new_stft(config_of(UM_WINDOW_HANN, 1000, 100, 0));
    um_analysis *analysis = new_analysis(stft);
    size_t row = 2 * um_stft_n_bins(stft);
    float *x = noise(N);
    float *X = floats(N / 100 * row);
    size_t calls = counting_allocator_calls();
    push_in_blocks(analysis, x, N, 997, X, row);
    um_analysis_reset(analysis);
    assert_int_equal(counting_allocator_calls(), calls);
    umi_free(x);
    umi_free(X);
    um_analysis_free(analysis);
    um_stft_free(stft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_the_formula),
        cmocka_unit_test(test_a_full_scale_sine),
        cmocka_unit_test(test_blocks_strides_and_reset_change_no_bit),
        cmocka_unit_test(test_frames_after_does_not_overflow),
        cmocka_unit_test(test_push_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
