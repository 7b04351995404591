/* Where noise is heard alone: the frames of that stretch, and no others. */
#define _DEFAULT_SOURCE
#include "job/noise_profile.h"

#include "job/speech_transform.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A second of one tone, then one of another; the second channel has them the other way round. */
enum { RATE = 16000, N_FRAMES = 2 * RATE, CHANNELS = 2, LOW_BIN = 32, HIGH_BIN = 128 };

static scratch files;
static um_error error;
static um_stft *stft;
static umi_recording recording;

static int set_up(void **state)
{
    (void)state;
    static const umi_audio_reader_options options = {false, false, "/tmp"};
    static float sound[N_FRAMES * CHANNELS];
    um_stft_config transform = umi_speech_transform(RATE);
    scratch_make(&files);
    for (size_t i = 0; i < N_FRAMES; i++) {
        double turn = 6.283185307179586 * 15.625 * (double)i / RATE;
        float low = (float)(0.5 * sin(LOW_BIN * turn)), high = (float)(0.5 * sin(HIGH_BIN * turn));
        sound[CHANNELS * i] = i < RATE ? low : high;
        sound[CHANNELS * i + 1] = i < RATE ? high : low;
    }
    sound_file_write(scratch_path(&files, "in.wav"), sound, N_FRAMES, CHANNELS, RATE);
    return umi_recording_open(scratch_path(&files, "in.wav"), &options, NULL, &recording, &error) +
           um_stft_new(&transform, &stft, &error);
}

static int tear_down(void **state)
{
    (void)state;
    umi_recording_close(&recording);
    um_stft_free(stft);
    scratch_remove(&files);
    return 0;
}

static size_t loudest(um_view V, size_t row)
{
    size_t best = 0;
    for (size_t f = 0; f < V.cols; f++) {
        best = um_row(V, row)[f] > um_row(V, row)[best] ? f : best;
    }
    return best;
}

static void only_the_stretch_is_read(void **state)
{
    (void)state;
    const struct {
        double start, end;
        size_t bin;
    } cases[] = {{0.0, 1.0, LOW_BIN}, {1.0, INFINITY, HIGH_BIN}, {1.2, 1.9, HIGH_BIN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_noise_profile_source source = {stft, 513, cases[i].start, cases[i].end, true};
        umi_noise_profile_frames frames;
        assert_int_equal(umi_noise_profile_read(&source, &recording, &frames, &error), UM_OK);
        assert_int_equal(frames.n_matrices, CHANNELS);
        assert_true(frames.V[0].rows > 30);
        size_t other = LOW_BIN + HIGH_BIN - cases[i].bin;
        for (size_t t = 0; t < frames.V[0].rows; t++) {
            assert_int_equal(loudest(frames.V[0], t), cases[i].bin);
            assert_int_equal(loudest(frames.V[1], t), other);
            /* No frame begins in the silence before. */
            assert_true(um_row(frames.V[0], t)[cases[i].bin] > 100.0F);
            assert_true(um_row(frames.V[0], t)[other] < 1.0F);
        }
        umi_noise_profile_free(&frames);
    }
}

static void channels_are_averaged(void **state)
{
    (void)state;
    umi_noise_profile_source source = {stft, 200, 0.0, 1.0, false};
    umi_noise_profile_frames frames;
    assert_int_equal(umi_noise_profile_read(&source, &recording, &frames, &error), UM_OK);
    assert_int_equal(frames.n_matrices, 1);
    assert_int_equal(frames.V[0].cols, 200);
    const float *v = um_row(frames.V[0], 5);
    assert_float_equal(v[LOW_BIN], v[HIGH_BIN], 1.0);
    assert_true(v[LOW_BIN] > 50.0F);
    umi_noise_profile_free(&frames);
}

static void what_does_not_do_is_refused(void **state)
{
    (void)state;
    const struct {
        umi_noise_profile_source source;
        const char *message;
    } cases[] = {{{NULL, 514, 0.0, 1.0, false}, "does not reach as high"},
                 {{NULL, 513, 0.0, 0.063, false}, "has 0.063 s of sound; 0.064 s at least"},
                 {{NULL, 513, 3.0, 4.0, false}, "has 0.000 s"},
                 {{NULL, 513, 1.99, INFINITY, false}, "has 0.010 s"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_noise_profile_source source = cases[i].source;
        umi_noise_profile_frames frames;
        source.stft = stft;
        assert_int_equal(umi_noise_profile_read(&source, &recording, &frames, &error), UM_ERR_DATA);
        assert_non_null(strstr(error.message, cases[i].message));
        assert_null(frames.V);
    }
    umi_noise_profile_source least = {stft, 513, 0.0, 0.064, false};
    umi_noise_profile_frames frames;
    assert_int_equal(umi_noise_profile_read(&least, &recording, &frames, &error), UM_OK);
    assert_int_equal(frames.V[0].rows, 1);
    umi_noise_profile_free(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_stretch_is_read),
        cmocka_unit_test(channels_are_averaged),
        cmocka_unit_test(what_does_not_do_is_refused),
    };
    return cmocka_run_group_tests_name("noise_profile", tests, set_up, tear_down);
}
