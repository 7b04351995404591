/* Atoms of one transform as those of another, against the frequencies that they stand for. */
#include "job/atoms_remap.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const umi_bin_grid coarse = {44100.0, 2048}, fine = {44100.0, 4096};

static double sum_of(const float *w, size_t n)
{
    double sum = 0.0;
    for (size_t f = 0; f < n; f++) {
        sum += (double)w[f];
    }
    return sum;
}

/* A smooth hill of power round `centre`, Hz, on a grid. */
static um_view hill(umi_bin_grid grid, double centre, double width)
{
    um_view W = matrix_new(1, grid.fft_size / 2 + 1);
    for (size_t f = 0; f < W.cols; f++) {
        double x = ((double)f * grid.sample_rate / (double)grid.fft_size - centre) / width;
        W.data[f] = (float)exp(-0.5 * x * x);
    }
    return W;
}

static um_view remapped(um_view W, umi_bin_grid from, umi_bin_grid to)
{
    um_error error = {UM_OK, ""};
    um_view out = matrix_new(W.rows, to.fft_size / 2 + 1);
    assert_int_equal(umi_atoms_remap(um_const_view(W), 1, from, to, "a file", out, &error), UM_OK);
    for (size_t k = 0; k < W.rows; k++) {
        assert_true(fabs(sum_of(um_row(out, k), out.cols) - 1.0) < 1e-5);
    }
    return out;
}

/* The hill on the other grid, drawn there. */
static void expect_hill(umi_bin_grid from, umi_bin_grid to)
{
    um_view W = hill(from, 3000.0, 300.0), expected = hill(to, 3000.0, 300.0);
    um_view out = remapped(W, from, to);
    double sum = sum_of(expected.data, expected.cols), peak = 1.0 / sum;
    for (size_t f = 0; f < out.cols; f++) {
        assert_true(fabs((double)out.data[f] - (double)expected.data[f] / sum) < 0.01 * peak);
    }
    umi_free(W.data);
    umi_free(expected.data);
    umi_free(out.data);
}

static void frequencies_stay_where_they_are(void **state)
{
    (void)state;
    const umi_bin_grid other_rate = {48000.0, 2048}, speech = {16000.0, 1024};
    expect_hill(coarse, fine);
    expect_hill(fine, coarse);
    expect_hill(fine, other_rate);
    expect_hill(other_rate, speech);
    expect_hill(speech, other_rate);
}

/* Of a spectrum of any shape: the power in bands of whole bins, relative to each other. */
static void the_power_of_a_band_is_kept(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    const umi_bin_grid quarter = {44100.0, 1024};
    um_view W = matrix_random(1, 2049, 0.0, &random);
    um_view out = remapped(W, fine, quarter);
    double ratio = 0.0;
    for (size_t f = 1; f < 512; f++) {
        double before = 0.0, after = pow((double)out.data[f], 2.0);
        for (size_t i = 4 * f - 2; i <= 4 * f + 2; i++) {
            double share = i == 4 * f - 2 || i == 4 * f + 2 ? 0.5 : 1.0;
            before += share * pow((double)W.data[i], 2.0);
        }
        ratio = f == 1 ? after / before : ratio;
        assert_true(fabs(after / before - ratio) <= 1e-4 * ratio);
    }
    umi_free(W.data);
    umi_free(out.data);
}

/* Frames of an atom keep their levels to each other, and one that is empty stays so. */
static void frames_of_an_atom_stay_together(void **state)
{
    (void)state;
    const umi_bin_grid speech = {16000.0, 1024};
    umi_random random = umi_random_seeded(3);
    um_view W = matrix_random(2, 3 * 1025, 0.0, &random);
    um_view out = matrix_new(2, 3 * 513), flat = matrix_new(1, 1025), single = matrix_new(1, 513);
    um_error error;
    memset(um_row(W, 0) + 1025, 0, 1025 * sizeof(float));
    assert_int_equal(umi_atoms_remap(um_const_view(W), 3, coarse, speech, "a file", out, &error),
                     UM_OK);
    for (size_t k = 0; k < 2; k++) {
        double ratio = 0.0;
        assert_true(fabs(sum_of(um_row(out, k), out.cols) - 1.0) < 1e-5);
        for (size_t t = 0; t < 3; t++) {
            const float *frame = um_row(out, k) + t * 513;
            if (k == 0 && t == 1) {
                assert_true(sum_of(frame, 513) == 0.0);
                continue;
            }
            memcpy(flat.data, um_row(W, k) + t * 1025, 1025 * sizeof(float));
            assert_int_equal(
                umi_atoms_remap(um_const_view(flat), 1, coarse, speech, "a file", single, &error),
                UM_OK);
            /* The frame by itself, but for its level: that of bins in the middle is the old one. */
            double scale = (double)frame[100] / (double)single.data[100];
            for (size_t f = 0; f < 513; f++) {
                double expected = scale * (double)single.data[f];
                assert_true(fabs((double)frame[f] - expected) <= 1e-4 * expected);
            }
            double power = 0.0, old_power = 0.0;
            for (size_t f = 0; f < 500; f++) {
                power += pow((double)frame[f], 2.0);
            }
            for (size_t f = 0; f < 363; f++) { /* as far up */
                old_power += pow((double)flat.data[f], 2.0);
            }
            ratio = t == 0 ? power / old_power : ratio;
            assert_true(fabs(power / old_power - ratio) < 0.05 * ratio);
        }
    }
    umi_free(W.data);
    umi_free(out.data);
    umi_free(flat.data);
    umi_free(single.data);
}

