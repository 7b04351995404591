/* Outputs that would meet one another, an input, or a folder that is read. */
#define _DEFAULT_SOURCE
#include "job/batch_conflicts.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static scratch files;
static um_error error;
static char before[PATH_MAX];
static bool are_entries;
static umi_shard shard;

static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    are_entries = false;
    shard = (umi_shard){0, 1};
    return getcwd(before, sizeof before) != NULL && chdir(files.directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    int result = chdir(before);
    scratch_remove(&files);
    return result;
}

static char root[] = "out";

/* Checks pairs of input and output, NULL after the last; `folder` is the operand. */
static um_status check(bool residue, const char *folder, const char *const *pairs)
{
    umi_batch_item items[4] = {{0}};
    char texts[8][32];
    umi_batch_list list = {.root = root, .items = items};
    for (; pairs[2 * list.n_items] != NULL; list.n_items++) {
        size_t i = list.n_items;
        items[i].input = strcpy(texts[2 * i], pairs[2 * i]);
        items[i].output = strcpy(texts[2 * i + 1], pairs[2 * i + 1]);
        items[i].is_entry = are_entries;
    }
    return umi_batch_check_outputs(&list, &folder, folder != NULL, residue, shard, &error);
}

static void assert_refused(um_status status, const char *one, const char *other)
{
    assert_int_equal(status, UM_ERR_ARGUMENT);
    assert_non_null(strstr(error.message, one));
    assert_non_null(strstr(error.message, other));
}

static void two_for_one(void **state)
{
    (void)state;
    static const char *const fine[] = {"x", "a.wav", "y", "b.wav", "z", "a.wav.flac", NULL};
    static const char *const equal[] = {"x", "a.wav", "y", "b.wav", "z", "a.wav", NULL};
    static const char *const beside[] = {"x", "a.wav", "y", "a.residue.wav", NULL};
    assert_int_equal(check(true, NULL, fine), UM_OK);
    assert_refused(check(false, NULL, equal), "x and z", "a.wav");
    assert_int_equal(check(false, NULL, beside), UM_OK);
    assert_refused(check(true, NULL, beside), "x and y", "a.residue.wav");
}

static void an_input_stays(void **state)
{
    (void)state;
    static const char *const pairs[] = {"in.wav", "a.wav", "none", "b.wav", NULL};
    assert_int_equal(mkdir("out", 0777), 0);
    scratch_write(&files, "in.wav", "x", 1);
    assert_int_equal(check(true, NULL, pairs), UM_OK);
    assert_int_equal(link("in.wav", "out/b.wav"), 0); /* another item's output, another name */
    assert_refused(check(false, NULL, pairs), "in.wav: is an input", "out/b.wav");
    assert_int_equal(rename("out/b.wav", "out/b.residue.wav"), 0);
    assert_int_equal(check(false, NULL, pairs), UM_OK);
    assert_refused(check(true, NULL, pairs), "in.wav: is an input", "out/b.residue.wav");
    static const char *const linked[] = {"link.wav", "a.wav", "none", "b.wav", NULL};
    scratch_write(&files, "out/b.wav", "x", 1);
    assert_int_equal(remove("out/b.residue.wav"), 0);
    assert_int_equal(symlink("out/b.wav", "link.wav"), 0);
    assert_refused(check(false, NULL, linked), "link.wav: is an input", "out/b.wav");
}

/* Files that a folder was found to hold are not looked at where it cannot matter. */
static void an_entry_stays(void **state)
{
    (void)state;
    static const char *const pairs[] = {"in/a.wav", "a.wav", "in/b.wav", "b.wav", NULL};
    static const char *const beside[] = {"link/a.wav", "b.wav", "link/b.wav", "c.wav", NULL};
    are_entries = true;
    assert_int_equal(mkdir("in", 0777), 0);
    assert_int_equal(mkdir("out", 0777), 0);
    assert_int_equal(symlink("out", "link"), 0);
    scratch_write(&files, "in/a.wav", "x", 1);
    scratch_write(&files, "out/a.wav", "x", 1);
    assert_int_equal(check(false, NULL, pairs), UM_OK);
    scratch_write(&files, "out/b.wav", "x", 1);
    assert_refused(check(false, NULL, beside), "link/b.wav: is an input", "out/b.wav");
    assert_int_equal(remove("out/b.wav"), 0);
    assert_int_equal(symlink("../in/a.wav", "out/b.wav"), 0);
    assert_refused(check(false, NULL, pairs), "in/a.wav: is an input", "out/b.wav");
    shard = (umi_shard){0, 2}; /* that output is the other run's business */
    assert_int_equal(check(false, NULL, pairs), UM_OK);
    shard.index = 1;
    assert_refused(check(false, NULL, pairs), "in/a.wav: is an input", "out/b.wav");
    assert_int_equal(remove("out/b.wav"), 0);
    assert_int_equal(link("in/a.wav", "out/b.wav"), 0);
    assert_refused(check(false, NULL, pairs), "in/a.wav: is an input", "out/b.wav");
}

static void what_is_read_is_not_written_into(void **state)
{
    (void)state;
    static const char *const inside[] = {"in", "sub/a.wav", NULL};
    static const char *const beside[] = {"in", "subway/a.wav", "in", "sub.wav", NULL};
    assert_int_equal(check(false, "out/sub", inside), UM_OK); /* neither is there */
    assert_int_equal(mkdir("out", 0777), 0);
    assert_int_equal(mkdir("out/sub", 0777), 0);
    assert_int_equal(symlink("out/sub", "link"), 0);
    assert_refused(check(false, "out/sub", inside), "sub/a.wav", "out/sub");
    assert_refused(check(false, "link", inside), "sub/a.wav", "link");
    assert_int_equal(check(false, "link", beside), UM_OK);
    assert_int_equal(check(false, ".", inside), UM_OK); /* the outputs' folder is passed over */
}

static void the_records_are_ours(void **state)
{
    (void)state;
    static const char *const among[] = {"in", ".unmingle/a.wav", NULL};
    static const char *const fine[] = {"in", ".unmingled/a.wav", "x", "b/.unmingle/a.wav", NULL};
    assert_refused(check(false, NULL, among), "in: ", ".unmingle");
    assert_int_equal(check(false, NULL, fine), UM_OK);
}

static void a_folder_is_not_its_own_output(void **state)
{
    (void)state;
    static const char *const operands[] = {"none", "in"};
    assert_int_equal(mkdir("in", 0777), 0);
    assert_int_equal(symlink("in", "link"), 0);
    assert_int_equal(umi_batch_check_folders(operands, 2, "out", &error), UM_OK);
    assert_int_equal(umi_batch_check_folders(operands, 2, "link/", &error), UM_ERR_ARGUMENT);
    assert_memory_equal(error.message, "in: ", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_for_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_input_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_entry_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_read_is_not_written_into, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_records_are_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_is_not_its_own_output, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
