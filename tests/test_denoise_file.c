/* One file in, output and residue out: as many frames, the same format, and together the input. */
#define _DEFAULT_SOURCE
#include "job/denoise_file.h"

#include "core/random.h"
#include "counting_allocator.h"
#include "scratch.h"
#include "shipped_speech.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_FRAMES = 3000, N_CHANNELS = 2, N_VALUES = N_FRAMES * N_CHANNELS };

static scratch files;
static um_error error;
static char input[PATH_MAX], output[PATH_MAX], residue[PATH_MAX];
static umi_denoise_config config = {.strength = 1.0, .max_reduction = 40.0};
static int32_t sound[N_VALUES];

static int set_up(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    scratch_make(&files);
    config.speech = shipped_speech();
    snprintf(input, sizeof input, "%s", scratch_path(&files, "in"));
    snprintf(output, sizeof output, "%s", scratch_path(&files, "out"));
    snprintf(residue, sizeof residue, "%s", scratch_path(&files, "residue"));
    for (size_t i = 0; i < N_VALUES; i++) {
        sound[i] = (int32_t)(uint32_t)umi_random_bits(&random) >> 18;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

/* Denoises into files that messages call so. */
static um_status run(const char *shown, bool with_residue, umi_denoise_result *result)
{
    static const umi_watch watch = {0};
    umi_denoise_paths paths = {input, output, shown, with_residue ? residue : NULL, "r"};
    (void)unlink(output);
    (void)unlink(residue);
    return umi_denoise_file(&config, &paths, &watch, result, &error);
}

static void output_and_residue_are_the_input(void **state)
{
    (void)state;
    static int32_t one[N_VALUES], other[N_VALUES];
    umi_audio_format format;
    umi_denoise_result result;
    sound_file_write_int(input, UMI_SAMPLE_S16, sound, N_FRAMES, N_CHANNELS, 22050);
    assert_int_equal(run("a.wav", true, &result), UM_OK);
    assert_int_equal(result.n_frames, N_FRAMES);
    assert_true(result.seconds == N_FRAMES / 22050.0);
    assert_true(isfinite(result.reduction_db) && result.reduction_db >= 0.0);
    assert_int_equal(result.clipped + result.not_finite + result.n_warnings, 0);
    umi_denoise_result_free(&result);
    assert_int_equal(sound_file_read(output, NULL, one, N_FRAMES, &format), N_FRAMES);
    assert_int_equal(format.sample, UMI_SAMPLE_S16);
    assert_int_equal(format.channels, N_CHANNELS);
    assert_true(format.sample_rate == 22050);
    assert_int_equal(sound_file_read(residue, NULL, other, N_FRAMES, NULL), N_FRAMES);
    for (size_t i = 0; i < N_VALUES; i++) {
        assert_int_equal(one[i] + other[i], sound[i]);
    }
}

static void without_residue_the_output_is_the_same(void **state)
{
    (void)state;
    static char one[1 << 15], other[1 << 15];
    umi_denoise_result result;
    sound_file_write_int(input, UMI_SAMPLE_S24, sound, N_FRAMES, N_CHANNELS, 48000);
    assert_int_equal(run("a.wav", true, &result), UM_OK);
    umi_denoise_result_free(&result);
    size_t n = scratch_read(output, one, sizeof one);
    assert_int_equal(run("a.wav", false, &result), UM_OK);
    umi_denoise_result_free(&result);
    assert_int_equal(scratch_read(output, other, sizeof other), n);
    assert_memory_equal(one, other, n);
    assert_false(scratch_exists(residue));
}

static void the_shown_name_says_the_container(void **state)
{
    (void)state;
    static const struct {
        const char *shown;
        umi_container container;
        umi_sample sample;
        size_t n_warnings;
    } cases[] = {{"a.wav", UMI_CONTAINER_WAV, UMI_SAMPLE_FLOAT, 0},
                 {"a.w64", UMI_CONTAINER_W64, UMI_SAMPLE_FLOAT, 0},
                 {"a.flac", UMI_CONTAINER_FLAC, UMI_SAMPLE_S24, 1},
                 {"a", UMI_CONTAINER_WAV, UMI_SAMPLE_FLOAT, 0}};
    static const float samples[N_VALUES] = {0.5F, -0.25F};
    sound_file_write(input, samples, N_FRAMES, N_CHANNELS, 16000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        umi_denoise_result result;
        umi_audio_format format;
        static float back[N_VALUES];
        assert_int_equal(run(cases[i].shown, false, &result), UM_OK);
        assert_int_equal(result.n_warnings, cases[i].n_warnings);
        umi_denoise_result_free(&result);
        assert_int_equal(sound_file_read(output, back, NULL, N_FRAMES, &format), N_FRAMES);
        assert_int_equal(format.container, cases[i].container);
        assert_int_equal(format.sample, cases[i].sample);
    }
}

static void odd_samples_are_counted_and_told(void **state)
{
    (void)state;
    static float samples[N_VALUES];
    umi_denoise_result result;
    samples[7] = NAN;
    samples[9] = INFINITY;
    sound_file_write(input, samples, N_FRAMES, N_CHANNELS, 16000);
    assert_int_equal(run("a.wav", false, &result), UM_OK);
    assert_int_equal(result.not_finite, 2);
    assert_int_equal(result.n_warnings, 1);
    assert_true(result.reduction_db == 0.0); /* of silence */
    umi_denoise_result_free(&result);
}

static void no_frames_is_a_recording_too(void **state)
{
    (void)state;
    umi_denoise_result result;
    sound_file_write_int(input, UMI_SAMPLE_S16, sound, 0, 1, 8000);
    assert_int_equal(run("a.flac", true, &result), UM_OK);
    assert_int_equal(result.n_frames, 0);
    assert_true(result.reduction_db == 0.0);
    umi_denoise_result_free(&result);
}

static bool stop(void *user, double done, double total, double divergence)
{
    (void)user;
    (void)divergence;
    return done < total;
}

static void failures_keep_nothing(void **state)
{
    (void)state;
    um_progress progress = {stop, NULL};
    umi_watch watch = {.progress = &progress};
    umi_denoise_paths paths = {input, output, "a.wav", NULL, NULL};
    umi_denoise_result result;
    size_t live = counting_allocator_live();
    sound_file_write_int(input, UMI_SAMPLE_S16, sound, N_FRAMES, N_CHANNELS, 8000);
    assert_int_equal(umi_denoise_file(&config, &paths, &watch, &result, &error), UM_ERR_CANCELLED);
    assert_int_equal(run("a.flac", true, &result), UM_OK);
    umi_denoise_result_free(&result);
    assert_int_equal(umi_denoise_file(&config, &paths, &(umi_watch){0}, &result, &error),
                     UM_ERR_CREATE); /* the output is there */
    assert_int_equal(unlink(input), 0);
    assert_int_equal(run("a.flac", true, &result), UM_ERR_NO_INPUT);
    assert_int_equal(counting_allocator_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(output_and_residue_are_the_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_residue_the_output_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_shown_name_says_the_container, set_up, tear_down),
        cmocka_unit_test_setup_teardown(odd_samples_are_counted_and_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_frames_is_a_recording_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_keep_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
