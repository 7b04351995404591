#include "job/speech_transform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* How far the bins are from their place, 15.625 Hz apart, as a share of it. */
static double deviation(double rate)
{
    um_stft_config config = umi_speech_transform(rate);
    um_stft *stft;
    assert_int_equal(config.window.window, UM_WINDOW_SINE);
    assert_int_equal(config.window.hop * 4, config.window.length);
    assert_int_equal(um_stft_new(&config, &stft, NULL), UM_OK);
    assert_int_equal(um_stft_fft_size(stft), config.window.length); /* no padding */
    um_stft_free(stft);
    return fabs(rate / (double)config.window.length / 15.625 - 1.0);
}

static void usual_rates_have_the_same_bins(void **state)
{
    (void)state;
    static const struct {
        double rate;
        size_t length;
    } rows[] = {{8000, 512},   {11025, 704},  {12000, 768},    {16000, 1024},  {18900, 1200},
                {22050, 1408}, {24000, 1536}, {32000, 2048},   {37800, 2400},  {44056, 2816},
                {44100, 2816}, {47250, 3024}, {48000, 3072},   {50000, 3200},  {64000, 4096},
                {88200, 5632}, {96000, 6144}, {176400, 11264}, {192000, 12288}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(umi_speech_transform(rows[i].rate).window.length, rows[i].length);
        assert_true(deviation(rows[i].rate) < 0.0081);
    }
}

static void odd_rates_come_near(void **state)
{
    (void)state;
    for (double rate = 8000; rate <= 192000; rate += rate < 16000 ? 7 : 997) {
        if (deviation(rate) > 0.021) {
            fail_msg("%.0f Hz: the bins are off by %.3f", rate, deviation(rate));
        }
    }
}

/* Whatever a file says its rate is: there is a window. */
static void lowest_rates_have_a_window(void **state)
{
    (void)state;
    assert_int_equal(umi_speech_transform(1).window.length, 16);
    assert_true(deviation(1000) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_rates_have_the_same_bins),
        cmocka_unit_test(odd_rates_come_near),
        cmocka_unit_test(lowest_rates_have_a_window),
    };
    return cmocka_run_group_tests_name("speech_transform", tests, NULL, NULL);
}
