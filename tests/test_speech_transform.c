#include "job/speech_transform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_fits(double rate)
{
    um_stft_config config = umi_speech_transform(rate);
    um_stft *stft;
    assert_int_equal(config.window.length % 64, 0);
    assert_int_equal(config.window.hop * 4, config.window.length);
    assert_int_equal(um_stft_new(&config, &stft, NULL), UM_OK);
    assert_int_equal(um_stft_fft_size(stft), config.window.length); /* no padding */
    double spacing = rate / (double)config.window.length;
    if (fabs(spacing / 15.625 - 1.0) > 0.065) {
        fail_msg("%.0f Hz: bins %.3f Hz apart", rate, spacing);
    }
    um_stft_free(stft);
}

static void usual_rates_have_the_same_bins(void **state)
{
    (void)state;
    const double rates[] = {8000,  11025, 12000, 16000, 22050, 24000,  32000,
                            44100, 48000, 64000, 88200, 96000, 176400, 192000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_fits(rates[i]);
        um_stft_config config = umi_speech_transform(rates[i]);
        assert_true(fabs(rates[i] / (double)config.window.length / 15.625 - 1.0) < 0.015);
    }
    assert_int_equal(umi_speech_transform(16000).window.length, 1024);
    assert_int_equal(umi_speech_transform(44100).window.length, 2816);
    assert_int_equal(umi_speech_transform(48000).window.length, 3072);
}

static void odd_rates_come_near(void **state)
{
    (void)state;
    for (double rate = 8000; rate <= 192000; rate += 997) {
        assert_fits(rate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_rates_have_the_same_bins),
        cmocka_unit_test(odd_rates_come_near),
    };
    return cmocka_run_group_tests_name("speech_transform", tests, NULL, NULL);
}
