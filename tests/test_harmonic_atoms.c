/* Combs against the transform of real tones, and what a factorisation makes of them. */
#include "unmingle/harmonic_atoms.h"

#include "counting_allocator.h"
#include "matrices.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const double PI = 3.14159265358979323846, RATE = 44100.0;

static um_stft *stft_of(um_window window, size_t length, size_t fft_size)
{
    um_stft_config config = um_stft_config_default();
    um_stft *stft;
    config.window.window = window;
    config.window.length = length;
    config.window.hop = length / 4;
    config.fft_size = fft_size;
    assert_int_equal(um_stft_new(&config, &stft, NULL), UM_OK);
    return stft;
}

static um_harmonic_atoms_config config_of(double lowest, double highest)
{
    um_harmonic_atoms_config config = um_harmonic_atoms_config_default();
    config.sample_rate = RATE;
    config.lowest_pitch = lowest;
    config.highest_pitch = highest;
    return config;
}

static um_view filled(const um_harmonic_atoms_config *config, const um_stft *stft)
{
    um_view W = matrix_new(um_harmonic_atoms_count(config), um_stft_n_bins(stft));
    memset(W.data, 1, W.rows * W.stride * sizeof(float)); /* what was there must not matter */
    assert_int_equal(um_harmonic_atoms_fill(config, stft, W), UM_OK);
    return W;
}

/* -- Arguments --------------------------------------------------------------------------------- */

static void every_field_is_checked(void **state)
{
    (void)state;
    um_stft *stft = stft_of(UM_WINDOW_HANN, 1024, 0);
    um_harmonic_atoms_config good = config_of(40.0, 60.0), wrong[20];
    um_view W = matrix_new(21, 513);
    size_t n = 0;
    for (size_t i = 0; i < 20; i++) {
        wrong[i] = good;
    }
    wrong[n++].sample_rate = 0.0;
    wrong[n++].sample_rate = NAN;
    wrong[n++].sample_rate = INFINITY;
    wrong[n++].sample_rate = 500.0; /* pitch 60 is 261.6 Hz */
    wrong[n++].lowest_pitch = 60.1;
    wrong[n++].lowest_pitch = -48.1;
    wrong[n++].lowest_pitch = NAN;
    wrong[n++].highest_pitch = 192.1;
    wrong[n++].highest_pitch = NAN;
    wrong[n++].pitch_step = 0.0;
    wrong[n++].pitch_step = 12.1;
    wrong[n++].pitch_step = NAN;
    wrong[n++].n_partials = 0;
    wrong[n++].n_partials = 1001;
    wrong[n++].decay = -0.1;
    wrong[n++].decay = NAN;
    wrong[n++].floor = -0.1;
    wrong[n++].floor = 1.1;
    assert_int_equal(um_harmonic_atoms_fill(&good, stft, W), UM_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(um_harmonic_atoms_count(&wrong[i]), 0);
        assert_int_equal(um_harmonic_atoms_fill(&wrong[i], stft, W), UM_ERR_ARGUMENT);
    }
    um_view few_rows = {W.data, 20, 513, W.stride}, few_bins = {W.data, 21, 512, W.stride};
    um_view overlapping = {W.data, 21, 513, 512}, nothing = {NULL, 21, 513, 513};
    assert_int_equal(um_harmonic_atoms_fill(&good, stft, few_rows), UM_ERR_ARGUMENT);
    assert_int_equal(um_harmonic_atoms_fill(&good, stft, few_bins), UM_ERR_ARGUMENT);
    assert_int_equal(um_harmonic_atoms_fill(&good, stft, overlapping), UM_ERR_ARGUMENT);
    assert_int_equal(um_harmonic_atoms_fill(&good, stft, nothing), UM_ERR_ARGUMENT);
    assert_int_equal(um_harmonic_atoms_fill(NULL, stft, W), UM_ERR_ARGUMENT);
    assert_int_equal(um_harmonic_atoms_fill(&good, NULL, W), UM_ERR_ARGUMENT);
    umi_free(W.data);
    um_stft_free(stft);
}

static void range_is_counted_with_both_ends(void **state)
{
    (void)state;
    um_harmonic_atoms_config config = config_of(21.0, 108.0);
    assert_int_equal(um_harmonic_atoms_count(&config), 88);
    config = config_of(60.0, 60.3);
    config.pitch_step = 0.1; /* in doubles 0.3 / 0.1 is less than 3 */
    assert_int_equal(um_harmonic_atoms_count(&config), 4);
    config.highest_pitch = 60.29;
    assert_int_equal(um_harmonic_atoms_count(&config), 3);
    config = config_of(60.5, 60.5);
    assert_int_equal(um_harmonic_atoms_count(&config), 1);
}

/* -- Shape ------------------------------------------------------------------------------------- */

