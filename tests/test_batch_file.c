/* One file of many: done, skipped, done again, or refused; and what the order of publishing leaves
 * when a run ends in the middle of it. */
#define _DEFAULT_SOURCE
#include "job/batch_file.h"

#include "core/memory.h"
#include "scratch.h"
#include "shipped_speech.h"
#include "sound_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { N_FRAMES = 500 };

static scratch files;
static um_error error;
static umi_batch_item item;
static umi_denoise_config denoise;
static umi_batch_work work;
static char input[PATH_MAX], output[PATH_MAX], residue[PATH_MAX], record[PATH_MAX], root[PATH_MAX];
static char output_name[] = "x/a.wav";

static int set_up(void **state)
{
    (void)state;
    static int32_t sound[N_FRAMES];
    scratch_make(&files);
    snprintf(root, sizeof root, "%s", scratch_path(&files, "out"));
    snprintf(input, sizeof input, "%s", scratch_path(&files, "in.wav"));
    snprintf(output, sizeof output, "%s", scratch_path(&files, "out/x/a.wav"));
    snprintf(residue, sizeof residue, "%s", scratch_path(&files, "out/x/a.residue.wav"));
    snprintf(record, sizeof record, "%s", scratch_path(&files, "out/.unmingle/x/a.wav.json"));
    for (size_t i = 0; i < N_FRAMES; i++) {
        sound[i] = (int32_t)(i * 7919 % 2000) - 1000;
    }
    sound_file_write_int(input, UMI_SAMPLE_S16, sound, N_FRAMES, 1, 8000);
    item = (umi_batch_item){.input = input, .output = output_name};
    denoise =
        (umi_denoise_config){.speech = shipped_speech(), .strength = 1.0, .max_reduction = 40.0};
    work = (umi_batch_work){root, &denoise, "{\"a\":1}", false, false};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

/* 'd'one or 's'kipped; else the run fails with `expected`. */
static char run(um_status expected)
{
    static const umi_watch watch = {0};
    char *figures;
    bool skipped;
    um_status status = umi_batch_file(&work, &item, &watch, &figures, &skipped, &error);
    if (status != expected) {
        fail_msg("%d: %s", (int)status, error.message);
    }
    assert_int_equal(status == UM_OK, figures != NULL);
    assert_true(figures == NULL || strstr(figures, "\"frames\":500") != NULL);
    umi_free(figures);
    /* Neither here nor there is anything hidden left. */
    assert_true(scratch_count(scratch_path(&files, "out/x")) <= 2);
    return skipped ? 's' : 'd';
}

static void done_once(void **state)
{
    (void)state;
    assert_int_equal(run(UM_OK), 'd');
    assert_true(scratch_exists(output) && scratch_exists(record) && !scratch_exists(residue));
    assert_int_equal(run(UM_OK), 's');
    work.residue = true;
    work.settings = "{\"a\":1,\"residue\":true}";
    assert_int_equal(run(UM_OK), 'd');
    assert_true(scratch_exists(residue));
    assert_int_equal(run(UM_OK), 's');
    work.residue = false;
    work.settings = "{\"a\":1}";
    assert_int_equal(run(UM_OK), 'd');
    assert_false(scratch_exists(residue));
}

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 16];
    size_t n = scratch_read(from, bytes, sizeof bytes);
    FILE *file = fopen(to, "wb");
    assert_true(n != SIZE_MAX && file != NULL && fwrite(bytes, 1, n, file) == n);
    assert_int_equal(fclose(file), 0);
}

/* Whatever is missing when a run was killed: the next one makes it whole. */
static void killed_in_the_middle(void **state)
{
    (void)state;
    const char *const all[] = {output, residue, record};
    char saved[PATH_MAX];
    snprintf(saved, sizeof saved, "%s", scratch_path(&files, "saved"));
    work.residue = true;
    assert_int_equal(run(UM_OK), 'd');
    copy(record, saved);
    for (size_t n_there = 0; n_there < 3; n_there++) {
        /* Published are the record, then the residue, then the output. */
        for (size_t i = 0; i + n_there < 3; i++) {
            (void)unlink(all[i]);
        }
        assert_int_equal(run(UM_OK), 'd');
        assert_int_equal(run(UM_OK), 's');
    }
    /* With other settings: what is old is gone already, and the old record still there. */
    assert_int_equal(unlink(output), 0);
    work.settings = "{\"a\":2}";
    assert_int_equal(run(UM_OK), 'd');
    /* The record is there, the file that it tells of is an old one of the same settings. */
    copy(saved, record);
    work.settings = "{\"a\":1}";
    assert_int_equal(unlink(output), 0);
    assert_int_equal(run(UM_OK), 'd');
    assert_int_equal(run(UM_OK), 's');
}

static void what_is_not_ours_stays(void **state)
{
    (void)state;
    assert_int_equal(mkdir(root, 0777), 0);
    assert_int_equal(mkdir(scratch_path(&files, "out/x"), 0777), 0);
    scratch_write(&files, "out/x/a.wav", "mine", 4);
    (void)run(UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "/out/x/a.wav: exists and was not made"));
    assert_int_equal(unlink(output), 0);
    scratch_write(&files, "out/x/a.residue.wav", "mine", 4);
    assert_int_equal(run(UM_OK), 'd'); /* none is to be written */
    assert_true(scratch_exists(residue));
    work.residue = true;
    work.settings = "{\"a\":2}";
    (void)run(UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "/a.residue.wav: exists"));
    work.force = true;
    assert_int_equal(run(UM_OK), 'd');
    assert_int_equal(run(UM_OK), 's');
    work.force = false;
    assert_int_equal(symlink("a.wav", scratch_path(&files, "out/x/link")), 0);
    assert_int_equal(rename(scratch_path(&files, "out/x/link"), residue), 0);
    (void)run(UM_ERR_CREATE);
}

static void what_changes_is_done_again(void **state)
{
    (void)state;
    assert_int_equal(run(UM_OK), 'd');
    struct timespec times[2] = {{1, 0}, {1700000000, 5}};
    assert_int_equal(utimensat(AT_FDCWD, input, times, 0), 0);
    assert_int_equal(run(UM_OK), 'd');
    times[1].tv_nsec = 6;
    assert_int_equal(utimensat(AT_FDCWD, input, times, 0), 0);
    assert_int_equal(run(UM_OK), 'd');
    assert_int_equal(run(UM_OK), 's');
}

/* Touched while it is read, by the progress of the reading. */
static bool touch(void *user, double done, double total, double divergence)
{
    (void)user;
    (void)done;
    (void)total;
    (void)divergence;
    return utimensat(AT_FDCWD, input, NULL, 0) == 0;
}

static void an_input_that_changes_gives_nothing(void **state)
{
    (void)state;
    um_progress progress = {touch, NULL};
    umi_watch watch = {.progress = &progress};
    char *figures;
    bool skipped;
    assert_int_equal(umi_batch_file(&work, &item, &watch, &figures, &skipped, &error),
                     UM_ERR_CHANGED);
    assert_false(scratch_exists(output));
    assert_false(scratch_exists(record));
    assert_int_equal(scratch_count(scratch_path(&files, "out/x")), 0);
}

static void bad_inputs(void **state)
{
    (void)state;
    scratch_write(&files, "in.wav", "junk", 4);
    (void)run(UM_ERR_DATA);
    assert_int_equal(unlink(input), 0);
    (void)run(UM_ERR_NO_INPUT);
    assert_false(scratch_exists(record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(done_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_ours_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_changes_is_done_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_input_that_changes_gives_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_inputs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
