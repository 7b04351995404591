/* Resampling: how many frames come out, that they stand where they should, and what is filtered. */
#include "io/resample.h"

#include "core/random.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PI 3.14159265358979323846

enum { N_FRAMES = 20000, N_CHANNELS = 2, ROOM = 100000 };

static float in[N_FRAMES * N_CHANNELS], out[ROOM], again[ROOM];

/* Resamples n frames in blocks of at most `block` with room for `room`; returns how many there are
 * in `to_place`, which has to be large enough. */
static size_t resample(double from, double to, size_t channels, size_t n, size_t block, size_t room,
                       float *to_place)
{
    umi_resampler *resampler;
    assert_int_equal(umi_resampler_new(from, to, channels, &resampler), UM_OK);
    size_t total = 0;
    for (size_t done = 0; done < n;) {
        size_t n_in = n - done < block ? n - done : block, n_used, n_made;
        assert_int_equal(umi_resampler_push(resampler, in + done * channels, n_in, &n_used,
                                            to_place + total * channels, room, &n_made),
                         UM_OK);
        assert_true(n_used <= n_in && n_made <= room);
        assert_true(n_used == n_in || n_made == room);
        done += n_used;
        total += n_made;
    }
    for (size_t n_made = room; n_made == room; total += n_made) {
        assert_int_equal(umi_resampler_flush(resampler, to_place + total * channels, room, &n_made),
                         UM_OK);
    }
    size_t more;
    assert_int_equal(umi_resampler_flush(resampler, again, room, &more), UM_OK);
    assert_int_equal(more, 0);
    umi_resampler_free(resampler);
    return total;
}

static void fill_with_noise(void)
{
    umi_random random = umi_random_seeded(3);
    for (size_t i = 0; i < (size_t)N_FRAMES * N_CHANNELS; i++) {
        in[i] = (float)(0.1 * umi_random_normal(&random));
    }
}

static void as_many_frames_as_time_has(void **state)
{
    (void)state;
    const double rates[] = {1000, 8000, 11025, 16000, 44100, 48000, 44099, 192000, 768000};
    const size_t counts[] = {0, 1, 2, 3, 100, 4097, N_FRAMES};
    fill_with_noise();
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            double expected = (double)counts[k] * 10000 / rates[i];
            if (expected < ROOM) {
                double made = (double)resample(rates[i], 10000, 1, counts[k], 1000, 700, out);
                assert_true(fabs(made - expected) <= 0.5);
            }
            expected = (double)counts[k] * rates[i] / 10000;
            if (expected < ROOM) {
                double made = (double)resample(10000, rates[i], 1, counts[k], 1000, 700, out);
                assert_true(fabs(made - expected) <= 0.5);
            }
        }
    }
}

/* The same tones, at the other rate; only at the ends, where they are cut off, they ring. The one
 * that comes near the limit may lose 0.01 dB. */
static void tones_stay_in_their_place(void **state)
{
    (void)state;
    const double rates[] = {8000, 16000, 22050, 44100, 48000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (size_t t = 0; t < N_FRAMES; t++) {
            in[2 * t] = (float)sin(2 * PI * 440 * (double)t / rates[i] + 1);
            in[2 * t + 1] = (float)cos(2 * PI * 3600 * (double)t / rates[i]);
        }
        size_t n = resample(rates[i], 10000, 2, N_FRAMES, N_FRAMES, ROOM / 2, out);
        double worst_low = 0, worst_high = 0;
        for (size_t t = 500; t < n - 500; t++) {
            double low = sin(2 * PI * 440 * (double)t / 10000 + 1);
            double high = cos(2 * PI * 3600 * (double)t / 10000);
            worst_low = fmax(worst_low, fabs((double)out[2 * t] - low));
            worst_high = fmax(worst_high, fabs((double)out[2 * t + 1] - high));
        }
        assert_true(worst_low < 1e-7 && worst_high < 1.2e-3);
    }
}

/* What the lower rate cannot hold would come back as another tone. */
static void what_lies_above_is_stopped(void **state)
{
    (void)state;
    const double tones[] = {5010, 6000, 9000, 15000, 20000};
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        for (size_t t = 0; t < N_FRAMES; t++) {
            in[t] = (float)sin(2 * PI * tones[i] * (double)t / 44100);
        }
        size_t n = resample(44100, 10000, 1, N_FRAMES, N_FRAMES, ROOM, out);
        for (size_t t = 500; t < n - 500; t++) {
            assert_true(fabsf(out[t]) < 1e-7F); /* -140 dB */
        }
    }
}

static void blocks_give_the_same_bits(void **state)
{
    (void)state;
    static float whole[ROOM];
    fill_with_noise();
    size_t n = resample(44100, 10000, 2, N_FRAMES, N_FRAMES, ROOM / 2, whole);
    const size_t blocks[] = {1, 100, 4096}, rooms[] = {3, 1000, 20};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(resample(44100, 10000, 2, N_FRAMES, blocks[i], rooms[i], out), n);
        assert_memory_equal(out, whole, 2 * n * sizeof *out);
    }
}

static void equal_rates_change_nothing(void **state)
{
    (void)state;
    fill_with_noise();
    assert_int_equal(resample(10000, 10000, 2, N_FRAMES, 1000, 700, out), N_FRAMES);
    assert_memory_equal(out, in, sizeof in);
}

static um_status make_and_free(void *context)
{
    (void)context;
    umi_resampler *resampler;
    um_status status = umi_resampler_new(44100, 10000, 2, &resampler);
    assert_true((status == UM_OK) == (resampler != NULL));
    umi_resampler_free(resampler);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(make_and_free, NULL) > 0);
    umi_resampler_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_frames_as_time_has), cmocka_unit_test(tones_stay_in_their_place),
        cmocka_unit_test(what_lies_above_is_stopped), cmocka_unit_test(blocks_give_the_same_bits),
        cmocka_unit_test(equal_rates_change_nothing), cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("resample", tests, NULL, NULL);
}
