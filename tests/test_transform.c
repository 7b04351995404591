/* The transform that a job takes by itself. */
#include "job/transform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void window_goes_with_the_rate(void **state)
{
    (void)state;
    static const struct {
        double sample_rate;
        size_t window;
    } cases[] = {{8000, 1024},  {16000, 2048}, {22050, 2048}, {32000, 4096},  {44100, 4096},
                 {48000, 4096}, {88200, 8192}, {96000, 8192}, {192000, 16384}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        um_stft_config config = umi_transform(cases[i].sample_rate, 0, 0, UM_WINDOW_HANN);
        assert_int_equal(config.window.length, cases[i].window);
        assert_int_equal(config.window.hop, cases[i].window / 4);
    }
}

/* At any rate that a recording may have: a power of two, near 93 ms, that makes an STFT. */
static void every_rate_has_one(void **state)
{
    (void)state;
    for (double rate = 1000; rate <= 768000; rate *= 1.07) {
        for (int shape = UM_WINDOW_HANN; shape <= UM_WINDOW_KBD; shape++) {
            um_stft_config config = umi_transform(floor(rate), 0, 0, (um_window)shape);
            size_t length = config.window.length;
            double seconds = (double)length / floor(rate);
            um_stft *stft;
            um_error error;
            assert_int_equal(length & (length - 1), 0);
            assert_int_equal(4 * config.window.hop, length);
            assert_true(seconds > 0.065 && seconds < 0.132);
            assert_int_equal(config.window.window, shape);
            assert_int_equal(um_stft_new(&config, &stft, &error), UM_OK);
            um_stft_free(stft);
        }
    }
}

static void wishes_are_kept(void **state)
{
    (void)state;
    um_stft_config config = umi_transform(44100, 1000, 0, UM_WINDOW_SINE);
    assert_int_equal(config.window.length, 1000);
    assert_int_equal(config.window.hop, 250);
    assert_int_equal(config.window.window, UM_WINDOW_SINE);
    config = umi_transform(44100, 0, 512, UM_WINDOW_HANN);
    assert_int_equal(config.window.length, 4096);
    assert_int_equal(config.window.hop, 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_goes_with_the_rate),
        cmocka_unit_test(every_rate_has_one),
        cmocka_unit_test(wishes_are_kept),
    };
    return cmocka_run_group_tests_name("transform", tests, NULL, NULL);
}
