/* Paths joined, kept below a folder, and the folders made for them. */
#define _DEFAULT_SOURCE
#include "io/path.h"

#include "core/memory.h"
#include "counting_allocator.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

static void joins_with_one_slash(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"", "b", "b"}, {"a", "", "a/"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = umi_path_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        umi_free(path);
    }
    char *copy = umi_path_copy("abc", 2);
    assert_string_equal(copy, "ab");
    umi_free(copy);
}

static void stays_below(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a", "a"},         {"./a//b/.", "a/b"}, {"/a/b", "a/b"}, {"..a/b..", "..a/b.."},
        {"a/...", "a/..."}, {".a", ".a"},        {"..", NULL},    {"a/../b", NULL},
        {"a/..", NULL},     {"", NULL},          {"./.", NULL},   {"/", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *below = NULL;
        assert_int_equal(umi_path_below(cases[i][0], &below), cases[i][1] != NULL);
        if (cases[i][1] != NULL) {
            assert_string_equal(below, cases[i][1]);
        } else {
            assert_null(below);
        }
        umi_free(below);
    }
    counting_allocator_fail_from(1);
    char *below = NULL;
    bool is_below = umi_path_below("a/b", &below);
    counting_allocator_fail_from(0);
    assert_true(is_below); /* what is wrong is the memory, not the path */
    assert_null(below);
}

static um_status make(const char *name, um_error *error)
{
    return umi_path_make_parents(scratch_path(&files, name), error);
}

static void makes_what_is_missing(void **state)
{
    (void)state;
    um_error error;
    assert_int_equal(make("x/y z/\n/file", &error), UM_OK);
    assert_int_equal(make("x/y z/\n/file", &error), UM_OK);
    assert_int_equal(scratch_count(scratch_path(&files, "x/y z")), 1);
    assert_int_equal(scratch_count(scratch_path(&files, "x/y z/\n")), 0);
    assert_int_equal(umi_path_make_parents("file", &error), UM_OK);
    assert_int_equal(umi_path_make_parents("/file", &error), UM_OK);
    scratch_write(&files, "plain", "", 0);
    assert_int_equal(make("plain/below/file", &error), UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "plain/below: "));
    assert_int_equal(umi_path_make_parents("/proc/none/file", &error), UM_ERR_CREATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_with_one_slash),
        cmocka_unit_test(stays_below),
        cmocka_unit_test(makes_what_is_missing),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
