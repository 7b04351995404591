/* Stems as they are on disk add up to the recording. */
#define _DEFAULT_SOURCE
#include "job/stems.h"

#include "core/memory.h"
#include "core/random.h"
#include "counting_allocator.h"
#include "job/null_test.h"
#include "scratch.h"
#include "sound_file.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 5000, N_CHANNELS = 2, N_VALUES = N_FRAMES * N_CHANNELS, N_STEMS = 3 };
enum { BLOCK = 997 };

static scratch made;
static char paths[N_STEMS][PATH_MAX];
static const char *stem_paths[N_STEMS] = {paths[0], paths[1], paths[2]};
static const char *const shown[N_STEMS] = {"one", "two", "three"};
static const umi_audio_reader_options options = {0};
static umi_waveform *const *waveforms; /* that write_stems draws, or NULL */

static int make_folder(void **state)
{
    (void)state;
    scratch_make(&made);
    for (size_t s = 0; s < N_STEMS; s++) {
        snprintf(paths[s], sizeof paths[s], "%s/%zu.wav", made.directory, s);
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static void remove_stems(void)
{
    for (size_t s = 0; s < N_STEMS; s++) {
        (void)unlink(paths[s]);
    }
}

/* A value of a stem as a separator might give it: the parts sum to the mix but for rounding, and
 * single ones swing past it. */
static float part(float mix, umi_random *random)
{
    return mix * (float)(umi_random_uniform(random) * 1.6) +
           (float)(0.1 * (umi_random_uniform(random) - 0.5));
}

/* What a stem's file holds, not what the separator gave. */
static void check_energy(size_t stem, double energy)
{
    static float samples[N_VALUES];
    size_t n = sound_file_read(paths[stem], samples, NULL, N_FRAMES, NULL) * N_CHANNELS;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)samples[i] * (double)samples[i];
    }
    assert_true(fabs(energy - sum) <= 1e-6 * sum);
}

/* Writes random stems of the recording at `path` in blocks; returns how many values were held. */
static uint64_t write_stems(const char *path, umi_sample sample, umi_recording *recording)
{
    static float mix[BLOCK * N_CHANNELS], sources[N_STEMS][BLOCK * N_CHANNELS];
    static int32_t whole[BLOCK * N_CHANNELS];
    um_error error;
    umi_stems *stems;
    umi_random random = umi_random_seeded(9);
    remove_stems();
    assert_int_equal(umi_recording_open(path, &options, NULL, recording, &error), UM_OK);
    umi_audio_format format = recording->format;
    format.sample = sample;
    assert_int_equal(
        umi_stems_new(recording, &format, stem_paths, shown, N_STEMS, BLOCK, &stems, &error),
        UM_OK);
    umi_stems_draw(stems, waveforms);
    size_t n = BLOCK;
    while (n == BLOCK) {
        um_view views[N_STEMS];
        int32_t *whole_mix = recording->bits != 0 ? whole : NULL;
        assert_int_equal(umi_recording_read(recording, mix, whole_mix, BLOCK, &n, &error), UM_OK);
        for (size_t s = 0; s < N_STEMS; s++) {
            for (size_t i = 0; i < n * N_CHANNELS; i++) {
                sources[s][i] = part(mix[i], &random);
            }
            views[s] = um_view_of(sources[s], n, N_CHANNELS);
        }
        assert_int_equal(umi_stems_write(stems, views, mix, whole_mix, n, &error), UM_OK);
    }
    assert_int_equal(umi_stems_finish(stems, &error), UM_OK);
    for (size_t s = 0; s < N_STEMS; s++) {
        if (stem_paths[s] != NULL) {
            check_energy(s, umi_stems_energy(stems)[s]);
        }
    }
    uint64_t held = umi_stems_held(stems);
    umi_stems_free(stems);
    return held;
}

static double null_of(umi_recording *recording)
{
    double peak;
    um_error error;
    assert_int_equal(umi_null_test(recording, stem_paths, N_STEMS, NULL, &peak, &error), UM_OK);
    return peak;
}

