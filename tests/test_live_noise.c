/* Noise found where it is alone. */
#include "job/live_noise.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { BINS = 40, FRAMES = 200 };

/* Noise in the upper half of the bins all the time, and something loud in the lower half but for
 * every fifth frame. */
static um_view heard(umi_random *random)
{
    um_view V = matrix_random(FRAMES, BINS, 0.0, random);
    for (size_t t = 0; t < FRAMES; t++) {
        for (size_t f = 0; f < BINS; f++) {
            bool lower = f < BINS / 2;
            um_row(V, t)[f] *= lower ? (t % 5 == 0 ? 0.001f : 50.0f) : 1.0f;
        }
    }
    return V;
}

static double lower_half(um_view W)
{
    double sum = 0.0;
    for (size_t k = 0; k < W.rows; k++) {
        for (size_t f = 0; f < BINS / 2; f++) {
            sum += (double)um_row(W, k)[f];
        }
    }
    return sum / (double)W.rows;
}

static void it_is_white_at_first(void **state)
{
    (void)state;
    um_view W = umi_live_noise_new(BINS);
    assert_true(W.rows > 0);
    assert_true(fabs(lower_half(W) - 0.5) < 1e-6);
    umi_free(W.data);
}

static void quiet_frames_tell_of_it(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = heard(&random), W = umi_live_noise_new(BINS);
    assert_true(umi_live_noise_find(um_const_view(V), W));
    assert_true(lower_half(W) < 0.01);
    for (size_t k = 0; k < W.rows; k++) {
        double sum = 0.0;
        for (size_t f = 0; f < BINS; f++) {
            sum += (double)um_row(W, k)[f];
        }
        assert_true(fabs(sum - 1.0) < 1e-5);
    }
    umi_free(V.data);
    umi_free(W.data);
}

static void too_little_changes_nothing(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = heard(&random), W = umi_live_noise_new(BINS), silence = matrix_new(50, BINS);
    um_view before = matrix_copy(um_const_view(W));
    um_cview few = {V.data, 3, V.cols, V.stride};
    assert_false(umi_live_noise_find(few, W));
    assert_false(umi_live_noise_find(um_const_view(silence), W));
    assert_true(same_bits(um_const_view(W), um_const_view(before)));
    umi_free(V.data);
    umi_free(W.data);
    umi_free(silence.data);
    umi_free(before.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_white_at_first),
        cmocka_unit_test(quiet_frames_tell_of_it),
        cmocka_unit_test(too_little_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
