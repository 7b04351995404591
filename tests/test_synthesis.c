/* Synthesis streams: what goes through analysis and synthesis comes back, where stft.h says. */
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

static const double MAX_ERROR = 1e-6; /* -120 dB */

/* A recording, its frames and sizes. Rows are at a stride of 2 n_bins. */
typedef struct fixture {
    um_stft *stft;
    um_synthesis *synthesis;
    size_t n;        /* samples */
    size_t lag;      /* samples at the start of the output that are no input */
    size_t n_frames; /* that give all samples back */
    size_t row;      /* floats a frame */
    float *x;        /* n_frames * hop samples: n of noise, then zeros */
    float *spectra;
} fixture;

static float *floats(size_t n)
{
    float *x = umi_alloc(n, sizeof *x);
    assert_non_null(x);
    return x;
}

static fixture new_fixture(um_window_config window, size_t fft_size, size_t n)
{
    um_stft_config config = {window, fft_size};
    fixture f = {.n = n};
    um_error error;
    assert_int_equal(um_stft_new(&config, &f.stft, &error), UM_OK);
    assert_int_equal(um_synthesis_new(f.stft, &f.synthesis), UM_OK);
    size_t hop = um_stft_hop(f.stft);
    f.lag = um_stft_synthesis_length(f.stft) - hop;
    f.n_frames = (n + f.lag + hop - 1) / hop;
    f.row = 2 * um_stft_n_bins(f.stft);
    f.x = floats(f.n_frames * hop);
    f.spectra = floats(f.n_frames * f.row);
    umi_random random = umi_random_seeded(n);
    for (size_t i = 0; i < n; i++) {
        f.x[i] = (float)(2.0 * umi_random_uniform(&random) - 1.0);
    }
    um_analysis *analysis = NULL;
    assert_int_equal(um_analysis_new(f.stft, &analysis), UM_OK);
    assert_int_equal(um_analysis_push(analysis, f.x, 1, f.n_frames * hop, f.spectra, f.row),
                     f.n_frames);
    um_analysis_free(analysis);
    return f;
}

static void free_fixture(fixture *f)
{
    umi_free(f->x);
    umi_free(f->spectra);
    um_synthesis_free(f->synthesis);
    um_stft_free(f->stft);
}

static um_window_config window_of(um_window kind, size_t length, size_t hop)
{
    um_window_config window = um_window_config_default();
    window.window = kind;
    window.length = length;
    window.hop = hop;
    return window;
}

/* The error over a recording of n samples, in energy and at the worst sample, and silence before
 * its start. Input that is 0 outside 0..n - 1 makes any other lag than the documented one fail. */
static void check_reconstruction(um_window_config window, size_t fft_size, size_t n)
{
    fixture f = new_fixture(window, fft_size, n);
    float *y = floats(f.n_frames * window.hop);
    um_synthesis_push(f.synthesis, f.spectra, f.row, f.n_frames, y, 1);
    double error = 0.0;
    double energy = 0.0;
    for (size_t i = 0; i < f.n_frames * window.hop; i++) {
        double x = i < f.lag ? 0.0 : (double)f.x[i - f.lag];
        double difference = (double)y[i] - x;
        assert_true(fabs(difference) < MAX_ERROR); /* full scale is 1 */
        error += difference * difference;
        energy += x * x;
    }
    assert_true(error < MAX_ERROR * MAX_ERROR * energy);
    umi_free(y);
    free_fixture(&f);
}

static void test_reconstruction_of_every_accepted_pair(void **state)
{
    (void)state;
    size_t n_accepted = 0;
    const size_t lengths[] = {16, 18, 50, 256, 1000};
    for (int kind = UM_WINDOW_HANN; kind <= UM_WINDOW_ASYMMETRIC; kind++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            size_t length = lengths[i];
            /* Of the long ones, some 20 hops that have nothing to do with each other. */
            for (size_t hop = 1; hop <= length; hop += length < 100 ? 1 : length / 21 + 2) {
                um_window_config window = window_of((um_window)kind, length, hop);
                float a[1000];
                float s[1000];
                if (um_window_pair(&window, a, s, NULL) != UM_OK) {
                    continue;
                }
                n_accepted++;
                check_reconstruction(window, 0, 2 * length + 7);
                if (hop % 3 == 0) {
                    check_reconstruction(window, length <= 256 ? 480 : 2048, length + 1);
                }
            }
        }
    }
    assert_true(n_accepted > 200);
}

static void test_reconstruction_with_usual_and_extreme_settings(void **state)
{
    (void)state;
    check_reconstruction(um_window_config_default(), 0, 50000);
    check_reconstruction(um_window_config_default(), 8192, 20000);
    check_reconstruction(window_of(UM_WINDOW_SINE, 2048, 1024), 0, 1);
    check_reconstruction(window_of(UM_WINDOW_HANN, 1024, 2), 0, 3000);
    check_reconstruction(window_of(UM_WINDOW_HANN, 65536, 36500), 0, 200000);
    check_reconstruction(window_of(UM_WINDOW_SINE, 65536, 47900), 0, 200000);
    check_reconstruction(window_of(UM_WINDOW_HANN, 64, 16), 1 << 17, 100);
    um_window_config window = window_of(UM_WINDOW_KBD, 2048, 1024);
    window.kbd_alpha = 0.0;
    check_reconstruction(window, 0, 10000);
    window.kbd_alpha = 20.0;
    check_reconstruction(window, 0, 10000);
    window = window_of(UM_WINDOW_ASYMMETRIC, 2048, 64);
    const size_t synthesis_lengths[] = {128, 256, 1152, 2048};
    for (size_t i = 0; i < 4; i++) {
        window.synthesis_length = synthesis_lengths[i];
        check_reconstruction(window, 0, 10000);
        check_reconstruction(window, 3000, 5000);
    }
}