/* Magnitudes of the frames of a tone with partials of the given gains. */
static um_view tone(const um_stft *stft, double f0, const double *gains, size_t n_partials,
                    size_t n_samples)
{
    um_analysis *analysis;
    float *samples = umi_alloc(n_samples, sizeof(float));
    for (size_t t = 0; t < n_samples; t++) {
        double value = 0.0;
        for (size_t h = 1; h <= n_partials && (double)h * f0 < RATE / 2.0; h++) {
            value += gains[h - 1] * sin(2.0 * PI * (double)h * f0 * (double)t / RATE + (double)h);
        }
        samples[t] = (float)value;
    }
    assert_int_equal(um_analysis_new(stft, &analysis), UM_OK);
    size_t n_frames = um_analysis_frames_after(analysis, n_samples), bins = um_stft_n_bins(stft);
    um_view V = matrix_new(n_frames, bins), X = matrix_new(n_frames, 2 * bins);
    assert_int_equal(um_analysis_push(analysis, samples, 1, n_samples, X.data, X.stride), n_frames);
    for (size_t n = 0; n < n_frames; n++) {
        for (size_t b = 0; b < bins; b++) {
            um_row(V, n)[b] = hypotf(um_row(X, n)[2 * b], um_row(X, n)[2 * b + 1]);
        }
    }
    um_analysis_free(analysis);
    umi_free(samples);
    umi_free(X.data);
    return V;
}

/* The comb of a pitch is what the transform makes of that tone, on and off the bins, for every
 * window, with and without padding. */
static void combs_are_spectra_of_tones(void **state)
{
    (void)state;
    const struct {
        um_window window;
        size_t length, fft_size;
    } transforms[] = {{UM_WINDOW_HANN, 4096, 0},
                      {UM_WINDOW_SINE, 4096, 0},
                      {UM_WINDOW_KBD, 4096, 0},
                      {UM_WINDOW_ASYMMETRIC, 4096, 0},
                      {UM_WINDOW_HANN, 2048, 4096}};
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++) {
        um_stft *stft = stft_of(transforms[i].window, transforms[i].length, transforms[i].fft_size);
        for (double pitch = 57.0; pitch < 80.0; pitch += 3.7) {
            um_harmonic_atoms_config config = config_of(pitch, pitch);
            config.n_partials = 10;
            double gains[10];
            for (size_t h = 1; h <= 10; h++) {
                gains[h - 1] = 1.0 / (double)h;
            }
            um_view W = filled(&config, stft);
            um_view V = tone(stft, 440.0 * pow(2.0, (pitch - 69.0) / 12.0), gains, 10, 16384);
            const float *v = um_row(V, V.rows - 1);
            /* The windows' side lobes hold up to 2.5 % of the energy. */
            assert_true(row_cosine(um_row(W, 0), v, W.cols) > (i == 3 ? 0.985 : 0.99));
            for (size_t b = 0; b < W.cols; b++) {
                um_row(V, V.rows - 1)[b] = um_row(W, 0)[b] > 0.0F ? v[b] : 0.0F;
            }
            assert_true(row_cosine(um_row(W, 0), v, W.cols) > 0.9999);
            umi_free(W.data);
            umi_free(V.data);
        }
        um_stft_free(stft);
    }
}

/* Peaks within a bin of the partials, in the ratio of the gains; zeros between them; sums of 1. */
static void peaks_are_at_the_partials(void **state)
{
    (void)state;
    um_stft *stft = stft_of(UM_WINDOW_HANN, 8192, 0);
    um_harmonic_atoms_config config = config_of(36.0, 84.0);
    config.n_partials = 1000; /* up to half the sample rate */
    config.decay = 0.5;
    um_view W = filled(&config, stft);
    assert_int_equal(W.rows, 49);
    for (size_t k = 0; k < W.rows; k++) {
        double spacing = 440.0 * pow(2.0, ((double)k - 33.0) / 12.0) * 8192.0 / RATE, sum = 0.0;
        const float *w = um_row(W, k);
        double first = 0.0;
        for (double h = 1.0; h * spacing < 4095.0; h += 1.0) {
            size_t begin = (size_t)ceil((h - 0.5) * spacing), peak = begin;
            for (size_t b = begin; (double)b < (h + 0.5) * spacing && b < W.cols; b++) {
                peak = w[b] > w[peak] ? b : peak;
                assert_true((w[b] > 0.0F) == (fabs((double)b - h * spacing) < 2.0));
            }
            assert_true(fabs((double)peak - h * spacing) <= 0.5 + 1e-9);
            /* Off its bin by half of one, Hann's lobe is down to 0.849. */
            double level = (double)w[peak] * sqrt(h);
            first = h == 1.0 ? level : first;
            assert_true(level > 0.84 * first && level < first / 0.84);
        }
        for (size_t b = 0; b < W.cols; b++) {
            sum += (double)w[b];
        }
        assert_true(fabs(sum - 1.0) < 1e-5);
    }
    umi_free(W.data);
    um_stft_free(stft);
}

