/* Atoms find their partners, whatever order they come in. */
#include "job/matched_atoms.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { K = 5, COLUMNS = 17 };

static double cosine_of(um_cview A, size_t a, um_cview B, size_t b)
{
    double product = 0.0, norm_a = 0.0, norm_b = 0.0;
    for (size_t i = 0; i < A.cols; i++) {
        double x = (double)um_crow(A, a)[i], y = (double)um_crow(B, b)[i];
        product += x * y;
        norm_a += x * x;
        norm_b += y * y;
    }
    return product / sqrt(norm_a * norm_b);
}

/* Rows in another order and of another scale are the same atoms. */
static void shuffled_rows_are_the_same(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view A = matrix_random(K, COLUMNS, 0.3, &random), B = matrix_new(K, COLUMNS);
    double cosine[K];
    for (size_t k = 0; k < K; k++) {
        for (size_t i = 0; i < COLUMNS; i++) {
            um_row(B, (k + 2) % K)[i] = (float)(k + 1) * 1e-3F * um_row(A, k)[i];
        }
    }
    assert_int_equal(umi_match_atoms(um_const_view(A), um_const_view(B), cosine), UM_OK);
    for (size_t k = 0; k < K; k++) {
        assert_true(cosine[k] > 0.999999 && cosine[k] <= 1.0);
    }
    umi_free(A.data);
    umi_free(B.data);
}

/* The sum is the greatest of all K! pairings. */
static double best_sum(um_cview A, um_cview B, size_t row, unsigned taken)
{
    double best = row == K ? 0.0 : -INFINITY;
    for (size_t b = 0; row < K && b < K; b++) {
        if ((taken & 1U << b) == 0) {
            best = fmax(best, cosine_of(A, row, B, b) + best_sum(A, B, row + 1, taken | 1U << b));
        }
    }
    return best;
}

static void pairs_fit_best(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view A = matrix_random(K, COLUMNS, 0.8, &random),
            B = matrix_random(K, COLUMNS, 0.8, &random);
    double cosine[K], sum = 0.0;
    assert_int_equal(umi_match_atoms(um_const_view(A), um_const_view(B), cosine), UM_OK);
    for (size_t k = 0; k < K; k++) {
        sum += cosine[k];
    }
    assert_true(fabs(sum - best_sum(um_const_view(A), um_const_view(B), 0, 0)) < 1e-5);
    umi_free(A.data);
    umi_free(B.data);
}

static void zero_rows_are_like_nothing(void **state)
{
    (void)state;
    const float a[] = {0, 0, 0, 1, 2, 3}, b[] = {1, 2, 3, 4, 5, 6};
    double cosine[2];
    um_cview A = um_cview_of(a, 2, 3), B = um_cview_of(b, 2, 3);
    assert_int_equal(umi_match_atoms(A, B, cosine), UM_OK);
    assert_true(cosine[0] == 0.0 && cosine[1] > 0.999999);
    B.cols = 2;
    assert_int_equal(umi_match_atoms(A, B, cosine), UM_ERR_ARGUMENT);
}

static um_status match(void *context)
{
    const float a[] = {1, 0, 0, 1};
    double *cosine = context;
    return umi_match_atoms(um_cview_of(a, 2, 2), um_cview_of(a, 2, 2), cosine);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    double cosine[2];
    assert_true(counting_allocator_sweep(match, cosine) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffled_rows_are_the_same),
        cmocka_unit_test(pairs_fit_best),
        cmocka_unit_test(zero_rows_are_like_nothing),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
