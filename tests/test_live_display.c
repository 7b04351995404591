/* What people see of the sound. */
#include "job/live_display.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RATE = 48000, FFT = 2048, N_BINS = FFT / 2 + 1, BLOCK = 1200 };

/* The byte of a level in dB. */
static int byte_of(double dB)
{
    return (int)lrint(255.0 * (dB + 90.0) / 90.0);
}

static void levels_are_those_of_the_sound(void **state)
{
    (void)state;
    umi_live_display *d = umi_live_display_new(RATE, FFT, 1, 100.0);
    umi_live_frame frame = {0};
    um_view in = matrix_new(BLOCK, 1), source = matrix_new(BLOCK, 1);
    um_view V = matrix_new(1, N_BINS), H = matrix_new(1, 3);
    for (size_t t = 0; t < BLOCK; t++) {
        um_row(in, t)[0] = t % 2 == 0 ? 0.1F : -0.1F;
        um_row(source, t)[0] = 1.0F;
    }
    um_row(V, 0)[43] = 10.0F; /* 1008 Hz at -20 dB */
    um_row(H, 0)[1] = 1600.0F;
    um_view sources[2] = {source, in};
    assert_false(umi_live_display_newest(d, 0, &frame));
    umi_live_display_sound(d, um_const_view(in), um_const_view(source), sources, 2);
    umi_live_display_frames(d, um_const_view(V), um_const_view(H));
    assert_true(umi_live_display_newest(d, 0, &frame));
    assert_false(umi_live_display_newest(d, frame.number, &frame));
    assert_int_equal(frame.in, byte_of(-20.0));
    assert_int_equal(frame.out, byte_of(0.0));
    assert_int_equal(frame.n_sources, 2);
    assert_int_equal(frame.levels[0], byte_of(0.0));
    assert_int_equal(frame.levels[1], byte_of(-20.0));
    assert_int_equal(frame.n_atoms, 3);
    assert_int_equal(frame.activations[0], 0);
    assert_int_equal(frame.activations[1], byte_of(0.0));
    /* The band that holds 1008 Hz: 128 from 40 Hz to 20 kHz. */
    int expected = (int)(128.0 * log(1008.0 / 40.0) / log(20000.0 / 40.0));
    int loudest = 0;
    for (int b = 1; b < UMI_LIVE_BANDS; b++) {
        loudest = frame.bands[b] > frame.bands[loudest] ? b : loudest;
    }
    assert_true(abs(loudest - expected) <= 1);
    assert_int_equal(frame.bands[loudest], byte_of(-20.0));
    umi_live_display_free(d);
    umi_free(in.data);
    umi_free(source.data);
    umi_free(V.data);
    umi_free(H.data);
}

static void frames_come_forty_times_a_second(void **state)
{
    (void)state;
    umi_live_display *d = umi_live_display_new(RATE, FFT, 2, 100.0);
    um_view in = matrix_new(128, 2), V = matrix_new(1, 2 * N_BINS), H = matrix_new(1, 1);
    um_view sources[1] = {in};
    umi_live_frame frame = {0};
    for (size_t i = 0; i < RATE / 128; i++) {
        umi_live_display_sound(d, um_const_view(in), um_const_view(in), sources, 1);
        umi_live_display_frames(d, um_const_view(V), um_const_view(H));
    }
    assert_true(umi_live_display_newest(d, 0, &frame));
    assert_in_range(frame.number, 36, 40);
    umi_live_display_free(d);
    umi_free(in.data);
    umi_free(V.data);
    umi_free(H.data);
}

static void atoms_are_relative_to_their_peaks(void **state)
{
    (void)state;
    umi_live_display *d = umi_live_display_new(RATE, FFT, 1, 1.0);
    float atom[N_BINS] = {0.0F};
    uint8_t bands[UMI_LIVE_BANDS];
    atom[43] = 0.02F;
    atom[430] = 0.002F;
    umi_live_display_atom(d, atom, bands);
    int n_peak = 0, n_lower = 0;
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        n_peak += bands[b] == 255;
        n_lower += bands[b] == byte_of(-20.0);
    }
    assert_in_range(n_peak, 1, 2);
    assert_int_equal(n_lower, 1);
    umi_live_display_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_those_of_the_sound),
        cmocka_unit_test(frames_come_forty_times_a_second),
        cmocka_unit_test(atoms_are_relative_to_their_peaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