static void floor_raises_every_bin(void **state)
{
    (void)state;
    um_stft *stft = stft_of(UM_WINDOW_HANN, 1024, 0);
    um_harmonic_atoms_config config = config_of(60.0, 72.0);
    um_view comb = filled(&config, stft);
    config.floor = 0.01;
    um_view raised = filled(&config, stft);
    for (size_t k = 0; k < comb.rows; k++) {
        for (size_t b = 0; b < comb.cols; b++) {
            double expected = ((double)um_row(comb, k)[b] + 0.01 / 513.0) / 1.01;
            assert_true(fabs((double)um_row(raised, k)[b] - expected) < 1e-8);
        }
    }
    umi_free(comb.data);
    umi_free(raised.data);
    um_stft_free(stft);
}

static void nothing_is_allocated(void **state)
{
    (void)state;
    um_stft *stft = stft_of(UM_WINDOW_KBD, 1024, 0);
    um_harmonic_atoms_config config = config_of(60.0, 72.0);
    um_view W = matrix_new(13, 513);
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_harmonic_atoms_fill(&config, stft, W), UM_OK);
    assert_int_equal(counting_allocator_calls(), calls);
    umi_free(W.data);
    um_stft_free(stft);
}

/* -- Factorisation ----------------------------------------------------------------------------- */

/* A scale of an octave on an instrument whose partials are not those of the combs: the loudest atom
 * of each frame is the pitch that was played, although the range has those an octave and a fifth
 * away; it has become more like the instrument; and it is still 0 between the partials. */
static void a_scale_is_transcribed(void **state)
{
    (void)state;
    enum { NOTES = 8, FRAMES = 12 };
    const size_t steps[NOTES] = {0, 2, 4, 5, 7, 9, 11, 12};
    const double gains[] = {1.0, 0.1, 0.7, 0.1, 0.5, 0.1, 0.3, 0.05};
    um_stft *stft = stft_of(UM_WINDOW_HANN, 4096, 0);
    um_harmonic_atoms_config config = config_of(45.0, 84.0);
    um_view W = filled(&config, stft), V = matrix_new((size_t)NOTES * FRAMES, W.cols);
    for (size_t i = 0; i < NOTES; i++) {
        double f0 = 440.0 * pow(2.0, ((double)(57 + steps[i]) - 69.0) / 12.0);
        um_view note = tone(stft, f0, gains, 8, (FRAMES + 4) * 1024);
        for (size_t n = 0; n < FRAMES; n++) { /* without the attack */
            memcpy(um_row(V, i * FRAMES + n), um_row(note, n + 4), V.cols * sizeof(float));
        }
        umi_free(note.data);
    }
    um_nmf_config nmf_config = um_nmf_config_default();
    nmf_config.n_frames = V.rows;
    nmf_config.n_bins = V.cols;
    nmf_config.n_components = W.rows;
    nmf_config.iterations = 50;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&nmf_config, &nmf), UM_OK);
    um_view flat = matrix_new(V.rows, W.rows);
    for (size_t i = 0; i < V.rows * flat.stride; i++) {
        flat.data[i] = 1.0F;
    }
    assert_int_equal(um_nmf_set_activations(nmf, um_const_view(flat)), UM_OK);
    assert_int_equal(um_nmf_set_atoms(nmf, 0, um_const_view(W), false), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    um_cview H = um_nmf_activations(nmf), learned = um_nmf_atoms(nmf);
    for (size_t n = 0; n < V.rows; n++) {
        size_t played = 12 + steps[n / FRAMES], loudest = 0;
        for (size_t k = 0; k < H.cols; k++) {
            loudest = um_crow(H, n)[k] > um_crow(H, n)[loudest] ? k : loudest;
        }
        assert_int_equal(loudest, played);
        assert_true(row_cosine(um_row(W, played), um_row(V, n), V.cols) < 0.87);
        assert_true(row_cosine(um_crow(learned, played), um_row(V, n), V.cols) > 0.94);
    }
    for (size_t k = 0; k < W.rows; k++) {
        for (size_t b = 0; b < W.cols; b++) {
            assert_true(um_row(W, k)[b] > 0.0F || um_crow(learned, k)[b] == 0.0F);
        }
    }
    um_nmf_free(nmf);
    um_stft_free(stft);
    umi_free(flat.data);
    umi_free(W.data);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_checked),
        cmocka_unit_test(range_is_counted_with_both_ends),
        cmocka_unit_test(combs_are_spectra_of_tones),
        cmocka_unit_test(peaks_are_at_the_partials),
        cmocka_unit_test(floor_raises_every_bin),
        cmocka_unit_test(nothing_is_allocated),
        cmocka_unit_test(a_scale_is_transcribed),
    };
    return cmocka_run_group_tests_name("harmonic_atoms", tests, NULL, NULL);
}
