/* The null test sees one bit of one sample, and a stem that is too short or too long. */
#define _DEFAULT_SOURCE
#include "job/null_test.h"

#include "core/random.h"
#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 9000, N_CHANNELS = 2, N_VALUES = N_FRAMES * N_CHANNELS, N_STEMS = 3 };

static scratch made;
static char paths[N_STEMS][PATH_MAX];
static const char *const stem_paths[N_STEMS] = {paths[0], paths[1], paths[2]};
static int32_t stems[N_STEMS][N_VALUES];
static umi_recording recording;

static const struct {
    umi_sample sample;
    unsigned bits;
} depths[] = {{UMI_SAMPLE_U8, 8}, {UMI_SAMPLE_S16, 16}, {UMI_SAMPLE_S24, 24}, {UMI_SAMPLE_S32, 32}};

/* Makes the mix of random stems, n_frames long, and opens it. */
static void make_mix(umi_sample sample, unsigned bits, size_t n_frames)
{
    static int32_t mix[N_VALUES];
    um_error error;
    umi_random random = umi_random_seeded(bits);
    for (size_t i = 0; i < N_VALUES; i++) {
        mix[i] = 0;
        for (size_t s = 0; s < N_STEMS; s++) {
            /* A quarter of the range, so that the sum fits it. */
            stems[s][i] = (int32_t)(uint32_t)umi_random_bits(&random) >> (34 - bits);
            mix[i] += stems[s][i];
        }
    }
    sound_file_write_int(scratch_path(&made, "mix.wav"), sample, mix, n_frames, N_CHANNELS, 8000);
    umi_audio_reader_options options = {0};
    assert_int_equal(umi_recording_open(made.path, &options, NULL, &recording, &error), UM_OK);
}

static void write_stem(size_t s, umi_sample sample, size_t n_frames)
{
    snprintf(paths[s], sizeof paths[s], "%s/%zu.wav", made.directory, s);
    sound_file_write_int(paths[s], sample, stems[s], n_frames, N_CHANNELS, 8000);
}

static um_status null_of_disk(double *peak, um_error *error)
{
    return umi_null_test(&recording, stem_paths, N_STEMS, NULL, peak, error);
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(&made);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    umi_recording_close(&recording);
    scratch_remove(&made);
    return 0;
}

/* One unit more or less, at every depth, at places that begin and end blocks. */
static void finds_one_unit(void **state)
{
    (void)state;
    static const size_t places[] = {0, 4095 * 2 + 1, 4096 * 2, 8191 * 2 + 1, N_VALUES - 1};
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
        double peak = -1.0;
        um_error error;
        make_mix(depths[d].sample, depths[d].bits, N_FRAMES);
        for (size_t s = 0; s < N_STEMS; s++) {
            write_stem(s, depths[d].sample, N_FRAMES);
        }
        assert_int_equal(null_of_disk(&peak, &error), UM_OK);
        assert_true(peak == 0.0);
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            size_t s = p % N_STEMS;
            int32_t error_planted = p % 2 == 0 ? 1 : -1;
            stems[s][places[p]] += error_planted;
            write_stem(s, depths[d].sample, N_FRAMES);
            assert_int_equal(null_of_disk(&peak, &error), UM_OK);
            assert_true(peak == ldexp(1.0, 1 - (int)depths[d].bits));
            stems[s][places[p]] -= error_planted;
            write_stem(s, depths[d].sample, N_FRAMES);
        }
        umi_recording_close(&recording);
    }
}

static void finds_wrong_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 8192};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        double peak;
        um_error error;
        make_mix(UMI_SAMPLE_S16, 16, lengths[l]);
        for (size_t s = 0; s < N_STEMS; s++) {
            write_stem(s, UMI_SAMPLE_S16, lengths[l]);
        }
        assert_int_equal(null_of_disk(&peak, &error), UM_OK);
        assert_true(peak == 0.0);
        write_stem(1, UMI_SAMPLE_S16, lengths[l] + 1);
        assert_int_equal(null_of_disk(&peak, &error), UM_ERR_IO);
        assert_non_null(strstr(error.message, "1.wav: longer"));
        if (lengths[l] > 0) {
            write_stem(1, UMI_SAMPLE_S16, lengths[l] - 1);
            assert_int_equal(null_of_disk(&peak, &error), UM_ERR_IO);
            assert_non_null(strstr(error.message, "1.wav: shorter"));
        }
        umi_recording_close(&recording);
    }
}

