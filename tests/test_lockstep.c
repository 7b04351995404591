/* Files read side by side: whole, together, and refused when they do not fit. */
#define _DEFAULT_SOURCE
#include "job/lockstep.h"

#include "counting_allocator.h"
#include "scratch.h"
#include "sound_file.h"

#include <setjmp.h>

#include <cmocka.h>

enum { N_FRAMES = 20000, N_CHANNELS = 2, N_FILES = 3 };

static scratch made;
static char paths[N_FILES][PATH_MAX];
static const char *const files[N_FILES] = {paths[0], paths[1], paths[2]};
static float sound[N_FRAMES * N_CHANNELS];

static float sample(size_t i_file, size_t i)
{
    return (float)(i * 7 % 1000) / 1024.0F - 0.25F * (float)i_file;
}

static int make_files(void **state)
{
    (void)state;
    scratch_make(&made);
    for (size_t f = 0; f < N_FILES; f++) {
        snprintf(paths[f], sizeof paths[f], "%s/%zu.wav", made.directory, f);
        for (size_t i = 0; i < N_FRAMES * N_CHANNELS; i++) {
            sound[i] = sample(f, i);
        }
        sound_file_write(paths[f], sound, N_FRAMES, N_CHANNELS, 8000);
    }
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    scratch_remove(&made);
    return 0;
}

static void reads_all_twice(void **state)
{
    (void)state;
    umi_lockstep *lockstep;
    um_error error;
    assert_int_equal(umi_lockstep_new(files, N_FILES, &lockstep, &error), UM_OK);
    assert_int_equal(umi_lockstep_format(lockstep)->channels, N_CHANNELS);
    assert_true(umi_lockstep_frames(lockstep) == N_FRAMES);
    for (int pass = 0; pass < 2; pass++) {
        size_t done = 0, n;
        do {
            assert_int_equal(umi_lockstep_read(lockstep, &n, &error), UM_OK);
            for (size_t f = 0; f < N_FILES; f++) {
                um_cview block = umi_lockstep_block(lockstep, f);
                assert_true(block.rows == n && block.cols == N_CHANNELS);
                for (size_t i = 0; i < n * N_CHANNELS; i++) {
                    assert_true(block.data[i] == sample(f, done * N_CHANNELS + i));
                }
            }
            done += n;
        } while (n > 0);
        assert_int_equal(done, N_FRAMES);
        assert_int_equal(umi_lockstep_rewind(lockstep, &error), UM_OK);
    }
    assert_null(umi_lockstep_warning(lockstep, 0, 0));
    umi_lockstep_free(lockstep);
    umi_lockstep_free(NULL);
}

static void assert_names_both(const um_error *error, const char *one, const char *other)
{
    assert_non_null(strstr(error->message, one));
    assert_non_null(strstr(error->message, other));
}

static void formats_must_agree(void **state)
{
    (void)state;
    umi_lockstep *lockstep;
    um_error error;
    char odd[PATH_MAX];
    const char *const pair[] = {files[0], odd};
    snprintf(odd, sizeof odd, "%s/odd-rate.wav", made.directory);
    sound_file_write(odd, sound, N_FRAMES, N_CHANNELS, 16000);
    assert_int_equal(umi_lockstep_new(pair, 2, &lockstep, &error), UM_ERR_DATA);
    assert_null(lockstep);
    assert_names_both(&error, "0.wav", "odd-rate.wav");
    assert_names_both(&error, "8000", "16000");
    snprintf(odd, sizeof odd, "%s/mono.wav", made.directory);
    sound_file_write(odd, sound, N_FRAMES, 1, 8000);
    assert_int_equal(umi_lockstep_new(pair, 2, &lockstep, &error), UM_ERR_DATA);
    assert_null(lockstep);
    assert_names_both(&error, "0.wav", "mono.wav");
    snprintf(odd, sizeof odd, "%s/none.wav", made.directory);
    assert_int_equal(umi_lockstep_new(pair, 2, &lockstep, &error), UM_ERR_NO_INPUT);
    assert_null(lockstep);
}

static void lengths_must_agree(void **state)
{
    (void)state;
    char odd[PATH_MAX];
    const char *const orders[2][2] = {{files[0], odd}, {odd, files[0]}};
    snprintf(odd, sizeof odd, "%s/short.wav", made.directory);
    sound_file_write(odd, sound, N_FRAMES - 1, N_CHANNELS, 8000);
    for (int i = 0; i < 2; i++) {
        umi_lockstep *lockstep;
        um_error error;
        um_status status;
        size_t n;
        assert_int_equal(umi_lockstep_new(orders[i], 2, &lockstep, &error), UM_OK);
        do {
            status = umi_lockstep_read(lockstep, &n, &error);
        } while (status == UM_OK && n > 0);
        assert_int_equal(status, UM_ERR_DATA);
        assert_names_both(&error, "short.wav ends after 19999 frames", "0.wav goes on");
        umi_lockstep_free(lockstep);
    }
}

static um_status open_and_close(void *context)
{
    um_error error;
    umi_lockstep *lockstep;
    um_status status = umi_lockstep_new(files, N_FILES, &lockstep, &error);
    assert_true((status == UM_OK) == (lockstep != NULL));
    umi_lockstep_free(lockstep);
    (void)context;
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(open_and_close, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_twice),
        cmocka_unit_test(formats_must_agree),
        cmocka_unit_test(lengths_must_agree),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("lockstep", tests, make_files, remove_files);
}
