/* Source by source, each from low to high. */
#define _DEFAULT_SOURCE
#include "job/plot_atom_order.h"

#include "plot_sample.h"

#include <setjmp.h>

#include <cmocka.h>

static void atoms_rise_within_their_source(void **state)
{
    (void)state;
    for (size_t n_frames = 1; n_frames <= 3; n_frames++) {
        um_dictionary *d = plot_sample_dictionary(n_frames);
        umi_atom_order order;
        assert_int_equal(umi_atom_order_make(d, &order, NULL), UM_OK);
        static const umi_placed_atom expected[PLOT_ATOMS] = {
            {0, 0, 100}, {2, 0, 200}, {3, 1, 20}, {1, 1, 50}};
        assert_int_equal(order.n_atoms, PLOT_ATOMS);
        assert_int_equal(order.n_sources, 2);
        for (size_t i = 0; i < PLOT_ATOMS; i++) {
            assert_int_equal(order.atoms[i].atom, expected[i].atom);
            assert_int_equal(order.atoms[i].source, expected[i].source);
            assert_int_equal(order.atoms[i].peak, expected[i].peak);
            assert_int_equal(umi_atom_order_begins(&order, i), i % 2 == 0);
        }
        umi_atom_order_free(&order);
        um_dictionary_free(d);
    }
}

static void atoms_of_one_pitch_keep_their_order(void **state)
{
    (void)state;
    um_dictionary *d;
    umi_atom_order order;
    assert_int_equal(um_dictionary_new(50, 1, 9, &d), UM_OK);
    for (size_t k = 0; k < 50; k++) {
        um_row(d->W, k)[3] = 1;
        strcpy(d->labels[k], "one");
    }
    assert_int_equal(umi_atom_order_make(d, &order, NULL), UM_OK);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(order.atoms[i].atom, i);
    }
    umi_atom_order_free(&order);
    um_dictionary_free(d);
}

static void the_mean_is_over_frames(void **state)
{
    (void)state;
    um_dictionary *d;
    float mean[3];
    assert_int_equal(um_dictionary_new(1, 2, 3, &d), UM_OK);
    const float frames[] = {1, 2, 3, 5, 2, 1};
    memcpy(um_row(d->W, 0), frames, sizeof frames);
    umi_atom_mean_frame(d, 0, mean);
    assert_true(mean[0] == 3 && mean[1] == 2 && mean[2] == 2);
    um_dictionary_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atoms_rise_within_their_source),
        cmocka_unit_test(atoms_of_one_pitch_keep_their_order),
        cmocka_unit_test(the_mean_is_over_frames),
    };
    return cmocka_run_group_tests_name("plot_atom_order", tests, NULL, NULL);
}