static void test_delay_of_a_live_stream(void **state)
{
    (void)state;
    /* A click at sample j is out when at most S - 1 more samples are in, and for one j not before.
     */
    um_window_config window = window_of(UM_WINDOW_ASYMMETRIC, 128, 8);
    window.synthesis_length = 32;
    um_stft_config config = {window, 0};
    um_stft *stft = NULL;
    assert_int_equal(um_stft_new(&config, &stft, NULL), UM_OK);
    size_t longest = 0;
    for (size_t j = 0; j < 20; j++) {
        um_analysis *analysis = NULL;
        um_synthesis *synthesis = NULL;
        assert_int_equal(um_analysis_new(stft, &analysis), UM_OK);
        assert_int_equal(um_synthesis_new(stft, &synthesis), UM_OK);
        bool out = false;
        for (size_t i = 0; !out; i++) {
            float x = i == j ? 1.0F : 0.0F;
            float spectrum[130];
            float y[8] = {0.0F};
            if (um_analysis_push(analysis, &x, 1, 1, spectrum, 130) == 1) {
                um_synthesis_push(synthesis, spectrum, 130, 1, y, 1);
            }
            for (size_t k = 0; k < 8; k++) {
                out = out || y[k] > 0.999F;
            }
            longest = out && i - j > longest ? i - j : longest;
            assert_true(i < 200);
        }
        um_analysis_free(analysis);
        um_synthesis_free(synthesis);
    }
    assert_int_equal(longest, 32 - 1);
    um_stft_free(stft);
}

static void test_blocks_strides_and_reset_change_no_bit(void **state)
{
    (void)state;
    const um_window_config windows[] = {
        window_of(UM_WINDOW_HANN, 64, 16), window_of(UM_WINDOW_SINE, 60, 43),
        window_of(UM_WINDOW_KBD, 128, 50), window_of(UM_WINDOW_ASYMMETRIC, 90, 5)};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        size_t hop = windows[i].hop;
        fixture f = new_fixture(windows[i], 0, 3000);
        float *whole = floats(f.n_frames * hop);
        um_synthesis_push(f.synthesis, f.spectra, f.row, f.n_frames, whole, 1);
        umi_random random = umi_random_seeded(i);
        const size_t blocks[] = {1, 7, 0};
        for (size_t k = 0; k < 3; k++) {
            float *y = floats(2 * f.n_frames * hop);
            um_synthesis_reset(f.synthesis);
            for (size_t m = 0; m < f.n_frames;) {
                size_t size = blocks[k] != 0 ? blocks[k] : umi_random_below(&random, 20);
                size = size < f.n_frames - m ? size : f.n_frames - m;
                um_synthesis_push(f.synthesis, f.spectra + m * f.row, f.row, size, y + 2 * m * hop,
                                  2);
                m += size;
            }
            for (size_t t = 0; t < f.n_frames * hop; t++) {
                assert_memory_equal(&y[2 * t], &whole[t], sizeof *y);
                assert_true(y[2 * t + 1] == 0.0F);
            }
            umi_free(y);
        }
        umi_free(whole);
        free_fixture(&f);
    }
}

static void test_null_spectra_are_frames_of_zeros(void **state)
{
    (void)state;
    const size_t hop = 16;
    fixture f = new_fixture(window_of(UM_WINDOW_HANN, 64, hop), 0, 1000);
    float *zeros = floats(10 * f.row);
    float y[2][30 * 16];
    for (size_t i = 0; i < 2; i++) {
        um_synthesis_reset(f.synthesis);
        um_synthesis_push(f.synthesis, f.spectra, f.row, 10, y[i], 1);
        um_synthesis_push(f.synthesis, i == 0 ? zeros : NULL, f.row, 10, y[i] + 10 * hop, 1);
        um_synthesis_push(f.synthesis, f.spectra, f.row, 10, y[i] + 20 * hop, 1);
    }
    for (size_t t = 0; t < 30 * hop; t++) {
        assert_true(y[0][t] == y[1][t]);
    }
    umi_free(zeros);
    free_fixture(&f);
}

static void test_push_allocates_nothing(void **state)
{
    (void)state;
    fixture f = new_fixture(window_of(UM_WINDOW_HANN, 1000, 100), 0, 5000);
    float *y = floats(f.n_frames * 100);
    size_t calls = counting_allocator_calls();
    um_synthesis_push(f.synthesis, f.spectra, f.row, f.n_frames, y, 1);
    um_synthesis_reset(f.synthesis);
    assert_int_equal(counting_allocator_calls(), calls);
    umi_free(y);
    free_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reconstruction_of_every_accepted_pair),
        cmocka_unit_test(test_reconstruction_with_usual_and_extreme_settings),
        cmocka_unit_test(test_delay_of_a_live_stream),
        cmocka_unit_test(test_blocks_strides_and_reset_change_no_bit),
        cmocka_unit_test(test_null_spectra_are_frames_of_zeros),
        cmocka_unit_test(test_push_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
