/* NAME=ATOMS as people type it. */
#include "cli/atom_group.h"

#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void good_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text, *label;
        size_t n;
        umi_atom_range ranges[3];
        bool others;
    } rows[] = {
        {"lead=3,5-9", "lead", 2, {{3, 3}, {5, 9}}, false},
        {"rest=others", "rest", 0, {{0, 0}}, true},
        {"a b=7", "a b", 1, {{7, 7}}, false},
        {"fl\xC3\xB6te=010-12,1,2-2", "fl\xC3\xB6te", 3, {{10, 12}, {1, 1}, {2, 2}}, false},
        {"x=1,others,4", "x", 2, {{1, 1}, {4, 4}}, true},
        {"x=0", "x", 1, {{0, 0}}, false}, /* there is none, but it is a number */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        umi_atom_group group;
        um_error error;
        assert_int_equal(umi_atom_group_parse(rows[i].text, &group, &error), UM_OK);
        assert_string_equal(group.label, rows[i].label);
        assert_int_equal(group.n_ranges, rows[i].n);
        assert_memory_equal(group.ranges, rows[i].ranges, rows[i].n * sizeof(umi_atom_range));
        assert_int_equal(group.others, rows[i].others);
        umi_atom_group_free(&group);
        umi_atom_group_free(&group);
    }
}

/* Of any length, and more than any dictionary has, without running over. */
static void numbers_that_are_too_large(void **state)
{
    (void)state;
    umi_atom_group group;
    assert_int_equal(
        umi_atom_group_parse("a=99999999999999999999999999999999-99999999999999999999999999999999",
                             &group, NULL),
        UM_OK);
    assert_true(group.ranges[0].first > 4096 && group.ranges[0].last == group.ranges[0].first);
    umi_atom_group_free(&group);
}

static void bad_ones_are_told_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "'' is not NAME=ATOMS"},
        {"lead", "'lead' is not NAME=ATOMS"},
        {"lead=", "such as lead=3,5-9"},
        {"lead=,", "is not NAME=ATOMS"},
        {"lead=1,", "is not NAME=ATOMS"},
        {"lead=,1", "is not NAME=ATOMS"},
        {"lead=1,,2", "is not NAME=ATOMS"},
        {"lead=1-", "is not NAME=ATOMS"},
        {"lead=-1", "is not NAME=ATOMS"},
        {"lead=2-1", "is not NAME=ATOMS"},
        {"lead=1-2-3", "is not NAME=ATOMS"},
        {"lead=1;2", "is not NAME=ATOMS"},
        {"lead= 1", "is not NAME=ATOMS"},
        {"lead=1.5", "is not NAME=ATOMS"},
        {"lead=other", "is not NAME=ATOMS"},
        {"lead=others1", "is not NAME=ATOMS"},
        {"lead=1others", "is not NAME=ATOMS"},
        {"lead=all", "is not NAME=ATOMS"},
        {"=1", "'' cannot name a stem"},
        {"a/b=1", "'a/b' cannot name a stem"},
        {"residual=1", "take another label"},
        {"12345678901234567890123456789012345678901234567890123456789012345=1", "1 to 64 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        umi_atom_group group;
        um_error error = {UM_OK, ""};
        assert_int_equal(umi_atom_group_parse(rows[i].text, &group, &error), UM_ERR_ARGUMENT);
        assert_true(group.ranges == NULL && group.n_ranges == 0);
        assert_ptr_equal(strstr(error.message, "--group: "), error.message);
        if (strstr(error.message, rows[i].reason) == NULL) {
            fail_msg("%s: %s", rows[i].text, error.message);
        }
    }
}

static um_status parse_and_free(void *context)
{
    (void)context;
    umi_atom_group group;
    um_status status = umi_atom_group_parse("a=1,2", &group, NULL);
    umi_atom_group_free(&group);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(counting_allocator_sweep(parse_and_free, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(numbers_that_are_too_large),
        cmocka_unit_test(bad_ones_are_told_why),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("atom_group", tests, NULL, NULL);
}
