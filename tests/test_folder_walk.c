/* The walk's order, and what it passes over. */
#define _DEFAULT_SOURCE
#include "job/folder_walk.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static scratch files;
static char found[4096]; /* paths, each with a '|' behind it */
static size_t n_to_take;

static int set_up(void **state)
{
    (void)state;
    found[0] = '\0';
    n_to_take = SIZE_MAX;
    scratch_make(&files);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static um_status take(void *user, const char *path, bool is_link, um_status problem,
                      const char *why)
{
    assert_ptr_equal(user, &files);
    assert_int_equal(problem != UM_OK, why != NULL);
    if (n_to_take-- == 0) {
        return UM_ERR_CANCELLED;
    }
    size_t n = strlen(found);
    snprintf(found + n, sizeof found - n, "%s%s%s|", problem != UM_OK ? "!" : "", path,
             is_link ? "@" : "");
    return UM_OK;
}

static void make(const char *name)
{
    if (name[strlen(name) - 1] == '/') {
        assert_int_equal(mkdir(scratch_path(&files, name), 0777), 0);
    } else {
        scratch_write(&files, name, "", 0);
    }
}

static um_status walk(const char *name, const umi_file_identity *left_out)
{
    um_error error;
    return umi_folder_walk(scratch_path(&files, name), left_out, take, &files, &error);
}

static void names_are_sorted_byte_by_byte(void **state)
{
    (void)state;
    static const char *const names[] = {
        "b/", "b/z.wav", "b/c/",    "b/c/a.mp3", "a.wav", "b.wav",  "B.wav",  "a b.flac",
        "a/", "a/x.wav", "\xFF.au", "n\n.caf",   "ű.wav", "empty/", "10.wav", "9.wav"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make(names[i]);
    }
    assert_int_equal(walk("", NULL), UM_OK);
    assert_string_equal(found, "10.wav|9.wav|B.wav|a/x.wav|a b.flac|a.wav|b/c/a.mp3|b/z.wav|b.wav|"
                               "n\n.caf|ű.wav|\xFF.au|");
}

static void what_is_no_work(void **state)
{
    (void)state;
    static const char *const names[] = {"d/",    "d/a.wav", ".h.wav",    ".h/",     ".h/a.wav",
                                        "n.txt", "out/",    "out/a.wav", "out/in/", "out/in/b.wav"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make(names[i]);
    }
    assert_int_equal(symlink("d", scratch_path(&files, "link.wav")), 0); /* a folder, so called */
    assert_int_equal(symlink(".", scratch_path(&files, "d/circle")), 0);
    assert_int_equal(symlink("a.wav", scratch_path(&files, "d/same.wav")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(&files, "d/lost.wav")), 0);
    umi_file_identity out;
    assert_true(umi_file_identify(scratch_path(&files, "out"), &out));
    assert_int_equal(walk("", &out), UM_OK);
    assert_string_equal(found, "d/a.wav|d/lost.wav@|d/same.wav@|");
}

static void a_folder_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    make("a/");
    make("b.wav");
    assert_int_equal(walk("none", NULL), UM_OK);
    assert_string_equal(found, "!|");
    if (geteuid() != 0) { /* root may read everything */
        assert_int_equal(chmod(scratch_path(&files, "a"), 0), 0);
        assert_int_equal(walk("", NULL), UM_OK);
        assert_string_equal(found, "!|!a|b.wav|");
        assert_int_equal(chmod(scratch_path(&files, "a"), 0700), 0);
    }
}

static void who_is_told_may_end_it(void **state)
{
    (void)state;
    make("a.wav");
    make("b.wav");
    make("c.wav");
    n_to_take = 2;
    assert_int_equal(walk("", NULL), UM_ERR_CANCELLED);
    assert_string_equal(found, "a.wav|b.wav|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_sorted_byte_by_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_read_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_told_may_end_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
