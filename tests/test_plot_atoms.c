/* The pictures for a page: small, the same every time, as high as its atoms need. */
#define _DEFAULT_SOURCE
#include "job/plot_atoms.h"

#include "job/plot_rows.h"
#include "plot_sample.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

enum { BYTES_MAX = 200000 };

static void they_are_small_and_the_same_again(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    um_error error = {UM_OK, ""};
    for (umi_picture_kind kind = UMI_PICTURE_PNG; kind <= UMI_PICTURE_SVG; kind++) {
        umi_atom_pictures one, other;
        assert_int_equal(umi_plot_atoms(&kept, kind, 1000, &one, &error), UM_OK);
        assert_int_equal(umi_plot_atoms(&kept, kind, 1000, &other, &error), UM_OK);
        for (size_t dark = 0; dark < 2; dark++) {
            size_t n = one.n_bytes[dark];
            assert_in_range(n, 1000, BYTES_MAX);
            assert_int_equal(other.n_bytes[dark], n);
            assert_memory_equal(one.bytes[dark], other.bytes[dark], n);
            if (kind == UMI_PICTURE_SVG) {
                assert_memory_equal(one.bytes[dark] + n - 7, "</svg>\n", 7);
            }
        }
        assert_true(one.n_bytes[0] != one.n_bytes[1] ||
                    memcmp(one.bytes[0], one.bytes[1], one.n_bytes[0]) != 0);
        umi_atom_pictures_free(&one);
        umi_atom_pictures_free(&other);
    }
    umi_kept_result_close(&kept);
}

static void the_axis_of_time_is_where_it_is_said_to_be(void **state)
{
    (void)state;
    double from, to;
    umi_plot_atoms_time(1000, &from, &to);
    assert_true(from == (8 + 240 + 24) / 1000.0);
    assert_true(to == (1000 - 8) / 1000.0);
}

static void rows_are_neither_too_low_nor_too_high(void **state)
{
    (void)state;
    umi_atom_order order = {NULL, 1, 1};
    /* A row, half a row above each source for its first ridge, and its name. */
    double name = umi_plot_rows_height(&order, 0) - 9 - 5;
    assert_true(name >= 16);
    assert_true(umi_plot_rows_height(&order, 1000) == name + 1.5 * 44);
    order.n_atoms = 50;
    assert_true(umi_plot_rows_height(&order, 50.5 * 10 + name) == 50.5 * 10 + name);
    order.n_sources = 4;
    assert_true(umi_plot_rows_height(&order, 52 * 10 + 4 * name) == 52 * 10 + 4 * name);
    order.n_atoms = 100; /* all can be told by their numbers */
    assert_true(umi_plot_rows_height(&order, 500) == 9 * 100 + 4 * (5 + name));
    order.n_atoms = 1000;
    assert_true(umi_plot_rows_height(&order, 500) == 3 * 1000 + 4 * (2 + name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_small_and_the_same_again),
        cmocka_unit_test(the_axis_of_time_is_where_it_is_said_to_be),
        cmocka_unit_test(rows_are_neither_too_low_nor_too_high),
    };
    return cmocka_run_group_tests_name("plot_atoms", tests, scratch_set_up, scratch_tear_down);
}
