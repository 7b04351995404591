/* A set of files appears whole under its name, or not at all, and takes nothing of the user's. */
#define _DEFAULT_SOURCE
#include "io/output_set.h"

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

static umi_output_set *begin(const char *directory, bool force)
{
    umi_output_set *set = NULL;
    if (umi_output_set_begin(directory, force, &set, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    return set;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *directory, const char *name, const char *text)
{
    char path[PATH_MAX];
    char found[100];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    size_t n = scratch_read(path, found, sizeof found - 1);
    if (n == SIZE_MAX) {
        fail_msg("%s is not there", path);
    }
    found[n] = '\0';
    assert_string_equal(found, text);
}

static void put_in_target(const char *name, const char *text)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", target, name);
    put(path, text);
}

/* Every test has an empty directory of its own; no test may leave more in it than the target. */
static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    snprintf(target, sizeof target, "%s", scratch_path(&files, "out"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

static void a_set_appears_at_once_under_its_name(void **state)
{
    (void)state;
    umi_output_set *set = begin(target, false);
    put(umi_output_set_path(set, "drums.wav"), "d");
    put(umi_output_set_path(set, "-\nbass \xC5\xB1.wav"), "b");
    assert_false(scratch_exists(target));
    assert_int_equal(scratch_count(files.directory), 1);
    const char *shown = umi_output_set_shown_path(set, "-\nbass");
    assert_memory_equal(shown, target, strlen(target));
    assert_string_equal(shown + strlen(target), "/-\\nbass");
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    assert_int_equal(scratch_count(files.directory), 1);
    assert_int_equal(scratch_count(target), 2);
    assert_file(target, "drums.wav", "d");
    assert_file(target, "-\nbass \xC5\xB1.wav", "b");
}

static void without_commit_nothing_is_left(void **state)
{
    (void)state;
    umi_output_set *set = begin(target, false);
    put(umi_output_set_path(set, "drums.wav"), "d");
    umi_output_set_free(set);
    assert_int_equal(scratch_count(files.directory), 0);
    umi_output_set_free(NULL);
}

static void names_of_any_bytes_are_published(void **state)
{
    (void)state;
    static const char *const names[] = {"a b",      "-q", "new\nline", "\xC5\xB1",
                                        "\xFF\xFE", "t/", "u///"};
    char old[PATH_MAX];
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(files.directory), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        umi_output_set *set = begin(names[i], false); /* relative, with no parent named */
        put(umi_output_set_path(set, "x"), "x");
        assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
        umi_output_set_free(set);
        assert_file(names[i], "x", "x");
        assert_int_equal(scratch_count("."), i + 1);
    }
    char name[256] = {0};
    memset(name, 'n', 255); /* the longest that a file system takes */
    umi_output_set *set = begin(name, false);
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    assert_int_equal(scratch_count(name), 0);
    assert_int_equal(chdir(old), 0);
}

static void what_is_there_is_not_touched_without_force(void **state)
{
    (void)state;
    umi_output_set *set = NULL;
    assert_int_equal(mkdir(target, 0777), 0);
    put_in_target("mine", "precious");
    assert_int_equal(umi_output_set_begin(target, false, &set, &error), UM_ERR_CREATE);
    assert_null(set);
    assert_non_null(strstr(error.message, target));
    assert_non_null(strstr(error.message, "--force"));
    assert_int_equal(scratch_count(files.directory), 1);
    assert_file(target, "mine", "precious");
}

static void an_empty_directory_is_no_obstacle(void **state)
{
    (void)state;
    assert_int_equal(mkdir(target, 0777), 0);
    umi_output_set *set = begin(target, false);
    put(umi_output_set_path(set, "x"), "x");
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    assert_file(target, "x", "x");
}

static void a_name_taken_meanwhile_is_not_overwritten(void **state)
{
    (void)state;
    umi_output_set *set = begin(target, false);
    put(umi_output_set_path(set, "x"), "x");
    assert_int_equal(mkdir(target, 0777), 0);
    put_in_target("x", "another's");
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_ERR_CREATE);
    umi_output_set_free(set);
    assert_int_equal(scratch_count(files.directory), 1);
    assert_file(target, "x", "another's");
}

static void force_replaces_our_files_and_keeps_the_users(void **state)
{
    (void)state;
    static const char *const old_names[] = {"bass.wav", "unmingle.json", "gone.wav"};
    assert_int_equal(mkdir(target, 0777), 0);
    put_in_target("drums.wav", "old");     /* in the new set too */
    put_in_target("bass.wav", "old");      /* ours, by the record */
    put_in_target("unmingle.json", "old"); /* ours, by the record, and in the new set */
    put_in_target("notes.txt", "mine");
    put_in_target(".hidden", "mine");
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/sub", target);
    assert_int_equal(mkdir(path, 0777), 0);
    put_in_target("sub/deep", "mine");
    snprintf(path, sizeof path, "%s/link", target);
    assert_int_equal(symlink("/nowhere", path), 0);

    umi_output_set *set = begin(target, true);
    put(umi_output_set_path(set, "drums.wav"), "new");
    put(umi_output_set_path(set, "unmingle.json"), "new");
    assert_file(target, "drums.wav", "old");
    if (umi_output_set_commit(set, old_names, 3, &error) != UM_OK) {
        fail_msg("%s", error.message);
    }
    umi_output_set_free(set);
    assert_int_equal(scratch_count(files.directory), 1);
    assert_int_equal(scratch_count(target), 6);
    assert_file(target, "drums.wav", "new");
    assert_file(target, "unmingle.json", "new");
    assert_file(target, "notes.txt", "mine");
    assert_file(target, ".hidden", "mine");
    assert_file(target, "sub/deep", "mine");
    assert_true(scratch_exists(path));
}

static void force_without_commit_leaves_the_old_set(void **state)
{
    (void)state;
    assert_int_equal(mkdir(target, 0777), 0);
    put_in_target("drums.wav", "old");
    umi_output_set *set = begin(target, true);
    put(umi_output_set_path(set, "drums.wav"), "new");
    umi_output_set_free(set);
    assert_int_equal(scratch_count(files.directory), 1);
    assert_file(target, "drums.wav", "old");
}

static void a_directory_in_the_place_of_a_file_stops_force(void **state)
{
    (void)state;
    assert_int_equal(mkdir(target, 0777), 0);
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/drums.wav", target);
    assert_int_equal(mkdir(path, 0777), 0);
    put_in_target("drums.wav/mine", "mine");
    umi_output_set *set = begin(target, true);
    put(umi_output_set_path(set, "drums.wav"), "new");
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_ERR_CREATE);
    umi_output_set_free(set);
    assert_int_equal(scratch_count(files.directory), 1);
    assert_file(target, "drums.wav/mine", "mine");
}

