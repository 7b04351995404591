/* The dictionary of speech: reproducible, of the right shape, refused where it cannot be. */
#define _DEFAULT_SOURCE
#include "job/learn_speech.h"

#include "core/memory.h"
#include "core/random.h"
#include "scratch.h"
#include "sound_file.h"
#include "unmingle/denoiser.h"
#include "unmingle/dictionary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_FRAMES = 24000, N_ATOMS = 3, LONG = 160000 };

static scratch files;
static um_error error;
static umi_learn_speech_result result;
static size_t n_frames_max = UMI_LEARN_SPEECH_FRAMES;

static void write_tones(const char *name, double hz, double level, double rate)
{
    static float sound[N_FRAMES];
    umi_random random = umi_random_seeded(9);
    for (size_t i = 0; i < N_FRAMES; i++) {
        double noise = 0.01 * (umi_random_uniform(&random) - 0.5);
        sound[i] = (float)(level * (sin(6.28318530718 * hz * (double)i / rate) + noise));
    }
    sound_file_write(scratch_path(&files, name), sound, N_FRAMES, 1, rate);
}

/* Ten seconds: 1 kHz, then silence, then 3 kHz. */
static void write_two_voices(const char *name)
{
    static float sound[LONG];
    for (size_t i = 0; i < LONG; i++) {
        double hz = i < 70000 ? 1000.0 : i < 90000 ? 0.0 : 3000.0;
        sound[i] = (float)(0.3 * sin(6.28318530718 * hz * (double)i / 16000.0));
    }
    sound_file_write(scratch_path(&files, name), sound, LONG, 1, 16000.0);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    write_tones("a.wav", 1000.0, 0.3, 16000.0);
    write_tones("b.wav", 1000.0, 0.3, 44100.0);
    write_tones("silent.wav", 1000.0, 0.0, 16000.0);
    sound_file_write(scratch_path(&files, "empty.wav"), NULL, 0, 1, 16000.0);
    write_two_voices("long.wav");
    write_tones("low.wav", 1000.0, 0.3, 11025.0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static um_status learn(const char *first, const char *second, const char *output)
{
    char paths[3][PATH_MAX];
    snprintf(paths[0], PATH_MAX, "%s", scratch_path(&files, first));
    snprintf(paths[1], PATH_MAX, "%s", scratch_path(&files, second));
    snprintf(paths[2], PATH_MAX, "%s", scratch_path(&files, output));
    const char *const names[] = {paths[0], paths[1]};
    umi_learn_speech_config config = {.files = names,
                                      .n_files = 2,
                                      .output = paths[2],
                                      .force = true,
                                      .n_atoms = N_ATOMS,
                                      .n_frames_max = n_frames_max,
                                      .seed = 1,
                                      .reader = {false, false, "/tmp"},
                                      .parallel = um_parallel_serial()};
    um_status status = umi_learn_speech(&config, &result, &error);
    if (status == UM_OK) {
        assert_int_equal(result.n_components, 2 * N_ATOMS);
    }
    return status;
}

/* The bin in which an atom is strongest, in the frame in its middle. */
static size_t peak(const um_dictionary *d, size_t k)
{
    const float *atom = um_crow(um_const_view(d->W), k) + 513;
    size_t highest = 0;
    for (size_t f = 0; f < 513; f++) {
        highest = atom[f] > atom[highest] ? f : highest;
    }
    return highest;
}

/* Where 1 kHz is does not depend on the recording's rate. */
static void bins_are_the_same_at_every_rate(void **state)
{
    (void)state;
    um_dictionary *d;
    assert_int_equal(learn("a.wav", "b.wav", "d.safetensors"), UM_OK);
    assert_int_equal(um_dictionary_load(scratch_path(&files, "d.safetensors"), &d, &error), UM_OK);
    assert_true(result.n_learned_frames > 100);
    assert_true(result.n_drawn_frames == 94 + 35 && result.n_available_frames == 94 + 35);
    assert_int_equal(d->n_frames, UM_DENOISER_STACKED);
    assert_int_equal(um_dictionary_n_bins(d), 513);
    assert_true(d->sample_rate == 16000.0);
    for (size_t speaker = 0; speaker < 2; speaker++) {
        assert_int_equal(peak(d, speaker * N_ATOMS), 64);
        assert_string_equal(d->labels[speaker * N_ATOMS], "speech");
    }
    um_dictionary_free(d);
}

/* Of a recording that is too long, frames from everywhere: the second voice is learned, too. */
static void the_end_of_a_long_recording_counts(void **state)
{
    (void)state;
    um_dictionary *d;
    bool heard[2] = {false, false};
    n_frames_max = 100;
    assert_int_equal(learn("a.wav", "long.wav", "d.safetensors"), UM_OK);
    n_frames_max = UMI_LEARN_SPEECH_FRAMES;
    assert_true(result.n_available_frames == 94 + LONG / 256);
    assert_true(result.n_drawn_frames == 94 + 100);
    /* The silence in the middle is an eighth. */
    assert_in_range(result.n_learned_frames, 94 + 84, 94 + 91);
    assert_int_equal(um_dictionary_load(scratch_path(&files, "d.safetensors"), &d, &error), UM_OK);
    for (size_t k = N_ATOMS; k < 2 * N_ATOMS; k++) {
        heard[0] |= peak(d, k) == 64;
        heard[1] |= peak(d, k) == 192;
    }
    assert_true(heard[0] && heard[1]);
    um_dictionary_free(d);
}

static void the_same_again_has_the_same_bytes(void **state)
{
    (void)state;
    enum { SIZE = 1 << 16 };
    static unsigned char one[SIZE], other[SIZE];
    assert_int_equal(learn("a.wav", "b.wav", "one"), UM_OK);
    assert_int_equal(learn("a.wav", "b.wav", "other"), UM_OK);
    size_t n = scratch_read(scratch_path(&files, "one"), one, SIZE);
    assert_int_equal(scratch_read(scratch_path(&files, "other"), other, SIZE), n);
    assert_true(n > 2 * N_ATOMS * 3 * 513 * sizeof(float));
    assert_memory_equal(one, other, n);
}

static void what_cannot_be_learned_from_is_refused(void **state)
{
    (void)state;
    assert_int_equal(learn("a.wav", "silent.wav", "none"), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "silent.wav: no speech"));
    assert_int_equal(learn("a.wav", "empty.wav", "none"), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "empty.wav: no speech"));
    assert_int_equal(learn("a.wav", "low.wav", "none"), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "low.wav: has 11025 Hz"));
    assert_int_equal(learn("a.wav", "missing.wav", "none"), UM_ERR_NO_INPUT);
    assert_false(scratch_exists(scratch_path(&files, "none")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_are_the_same_at_every_rate),
        cmocka_unit_test(the_end_of_a_long_recording_counts),
        cmocka_unit_test(the_same_again_has_the_same_bytes),
        cmocka_unit_test(what_cannot_be_learned_from_is_refused),
    };
    return cmocka_run_group_tests_name("learn_speech", tests, set_up, tear_down);
}
