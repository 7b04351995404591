/* Opening files: what they are, which they are, whether they change, and standard input. */
#define _DEFAULT_SOURCE
#include "io/input_file.h"

#include "scratch_group.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/time.h>

#include <cmocka.h>

static char bytes[100];
static um_error error;

static umi_input_file open_file(const char *path)
{
    umi_input_file file = {.descriptor = -1};
    if (umi_input_file_open(path, "/tmp", &file, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return file;
}

static void assert_refused(const char *path, um_status status, const char *part_of_message)
{
    umi_input_file file = {.descriptor = -1};
    assert_int_equal(umi_input_file_open(path, "/tmp", &file, &error), status);
    if (strstr(error.message, part_of_message) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_message, error.message);
    }
    assert_int_equal(file.descriptor, -1);
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
    (void)state;
    assert_refused(files.directory, UM_ERR_DATA, "a directory");
    assert_refused("/dev/zero", UM_ERR_DATA, "a device");
    const char *path = scratch_path(&files, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody will ever write to it */
    assert_refused(path, UM_ERR_DATA, "a named pipe");
    assert_refused("", UM_ERR_NO_INPUT, "");
    assert_refused(scratch_path(&files, "pipe/x"), UM_ERR_NO_INPUT, "pipe/x: ");
}

static void a_message_shows_any_name_on_one_line(void **state)
{
    (void)state;
    assert_refused(scratch_path(&files, "not\nthere"), UM_ERR_NO_INPUT, "not\\nthere");
    assert_null(strchr(error.message, '\n'));
}

static void a_file_without_permission_is_told_apart(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        skip(); /* root may read everything */
    }
    const char *path = scratch_write(&files, "secret", bytes, 1);
    assert_int_equal(chmod(path, 0), 0);
    assert_refused(path, UM_ERR_PERMISSION, "secret: ");
}

static void names_of_any_bytes_are_opened(void **state)
{
    (void)state;
    static const char *const names[] = {"a b", "-", "-q", "new\nline", "\xC5\xB1.wav", "\xFF\xFE"};
    char old[PATH_MAX];
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(files.directory), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        scratch_write(&files, names[i], bytes, i);
        /* "-" alone is standard input; everything else may come as it is. */
        umi_input_file file = open_file(strcmp(names[i], "-") == 0 ? "./-" : names[i]);
        assert_int_equal(file.size, i);
        umi_input_file_close(&file);
    }
    assert_int_equal(chdir(old), 0);
}

static void reads_are_whole_but_at_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }
    umi_input_file file = open_file(scratch_write(&files, "in", bytes, sizeof bytes));
    char got[sizeof bytes];
    size_t n = 0;
    assert_true(umi_input_file_read(&file, 90, got, 20, &n));
    assert_int_equal(n, 10);
    assert_memory_equal(got, bytes + 90, 10);
    assert_true(umi_input_file_read(&file, UINT64_MAX, got, 1, &n));
    assert_int_equal(n, 0);
    umi_input_file_close(&file);
    umi_input_file_close(&file);
}

static void a_change_is_seen(void **state)
{
    (void)state;
    umi_input_file file = open_file(scratch_write(&files, "in", bytes, sizeof bytes));
    assert_int_equal(umi_input_file_check_unchanged(&file, &error), UM_OK);
    assert_int_equal(truncate(scratch_path(&files, "in"), 10), 0);
    assert_int_equal(umi_input_file_check_unchanged(&file, &error), UM_ERR_CHANGED);
    umi_input_file_close(&file);

    file = open_file(scratch_path(&files, "in")); /* the same size, another time */
    struct timeval times[2] = {{1, 0}, {1, 0}};
    assert_int_equal(utimes(scratch_path(&files, "in"), times), 0);
    assert_int_equal(umi_input_file_check_unchanged(&file, &error), UM_ERR_CHANGED);
    umi_input_file_close(&file);

    file = open_file(scratch_path(&files, "in"));
    char other[PATH_MAX];
    snprintf(other, sizeof other, "%s", scratch_write(&files, "other", bytes, sizeof bytes));
    assert_int_equal(rename(other, scratch_path(&files, "in")), 0);
    assert_int_equal(umi_input_file_check_unchanged(&file, &error), UM_ERR_CHANGED);
    umi_input_file_close(&file);

    file = open_file(scratch_path(&files, "in")); /* removed: what is open is still whole */
    assert_int_equal(unlink(scratch_path(&files, "in")), 0);
    assert_int_equal(umi_input_file_check_unchanged(&file, &error), UM_OK);
    umi_input_file_close(&file);
}

static void two_names_of_one_file_have_one_identity(void **state)
{
    (void)state;
    umi_input_file file = open_file(scratch_write(&files, "in", bytes, 1));
    umi_file_identity identity;
    assert_int_equal(symlink("in", scratch_path(&files, "link")), 0);
    assert_true(umi_file_identify(scratch_path(&files, "link"), &identity));
    assert_true(umi_file_identity_equal(identity, file.identity));
    assert_true(umi_file_identify(files.directory, &identity));
    assert_false(umi_file_identity_equal(identity, file.identity));
    assert_false(umi_file_identify(scratch_path(&files, "nothing"), &identity));
    umi_input_file_close(&file);
}

/* Opens "-" with `bytes` coming through a pipe, and puts the old standard input back after. */
static um_status open_from_pipe(const char *directory, umi_input_file *file)
{
    int ends[2];
    int old = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, sizeof bytes), sizeof bytes);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    um_status status = umi_input_file_open("-", directory, file, &error);
    dup2(old, STDIN_FILENO);
    close(old);
    return status;
}

static void standard_input_is_kept_without_a_name(void **state)
{
    (void)state;
    scratch spool;
    scratch_make(&spool);
    umi_input_file file = {.descriptor = -1};
    assert_int_equal(open_from_pipe(spool.directory, &file), UM_OK);
    assert_int_equal(scratch_count(spool.directory), 0);
    assert_string_equal(file.name, "standard input");
    assert_int_equal(file.size, sizeof bytes);
    char got[sizeof bytes];
    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0;
        assert_true(umi_input_file_read(&file, 0, got, sizeof got, &n));
        assert_int_equal(n, sizeof bytes);
        assert_memory_equal(got, bytes, n);
    }
    assert_int_equal(umi_input_file_check_unchanged(&file, &error), UM_OK);
    umi_input_file_close(&file);
    scratch_remove(&spool);
    assert_int_equal(open_from_pipe(spool.directory, &file), UM_ERR_IO);
    assert_non_null(strstr(error.message, spool.directory));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_regular_file_is_refused_at_once),
        cmocka_unit_test(a_message_shows_any_name_on_one_line),
        cmocka_unit_test(a_file_without_permission_is_told_apart),
        cmocka_unit_test(names_of_any_bytes_are_opened),
        cmocka_unit_test(reads_are_whole_but_at_the_end),
        cmocka_unit_test(a_change_is_seen),
        cmocka_unit_test(two_names_of_one_file_have_one_identity),
        cmocka_unit_test(standard_input_is_kept_without_a_name),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
