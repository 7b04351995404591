/* The entries of a sparse V by columns, and what is held out of them. */
#include "core/nmf_internal.h"
#include "sparse_matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static um_nmf *make(const both *V, double held_out)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = V->dense.rows;
    config.n_bins = V->dense.cols;
    config.n_components = 1;
    config.sparse = true;
    config.n_values = um_csparse_entries(V->sparse);
    config.held_out = held_out;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    return nmf;
}

/* Every entry must come once, columns one after another, rows ascending within each. */
static void assert_sorted_by_columns(const umi_nmf_entries *e)
{
    size_t n = um_csparse_entries(e->V);
    assert_true(n <= e->capacity);
    assert_int_equal(e->column_start[0], 0);
    assert_int_equal(e->column_start[e->V.cols], n);
    for (size_t f = 0; f < e->V.cols; f++) {
        for (size_t i = e->column_start[f]; i < e->column_start[f + 1]; i++) {
            size_t entry = e->entry[i], row = e->row[i];
            assert_true(i == e->column_start[f] || e->row[i - 1] < row);
            assert_true(entry >= e->V.row_start[row] && entry < e->V.row_start[row + 1]);
            assert_int_equal(e->V.column[entry], f);
        }
    }
}

static void entries_are_sorted_by_columns(void **state)
{
    (void)state;
    const size_t sizes[][2] = {{1, 1}, {1, 30}, {30, 1}, {40, 23}, {3, 300}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        both V = make_both(sizes[i][0], sizes[i][1], 0.7, i);
        um_nmf *nmf = make(&V, 0.0);
        for (size_t again = 0; again < 2; again++) {
            umi_nmf_entries_set(nmf, &V.sparse);
            assert_sorted_by_columns(&nmf->entries);
        }
        um_nmf_free(nmf);
        free_both(V);
    }
}

/* Every cell of V is seen, held out, or a zero that is seen and has no place. */
static void held_out_cells_are_among_them(void **state)
{
    (void)state;
    const double shares[] = {0.01, 0.3, 0.89};
    for (size_t i = 0; i < 3; i++) {
        both V = make_both(60, 47, 0.8, i);
        um_nmf *nmf = make(&V, shares[i]);
        umi_nmf_entries_set(nmf, &V.sparse);
        const umi_nmf_entries *e = &nmf->entries;
        assert_sorted_by_columns(e);
        size_t at = 0, n_hidden_entries = 0;
        for (size_t r = 0; r < 60; r++) {
            umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(nmf, r);
            size_t hidden = 47;
            bool left = umi_nmf_next_hidden(&cells, &hidden);
            for (size_t c = 0; c < 47; c++) {
                float v = um_row(V.dense, r)[c];
                bool is_hidden = left && c == hidden;
                if (v > 0.0F || is_hidden) {
                    assert_int_equal(e->V.column[at], c);
                    assert_true(fabsf(e->V.value[at]) == v);
                    assert_true((signbit(e->V.value[at]) != 0) == is_hidden);
                    n_hidden_entries += is_hidden && v > 0.0F;
                    at++;
                }
                left = is_hidden ? umi_nmf_next_hidden(&cells, &hidden) : left;
            }
            assert_false(left);
            assert_int_equal(e->V.row_start[r + 1], at);
        }
        assert_true(n_hidden_entries > 0);
        um_nmf_free(nmf);
        free_both(V);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_sorted_by_columns),
        cmocka_unit_test(held_out_cells_are_among_them),
    };
    return cmocka_run_group_tests_name("nmf_entries", tests, NULL, NULL);
}
