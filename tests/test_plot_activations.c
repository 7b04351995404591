/* Activations in the columns of a picture, of files of any width. */
#define _DEFAULT_SOURCE
#include "job/plot_activations.h"

#include "plot_sample.h"
#include "scratch_group.h"

#include <setjmp.h>

#include <cmocka.h>

static void each_atom_sounds_in_its_quarter(void **state)
{
    (void)state;
    static const size_t widths[] = {4, 100, 1200}; /* the last: more columns than frames */
    umi_kept_result kept = plot_sample_result(&files);
    for (size_t i = 0; i < 3; i++) {
        umi_plot_activations a;
        size_t n = widths[i];
        assert_int_equal(umi_plot_activations_read(&kept, n, &a, NULL), UM_OK);
        assert_int_equal(a.H.cols, n);
        assert_true(a.loudest == 1);
        assert_true(fabs(a.seconds - (double)PLOT_FRAMES * PLOT_HOP / PLOT_RATE) < 1e-12);
        for (size_t k = 0; k < PLOT_ATOMS; k++) {
            float row[1200];
            umi_plot_activations_sum(&a, k, row);
            assert_memory_equal(umi_plot_activations_row(&a, k, 0),
                                umi_plot_activations_row(&a, k, PLOT_SHIFTED), n * sizeof *row);
            assert_true(umi_plot_activations_row(&a, k, 2)[k * n / 4 + n / 8] == 0);
            for (size_t c = 0; c < n; c++) {
                bool edge = n > 4 && (c % (n / 4) < 4 || c % (n / 4) >= n / 4 - 1);
                float expected = c * 4 / n == k ? plot_strengths[k] : 0;
                assert_true(edge || fabsf(row[c] - expected) < 1e-6F);
            }
        }
        umi_plot_activations_free(&a);
    }
    umi_kept_result_close(&kept);
}

static void what_is_no_activation_is_refused(void **state)
{
    (void)state;
    umi_kept_result kept = plot_sample_result(&files);
    umi_plot_activations a;
    um_error error = {UM_OK, ""};
    /* The last value of the file becomes -1. */
    const unsigned char minus_one[] = {0, 0, 0x80, 0xBF};
    FILE *file = fopen(scratch_path(&files, "activations.npy"), "r+b");
    assert_int_equal(fseek(file, -4, SEEK_END), 0);
    assert_int_equal(fwrite(minus_one, 1, 4, file), 4);
    fclose(file);
    assert_int_equal(umi_plot_activations_read(&kept, 50, &a, &error), UM_ERR_DATA);
    assert_non_null(strstr(error.message, "activations.npy"));
    assert_null(a.H.data);
    umi_kept_result_close(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_atom_sounds_in_its_quarter),
        cmocka_unit_test(what_is_no_activation_is_refused),
    };
    return cmocka_run_group_tests_name("plot_activations", tests, scratch_set_up,
                                       scratch_tear_down);
}
