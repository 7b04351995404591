/* The share of each source, where it is known which one sounds. */
#define _DEFAULT_SOURCE
#include "job/plot_masks.h"

#include "plot_sample.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

enum { COLUMNS = 80, ROWS = 120 };

/* Where the strongest line of an atom is. */
static size_t row_of_bin(size_t bin)
{
    double hertz = (double)bin * PLOT_RATE / PLOT_FFT;
    return (size_t)(log(hertz / 30) / log(PLOT_RATE / 2.0 / 30) * ROWS);
}

static size_t row_of(size_t atom)
{
    return row_of_bin(plot_peaks[atom]);
}

static float share(const umi_plot_masks *masks, size_t source, size_t column, size_t row)
{
    return masks->shares[(source * COLUMNS + column) * ROWS + row];
}

static void who_sounds_alone_has_all(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    umi_plot_activations activations;
    umi_atom_order order;
    umi_plot_masks masks;
    assert_int_equal(umi_plot_activations_read(&kept, COLUMNS, &activations, NULL), UM_OK);
    assert_int_equal(umi_atom_order_make(kept.atoms, &order, NULL), UM_OK);
    assert_int_equal(umi_plot_masks_make(kept.atoms, &order, &activations, 2, ROWS, &masks, NULL),
                     UM_OK);
    assert_int_equal(masks.n_sources, 2);
    for (size_t k = 0; k < PLOT_ATOMS; k++) {
        size_t middle = COLUMNS / 8 + k * COLUMNS / 4;
        for (size_t s = 0; s < 2; s++) {
            /* Atom 2 is 40 dB below the loudest: two thirds of what fades are left. */
            float expected = s != k % 2 ? 0 : k == 2 ? 2.0F / 3 : 1;
            assert_true(fabsf(share(&masks, s, middle, row_of(k)) - expected) < 0.05F);
            /* Two semitones higher, too, but not lower. */
            size_t two = (size_t)rint(ROWS / log2(PLOT_RATE / 2.0 / 30) / 6);
            assert_true(fabsf(share(&masks, s, middle, row_of(k) + two) - expected) < 0.05F);
            assert_true(share(&masks, s, middle, row_of(k) - two) == 0);
            /* Nothing sounds there: nobody has it. */
            assert_true(share(&masks, s, middle, 2) == 0);
        }
    }
    umi_plot_masks_free(&masks);
    umi_atom_order_free(&order);
    umi_plot_activations_free(&activations);
    umi_kept_result_close(&kept);
}

static void two_share_by_the_exponent(void **state)
{
    (void)state;
    um_dictionary *d = plot_sample_dictionary(1);
    um_view H = um_view_of(umi_alloc(PLOT_ATOMS * COLUMNS, sizeof(float)), PLOT_ATOMS, COLUMNS);
    umi_plot_activations activations = {H, 1, 3, 1};
    umi_atom_order order;
    umi_plot_masks masks;
    memcpy(um_row(d->W, 1), um_row(d->W, 0), PLOT_BINS * sizeof(float)); /* the other source's */
    for (size_t c = 0; c < COLUMNS; c++) {
        um_row(H, 0)[c] = 1;
        um_row(H, 1)[c] = 3;
    }
    assert_int_equal(umi_atom_order_make(d, &order, NULL), UM_OK);
    for (int p = 1; p <= 2; p++) {
        assert_int_equal(umi_plot_masks_make(d, &order, &activations, p, ROWS, &masks, NULL),
                         UM_OK);
        double first = 1 / (1 + pow(3, p));
        assert_true(fabs((double)share(&masks, 0, 7, row_of(0)) - first) < 1e-5);
        assert_true(fabs((double)share(&masks, 1, 7, row_of(0)) - (1 - first)) < 1e-5);
        umi_plot_masks_free(&masks);
    }
    umi_atom_order_free(&order);
    umi_free(H.data);
    um_dictionary_free(d);
}

/* What begins in one column goes on in those after it, the later frames of the atom. */
static void atoms_last_as_long_as_they_do(void **state)
{
    (void)state;
    um_dictionary *d = plot_sample_dictionary(3);
    um_view H = um_view_of(umi_alloc(PLOT_ATOMS * COLUMNS, sizeof(float)), PLOT_ATOMS, COLUMNS);
    /* Columns of two hops. */
    umi_plot_activations activations = {H, 1, 1, 2.0 * COLUMNS * PLOT_HOP / PLOT_RATE};
    umi_atom_order order;
    umi_plot_masks masks;
    float *frames = um_row(d->W, 0);
    memset(frames, 0, 3 * PLOT_BINS * sizeof *frames);
    frames[100] = 0.6F;
    frames[2 * PLOT_BINS + 25] = 0.4F; /* two hops later, two octaves lower */
    um_row(H, 0)[10] = 1;
    assert_int_equal(umi_atom_order_make(d, &order, NULL), UM_OK);
    assert_int_equal(umi_plot_masks_make(d, &order, &activations, 1, ROWS, &masks, NULL), UM_OK);
    size_t high = row_of_bin(100), low = row_of_bin(25);
    for (size_t c = 9; c < 13; c++) {
        assert_true(share(&masks, 0, c, high) == (c == 10));
        assert_true((share(&masks, 0, c, low) > 0.5F) == (c == 11));
    }
    umi_plot_masks_free(&masks);
    umi_atom_order_free(&order);
    umi_free(H.data);
    um_dictionary_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_sounds_alone_has_all),
        cmocka_unit_test(two_share_by_the_exponent),
        cmocka_unit_test(atoms_last_as_long_as_they_do),
    };
    return cmocka_run_group_tests_name("plot_masks", tests, scratch_set_up, scratch_tear_down);
}
