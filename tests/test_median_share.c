/* Median filters: a click is struck, a tone sounds on, and silence is neither. */
#include "core/median_share.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 40, C = 2, FRAMES = 30, CLICK = 12, TONE = 17 };

static void clicks_and_tones(void **state)
{
    (void)state;
    um_view V = matrix_new(FRAMES, C * F);
    const umi_median_share medians = {F, 4, 5};
    float share[C * F];
    float *scratch = umi_alloc(umi_median_share_floats(&medians, C * F), sizeof(float));
    for (size_t f = 0; f < F; f++) {
        um_row(V, CLICK)[f] = 1.0F; /* in the first channel */
    }
    for (size_t t = 0; t < FRAMES; t++) {
        um_row(V, t)[F + TONE] = 1.0F; /* in the second */
    }
    umi_median_share_of(&medians, um_const_view(V), CLICK, share, scratch);
    for (size_t f = 0; f < F; f++) {
        assert_true(share[f] == 1.0F);
        assert_true(share[F + f] == (f == TONE ? 0.0F : 0.5F));
    }
    umi_median_share_of(&medians, um_const_view(V), 0, share, scratch); /* with fewer frames */
    assert_true(share[F + TONE] == 0.0F && share[3] == 0.5F);
    umi_free(scratch);
    umi_free(V.data);
}

/* P^2 / (P^2 + L^2), by hand: medians of 1 2 3 along time and of 2 5 9 along frequency. */
static void the_formula(void **state)
{
    (void)state;
    um_view V = matrix_new(3, 3);
    const umi_median_share medians = {3, 1, 1};
    const float frames[3][3] = {{0, 1, 0}, {5, 2, 9}, {0, 3, 0}};
    float share[3], scratch[64];
    for (size_t t = 0; t < 3; t++) {
        memcpy(um_row(V, t), frames[t], sizeof frames[t]);
    }
    assert_true(umi_median_share_floats(&medians, 3) <= 64);
    umi_median_share_of(&medians, um_const_view(V), 1, share, scratch);
    assert_true(fabs((double)share[1] - 25.0 / 29.0) < 1e-6);
    umi_free(V.data);
}

/* The medians of 9 1 | 1 9 8 at the first bin and of 9 8 2 | 2 8 at the last are 8; along time all
 * is as in the frame. */
static void mirrored_at_the_ends(void **state)
{
    (void)state;
    um_view V = matrix_new(1, 4);
    const umi_median_share medians = {4, 0, 2};
    const float v[] = {1, 9, 8, 2};
    float share[4], scratch[64];
    memcpy(V.data, v, sizeof v);
    umi_median_share_of(&medians, um_const_view(V), 0, share, scratch);
    assert_true(fabs((double)share[0] - 64.0 / 65.0) < 1e-6);
    assert_true(fabs((double)share[3] - 64.0 / 68.0) < 1e-6);
    umi_free(V.data);
}

/* More bins on either side than there are. */
static void wider_than_the_spectrum(void **state)
{
    (void)state;
    um_view V = matrix_new(1, 2);
    const umi_median_share medians = {2, 0, 5};
    float share[2], scratch[64];
    V.data[0] = V.data[1] = 1.0F;
    umi_median_share_of(&medians, um_const_view(V), 0, share, scratch);
    assert_true(share[0] == 0.5F && share[1] == 0.5F);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clicks_and_tones), cmocka_unit_test(the_formula),
        cmocka_unit_test(mirrored_at_the_ends), cmocka_unit_test(wider_than_the_spectrum)};
    return cmocka_run_group_tests_name("median_share", tests, NULL, NULL);
}
