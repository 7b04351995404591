/* What dead processes have left goes, and nothing else. */
#define _DEFAULT_SOURCE
#include "io/temporary.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

static scratch files;

static int set_up(void **state)
{
    (void)state;
    scratch_make(&files);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&files);
    return 0;
}

/* The eight digits that stand for this place, read from a name of ours. */
static void read_place(char place[9])
{
    umi_temporary *temporary;
    um_error error;
    assert_int_equal(umi_temporary_new(scratch_path(&files, "probe"), false, &temporary, &error),
                     UM_OK);
    const char *mark = strstr(temporary->path, "/.probe.unmingle-");
    assert_non_null(mark);
    memcpy(place, mark + strlen("/.probe.unmingle-"), 8);
    place[8] = '\0';
    umi_temporary_free(temporary);
}

/* A process that has ended; without `reap` nobody has looked at that. */
static long long ended_process(bool reap)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | (reap ? 0 : WNOWAIT)), 0);
    return child;
}

static void touch_hours_ago(const char *path, int hours)
{
    struct timeval times[2] = {{time(NULL) - hours * 3600, 0}, {time(NULL) - hours * 3600, 0}};
    assert_int_equal(utimes(path, times), 0);
}

/* Makes a folder called so, with a file in it. */
static void make_folder(const char *name, int hours)
{
    char inner[NAME_MAX + 8];
    assert_int_equal(mkdir(scratch_path(&files, name), 0777), 0);
    snprintf(inner, sizeof inner, "%s/x", name);
    touch_hours_ago(scratch_write(&files, inner, "x", 1), hours);
    touch_hours_ago(scratch_path(&files, name), hours);
}

static void names_of_this_place(void **state)
{
    (void)state;
    static const struct {
        const char *format; /* takes this place and the number of a dead process */
        bool goes;
    } cases[] = {
        {".out.unmingle-%s-%lld-0123abcd", true},
        {".other.unmingle-%s-%lld-ffffffff", true},
        {".a.unmingle-b.unmingle-%s-%lld-00000000", true},
        {".out.unmingle-%s-%lld-0123abcd-old", false},
        {".out.unmingle-%s-%lld-0123abc", false},
        {".out.unmingle-%s-%lldx-0123abcd", false},
        {".out.unmingle-%s--%lld-0123abcd", false},
        {".out.unmingle-%s%lld-0123abcd", false},
        {"out.unmingle-%s-%lld-0123abcd", false},
        {".out.unmingle-%s-1-0123abcd", false}, /* process 1 lives */
        {".out.unmingle-", false},
    };
    enum { N = sizeof cases / sizeof cases[0] };
    char names[N][64], place[9];
    long long dead = ended_process(true);
    read_place(place);
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], cases[i].format, place, dead);
        make_folder(names[i], 0);
    }
    umi_temporary_sweep(files.directory);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(scratch_exists(scratch_path(&files, names[i])), !cases[i].goes);
    }
}

static void who_is_dead_but_not_looked_at_is_dead(void **state)
{
    (void)state;
    char name[64], place[9];
    long long zombie = ended_process(false);
    read_place(place);
    snprintf(name, sizeof name, ".out.unmingle-%s-%lld-0123abcd", place, zombie);
    scratch_write(&files, name, "x", 1);
    umi_temporary_sweep(files.directory);
    assert_false(scratch_exists(scratch_path(&files, name)));
    assert_int_equal(waitpid((pid_t)zombie, NULL, 0), zombie);
}

/* Of another host's processes nobody can tell, so their files have to be old; young is also the
 * folder that has a young file in it. */
static void names_of_another_place(void **state)
{
    (void)state;
    char names[4][64], place[9];
    long long dead = ended_process(true);
    read_place(place);
    place[0] = place[0] == '0' ? '1' : '0';
    for (int i = 0; i < 4; i++) {
        snprintf(names[i], sizeof names[i], ".%d.unmingle-%s-%lld-0123abcd", i, place, dead);
    }
    touch_hours_ago(scratch_write(&files, names[0], "x", 1), 23);
    touch_hours_ago(scratch_write(&files, names[1], "x", 1), 25);
    make_folder(names[2], 23);
    touch_hours_ago(scratch_path(&files, names[2]), 25);
    make_folder(names[3], 25);
    umi_temporary_sweep(files.directory);
    assert_true(scratch_exists(scratch_path(&files, names[0])));
    assert_false(scratch_exists(scratch_path(&files, names[1])));
    assert_true(scratch_exists(scratch_path(&files, names[2])));
    assert_false(scratch_exists(scratch_path(&files, names[3])));
}

/* A directory is swept when the first temporary is made there, whatever it is called. */
static void a_new_temporary_sweeps_once(void **state)
{
    (void)state;
    char name[64], place[9];
    umi_temporary *temporary;
    um_error error;
    long long dead = ended_process(true);
    scratch other;
    read_place(place);
    scratch_make(&other);
    snprintf(name, sizeof name, ".old.unmingle-%s-%lld-0123abcd", place, dead);
    for (int round = 0; round < 2; round++) {
        scratch_write(&other, name, "x", 1);
        assert_int_equal(umi_temporary_new(scratch_path(&other, "new"), false, &temporary, &error),
                         UM_OK);
        assert_int_equal(scratch_exists(scratch_path(&other, name)), round == 1);
        umi_temporary_free(temporary);
    }
    scratch_remove(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_of_this_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_dead_but_not_looked_at_is_dead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_another_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_temporary_sweeps_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
