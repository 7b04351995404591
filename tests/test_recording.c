/* A recording is counted, measured and read the same way every time. */
#define _DEFAULT_SOURCE
#include "job/recording.h"

#include "core/random.h"
#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 10000, N_CHANNELS = 3, N_VALUES = N_FRAMES * N_CHANNELS };

static scratch made;
static float sound[N_VALUES];
static int32_t whole_sound[N_VALUES];
static const umi_audio_reader_options options = {0};

static int make_folder(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(5);
    scratch_make(&made);
    for (size_t i = 0; i < N_VALUES; i++) {
        sound[i] = (float)(umi_random_uniform(&random) - 0.5);
        whole_sound[i] = (int32_t)(sound[i] * 0x1p23F);
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static umi_recording open_made(void)
{
    umi_recording recording;
    um_error error;
    assert_int_equal(umi_recording_open(made.path, &options, NULL, &recording, &error), UM_OK);
    return recording;
}

static void counts_frames_and_finds_the_peak(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 8192, N_FRAMES};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        size_t n = lengths[l];
        float kept = n > 0 ? sound[N_CHANNELS * n - 1] : 0.0F;
        if (n > 0) {
            sound[N_CHANNELS * n - 1] = -0.75F; /* the very last value */
        }
        sound_file_write(scratch_path(&made, "a.wav"), sound, n, N_CHANNELS, 8000);
        umi_recording recording = open_made();
        assert_true(recording.n_frames == n);
        assert_true(recording.peak == (n > 0 ? 0.75 : 0.0));
        assert_true(recording.gain == 1.0);
        assert_int_equal(recording.bits, 0);
        assert_int_equal(recording.format.channels, N_CHANNELS);
        umi_recording_close(&recording);
        umi_recording_close(&recording);
        if (n > 0) {
            sound[N_CHANNELS * n - 1] = kept;
        }
    }
}

