/* What counts as a stem, and what a folder of them is. */
#define _DEFAULT_SOURCE
#include "job/stem_folder.h"

#include "counting_allocator.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static void touch(scratch *folder, const char *name)
{
    (void)scratch_write(folder, name, "", 0);
}

static void lists_stems_by_name(void **state)
{
    (void)state;
    const char *const names[] = {"snare.FLAC", "kick.wav",     "hi.hat.ogg",     "mix.wav",
                                 "Mixture.au", "meta.json",    ".snare.tmp.wav", "remix.wav",
                                 "README",     "unmingle.json"};
    const char *const expected[] = {"hi.hat", "kick", "remix", "snare"};
    scratch made;
    umi_stem_folder folder;
    um_error error;
    scratch_make(&made);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        touch(&made, names[i]);
    }
    assert_int_equal(umi_stem_folder_read(made.directory, &folder, &error), UM_OK);
    assert_int_equal(folder.n_files, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(folder.files[i].name, expected[i]);
        assert_int_equal(umi_stem_folder_find(&folder, expected[i]), i);
        assert_true(scratch_exists(folder.files[i].path));
    }
    assert_int_equal(umi_stem_folder_find(&folder, "mix"), 4);
    umi_stem_folder_free(&folder);
    umi_stem_folder_free(&folder);
    scratch_remove(&made);
}

/* More than the list has room for at first. */
static void many_stems(void **state)
{
    (void)state;
    scratch made;
    umi_stem_folder folder;
    um_error error;
    scratch_make(&made);
    assert_int_equal(umi_stem_folder_read(made.directory, &folder, &error), UM_OK);
    assert_int_equal(folder.n_files, 0);
    for (int i = 99; i >= 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "%02d.wav", i);
        touch(&made, name);
    }
    char with_slash[300];
    snprintf(with_slash, sizeof with_slash, "%s/", made.directory);
    assert_int_equal(umi_stem_folder_read(with_slash, &folder, &error), UM_OK);
    assert_int_equal(folder.n_files, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(strtoul(folder.files[i].name, NULL, 10), i);
        assert_string_equal(folder.files[i].path + strlen(made.directory) + 1 + 2, ".wav");
    }
    umi_stem_folder_free(&folder);
    scratch_remove(&made);
}

static void refuses(void **state)
{
    (void)state;
    scratch made;
    umi_stem_folder folder;
    um_error error;
    scratch_make(&made);
    touch(&made, "kick.wav");
    touch(&made, "kick.flac");
    assert_int_equal(umi_stem_folder_read(made.directory, &folder, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "kick.wav"));
    assert_non_null(strstr(error.message, "kick.flac"));
    assert_true(folder.n_files == 0 && folder.files == NULL);
    assert_int_equal(umi_stem_folder_read(scratch_path(&made, "none"), &folder, &error),
                     UM_ERR_NO_INPUT);
    assert_non_null(strstr(error.message, "none"));
    assert_int_equal(umi_stem_folder_read(scratch_path(&made, "kick.wav"), &folder, &error),
                     UM_ERR_NO_INPUT);
    scratch_remove(&made);
}

static um_status read_and_free(void *directory)
{
    umi_stem_folder folder;
    um_error error;
    um_status status = umi_stem_folder_read(directory, &folder, &error);
    assert_true(status == UM_OK || folder.n_files == 0);
    umi_stem_folder_free(&folder);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    scratch made;
    scratch_make(&made);
    touch(&made, "kick.wav");
    touch(&made, "snare.wav");
    assert_true(counting_allocator_sweep(read_and_free, made.directory) >= 5);
    scratch_remove(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_stems_by_name),
        cmocka_unit_test(many_stems),
        cmocka_unit_test(refuses),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("stem_folder", tests, NULL, NULL);
}
