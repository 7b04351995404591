/* One file appears whole under its name, or not at all. */
#define _DEFAULT_SOURCE
#include "io/output_file.h"

#include "io/temporary.h"
#include "scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

static scratch files;
static um_error error;
static char target[PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    snprintf(target, sizeof target, "%s", scratch_path(&files, "a\nname.safetensors"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static umi_output_file *begin(bool force)
{
    umi_output_file *file = NULL;
    if (umi_output_file_begin(target, force, &file, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return file;
}

static void assert_target(const char *text)
{
    char found[100];
    size_t n = scratch_read(target, found, sizeof found);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(found, text, n);
    assert_int_equal(scratch_count(files.directory), 1);
}

static void a_file_appears_whole(void **state)
{
    (void)state;
    umi_output_file *file = begin(false);
    assert_int_equal(umi_output_file_write(file, "bytes", 5, &error), UM_OK);
    assert_false(scratch_exists(target));
    assert_true(scratch_exists(umi_output_file_path(file)));
    assert_int_equal(umi_output_file_commit(file, &error), UM_OK);
    umi_output_file_free(file);
    assert_target("bytes");
}

static void without_commit_nothing_is_left(void **state)
{
    (void)state;
    umi_output_file *file = begin(false);
    assert_int_equal(umi_output_file_write(file, "bytes", 5, &error), UM_OK);
    umi_output_file_free(file);
    assert_int_equal(scratch_count(files.directory), 0);
    file = begin(false);
    assert_int_equal(umi_output_file_write(file, "bytes", 5, &error), UM_OK);
    umi_output_abort_all();
    assert_int_equal(scratch_count(files.directory), 0);
    umi_output_file_free(file);
    umi_output_file_free(NULL);
}

static void only_force_overwrites(void **state)
{
    (void)state;
    umi_output_file *file = NULL;
    scratch_write(&files, "a\nname.safetensors", "old", 3);
    assert_int_equal(umi_output_file_begin(target, false, &file, &error), UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "a\\nname.safetensors: "));
    assert_non_null(strstr(error.message, "--force"));
    assert_null(file);
    assert_target("old");
    file = begin(true);
    assert_int_equal(umi_output_file_write(file, "new", 3, &error), UM_OK);
    assert_int_equal(umi_output_file_commit(file, &error), UM_OK);
    umi_output_file_free(file);
    assert_target("new");
}

static void a_name_that_means_a_folder_is_refused(void **state)
{
    (void)state;
    char name[PATH_MAX + 1];
    umi_output_file *file = NULL;
    snprintf(name, sizeof name, "%s/", scratch_path(&files, "new"));
    assert_int_equal(umi_output_file_begin(name, true, &file, &error), UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "names a folder"));
    assert_null(file);
    assert_int_equal(scratch_count(files.directory), 0);
}

static void a_name_taken_meanwhile_is_not_overwritten(void **state)
{
    (void)state;
    umi_output_file *file = begin(false);
    assert_int_equal(umi_output_file_write(file, "new", 3, &error), UM_OK);
    scratch_write(&files, "a\nname.safetensors", "another's", 9);
    assert_int_equal(umi_output_file_commit(file, &error), UM_ERR_CREATE);
    umi_output_file_free(file);
    assert_target("another's");
}

/* Force lets the work begin, and may yet not replace. */
static void a_commit_of_something_new_replaces_nothing(void **state)
{
    (void)state;
    umi_output_file *file = begin(true);
    assert_int_equal(umi_output_file_write(file, "new", 3, &error), UM_OK);
    scratch_write(&files, "a\nname.safetensors", "another's", 9);
    assert_int_equal(umi_output_file_commit_new(file, &error), UM_ERR_CREATE);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(umi_output_file_sync_folder(file, &error), UM_OK);
    assert_int_equal(umi_output_file_commit_new(file, &error), UM_OK);
    umi_output_file_free(file);
    assert_target("new");
}

static void what_is_no_regular_file_is_not_replaced(void **state)
{
    (void)state;
    umi_output_file *file = NULL;
    assert_int_equal(mkdir(target, 0777), 0);
    assert_int_equal(umi_output_file_begin(target, true, &file, &error), UM_ERR_CREATE);
    assert_int_equal(umi_output_file_begin("/dev/null", true, &file, &error), UM_ERR_CREATE);
    assert_int_equal(umi_output_file_begin("/nowhere/x", true, &file, &error), UM_ERR_CREATE);
    assert_null(file);
    assert_int_equal(scratch_count(files.directory), 1);
}

static void a_write_that_falls_short_is_an_error(void **state)
{
    (void)state;
    struct rlimit old, limit;
    static const char bytes[1000];
    umi_output_file *file = begin(false);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 500;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    um_status status = umi_output_file_write(file, bytes, sizeof bytes, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, UM_ERR_IO);
    umi_output_file_free(file);
    assert_int_equal(scratch_count(files.directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_appears_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_commit_nothing_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_force_overwrites, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_means_a_folder_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_taken_meanwhile_is_not_overwritten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_commit_of_something_new_replaces_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_not_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_falls_short_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
