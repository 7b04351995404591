/* What the denoiser makes of a section. */
#include "unmingle/denoiser.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "noisy_section.h"

/* Mean gains in the bins of the comb that sounds, and in those of noise alone. */
typedef struct means {
    double speech, noise;
} means;

static means mean_gains(um_view G)
{
    double sum[2] = {0.0, 0.0};
    size_t n[2] = {0, 0};
    for (size_t t = 0; t < G.rows; t++) {
        size_t comb = section_comb(t);
        for (size_t f = 0; f < G.cols; f++) {
            bool speech = comb < SECTION_ATOMS && comb_has(comb, f);
            sum[speech] += (double)um_row(G, t)[f];
            n[speech]++;
        }
    }
    return (means){sum[1] / (double)n[1], sum[0] / (double)n[0]};
}

static um_view gains(um_denoiser *d, um_view V)
{
    um_view G = matrix_new(V.rows, V.cols);
    assert_int_equal(um_denoiser_gains(d, um_const_view(V), G), UM_OK);
    return G;
}

static void speech_passes_and_noise_does_not(void **state)
{
    (void)state;
    for (int fast = 0; fast < 2; fast++) {
        for (int known = 0; known < 2; known++) {
            um_denoiser *d = section_denoiser(fast != 0);
            um_view V = section_new(1.0);
            um_cview lead = {V.data, SECTION_LEAD, V.cols, V.stride};
            um_status status = known != 0 ? um_denoiser_set_noise(d, lead)
                                          : um_denoiser_find_noise(d, um_const_view(V));
            assert_int_equal(status, UM_OK);
            um_view G = gains(d, V);
            means mean = mean_gains(G);
            assert_true(mean.speech > 0.75);
            assert_true(mean.noise < 0.25);
            um_denoiser_free(d);
            umi_free(V.data);
            umi_free(G.data);
        }
    }
}

/* Doubling is exact in float, so it must change no bit. */
static void loudness_changes_no_bit(void **state)
{
    (void)state;
    um_denoiser *d = section_denoiser(false);
    um_view V = section_new(1.0);
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
    um_view once = gains(d, V);
    for (size_t t = 0; t < V.rows; t++) {
        for (size_t f = 0; f < V.cols; f++) {
            um_row(V, t)[f] *= 1024.0F;
        }
    }
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
    um_view loud = gains(d, V);
    for (size_t t = 0; t < V.rows; t++) {
        assert_memory_equal(um_row(once, t), um_row(loud, t), V.cols * sizeof(float));
    }
    um_denoiser_free(d);
    umi_free(V.data);
    umi_free(once.data);
    umi_free(loud.data);
}

/* What was done before leaves no trace. */
static void sections_are_problems_of_their_own(void **state)
{
    (void)state;
    um_denoiser *fresh = section_denoiser(false), *used = section_denoiser(false);
    um_view V = section_new(1.0), other = section_new(4.0);
    assert_int_equal(um_denoiser_find_noise(used, um_const_view(other)), UM_OK);
    um_view G = gains(used, other);
    umi_free(G.data);
    V.rows = 77; /* not whole tiles */
    assert_int_equal(um_denoiser_find_noise(used, um_const_view(V)), UM_OK);
    assert_int_equal(um_denoiser_find_noise(fresh, um_const_view(V)), UM_OK);
    um_view a = gains(used, V), b = gains(fresh, V);
    for (size_t t = 0; t < V.rows; t++) {
        assert_memory_equal(um_row(a, t), um_row(b, t), V.cols * sizeof(float));
    }
    um_denoiser_free(fresh);
    um_denoiser_free(used);
    umi_free(V.data);
    umi_free(other.data);
    umi_free(a.data);
    umi_free(b.data);
}

static void what_is_nearly_clean_is_treated_gently(void **state)
{
    (void)state;
    um_denoiser *d = section_denoiser(false);
    um_view V = section_new(0.01);
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
    um_view G = gains(d, V);
    assert_true(mean_gains(G).speech > 0.95);
    assert_true(mean_gains(G).noise > 0.2);
    um_denoiser_free(d);
    umi_free(V.data);
    umi_free(G.data);
}

/* Frames of the lead with a bass in them that the rest does not have. */
static um_view profile_new(const um_view V)
{
    um_view lead = matrix_new(SECTION_LEAD, V.cols);
    for (size_t t = 0; t < lead.rows; t++) {
        memcpy(um_row(lead, t), um_row(V, t), V.cols * sizeof(float));
        um_row(lead, t)[2] *= 4.0F;
    }
    return lead;
}

/* Where its noise is weak; and there in the lowest bins alone. */
static void a_profile_shares_the_lowest_bins_with_the_noise_that_is_found(void **state)
{
    (void)state;
    static const double noise[] = {1.0, 0.1};
    for (size_t i = 0; i < 2; i++) {
        um_denoiser *d = section_denoiser(false);
        um_view V = section_new(noise[i]), lead = profile_new(V);
        assert_int_equal(um_denoiser_set_noise(d, um_const_view(lead)), UM_OK);
        um_view alone = gains(d, V);
        assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
        um_view both = gains(d, V);
        double low = 0.0;
        for (size_t t = 0; t < V.rows; t++) {
            for (size_t f = 0; f < 16; f++) {
                low += fabs((double)um_row(both, t)[f] - (double)um_row(alone, t)[f]);
            }
            assert_memory_equal(um_row(alone, t) + 16, um_row(both, t) + 16,
                                (V.cols - 16) * sizeof(float));
        }
        assert_true(i == 0 ? low == 0.0 : low > 1.0);
        um_denoiser_free(d);
        umi_free(V.data);
        umi_free(lead.data);
        umi_free(alone.data);
        umi_free(both.data);
    }
}

static void one_frame_is_enough(void **state)
{
    (void)state;
    um_denoiser *d = section_denoiser(false);
    um_view V = section_new(1.0);
    V.rows = 1;
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
    um_view G = gains(d, V);
    for (size_t f = 0; f < V.cols; f++) {
        assert_true(G.data[f] >= 0.0F && G.data[f] <= 1.0F);
    }
    V.rows = 0;
    assert_int_equal(um_denoiser_find_noise(d, um_const_view(V)), UM_OK);
    um_view none = gains(d, V);
    um_denoiser_free(d);
    umi_free(V.data);
    umi_free(G.data);
    umi_free(none.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_passes_and_noise_does_not),
        cmocka_unit_test(loudness_changes_no_bit),
        cmocka_unit_test(sections_are_problems_of_their_own),
        cmocka_unit_test(what_is_nearly_clean_is_treated_gently),
        cmocka_unit_test(a_profile_shares_the_lowest_bins_with_the_noise_that_is_found),
        cmocka_unit_test(one_frame_is_enough),
    };
    return cmocka_run_group_tests_name("denoiser_gains", tests, NULL, NULL);
}
