/* SI-SDR and SDR on signals whose figures follow from their making. */
#include "unmingle/si_sdr.h"

#include "core/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_FRAMES = 1000, N_CHANNELS = 2, N_SAMPLES = N_FRAMES * N_CHANNELS };

/* A reference, and noise that is exactly orthogonal to it: they take turns among the samples. */
typedef struct signals {
    float reference[N_SAMPLES];
    float noise[N_SAMPLES];
    double reference_energy, noise_energy;
} signals;

static signals orthogonal_signals(void)
{
    signals made = {{0}, {0}, 0, 0};
    umi_random random = umi_random_seeded(7);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        float value = (float)(umi_random_uniform(&random) - 0.5);
        if (i % 3 == 0) {
            made.noise[i] = value;
            made.noise_energy += (double)value * (double)value;
        } else {
            made.reference[i] = value;
            made.reference_energy += (double)value * (double)value;
        }
    }
    return made;
}

static void known_signal_to_noise_ratio(void **state)
{
    (void)state;
    const float gains[] = {0.25F, 1, 2, -1};
    signals in = orthogonal_signals();
    um_cview reference = um_cview_of(in.reference, N_FRAMES, N_CHANNELS);
    for (size_t i_gain = 0; i_gain < 4; i_gain++) {
        float mixed[N_SAMPLES];
        for (size_t i = 0; i < N_SAMPLES; i++) {
            mixed[i] = gains[i_gain] * in.reference[i] + in.noise[i];
        }
        um_cview estimate = um_cview_of(mixed, N_FRAMES, N_CHANNELS);
        double g = (double)gains[i_gain], sdr, si_sdr;
        assert_int_equal(um_sdr(reference, estimate, &sdr), UM_OK);
        assert_int_equal(um_si_sdr(reference, estimate, &si_sdr), UM_OK);
        double s = in.reference_energy, n = in.noise_energy;
        assert_true(fabs(si_sdr - 10 * log10(g * g * s / n)) < 1e-6);
        assert_true(fabs(sdr - 10 * log10(s / ((1 - g) * (1 - g) * s + n))) < 1e-6);
    }
}

/* Channels share one gain: an estimate with one channel louder than the other is distorted. */
static void channels_count_together(void **state)
{
    (void)state;
    const float reference[] = {1, 1, -1, -1}, estimate[] = {2, 0, -2, 0};
    double si_sdr;
    assert_int_equal(um_si_sdr(um_cview_of(reference, 2, 2), um_cview_of(estimate, 2, 2), &si_sdr),
                     UM_OK);
    assert_true(fabs(si_sdr - 0) < 1e-9);
}

static void silence_stays_finite(void **state)
{
    (void)state;
    const float silence[4] = {0}, sound[4] = {1, 0, 0, 0};
    um_cview zero = um_cview_of(silence, 4, 1), one = um_cview_of(sound, 4, 1);
    double value;
    assert_int_equal(um_sdr(zero, zero, &value), UM_OK);
    assert_true(fabs(value) < 1e-9);
    assert_int_equal(um_sdr(one, one, &value), UM_OK);
    assert_true(fabs(value - 120) < 1e-9);
    assert_int_equal(um_sdr(zero, one, &value), UM_OK);
    assert_true(fabs(value + 120) < 1e-9);
    assert_int_equal(um_si_sdr(zero, one, &value), UM_OK);
    assert_true(fabs(value + 120) < 1e-9);
    assert_int_equal(um_si_sdr(zero, zero, &value), UM_OK);
    assert_true(fabs(value) < 1e-9);
}

static void blocks_give_the_same_bits(void **state)
{
    (void)state;
    signals in = orthogonal_signals();
    double whole;
    assert_int_equal(um_si_sdr(um_cview_of(in.reference, N_FRAMES, N_CHANNELS),
                               um_cview_of(in.noise, N_FRAMES, N_CHANNELS), &whole),
                     UM_OK);
    um_si_sdr_sums sums = {0};
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0, n; t < N_FRAMES; t += n) {
            n = t % 7 + 1 < N_FRAMES - t ? t % 7 + 1 : N_FRAMES - t;
            um_cview s = um_cview_of(in.reference + t * N_CHANNELS, n, N_CHANNELS);
            um_cview e = um_cview_of(in.noise + t * N_CHANNELS, n, N_CHANNELS);
            assert_int_equal(pass == 0 ? um_si_sdr_correlate(&sums, s, e)
                                       : um_si_sdr_measure(&sums, s, e),
                             UM_OK);
        }
    }
    assert_true(um_si_sdr_result(&sums) == whole);
}

static void shapes_must_agree(void **state)
{
    (void)state;
    const float sound[4] = {1, 2, 3, 4};
    double value;
    assert_int_equal(um_sdr(um_cview_of(sound, 4, 1), um_cview_of(sound, 3, 1), &value),
                     UM_ERR_ARGUMENT);
    assert_int_equal(um_si_sdr(um_cview_of(sound, 4, 1), um_cview_of(sound, 2, 2), &value),
                     UM_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_signal_to_noise_ratio), cmocka_unit_test(channels_count_together),
        cmocka_unit_test(silence_stays_finite),        cmocka_unit_test(blocks_give_the_same_bits),
        cmocka_unit_test(shapes_must_agree),
    };
    return cmocka_run_group_tests_name("si_sdr", tests, NULL, NULL);
}