/* A link to a directory stays a link: what it leads to is replaced. */
static void a_symbolic_link_is_followed(void **state)
{
    (void)state;
    char link[PATH_MAX];
    snprintf(link, sizeof link, "%s", scratch_path(&files, "link"));
    assert_int_equal(mkdir(target, 0777), 0);
    put_in_target("x", "old");
    assert_int_equal(symlink("out", link), 0);
    umi_output_set *set = begin(link, true);
    put(umi_output_set_path(set, "x"), "new");
    assert_int_equal(umi_output_set_commit(set, NULL, 0, &error), UM_OK);
    umi_output_set_free(set);
    assert_file(link, "x", "new");
    assert_file(target, "x", "new");
    assert_int_equal(scratch_count(files.directory), 2);
}

static void impossible_names_are_refused(void **state)
{
    (void)state;
    char name[PATH_MAX + 10];
    static const char *const names[] = {"", ".", "..", "/", "/proc/none", "/nowhere/out"};
    umi_output_set *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(umi_output_set_begin(names[i], true, &set, &error), UM_ERR_CREATE);
        assert_null(set);
    }
    put(target, "a file");
    assert_int_equal(umi_output_set_begin(target, true, &set, &error), UM_ERR_CREATE);
    assert_non_null(strstr(error.message, "is not a directory"));
    snprintf(name, sizeof name, "%s/below", target);
    assert_int_equal(umi_output_set_begin(name, true, &set, &error), UM_ERR_CREATE);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(umi_output_set_begin(name, true, &set, &error), UM_ERR_CREATE);
    assert_int_equal(scratch_count(files.directory), 1);
}

static void a_directory_that_is_denied_is_told_apart(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        skip(); /* root may write everywhere */
    }
    umi_output_set *set = NULL;
    assert_int_equal(chmod(files.directory, 0500), 0);
    assert_int_equal(umi_output_set_begin(target, false, &set, &error), UM_ERR_PERMISSION);
    assert_int_equal(chmod(files.directory, 0700), 0);
}

static void all_live_temporaries_can_be_removed(void **state)
{
    (void)state;
    char other[PATH_MAX];
    snprintf(other, sizeof other, "%s", scratch_path(&files, "other"));
    umi_output_set *first = begin(target, false);
    umi_output_set *second = begin(other, false);
    umi_output_set *third = begin(target, false);
    put(umi_output_set_path(first, "x"), "x");
    assert_int_equal(umi_output_set_commit(second, NULL, 0, &error), UM_OK);
    umi_output_set_free(second);
    umi_output_abort_all();
    assert_int_equal(scratch_count(files.directory), 1); /* what was published stays */
    umi_output_set_free(first);
    umi_output_set_free(third);
    umi_output_abort_all();
    assert_true(scratch_exists(other));
}

int main(void)
{

    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_set_appears_at_once_under_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_commit_nothing_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_any_bytes_are_published, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_there_is_not_touched_without_force, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_empty_directory_is_no_obstacle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_taken_meanwhile_is_not_overwritten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(force_replaces_our_files_and_keeps_the_users, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(force_without_commit_leaves_the_old_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_in_the_place_of_a_file_stops_force, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_symbolic_link_is_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_names_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_that_is_denied_is_told_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_live_temporaries_can_be_removed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