/* Stems of another depth than the recording's are compared at full scale. */
static void depths_may_differ(void **state)
{
    (void)state;
    double peak;
    um_error error;
    make_mix(UMI_SAMPLE_S16, 16, N_FRAMES);
    write_stem(0, UMI_SAMPLE_S16, N_FRAMES);
    write_stem(2, UMI_SAMPLE_S16, N_FRAMES);
    for (size_t i = 0; i < N_VALUES; i++) {
        stems[1][i] *= 256;
    }
    write_stem(1, UMI_SAMPLE_S24, N_FRAMES);
    static float floats[N_VALUES];
    for (size_t i = 0; i < N_VALUES; i++) {
        floats[i] = (float)stems[2][i] / 32768.0F;
    }
    floats[77] += 0x1p-20F;
    sound_file_write(paths[2], floats, N_FRAMES, N_CHANNELS, 8000);
    assert_int_equal(null_of_disk(&peak, &error), UM_OK);
    assert_true(peak == 0x1p-20);
}

static void refuses_what_is_no_stem(void **state)
{
    (void)state;
    double peak;
    um_error error;
    make_mix(UMI_SAMPLE_S16, 16, N_FRAMES);
    for (size_t s = 0; s < N_STEMS; s++) {
        write_stem(s, UMI_SAMPLE_S16, N_FRAMES);
    }
    sound_file_write_int(paths[1], UMI_SAMPLE_S16, stems[0], N_FRAMES / 8, 8 * N_CHANNELS, 8000);
    assert_int_equal(null_of_disk(&peak, &error), UM_ERR_IO);
    assert_non_null(strstr(error.message, "1.wav"));
    assert_int_equal(unlink(paths[1]), 0);
    assert_int_equal(null_of_disk(&peak, &error), UM_ERR_NO_INPUT);
    assert_non_null(strstr(error.message, "1.wav"));
}

/* The recording is opened here, because a reader that is rewound makes a new decoder. */
static um_status open_and_test(void *peak)
{
    umi_audio_reader_options options = {0};
    um_error error;
    um_status status =
        umi_recording_open(scratch_path(&made, "mix.wav"), &options, NULL, &recording, &error);
    if (status == UM_OK) {
        status = null_of_disk(peak, &error);
    }
    umi_recording_close(&recording);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    double peak;
    make_mix(UMI_SAMPLE_S16, 16, 10);
    for (size_t s = 0; s < N_STEMS; s++) {
        write_stem(s, UMI_SAMPLE_S16, 10);
    }
    umi_recording_close(&recording);
    assert_true(counting_allocator_sweep(open_and_test, &peak) >= 4 + N_STEMS);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static bool stop(void *user, double done, double total, double divergence)
{
    double *last = user;
    *last = done / total;
    return done < total / 2 && isnan(divergence);
}

/* A signal is heard in the middle, not when all has been read. */
static void can_be_stopped(void **state)
{
    (void)state;
    double peak, last = 0.0;
    um_error error;
    um_progress progress = {stop, &last};
    make_mix(UMI_SAMPLE_S16, 16, N_FRAMES);
    for (size_t s = 0; s < N_STEMS; s++) {
        write_stem(s, UMI_SAMPLE_S16, N_FRAMES);
    }
    um_status status = umi_null_test(&recording, stem_paths, N_STEMS, &progress, &peak, &error);
    assert_int_equal(status, UM_ERR_CANCELLED);
    assert_true(last >= 0.5 && last < 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(finds_one_unit),    IN_A_FOLDER(finds_wrong_lengths),
        IN_A_FOLDER(depths_may_differ), IN_A_FOLDER(refuses_what_is_no_stem),
        IN_A_FOLDER(can_be_stopped),    IN_A_FOLDER(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("null_test", tests, NULL, NULL);
}
