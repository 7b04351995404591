/* Groups of atoms become stems: in their order, every atom in one, what is left in the last. */
#include "job/grouping.h"

#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { K = 9 };

static um_dictionary *atoms;
static um_error error;

static int make_atoms(void **state)
{
    (void)state;
    return um_dictionary_new(K, 1, 9, &atoms) == UM_OK ? 0 : 1;
}

static int free_atoms(void **state)
{
    (void)state;
    um_dictionary_free(atoms);
    return 0;
}

static umi_atom_range odd[] = {{7, 7}, {3, 3}, {5, 5}}, low[] = {{1, 2}}, high[] = {{8, 9}},
                      all[] = {{1, 9}}, middle[] = {{4, 4}, {6, 6}};

static const umi_atom_group lead = {"lead", odd, 3, false}, bass = {"bass", low, 1, false},
                            more_lead = {"lead", high, 1, false}, rest = {"rest", NULL, 0, true},
                            rest_and_high = {"rest", high, 1, true},
                            everything = {"all", all, 1, false},
                            inner = {"inner", middle, 2, false};

/* "label:atoms label:atoms ...", the order, whether there is a residual, whether atoms were left.
 */
static void check(const umi_atom_group *groups, size_t n, bool residual, const char *stems,
                  const char *order, bool takes_unexplained, bool left_over)
{
    umi_grouping g;
    char text[500] = "", atoms_text[100];
    assert_int_equal(umi_grouping_make(atoms, residual, groups, n, &g, &error), UM_OK);
    for (size_t s = 0; s < g.n_stems; s++) {
        umi_grouping_describe(&g, s, atoms_text, sizeof atoms_text);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s:%s", s > 0 ? " | " : "", g.labels[s],
                 atoms_text);
    }
    assert_string_equal(text, stems);
    assert_int_equal(g.n_atoms, K);
    for (size_t k = 0; k < K; k++) {
        assert_int_equal(g.order[k], order[k] - '1');
    }
    assert_int_equal(g.residual, takes_unexplained);
    assert_int_equal(g.left_over, left_over);
    umi_grouping_free(&g);
    assert_true(g.labels == NULL && g.n_stems == 0);
    umi_grouping_free(&g);
}

static void stems_of_groups(void **state)
{
    (void)state;
    const umi_atom_group two[] = {lead, rest}, turned[] = {rest, lead}, part[] = {lead, bass},
                         merged[] = {lead, bass, more_lead, inner}, mixed[] = {lead, rest_and_high},
                         mixed_twice[] = {rest, bass, rest_and_high};
    check(two, 2, false, "lead:3, 5, 7 | rest:1-2, 4, 6, 8-9", "357124689", false, false);
    check(turned, 2, false, "lead:3, 5, 7 | rest:1-2, 4, 6, 8-9", "357124689", false, false);
    check(part, 2, false, "lead:3, 5, 7 | bass:1-2 | residual:4, 6, 8-9", "357124689", false, true);
    check(merged, 4, false, "lead:3, 5, 7-9 | bass:1-2 | inner:4, 6", "357891246", false, false);
    check(mixed, 2, false, "lead:3, 5, 7 | rest:1-2, 4, 6, 8-9", "357124689", false, false);
    check(mixed_twice, 3, false, "bass:1-2 | rest:3-9", "123456789", false, false);
    check(&rest, 1, false, "rest:1-9", "123456789", false, false);
    check(NULL, 0, false, "residual:1-9", "123456789", false, true);
}

/* It goes with the others, or makes a stem of its own, with atoms or without. */
static void what_no_atom_explains(void **state)
{
    (void)state;
    const umi_atom_group two[] = {lead, rest}, none_left[] = {everything, rest};
    check(two, 2, true, "lead:3, 5, 7 | rest:1-2, 4, 6, 8-9", "357124689", true, false);
    check(&everything, 1, true, "all:1-9 | residual:", "123456789", true, false);
    check(&bass, 1, true, "bass:1-2 | residual:3-9", "123456789", true, true);
    check(none_left, 2, true, "all:1-9 | rest:", "123456789", true, false);
}

static void refuse(const umi_atom_group *groups, size_t n, const char *message)
{
    umi_grouping g;
    assert_int_equal(umi_grouping_make(atoms, false, groups, n, &g, &error), UM_ERR_ARGUMENT);
    assert_true(g.labels == NULL && g.source_of == NULL && g.n_stems == 0);
    if (strstr(error.message, message) == NULL) {
        fail_msg("%s: %s", message, error.message);
    }
}