/* What is usual is left alone; what is not comes to 0.5..1 by a power of two. */
static void extreme_peaks_get_a_gain(void **state)
{
    (void)state;
    static const struct {
        float peak;
        bool usual;
    } cases[] = {{0.0F, true},      {1e-5F, true},   {1.0F, true},    {16.0F, true},
                 {16.001F, false},  {1e6F, false},   {3e38F, false},  {FLT_MAX, false},
                 {0.99e-6F, false}, {1e-12F, false}, {1e-40F, false}, {0x1p-149F, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float samples[6] = {0.0F, -cases[i].peak, cases[i].peak / 2, 0.0F, 0.0F, 0.0F};
        float read[6];
        size_t n_read;
        um_error error;
        int exponent;
        sound_file_write(scratch_path(&made, "peak.wav"), samples, 6, 1, 8000);
        umi_recording recording = open_made();
        assert_true(recording.peak == (double)cases[i].peak);
        assert_true((recording.gain == 1.0) == cases[i].usual);
        if (!cases[i].usual) {
            assert_true(frexp(recording.gain, &exponent) == 0.5);
            assert_true(recording.peak * recording.gain >= 0.5);
            assert_true(recording.peak * recording.gain < 1.0);
        }
        assert_int_equal(umi_recording_read(&recording, read, NULL, 6, &n_read, &error), UM_OK);
        assert_int_equal(n_read, 6);
        for (size_t k = 0; k < 6; k++) {
            assert_true((double)read[k] == (double)samples[k] * recording.gain);
        }
        umi_recording_close(&recording);
    }
}

/* Whole numbers come with the floats that they are, in blocks of any size, twice. */
static void reads_whole_numbers(void **state)
{
    (void)state;
    static float floats[N_VALUES];
    static int32_t whole[N_VALUES];
    sound_file_write_int(scratch_path(&made, "whole.wav"), UMI_SAMPLE_S24, whole_sound, N_FRAMES,
                         N_CHANNELS, 8000);
    umi_recording recording = open_made();
    um_error error;
    assert_int_equal(recording.bits, 24);
    for (size_t block = 1; block < 2 * N_FRAMES; block = 13 * block + 5) {
        size_t done = 0, n_read = block;
        assert_int_equal(umi_recording_rewind(&recording, &error), UM_OK);
        while (n_read == block) {
            size_t n = N_FRAMES - done < block ? N_FRAMES - done + 1 : block;
            static float part[(N_FRAMES + 1) * N_CHANNELS];
            static int32_t whole_part[(N_FRAMES + 1) * N_CHANNELS];
            assert_int_equal(umi_recording_read(&recording, part, whole_part, n, &n_read, &error),
                             UM_OK);
            memcpy(floats + done * N_CHANNELS, part, n_read * N_CHANNELS * sizeof *part);
            memcpy(whole + done * N_CHANNELS, whole_part, n_read * N_CHANNELS * sizeof *whole_part);
            done += n_read;
        }
        assert_int_equal(done, N_FRAMES);
        assert_memory_equal(whole, whole_sound, sizeof whole);
        for (size_t i = 0; i < N_VALUES; i++) {
            assert_true(floats[i] == (float)whole_sound[i] / 0x1p23F);
        }
    }
    umi_recording_close(&recording);
}

/* The quietest whole numbers are raised as floats and left as they are as whole ones. */
static void quiet_whole_numbers(void **state)
{
    (void)state;
    const int32_t samples[] = {1, -1, 0, 1};
    float floats[4];
    int32_t whole[4];
    size_t n_read;
    um_error error;
    sound_file_write_int(scratch_path(&made, "quiet.wav"), UMI_SAMPLE_S32, samples, 4, 1, 8000);
    umi_recording recording = open_made();
    assert_true(recording.peak == 0x1p-31 && recording.gain == 0x1p30);
    assert_int_equal(umi_recording_read(&recording, floats, whole, 4, &n_read, &error), UM_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(whole[i], samples[i]);
        assert_true(floats[i] == 0.5F * (float)samples[i]);
    }
    umi_recording_close(&recording);
}

typedef struct listener {
    size_t n_calls, stop_at;
    double done;
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(done > l->done || (done == l->done && l->n_calls > 0));
    assert_true(done <= total && isnan(divergence));
    l->done = done;
    return ++l->n_calls != l->stop_at;
}

static void progress_and_cancel(void **state)
{
    (void)state;
    sound_file_write(scratch_path(&made, "a.wav"), sound, N_FRAMES, N_CHANNELS, 8000);
    listener l = {0};
    um_progress progress = {listen, &l};
    umi_recording recording;
    um_error error;
    assert_int_equal(umi_recording_open(made.path, &options, &progress, &recording, &error), UM_OK);
    assert_true(l.done == N_FRAMES && l.n_calls >= 3);
    umi_recording_close(&recording);
    size_t n_calls = l.n_calls;
    for (size_t n = 1; n <= n_calls; n++) {
        l = (listener){.stop_at = n};
        assert_int_equal(umi_recording_open(made.path, &options, &progress, &recording, &error),
                         UM_ERR_CANCELLED);
        assert_int_equal(l.n_calls, n);
        assert_null(recording.reader);
    }
}

static um_status open_and_close(void *context)
{
    umi_recording recording;
    um_status status = umi_recording_open(made.path, &options, NULL, &recording, context);
    assert_true((status == UM_OK) == (recording.reader != NULL));
    umi_recording_close(&recording);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_error error;
    sound_file_write(scratch_path(&made, "a.wav"), sound, 100, N_CHANNELS, 8000);
    assert_true(counting_allocator_sweep(open_and_close, &error) >= 2);
    assert_int_equal(umi_recording_open(scratch_path(&made, "none.wav"), &options, NULL,
                                        &(umi_recording){0}, &error),
                     UM_ERR_NO_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_frames_and_finds_the_peak),
        cmocka_unit_test(extreme_peaks_get_a_gain),
        cmocka_unit_test(reads_whole_numbers),
        cmocka_unit_test(quiet_whole_numbers),
        cmocka_unit_test(progress_and_cancel),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("recording", tests, make_folder, remove_folder);
}
