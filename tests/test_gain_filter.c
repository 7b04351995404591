/* A recording through its gains: gain_track.c and gain_filter.c side by side. */
#define _DEFAULT_SOURCE
#include "job/gain_filter.h"

#include "job/speech_transform.h"
#include "matrices.h"
#include "scratch.h"
#include "sound_file.h"
#include "unmingle/denoiser.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Three sections at 8 kHz, and not a whole number of frames. */
enum { RATE = 8000, N_FRAMES = 70 * RATE + 77, BINS = 257 };

static scratch files;
static um_error error;
static float sound[N_FRAMES];

typedef struct chain {
    umi_recording recording;
    um_stft *stft;
    umi_gain_track *track;
    umi_gain_filter *filter;
} chain;

/* Bursts of a few tones over hiss. */
static int set_up(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(5);
    scratch_make(&files);
    for (size_t i = 0; i < N_FRAMES; i++) {
        double time = (double)i / RATE;
        double tones = sin(2000.0 * time) + sin(4000.0 * time) + sin(6100.0 * time);
        double burst = fmod(time, 1.0) < 0.6 ? 0.1 * tones : 0.0;
        sound[i] = (float)(burst + 0.05 * (umi_random_uniform(&random) - 0.5));
    }
    sound_file_write(scratch_path(&files, "in.wav"), sound, N_FRAMES, 1, RATE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static um_view make_atoms(void)
{
    umi_random random = umi_random_seeded(6);
    return matrix_random(6, UM_DENOISER_STACKED * BINS, 0.5, &random);
}

static void open_chain(chain *c, bool fast, double strength, double floor)
{
    static const umi_audio_reader_options options = {false, false, "/tmp"};
    um_stft_config transform = umi_speech_transform(RATE);
    um_view atoms = make_atoms();
    assert_int_equal(
        umi_recording_open(scratch_path(&files, "in.wav"), &options, NULL, &c->recording, &error),
        UM_OK);
    assert_int_equal(um_stft_new(&transform, &c->stft, &error), UM_OK);
    umi_gain_track_config track = {c->stft, um_const_view(atoms), BINS, false, fast, NULL};
    assert_int_equal(umi_gain_track_new(&track, &c->recording, &c->track, &error), UM_OK);
    umi_gain_filter_config filter = {c->stft, 1, BINS, false, strength, floor};
    assert_int_equal(umi_gain_filter_new(&filter, c->track, &c->filter, &error), UM_OK);
    umi_free(atoms.data);
}

static void close_chain(chain *c)
{
    umi_gain_filter_free(c->filter);
    umi_gain_track_free(c->track);
    um_stft_free(c->stft);
    umi_recording_close(&c->recording);
}

/* All of the sound in blocks, with silence behind it; to be freed. */
static float *run(const chain *c, size_t block)
{
    size_t n = N_FRAMES + umi_gain_filter_delay(c->filter);
    float *in = umi_alloc(n, sizeof(float)), *out = umi_alloc(n, sizeof(float));
    memcpy(in, sound, sizeof sound);
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < block ? n - done : block;
        assert_int_equal(umi_gain_filter_push(c->filter, um_cview_of(in + done, part, 1),
                                              um_view_of(out + done, part, 1), &error),
                         UM_OK);
    }
    umi_free(in);
    return out;
}

static void without_reduction_sound_passes(void **state)
{
    (void)state;
    const double settings[][2] = {{0.0, 0.0}, {1.0, 1.0}}; /* strength, floor */
    for (size_t i = 0; i < 2; i++) {
        chain c;
        open_chain(&c, true, settings[i][0], settings[i][1]);
        float *out = run(&c, 65536);
        size_t delay = umi_gain_filter_delay(c.filter);
        for (size_t k = 0; k < N_FRAMES; k++) {
            assert_float_equal(out[k + delay], sound[k], 1e-6);
        }
        umi_free(out);
        close_chain(&c);
    }
}

static void block_sizes_change_no_bit(void **state)
{
    (void)state;
    const size_t blocks[] = {1000, 333333, 131};
    float *expected = NULL;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        chain c;
        open_chain(&c, false, 1.0, 0.01);
        float *out = run(&c, blocks[i]);
        if (expected == NULL) {
            expected = out;
        } else {
            assert_memory_equal(out, expected, N_FRAMES * sizeof(float));
            umi_free(out);
        }
        close_chain(&c);
    }
    umi_free(expected);
}

/* The floor bounds what is taken away, everywhere. */
static void the_floor_holds(void **state)
{
    (void)state;
    chain c;
    open_chain(&c, true, 1.0, 0.5);
    double before = 0.0, after = 0.0;
    float *out = run(&c, 65536);
    for (size_t k = 0; k < N_FRAMES; k++) {
        before += (double)sound[k] * (double)sound[k];
        after += (double)out[k + umi_gain_filter_delay(c.filter)] *
                 (double)out[k + umi_gain_filter_delay(c.filter)];
    }
    assert_true(after < 0.9 * before);
    assert_true(after > 0.25 * before);
    umi_free(out);
    close_chain(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_reduction_sound_passes),
        cmocka_unit_test(block_sizes_change_no_bit),
        cmocka_unit_test(the_floor_holds),
    };
    return cmocka_run_group_tests_name("gain_filter", tests, set_up, tear_down);
}
