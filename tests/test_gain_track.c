/* Gains section by section, without seams. */
#define _DEFAULT_SOURCE
#include "job/gain_track.h"

#include "job/speech_transform.h"
#include "matrices.h"
#include "scratch.h"
#include "sound_file.h"
#include "unmingle/denoiser.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { RATE = 8000, SECONDS = 70, BINS = 257, CHANNELS = 2 };

static scratch files;
static um_error error;

/* Noise, the second channel much softer. */
static int set_up(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(8);
    size_t n = (size_t)SECONDS * RATE;
    float *sound = umi_alloc(n * CHANNELS, sizeof(float));
    scratch_make(&files);
    for (size_t i = 0; i < n; i++) {
        sound[CHANNELS * i] = (float)(umi_random_uniform(&random) - 0.5);
        sound[CHANNELS * i + 1] = (float)(1e-3 * (umi_random_uniform(&random) - 0.5));
    }
    sound_file_write(scratch_path(&files, "long.wav"), sound, n, CHANNELS, RATE);
    sound_file_write(scratch_path(&files, "short.wav"), sound, 500, CHANNELS, RATE);
    sound_file_write(scratch_path(&files, "none.wav"), sound, 0, CHANNELS, RATE);
    umi_free(sound);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

/* Calls `look` with the gains of every frame and a few beyond the end. */
static size_t walk(const char *name, bool keep_channels,
                   void (*look)(size_t frame, const float *gains))
{
    static const umi_audio_reader_options options = {false, false, "/tmp"};
    um_stft_config transform = umi_speech_transform(RATE);
    umi_random random = umi_random_seeded(6);
    um_view atoms = matrix_random(6, UM_DENOISER_STACKED * BINS, 0.5, &random);
    umi_recording recording;
    um_stft *stft;
    umi_gain_track *track;
    assert_int_equal(
        umi_recording_open(scratch_path(&files, name), &options, NULL, &recording, &error), UM_OK);
    assert_int_equal(um_stft_new(&transform, &stft, &error), UM_OK);
    umi_gain_track_config config = {stft, um_const_view(atoms), BINS, keep_channels, false, NULL};
    assert_int_equal(umi_gain_track_new(&config, &recording, &track, &error), UM_OK);
    size_t n = (size_t)recording.n_frames / um_stft_hop(stft) + 10;
    for (size_t i = 0; i < n; i++) {
        const float *gains;
        assert_int_equal(umi_gain_track_next(track, &gains, &error), UM_OK);
        look(i, gains);
    }
    umi_gain_track_free(track);
    um_stft_free(stft);
    umi_recording_close(&recording);
    umi_free(atoms.data);
    return n;
}

static double mean_of(const float *gains)
{
    double sum = 0.0;
    for (size_t f = 0; f < BINS; f++) {
        assert_true(gains[f] >= 0.0f && gains[f] <= 1.0f);
        sum += (double)gains[f];
    }
    return sum / BINS;
}

static double means[8192];

static void keep_mean(size_t frame, const float *gains)
{
    means[frame] = mean_of(gains);
}

static void nothing_is_seen_of_the_seams(void **state)
{
    (void)state;
    size_t n = walk("long.wav", false, keep_mean) - 10;
    assert_true(n > 4000);
    double step = 0.0, largest = 0.0;
    for (size_t i = 8; i + 8 < n; i++) {
        double change = fabs(means[i] - means[i - 1]);
        step += change / (double)(n - 16);
        largest = fmax(largest, change);
    }
    assert_true(step > 0.0);
    assert_true(largest < 12.0 * step);
}

static void check_channels(size_t frame, const float *gains)
{
    (void)frame;
    (void)mean_of(gains);
    (void)mean_of(gains + BINS);
}

static void channels_may_have_their_own(void **state)
{
    (void)state;
    (void)walk("long.wav", true, check_channels);
}

static void short_ones_are_recordings_too(void **state)
{
    (void)state;
    (void)walk("short.wav", false, keep_mean);
    (void)walk("none.wav", false, keep_mean);
    (void)walk("none.wav", true, check_channels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_seen_of_the_seams),
        cmocka_unit_test(channels_may_have_their_own),
        cmocka_unit_test(short_ones_are_recordings_too),
    };
    return cmocka_run_group_tests_name("gain_track", tests, set_up, tear_down);
}
