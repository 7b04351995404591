/* Bands: where they lie, how broad they are, and that a factorisation tells a thud from a hiss. */
#include "unmingle/percussive_atoms.h"

#include "counting_allocator.h"
#include "matrices.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static um_percussive_atoms_config config_of(double lowest, double highest)
{
    um_percussive_atoms_config config = um_percussive_atoms_config_default();
    config.sample_rate = 48000.0;
    config.lowest_frequency = lowest;
    config.highest_frequency = highest;
    config.floor = 0.0;
    return config;
}

static um_view filled(const um_percussive_atoms_config *config, size_t n_atoms, size_t n_bins)
{
    um_view W = matrix_new(n_atoms, n_bins);
    assert_int_equal(um_percussive_atoms_fill(config, W), UM_OK);
    return W;
}

static void every_field_is_checked(void **state)
{
    (void)state;
    um_percussive_atoms_config good = config_of(60.0, 8000.0), wrong[16];
    um_view W = matrix_new(4, 513);
    size_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        wrong[i] = good;
    }
    wrong[n++].sample_rate = 0.0;
    wrong[n++].sample_rate = NAN;
    wrong[n++].sample_rate = INFINITY;
    wrong[n++].sample_rate = 15999.0;
    wrong[n++].lowest_frequency = 0.09;
    wrong[n++].lowest_frequency = 8001.0;
    wrong[n++].lowest_frequency = NAN;
    wrong[n++].highest_frequency = 24001.0;
    wrong[n++].highest_frequency = NAN;
    wrong[n++].width = 0.09;
    wrong[n++].width = 20.1;
    wrong[n++].width = NAN;
    wrong[n++].floor = -0.1;
    wrong[n++].floor = 1.1;
    assert_int_equal(um_percussive_atoms_fill(&good, W), UM_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(um_percussive_atoms_fill(&wrong[i], W), UM_ERR_ARGUMENT);
    }
    um_view no_rows = {W.data, 0, 513, W.stride}, one_bin = {W.data, 4, 1, W.stride};
    um_view overlapping = {W.data, 4, 513, 512}, nothing = {NULL, 4, 513, 513};
    assert_int_equal(um_percussive_atoms_fill(&good, no_rows), UM_ERR_ARGUMENT);
    assert_int_equal(um_percussive_atoms_fill(&good, one_bin), UM_ERR_ARGUMENT);
    assert_int_equal(um_percussive_atoms_fill(&good, overlapping), UM_ERR_ARGUMENT);
    assert_int_equal(um_percussive_atoms_fill(&good, nothing), UM_ERR_ARGUMENT);
    assert_int_equal(um_percussive_atoms_fill(NULL, W), UM_ERR_ARGUMENT);
    umi_free(W.data);
}

static double sum_of(const float *w, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)w[i];
    }
    return sum;
}

/* Bins of 1 Hz: bin b is b Hz. */
static void bands_lie_an_octave_apart_and_fall_by_the_cosine(void **state)
{
    (void)state;
    um_percussive_atoms_config config = config_of(50.0, 6400.0);
    config.width = 1.5;
    um_view W = filled(&config, 8, 24001);
    size_t centre = 50;
    for (size_t k = 0; k < 8; k++, centre *= 2) {
        const float *w = um_row(W, k);
        assert_true(fabs(sum_of(w, W.cols) - 1.0) < 1e-5);
        double peak = (double)w[centre];
        for (size_t b = 0; b < W.cols; b++) {
            assert_true((double)w[b] <= peak);
            /* 2^1.5 = 2.82842... */
            bool inside =
                (double)b < 2.82842 * (double)centre && 2.82843 * (double)b > (double)centre;
            assert_true((w[b] > 0.0F) == inside);
        }
        /* An octave off is 2/3 of the way down the cosine: 1/4; half an octave: 3/4. */
        assert_true(fabs((double)w[2 * centre] - 0.25 * peak) < 1e-5 * peak);
        assert_true(fabs((double)w[centre / 2] - 0.25 * peak) < 1e-5 * peak);
        double half = centre * sqrt(2.0);
        double between = (double)w[(size_t)half] +
                         (half - floor(half)) * (double)(w[(size_t)half + 1] - w[(size_t)half]);
        assert_true(fabs(between - 0.75 * peak) < 1e-3 * peak);
    }
    umi_free(W.data);
}

static void one_atom_lies_in_the_middle(void **state)
{
    (void)state;
    um_percussive_atoms_config config = config_of(100.0, 6400.0);
    um_view W = filled(&config, 1, 24001);
    for (size_t b = 0; b < W.cols; b++) {
        assert_true(um_row(W, 0)[b] <= um_row(W, 0)[800]);
    }
    umi_free(W.data);
}

