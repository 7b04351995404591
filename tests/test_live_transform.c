/* The transforms of live runs. */
#include "job/live_transform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* What each promises, ms, at any rate. */
static void delays_are_within_what_is_promised(void **state)
{
    (void)state;
    static const double rates[] = {8000.0, 16000.0, 44100.0, 48000.0, 96000.0, 192000.0};
    static const double most[] = {5.85, 11.7, 46.5}; /* 9 % more at 44.1 kHz, whose powers of two
                                                        are longer */
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (int latency = 0; latency < 3; latency++) {
            um_stft_config config = umi_live_transform((umi_live_latency)latency, rates[i], 0);
            double ms = 1000.0 * (double)config.window.synthesis_length / rates[i];
            assert_true(ms <= (rates[i] == 48000.0 ? most[latency] / 1.08 : most[latency]));
            assert_true(ms > most[latency] / 2.3);
            um_stft *stft;
            um_error error;
            assert_int_equal(um_stft_new(&config, &stft, &error), UM_OK);
            um_stft_free(stft);
        }
    }
}

static void the_lowest_needs_no_more_than_a_period(void **state)
{
    (void)state;
    static const size_t periods[] = {16, 64, 128, 256, 1024}, expected[] = {64, 64, 128, 256, 256};
    for (size_t i = 0; i < 5; i++) {
        um_stft_config config = umi_live_transform(UMI_LIVE_LOWEST, 48000.0, periods[i]);
        assert_int_equal(config.window.synthesis_length, expected[i]);
        assert_int_equal(
            umi_live_transform(UMI_LIVE_LOW, 48000.0, periods[i]).window.synthesis_length, 512);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_are_within_what_is_promised),
        cmocka_unit_test(the_lowest_needs_no_more_than_a_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
