/* Free atoms beside others that stay. */
#include "job/live_rest.h"

#include "core/matrix.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { BINS = 60, FRAMES = 300, TRUE_ATOMS = 4, FIXED = 2 };

/* Atom k lives in a quarter of the bins. */
static um_view true_atoms(void)
{
    um_view W = matrix_new(TRUE_ATOMS, BINS);
    for (size_t k = 0; k < TRUE_ATOMS; k++) {
        for (size_t f = 0; f < BINS; f++) {
            um_row(W, k)[f] = f * TRUE_ATOMS / BINS == k ? 1.0f + (float)(f % 3) : 0.0f;
        }
        assert_true(umi_row_normalise(um_row(W, k), BINS));
    }
    return W;
}

static um_view frames_of(um_cview W, umi_random *random)
{
    um_view H = matrix_random(FRAMES, W.rows, 0.5, random);
    for (size_t t = 0; t < FRAMES; t++) {
        um_row(H, t)[t % W.rows] += 0.5f; /* never silent */
    }
    um_view V = matrix_product(um_const_view(H), W);
    umi_free(H.data);
    return V;
}

/* Two of four atoms are known: the free ones become the other two. */
static void free_atoms_learn_what_the_fixed_ones_leave(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(3);
    um_view truth = true_atoms(), V = frames_of(um_const_view(truth), &random);
    um_view W = matrix_random(TRUE_ATOMS, BINS, 0.0, &random);
    for (size_t k = 0; k < TRUE_ATOMS; k++) {
        if (k < FIXED) {
            memcpy(um_row(W, k), um_row(truth, k), BINS * sizeof(float));
        }
        assert_true(umi_row_normalise(um_row(W, k), BINS));
    }
    umi_live_rest rest = {0};
    assert_int_equal(umi_live_rest_init(TRUE_ATOMS, BINS, 1, &rest), UM_OK);
    umi_live_rest_start(&rest, um_const_view(W), FIXED, true);
    for (size_t i = 0; i < 40; i++) {
        umi_live_rest_learn(&rest, um_const_view(V), W);
    }
    double worst = 1.0;
    for (size_t k = 0; k < FIXED; k++) {
        worst = fmin(worst, row_cosine(um_row(W, k), um_row(truth, k), BINS));
    }
    assert_true(worst > 1.0 - 1e-6);
    for (size_t k = FIXED; k < TRUE_ATOMS; k++) {
        double a = row_cosine(um_row(W, FIXED), um_row(truth, k), BINS);
        double b = row_cosine(um_row(W, FIXED + 1), um_row(truth, k), BINS);
        assert_true(fmax(a, b) > 0.98 && fmin(a, b) < 0.2);
    }
    umi_live_rest_free(&rest);
    assert_null(rest.online);
    umi_free(truth.data);
    umi_free(V.data);
    umi_free(W.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_atoms_learn_what_the_fixed_ones_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