/* Bands below, between and above the bins. */
static void a_band_without_bins_is_the_nearest_bin(void **state)
{
    (void)state;
    um_percussive_atoms_config config = config_of(10.0, 24000.0);
    config.width = 0.1;
    um_view W = filled(&config, 40, 9); /* bins of 3 kHz */
    for (size_t k = 0; k < W.rows; k++) {
        double frequency = 10.0 * pow(2400.0, (double)k / 39.0);
        size_t nearest = (size_t)round(frequency / 3000.0), n_above = 0;
        for (size_t b = 0; b < W.cols; b++) {
            n_above += um_row(W, k)[b] > 0.0F;
        }
        assert_true(fabs(sum_of(um_row(W, k), W.cols) - 1.0) < 1e-5);
        assert_true(um_row(W, k)[nearest] > 0.0F);
        assert_true(n_above == 1 || frequency > 9000.0);
    }
    umi_free(W.data);
}

static void floor_raises_every_bin(void **state)
{
    (void)state;
    um_percussive_atoms_config config = config_of(60.0, 8000.0);
    um_view bands = filled(&config, 5, 513);
    config.floor = 0.02;
    size_t calls = counting_allocator_calls();
    um_view raised = filled(&config, 5, 513);
    assert_int_equal(counting_allocator_calls(), calls + 1); /* the matrix itself */
    for (size_t k = 0; k < bands.rows; k++) {
        for (size_t b = 0; b < bands.cols; b++) {
            double expected = ((double)um_row(bands, k)[b] + 0.02 / 513.0) / 1.02;
            assert_true(fabs((double)um_row(raised, k)[b] - expected) < 1e-8);
        }
    }
    umi_free(bands.data);
    umi_free(raised.data);
}

/* Bursts of low and of high noise, together at times: each comes out in the atom of its band. */
static void thuds_and_hisses_find_their_atoms(void **state)
{
    (void)state;
    enum { FRAMES = 200, BINS = 513 };
    umi_random random = umi_random_seeded(1);
    um_percussive_atoms_config config = config_of(80.0, 9000.0);
    config.floor = um_percussive_atoms_config_default().floor;
    um_view W = filled(&config, 2, BINS), V = matrix_new(FRAMES, BINS);
    double played[FRAMES][2];
    for (size_t n = 0; n < FRAMES; n++) {
        for (size_t k = 0; k < 2; k++) {
            bool burst = umi_random_uniform(&random) < 0.3;
            played[n][k] = burst ? 1.0 : 0.0;
            for (size_t b = 0; burst && b < BINS; b++) {
                /* Below 350 Hz, and above 3.5 kHz, less and less sharply. */
                double edge = (double)b / (k == 0 ? 7.5 : 75.0);
                double envelope = k == 0 ? 1.0 / (1.0 + pow(edge, 4.0)) : 1.0 - exp(-edge * edge);
                um_row(V, n)[b] += (float)(envelope * (0.5 + umi_random_uniform(&random)));
            }
        }
    }
    um_nmf_config nmf_config = um_nmf_config_default();
    nmf_config.n_frames = FRAMES;
    nmf_config.n_bins = BINS;
    nmf_config.n_components = 2;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&nmf_config, &nmf), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, um_const_view(V), 1), UM_OK);
    assert_int_equal(um_nmf_set_atoms(nmf, 0, um_const_view(W), false), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    um_cview H = um_nmf_activations(nmf);
    for (size_t k = 0; k < 2; k++) {
        double hh = 0.0, pp = 0.0, hp = 0.0;
        for (size_t n = 0; n < FRAMES; n++) {
            double h = (double)um_crow(H, n)[k];
            hh += h * h;
            pp += played[n][k] * played[n][k];
            hp += h * played[n][k];
        }
        assert_true(hp / sqrt(hh * pp) > 0.98);
    }
    um_nmf_free(nmf);
    umi_free(W.data);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_checked),
        cmocka_unit_test(bands_lie_an_octave_apart_and_fall_by_the_cosine),
        cmocka_unit_test(one_atom_lies_in_the_middle),
        cmocka_unit_test(a_band_without_bins_is_the_nearest_bin),
        cmocka_unit_test(floor_raises_every_bin),
        cmocka_unit_test(thuds_and_hisses_find_their_atoms),
    };
    return cmocka_run_group_tests_name("percussive_atoms", tests, NULL, NULL);
}