/* A recording of whole numbers that runs through the whole range. */
static const char *make_whole(umi_sample sample)
{
    static int32_t mix[N_VALUES];
    umi_random random = umi_random_seeded(3);
    for (size_t i = 0; i < N_VALUES; i++) {
        mix[i] = i == 0   ? INT32_MIN
                 : i == 1 ? INT32_MAX
                          : (int32_t)(uint32_t)umi_random_bits(&random);
        mix[i] >>= 32 - umi_sample_bits(sample);
    }
    sound_file_write_int(scratch_path(&made, "mix.wav"), sample, mix, N_FRAMES, N_CHANNELS, 44100);
    return made.path;
}

static const char *make_float(double peak)
{
    static float mix[N_VALUES];
    umi_random random = umi_random_seeded(4);
    for (size_t i = 0; i < N_VALUES; i++) {
        mix[i] = (float)(peak * (i == 0 ? 1.0 : 2.0 * umi_random_uniform(&random) - 1.0));
    }
    sound_file_write(scratch_path(&made, "mix.wav"), mix, N_FRAMES, N_CHANNELS, 44100);
    return made.path;
}

/* Every depth, read into itself and into a finer one: exact, also where stems are held. */
static void whole_stems_add_up_exactly(void **state)
{
    (void)state;
    static const umi_sample pairs[][2] = {
        {UMI_SAMPLE_U8, UMI_SAMPLE_U8},   {UMI_SAMPLE_S16, UMI_SAMPLE_S16},
        {UMI_SAMPLE_S24, UMI_SAMPLE_S24}, {UMI_SAMPLE_S32, UMI_SAMPLE_S32},
        {UMI_SAMPLE_S16, UMI_SAMPLE_S24}, {UMI_SAMPLE_S24, UMI_SAMPLE_S32}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        umi_recording recording;
        assert_true(write_stems(make_whole(pairs[p][0]), pairs[p][1], &recording) > 0);
        assert_true(null_of(&recording) == 0.0);
        umi_audio_format format;
        float value[N_CHANNELS];
        assert_int_equal(sound_file_read(paths[1], value, NULL, 1, &format), 1);
        assert_int_equal(format.sample, pairs[p][1]);
        assert_true(format.sample_rate == 44100 && format.channels == N_CHANNELS);
        umi_recording_close(&recording);
    }
}

/* A coarser depth: the stems add up to the rounded recording. */
static void coarser_stems_add_up_to_the_rounded_mix(void **state)
{
    (void)state;
    umi_recording recording;
    (void)write_stems(make_whole(UMI_SAMPLE_S24), UMI_SAMPLE_S16, &recording);
    double peak = null_of(&recording);
    /* Half a unit of 16 bits, but where the largest value had no 16-bit value above it. */
    assert_true(peak > 0.4 * 0x1p-15 && peak < 0x1p-15);
    umi_recording_close(&recording);
    (void)write_stems(make_float(0.9), UMI_SAMPLE_S16, &recording);
    peak = null_of(&recording);
    assert_true(peak > 0.4 * 0x1p-15 && peak <= 0.5 * 0x1p-15);
    umi_recording_close(&recording);
    /* So quiet that it is separated with a gain. */
    (void)write_stems(make_float(0x1p-22), UMI_SAMPLE_S32, &recording);
    assert_true(recording.gain > 1.0 && null_of(&recording) <= 0.5 * 0x1p-31);
    umi_recording_close(&recording);
}