static void refusals(void **state)
{
    (void)state;
    umi_atom_range zero[] = {{0, 3}}, past[] = {{9, 10}}, huge[] = {{1, SIZE_MAX}},
                   again[] = {{2, 4}, {3, 3}};
    const umi_atom_group of_zero = {"a", zero, 1, false}, of_past = {"a", past, 1, false},
                         of_huge = {"a", huge, 1, false}, of_again = {"a", again, 2, false};
    const umi_atom_group shared[] = {everything, lead}, none_left[] = {everything, rest},
                         two_rests[] = {rest, {"other", NULL, 0, true}};
    refuse(&of_zero, 1, "--group a: there is no atom 0; they are 1 to 9");
    refuse(&of_past, 1, "--group a: there is no atom 10; they are 1 to 9");
    refuse(&of_huge, 1, "--group a: there is no atom 18446744073709551615; they are 1 to 9");
    refuse(&of_again, 1, "atom 3 is in 'a' twice");
    refuse(shared, 2, "atom 7 is in 'all' and in 'lead'");
    refuse(none_left, 2, "--group rest: no others are left; all of the 9 atoms are in groups");
    refuse(two_rests, 2, "'rest' and 'other' cannot both have the others");
    static umi_atom_group many[4096];
    refuse(many, 4096, "at most 4095 groups");
}

static void every_atom_by_itself(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *first, *last;
    } rows[] = {{1, "atom-01", "atom-01"},
                {99, "atom-01", "atom-99"},
                {100, "atom-001", "atom-100"},
                {1000, "atom-0001", "atom-1000"}};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        size_t n = rows[i / 2].n;
        bool residual = i % 2 == 1;
        um_dictionary *many;
        umi_grouping g;
        assert_int_equal(um_dictionary_new(n, 1, 2, &many), UM_OK);
        assert_int_equal(umi_grouping_make_single(many, residual, &g, &error), UM_OK);
        assert_int_equal(g.n_stems, n + residual);
        assert_string_equal(g.labels[0], rows[i / 2].first);
        assert_string_equal(g.labels[n - 1], rows[i / 2].last);
        assert_true(!residual || strcmp(g.labels[n], "residual") == 0);
        assert_true(g.residual == residual && !g.left_over);
        for (size_t k = 0; k < n; k++) {
            assert_true(g.source_of[k] == k && g.order[k] == k);
        }
        umi_grouping_free(&g);
        um_dictionary_free(many);
    }
}

static void long_lists_end_in_dots(void **state)
{
    (void)state;
    umi_grouping g;
    char text[24];
    assert_int_equal(umi_grouping_make(atoms, false, &lead, 1, &g, &error), UM_OK);
    for (size_t size = 8; size <= sizeof text; size++) {
        memset(text, '#', sizeof text);
        umi_grouping_describe(&g, 1, text, size); /* 1-2, 4, 6, 8-9 */
        assert_true(strlen(text) < size);
        bool whole = strcmp(text, "1-2, 4, 6, 8-9") == 0;
        assert_true(whole || strcmp(text + strlen(text) - 3, "...") == 0);
        assert_int_equal(whole, size >= 20); /* with room to say that there is more */
    }
    umi_grouping_free(&g);
}

static um_status make_and_free(void *context)
{
    (void)context;
    const umi_atom_group two[] = {lead, rest};
    umi_grouping g;
    um_status status = umi_grouping_make(atoms, true, two, 2, &g, &error);
    umi_grouping_free(&g);
    return status;
}

static um_status make_single_and_free(void *context)
{
    (void)context;
    umi_grouping g;
    um_status status = umi_grouping_make_single(atoms, true, &g, &error);
    umi_grouping_free(&g);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(counting_allocator_sweep(make_and_free, NULL), 3);
    assert_int_equal(counting_allocator_sweep(make_single_and_free, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stems_of_groups),
        cmocka_unit_test(what_no_atom_explains),
        cmocka_unit_test(refusals),
        cmocka_unit_test(every_atom_by_itself),
        cmocka_unit_test(long_lists_end_in_dots),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("grouping", tests, make_atoms, free_atoms);
}