static void the_same_grid_changes_nothing(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view W = matrix_random(3, 1025, 0.3, &random);
    um_view out = remapped(W, coarse, coarse);
    for (size_t k = 0; k < W.rows; k++) {
        double sum = sum_of(um_row(W, k), W.cols);
        for (size_t f = 0; f < W.cols; f++) {
            double expected = (double)um_row(W, k)[f] / sum;
            assert_true(fabs((double)um_row(out, k)[f] - expected) <= 1e-6 * expected);
        }
    }
    umi_free(W.data);
    umi_free(out.data);
}

/* Small, but not zero: an atom of zeros could not take part there. */
static void what_is_not_known_is_small(void **state)
{
    (void)state;
    const umi_bin_grid speech = {16000.0, 1024}, wide = {48000.0, 2048};
    um_view W = matrix_new(1, 513);
    for (size_t f = 0; f < W.cols; f++) {
        W.data[f] = 1.0f;
    }
    um_view out = remapped(W, speech, wide);
    size_t n_known = 8000 * 2048 / 48000 + 1;
    for (size_t f = n_known + 1; f < out.cols; f++) {
        assert_true(out.data[f] > 0.0f && out.data[f] < 1e-3f * out.data[n_known / 2]);
    }
    umi_free(W.data);
    umi_free(out.data);
}

/* Fewer bins than the transform has: those up to 8 kHz of a recording of 48 kHz. */
static void a_part_of_the_bins_can_be_asked_for(void **state)
{
    (void)state;
    const umi_bin_grid speech = {16000.0, 1024}, wide = {48000.0, 3072};
    um_view W = hill(wide, 3000.0, 300.0), out = matrix_new(1, 513);
    um_view expected = hill(speech, 3000.0, 300.0);
    um_error error;
    assert_int_equal(umi_atoms_remap(um_const_view(W), 1, wide, speech, "a file", out, &error),
                     UM_OK);
    double sum = sum_of(expected.data, 513);
    for (size_t f = 0; f < 513; f++) {
        assert_true(fabs((double)out.data[f] - (double)expected.data[f] / sum) < 1e-6);
    }
    umi_free(W.data);
    umi_free(out.data);
    umi_free(expected.data);
}

static void expect_refused(um_view W, umi_bin_grid from, umi_bin_grid to, const char *a,
                           const char *b)
{
    um_error error = {UM_OK, ""};
    um_view out = matrix_new(W.rows, to.fft_size / 2 + 1);
    assert_int_equal(umi_atoms_remap(um_const_view(W), 1, from, to, "a file", out, &error),
                     UM_ERR_CONFIG);
    assert_ptr_equal(strstr(error.message, "a file: "), error.message);
    assert_non_null(strstr(error.message, a));
    assert_non_null(strstr(error.message, b));
    umi_free(out.data);
}

static void what_is_too_far_is_refused(void **state)
{
    (void)state;
    const umi_bin_grid tiny = {44100.0, 64}, low = {1000.0, 512}, high = {48000.0, 8192};
    um_view W = matrix_new(1, 2049), few = matrix_new(1, 257);
    W.data[2000] = few.data[3] = 1.0f;
    expect_refused(W, fine, tiny, "10.77 Hz", "689.1 Hz");
    expect_refused(few, low, high, "500 Hz", "24000 Hz");
    const umi_bin_grid narrow = {8000.0, 1024};
    expect_refused(W, fine, narrow, "atom 0", "4000 Hz"); /* it has only 21.5 kHz */
    umi_free(W.data);
    umi_free(few.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequencies_stay_where_they_are),
        cmocka_unit_test(the_power_of_a_band_is_kept),
        cmocka_unit_test(frames_of_an_atom_stay_together),
        cmocka_unit_test(the_same_grid_changes_nothing),
        cmocka_unit_test(what_is_not_known_is_small),
        cmocka_unit_test(a_part_of_the_bins_can_be_asked_for),
        cmocka_unit_test(what_is_too_far_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