/* In float within a few roundings of the largest value, whatever gain the recording needed. */
static void float_stems_add_up(void **state)
{
    (void)state;
    static const double peaks[] = {1e-38, 1e-12, 0.5, 1.0, 16.0, 1e6, 1e37, 1e38};
    for (size_t p = 0; p < sizeof peaks / sizeof *peaks; p++) {
        umi_recording recording;
        static float stem[N_VALUES];
        assert_true(write_stems(make_float(peaks[p]), UMI_SAMPLE_FLOAT, &recording) == 0);
        assert_true(null_of(&recording) <= 4 * peaks[p] * 0x1p-24);
        /* The gain is undone: the first stem is as loud as the mix, not as the working level. */
        assert_int_equal(sound_file_read(paths[0], stem, NULL, N_FRAMES, NULL), N_FRAMES);
        double loudest = 0.0;
        for (size_t i = 0; i < N_VALUES; i++) {
            loudest = fmax(loudest, fabs((double)stem[i]));
        }
        assert_true(loudest > 0.1 * peaks[p] && loudest < 2.0 * peaks[p]);
        umi_recording_close(&recording);
    }
    umi_recording recording;
    (void)write_stems(make_whole(UMI_SAMPLE_S16), UMI_SAMPLE_FLOAT, &recording);
    assert_true(null_of(&recording) <= 4 * 0x1p-24);
    umi_recording_close(&recording);
}

/* Stems louder than float can say are held: finite, and where nothing is held, still the sum. */
static void the_loudest_stems_stay_finite(void **state)
{
    (void)state;
    float mix[] = {3.4e38F, -3.4e38F, 3e38F, 0x1p126F};
    umi_recording recording;
    umi_stems *stems;
    um_error error;
    remove_stems();
    sound_file_write(scratch_path(&made, "loud.wav"), mix, 2, 2, 44100);
    assert_int_equal(umi_recording_open(made.path, &options, NULL, &recording, &error), UM_OK);
    const double louder[N_STEMS - 1][4] = {{5e38, -5e38, -3e38, 0x1p122},
                                           {2e38, -2e38, -3e38, 0.0}};
    float first[4], second[4];
    float third[4] = {0.0F};
    float *parts[N_STEMS] = {first, second, third};
    um_view views[N_STEMS];
    for (size_t i = 0; i < 4; i++) {
        first[i] = (float)(louder[0][i] * recording.gain);
        second[i] = (float)(louder[1][i] * recording.gain);
        mix[i] = (float)((double)mix[i] * recording.gain);
    }
    for (size_t s = 0; s < N_STEMS; s++) {
        views[s] = um_view_of(parts[s], 2, 2);
    }
    assert_int_equal(
        umi_stems_new(&recording, &recording.format, stem_paths, shown, N_STEMS, 2, &stems, &error),
        UM_OK);
    assert_int_equal(umi_stems_write(stems, views, mix, NULL, 2, &error), UM_OK);
    assert_int_equal(umi_stems_finish(stems, &error), UM_OK);
    umi_stems_free(stems);
    assert_true(parts[0][0] == FLT_MAX && parts[0][1] == -FLT_MAX);
    assert_true(parts[2][2] == FLT_MAX); /* 9e38 was left to it */
    for (size_t s = 0; s < N_STEMS; s++) {
        for (size_t i = 0; i < 4; i++) {
            assert_true(isfinite(parts[s][i]));
        }
    }
    assert_true((double)parts[0][3] + (double)parts[1][3] + (double)parts[2][3] ==
                (double)mix[3] / recording.gain);
    umi_recording_close(&recording);
}

static void a_stem_that_exists_is_not_touched(void **state)
{
    (void)state;
    umi_recording recording;
    umi_stems *stems;
    um_error error;
    remove_stems();
    (void)make_whole(UMI_SAMPLE_S16);
    assert_int_equal(umi_recording_open(made.path, &options, NULL, &recording, &error), UM_OK);
    (void)scratch_write(&made, "1.wav", "mine", 4);
    assert_int_equal(umi_stems_new(&recording, &recording.format, stem_paths, shown, N_STEMS, BLOCK,
                                   &stems, &error),
                     UM_ERR_CREATE);
    assert_null(stems);
    assert_non_null(strstr(error.message, "two"));
    char bytes[8];
    assert_int_equal(scratch_read(paths[1], bytes, sizeof bytes), 4);
    umi_stems_free(NULL);
    umi_recording_close(&recording);
}

