/* Which names stand for one place. */
#define _DEFAULT_SOURCE
#include "cli/places.h"

#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

/* dir/in, link -> dir, other -> dir/in */
static int set_up(void **state)
{
    char target[PATH_MAX];
    scratch_set_up(state);
    assert_int_equal(mkdir(scratch_path(&files, "dir"), 0700), 0);
    (void)scratch_write(&files, "dir/in", "x", 1);
    assert_int_equal(symlink("dir", scratch_path(&files, "link")), 0);
    strcpy(target, "dir/in");
    assert_int_equal(symlink(target, scratch_path(&files, "other")), 0);
    return chdir(files.directory);
}

static void base_names(void **state)
{
    (void)state;
    assert_string_equal(umi_base_name("a/b.npy"), "b.npy");
    assert_string_equal(umi_base_name("b.npy"), "b.npy");
    assert_string_equal(umi_base_name("/b"), "b");
    assert_string_equal(umi_base_name("a/"), "a/");
}

static void same_places(void **state)
{
    (void)state;
    assert_true(umi_same_place("dir/x", "dir/x"));
    assert_true(umi_same_place("dir/x", "./dir/x"));
    assert_true(umi_same_place("dir/x", "link/x"));
    assert_false(umi_same_place("dir/x", "dir/y"));
    assert_false(umi_same_place("dir/x", "x"));
    assert_false(umi_same_place("none/x", "dir/x"));
}

static void lying_in(void **state)
{
    (void)state;
    assert_true(umi_lies_in("dir/in", "dir"));
    assert_true(umi_lies_in("dir/in", "link"));
    assert_true(umi_lies_in("other", "dir"));
    assert_true(umi_lies_in("other", "."));
    assert_false(umi_lies_in("dir/in", "."));
    assert_false(umi_lies_in("dir/in", "none"));
    assert_false(umi_lies_in("none/in", "dir"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_names),
        cmocka_unit_test(same_places),
        cmocka_unit_test(lying_in),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}
