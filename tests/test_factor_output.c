/* The matrices as files: W of either kind, H in pieces and for a W of another scale. */
#define _DEFAULT_SOURCE
#include "job/factor_output.h"

#include "counting_allocator.h"
#include "factor_files.h"

#include <setjmp.h>

#include <cmocka.h>

enum { K = 3, LONG = 700 };

static umi_output_set *begin(void)
{
    umi_output_set *set;
    um_error error;
    assert_int_equal(umi_output_set_begin(scratch_path(&files, "out"), true, &set, &error), UM_OK);
    return set;
}

/* The matrix file `name` of the set; umi_free the data. */
static um_view read_back(umi_output_set *set, const char *name)
{
    umi_matrix_file *file;
    um_error error;
    assert_int_equal(umi_matrix_file_open(umi_output_set_path(set, name), NULL, &file, &error),
                     UM_OK);
    const umi_matrix_info *info = umi_matrix_file_info(file);
    um_view M = matrix_new(info->rows, info->cols);
    assert_int_equal(umi_matrix_file_read(file, 0, M, &error), UM_OK);
    umi_matrix_file_free(file);
    return M;
}

static void plain_atoms(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view W = matrix_random(K, 12, 0.0, &random);
    umi_output_set *set = begin();
    um_error error;
    assert_int_equal(umi_factor_write_W(set, um_const_view(W), 1, &error), UM_OK);
    um_view back = read_back(set, "W.npy");
    assert_true(same_bits(um_const_view(back), um_const_view(W)));
    umi_output_set_free(set);
    umi_free(W.data);
    umi_free(back.data);
}

/* Atoms of 4 frames of 3 columns: the header says so, the values follow each other. */
static void long_atoms(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view W = matrix_random(K, 12, 0.0, &random);
    umi_output_set *set = begin();
    um_error error;
    unsigned char bytes[1024];
    assert_int_equal(umi_factor_write_W(set, um_const_view(W), 4, &error), UM_OK);
    size_t n = scratch_read(umi_output_set_path(set, "W.npy"), bytes, sizeof bytes);
    assert_true(n > sizeof(float) * K * 12 && n < sizeof bytes);
    bytes[n - sizeof(float) * K * 12 - 1] = '\0';
    assert_non_null(strstr((const char *)bytes + 10, "'shape': (3, 4, 3)"));
    for (size_t k = 0; k < K; k++) {
        assert_memory_equal(bytes + n - sizeof(float) * (K - k) * 12, um_row(W, k),
                            sizeof(float) * 12);
    }
    umi_output_set_free(set);
    umi_free(W.data);
}

static void activations_in_pieces(void **state)
{
    (void)state;
    static const double sums[K] = {0.5, 2.0, 1.0};
    umi_random random = umi_random_seeded(3);
    um_view H = matrix_random(LONG, K, 0.1, &random);
    umi_output_set *set = begin();
    um_error error;
    for (size_t scaled = 0; scaled < 2; scaled++) {
        umi_factor_H_file *file;
        assert_int_equal(umi_factor_H_file_new(set, LONG, K, scaled ? sums : NULL, &file, &error),
                         UM_OK);
        /* More than a block of its own, then the rest. */
        um_cview first = um_const_view(H), rest = um_const_view(H);
        first.rows = 400;
        rest.rows = LONG - 400;
        rest.data = um_crow(um_const_view(H), 400);
        assert_int_equal(umi_factor_H_file_write(file, first, &error), UM_OK);
        assert_int_equal(umi_factor_H_file_write(file, rest, &error), UM_OK);
        assert_int_equal(umi_factor_H_file_finish(file, &error), UM_OK);
        umi_factor_H_file_free(file);
        um_view back = read_back(set, "H.npy");
        for (size_t i = 0; i < LONG * K; i++) {
            double h = (double)um_row(H, i / K)[i % K] / (scaled ? sums[i % K] : 1.0);
            assert_true(um_row(back, i / K)[i % K] == (float)h);
        }
        umi_free(back.data);
        assert_int_equal(unlink(umi_output_set_path(set, "H.npy")), 0);
    }
    umi_output_set_free(set);
    umi_free(H.data);
}

/* A file that lacks rows is not finished. */
static void missing_rows(void **state)
{
    (void)state;
    umi_output_set *set = begin();
    umi_factor_H_file *file;
    um_error error;
    assert_int_equal(umi_factor_H_file_new(set, 5, K, NULL, &file, &error), UM_OK);
    assert_int_not_equal(umi_factor_H_file_finish(file, &error), UM_OK);
    umi_factor_H_file_free(file);
    umi_output_set_free(set);
}

static um_status make(void *set)
{
    static const double sums[K] = {1.0, 1.0, 1.0};
    umi_factor_H_file *file;
    um_error error;
    um_status status = umi_factor_H_file_new(set, 5, K, sums, &file, &error);
    assert_true((status == UM_OK) == (file != NULL));
    umi_factor_H_file_free(file);
    (void)unlink(umi_output_set_path(set, "H.npy"));
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    umi_output_set *set = begin();
    assert_true(counting_allocator_sweep(make, set) >= 3);
    umi_output_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_atoms),
        cmocka_unit_test(long_atoms),
        cmocka_unit_test(activations_in_pieces),
        cmocka_unit_test(missing_rows),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