static um_status make_and_free(void *context)
{
    const umi_recording *recording = context;
    umi_stems *stems;
    um_error error;
    remove_stems();
    um_status status = umi_stems_new(recording, &recording->format, stem_paths, shown, N_STEMS,
                                     BLOCK, &stems, &error);
    assert_true((status == UM_OK) == (stems != NULL));
    umi_stems_free(stems);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    umi_recording recording;
    um_error error;
    for (int is_float = 0; is_float < 2; is_float++) {
        const char *path = is_float ? make_float(1.0) : make_whole(UMI_SAMPLE_S16);
        assert_int_equal(umi_recording_open(path, &options, NULL, &recording, &error), UM_OK);
        assert_true(counting_allocator_sweep(make_and_free, &recording) > N_STEMS);
        umi_recording_close(&recording);
    }
}

/* A stem without a file has its part in the sum: the other files are the same to the bit. */
static void a_stem_may_have_no_file(void **state)
{
    (void)state;
    static char before[2][1 << 16], after[1 << 16];
    const char *const all[N_STEMS] = {paths[0], paths[1], paths[2]};
    umi_recording recording;
    size_t n[2];
    (void)write_stems(make_whole(UMI_SAMPLE_S16), UMI_SAMPLE_S16, &recording);
    umi_recording_close(&recording);
    for (size_t s = 0; s < 2; s++) {
        n[s] = scratch_read(paths[s], before[s], sizeof before[s]);
    }
    stem_paths[2] = NULL;
    (void)write_stems(made.path, UMI_SAMPLE_S16, &recording);
    umi_recording_close(&recording);
    stem_paths[2] = all[2];
    assert_false(scratch_exists(all[2]));
    for (size_t s = 0; s < 2; s++) {
        assert_int_equal(scratch_read(paths[s], after, sizeof after), n[s]);
        assert_memory_equal(after, before[s], n[s]);
    }
}

/* Not what the separator gave, which is changed so that the stems add up. */
static void waveforms_are_of_what_is_written(void **state)
{
    (void)state;
    static const umi_sample samples[] = {UMI_SAMPLE_S16, UMI_SAMPLE_FLOAT};
    static float values[N_VALUES];
    for (size_t i = 0; i < 2; i++) {
        umi_recording recording;
        umi_waveform *drawn[N_STEMS], *read;
        for (size_t s = 0; s < N_STEMS; s++) {
            assert_int_equal(umi_waveform_new(2 * N_FRAMES, N_CHANNELS, &drawn[s]), UM_OK);
        }
        waveforms = drawn;
        (void)write_stems(make_whole(UMI_SAMPLE_S16), samples[i], &recording);
        waveforms = NULL;
        umi_recording_close(&recording);
        for (size_t s = 0; s < N_STEMS; s++) {
            assert_int_equal(sound_file_read(paths[s], values, NULL, N_FRAMES, NULL), N_FRAMES);
            assert_int_equal(umi_waveform_new(2 * N_FRAMES, N_CHANNELS, &read), UM_OK);
            umi_waveform_add(read, values, N_FRAMES);
            char *expected = umi_waveform_text(read), *text = umi_waveform_text(drawn[s]);
            assert_string_equal(text, expected);
            assert_true(umi_waveform_peak(drawn[s]) == umi_waveform_peak(read));
            umi_free(text);
            umi_free(expected);
            umi_waveform_free(read);
            umi_waveform_free(drawn[s]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stem_may_have_no_file),
        cmocka_unit_test(whole_stems_add_up_exactly),
        cmocka_unit_test(coarser_stems_add_up_to_the_rounded_mix),
        cmocka_unit_test(float_stems_add_up),
        cmocka_unit_test(the_loudest_stems_stay_finite),
        cmocka_unit_test(waveforms_are_of_what_is_written),
        cmocka_unit_test(a_stem_that_exists_is_not_touched),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("stems", tests, make_folder, remove_folder);
}
