/* The updates of the deconvolution: against the same ones in double, and what they promise. */
#include "core/kernels/kernels.h"
#include "matrices.h"
#include "nmfd_reference.h"
#include "unmingle/nmf.h"
#include "unmingle/nmfd.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct shape {
    size_t n_frames, n_bins, n_components, atom_frames;
    size_t n_fixed;               /* the first so many atoms are fixed */
    size_t activation_iterations; /* of H alone */
} shape;

/* More than 256 frames make more than one part. With fewer frames than an atom has, some of its
 * frames are never inside V. */
static const shape shapes[] = {
    {40, 33, 5, 4, 0, 0},  {300, 20, 3, 8, 0, 0}, {600, 9, 2, 64, 1, 0}, {40, 33, 5, 1, 2, 0},
    {40, 33, 5, 4, 5, 0},  {33, 17, 4, 9, 2, 2},  {5, 11, 3, 9, 0, 1},   {1, 11, 3, 4, 1, 0},
    {31, 4, 9, 2, 8, 100}, {50, 1, 2, 3, 0, 0},   {257, 6, 7, 3, 0, 1},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static um_nmfd_config config_of(const shape *s, size_t iterations)
{
    um_nmfd_config config = um_nmfd_config_default();
    config.n_frames = s->n_frames;
    config.n_bins = s->n_bins;
    config.n_components = s->n_components;
    config.atom_frames = s->atom_frames;
    config.activation_iterations =
        s->activation_iterations < iterations ? s->activation_iterations : iterations;
    config.iterations = iterations - config.activation_iterations;
    config.check_every = 1;
    return config;
}

/* A factorisation at its start: random values, the same for the same seed. */
static um_nmfd *start(const shape *s, um_nmfd_config config, um_cview V, uint64_t seed)
{
    um_nmfd *nmfd;
    umi_random random = umi_random_seeded(seed);
    assert_int_equal(um_nmfd_new(&config, &nmfd), UM_OK);
    um_view W = matrix_random(s->n_fixed, s->n_bins * s->atom_frames, 0.2, &random);
    for (size_t k = 0; k < s->n_fixed; k++) {
        um_row(W, k)[0] += 0.01F; /* zeros are allowed, but not all of an atom */
    }
    assert_int_equal(um_nmfd_set_atoms(nmfd, 0, um_const_view(W), true), UM_OK);
    assert_int_equal(um_nmfd_start_random(nmfd, V, seed), UM_OK);
    umi_free(W.data);
    return nmfd;
}

static um_nmfd *run(const shape *s, size_t iterations, um_cview V, uint64_t seed)
{
    um_nmfd *nmfd = start(s, config_of(s, iterations), V, seed);
    assert_int_equal(um_nmfd_run(nmfd, V, NULL), UM_OK);
    return nmfd;
}

static um_view spectrogram(const shape *s, double zeros, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    return matrix_random(s->n_frames, s->n_bins, zeros, &random);
}

/* -- Against the same in double ---------------------------------------------------------------- */

static void assert_close(const double *expected, um_cview actual, double tolerance)
{
    for (size_t r = 0; r < actual.rows; r++) {
        for (size_t c = 0; c < actual.cols; c++) {
            double e = expected[r * actual.cols + c];
            assert_true(fabs((double)um_crow(actual, r)[c] - e) <= tolerance * e + 1e-12);
        }
    }
}

/* On each kind of kernels that the processor has. */
static void iterations_equal_those_in_double(void **state)
{
    (void)state;
    const char *const levels[] = {"scalar", "avx2", NULL};
    for (size_t level = 0; level < 3; level++) {
        assert_true(umi_kernels_limit(levels[level]));
        for (size_t i = 0; i < N_SHAPES; i++) {
            const shape *s = &shapes[i];
            um_view V = spectrogram(s, 0.1, i);
            um_nmfd *before = run(s, 0, um_const_view(V), i);
            um_nmfd *after = run(s, 3, um_const_view(V), i);
            model m = model_of(before, s->atom_frames);
            assert_true(m.N == s->n_frames && m.F == s->n_bins && m.K == s->n_components);
            for (size_t j = 0; j < 3; j++) {
                iterate(&m, um_const_view(V), s->n_fixed, j >= s->activation_iterations);
            }
            assert_close(m.H, um_nmfd_activations(after), 2e-5);
            assert_close(m.W, um_nmfd_atoms(after), 2e-5);
            model_free(&m);
            um_nmfd_free(before);
            um_nmfd_free(after);
            umi_free(V.data);
        }
    }
}

/* The gradient that the comparison rests on, against differences of the divergence. */
static void gradient_is_the_slope(void **state)
{
    (void)state;
    const double step = 1e-5;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.1, 50 + i);
        um_nmfd *nmfd = run(s, 2, um_const_view(V), i);
        model m = model_of(nmfd, s->atom_frames);
        gradient g = gradient_of(&m, um_const_view(V));
        size_t H_size = m.N * m.K, W_size = m.K * m.T * m.F;
        for (size_t j = 0; j < 12; j++) {
            bool of_H = j % 2 == 0;
            size_t at = (j * 7919 + 3) % (of_H ? H_size : W_size);
            double *x = of_H ? &m.H[at] : &m.W[at], was = *x, h = step * (was + 1e-3);
            double slope = of_H ? g.H_down[at] - g.H_up[at] : g.W_down[at] - g.W_up[at];
            double size = of_H ? g.H_down[at] + g.H_up[at] : g.W_down[at] + g.W_up[at];
            *x = was + h;
            double above = divergence_of(&m, um_const_view(V));
            *x = was - h;
            double below = divergence_of(&m, um_const_view(V));
            *x = was;
            double expected = (above - below) / (2.0 * h);
            /* At zero there is no way down. */
            assert_true(was <= h || fabs(slope - expected) <= 1e-4 * size + 1e-6);
        }
        gradient_free(&g);
        model_free(&m);
        um_nmfd_free(nmfd);
        umi_free(V.data);
    }
}

/* With atoms of one frame this is the joint solver of nmf.h. */
static void one_frame_is_the_plain_factorisation(void **state)
{
    (void)state;
    shape s = {300, 21, 4, 1, 2, 0};
    um_view V = spectrogram(&s, 0.1, 1);
    um_nmfd *nmfd = start(&s, config_of(&s, 40), um_const_view(V), 5);
    um_nmfd *untouched = run(&s, 0, um_const_view(V), 5);
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = s.n_frames;
    config.n_bins = s.n_bins;
    config.n_components = s.n_components;
    config.solver = UM_SOLVER_JOINT;
    config.iterations = 40;
    config.check_every = 1;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    um_cview W = um_nmfd_atoms(untouched), fixed = {W.data, s.n_fixed, W.cols, W.stride};
    assert_int_equal(um_nmf_set_atoms(nmf, 0, W, false), UM_OK);
    assert_int_equal(um_nmf_set_atoms(nmf, 0, fixed, true), UM_OK);
    assert_int_equal(um_nmf_set_activations(nmf, um_nmfd_activations(untouched)), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
    size_t n, n_plain;
    const double *curve = um_nmfd_curve(nmfd, &n), *plain = um_nmf_curve(nmf, &n_plain);
    assert_int_equal(n, 41);
    assert_int_equal(n_plain, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(fabs(curve[i] - plain[i]) <= 1e-6 * curve[0]);
    }
    model m = model_of(nmfd, s.atom_frames);
    assert_close(m.W, um_nmf_atoms(nmf), 1e-4);
    assert_close(m.H, um_nmf_activations(nmf), 1e-4);
    model_free(&m);
    um_nmf_free(nmf);
    um_nmfd_free(nmfd);
    um_nmfd_free(untouched);
    umi_free(V.data);
}

/* -- What the updates promise ------------------------------------------------------------------ */

static void assert_sane(um_cview M)
{
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            float value = um_crow(M, r)[c];
            assert_true(value >= 0.0F && isfinite(value));
        }
    }
}

static void assert_sane_result(const um_nmfd *nmfd)
{
    um_cview W = um_nmfd_atoms(nmfd);
    assert_sane(um_nmfd_activations(nmfd));
    assert_sane(W);
    for (size_t k = 0; k < W.rows; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < W.cols; i++) {
            sum += (double)um_crow(W, k)[i];
        }
        assert_true(fabs(sum - 1.0) < 1e-5);
    }
}

static void assert_never_rises(const um_nmfd *nmfd)
{
    size_t n;
    const double *curve = um_nmfd_curve(nmfd, &n);
    for (size_t i = 1; i < n; i++) {
        assert_true(curve[i] <= curve[i - 1] + 1e-6 * curve[0]);
    }
}

static void divergence_never_rises(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const shape *s = &shapes[i];
        for (uint64_t seed = 0; seed < 3; seed++) {
            um_view V = spectrogram(s, 0.3 * (double)seed, 100 + seed);
            um_nmfd *nmfd = run(s, 150, um_const_view(V), seed);
            size_t n;
            const double *curve = um_nmfd_curve(nmfd, &n);
            assert_int_equal(n, 151);
            assert_never_rises(nmfd);
            assert_true(curve[n - 1] < 0.99 * curve[0]);
            assert_sane_result(nmfd);
            um_nmfd_free(nmfd);
            umi_free(V.data);
        }
    }
}

/* At every point of the curve, from the first to the last. */
static void curve_is_the_divergence(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.2, i);
        um_nmfd *longer = run(s, 25, um_const_view(V), i);
        size_t n, n_longer;
        const double *longer_curve = um_nmfd_curve(longer, &n_longer);
        for (size_t iterations = 0; iterations <= 20; iterations += 10) {
            um_nmfd *nmfd = run(s, iterations, um_const_view(V), i);
            model m = model_of(nmfd, s->atom_frames);
            double expected = divergence_of(&m, um_const_view(V));
            const double *curve = um_nmfd_curve(nmfd, &n);
            assert_true(fabs(curve[n - 1] - expected) < 1e-6 * curve[0]);
            assert_true(fabs(longer_curve[n - 1] - expected) < 1e-6 * curve[0]);
            model_free(&m);
            um_nmfd_free(nmfd);
        }
        um_nmfd_free(longer);
        umi_free(V.data);
    }
}

/* Where the updates come to rest, the conditions of Karush, Kuhn and Tucker hold: the gradient is 0
 * where a value is above 0, and not below 0 elsewhere. That the atoms sum to 1
 * needs no multiplier: scaling an atom up and its activations down changes nothing. */
static void end_is_stationary(void **state)
{
    (void)state;
    const shape rest[] = {
        {24, 9, 2, 4, 0, 0}, {24, 9, 3, 4, 3, 0}, {30, 5, 1, 8, 0, 5}, {3, 9, 1, 5, 0, 0}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        const shape *s = &rest[i];
        um_view V = spectrogram(s, 0.1, 20 + i);
        um_nmfd *nmfd = run(s, 20000, um_const_view(V), i);
        model m = model_of(nmfd, s->atom_frames);
        gradient g = gradient_of(&m, um_const_view(V));
        double mass = 0.0;
        for (size_t j = 0; j < m.N * m.K; j++) {
            mass += m.H[j];
        }
        for (size_t j = 0; j < m.N * m.K; j++) {
            double slope = g.H_down[j] - g.H_up[j];
            assert_true(slope > -1e-2);
            assert_true(fabs(m.H[j] * slope) < 1e-4 * mass);
        }
        for (size_t j = s->n_fixed * m.T * m.F; j < m.K * m.T * m.F; j++) {
            double slope = g.W_down[j] - g.W_up[j];
            assert_true(slope > -1e-2 * mass);
            assert_true(fabs(m.W[j] * slope) < 1e-4 * mass);
        }
        gradient_free(&g);
        model_free(&m);
        um_nmfd_free(nmfd);
        umi_free(V.data);
    }
}

/* With all atoms fixed the problem is convex: from anywhere it ends as low. */
static void activations_alone_end_at_one_minimum(void **state)
{
    (void)state;
    shape s = {60, 20, 3, 6, 3, 0};
    um_view V = spectrogram(&s, 0.1, 3);
    um_nmfd *one = run(&s, 2000, um_const_view(V), 3);
    um_nmfd *other = start(&s, config_of(&s, 2000), um_const_view(V), 3);
    umi_random random = umi_random_seeded(9);
    um_view H = matrix_random(s.n_frames, s.n_components, 0.0, &random);
    assert_int_equal(um_nmfd_set_activations(other, um_const_view(H)), UM_OK);
    assert_int_equal(um_nmfd_run(other, um_const_view(V), NULL), UM_OK);
    size_t n;
    const double *curve_one = um_nmfd_curve(one, &n), *curve_other = um_nmfd_curve(other, &n);
    assert_true(fabs(curve_one[0] - curve_other[0]) > 1e-2 * curve_one[0]);
    assert_true(fabs(curve_one[n - 1] - curve_other[n - 1]) < 1e-6 * curve_one[n - 1]);
    um_nmfd_free(one);
    um_nmfd_free(other);
    umi_free(V.data);
    umi_free(H.data);
}

/* Odd sizes and fewer frames than an atom has; frames and columns of zeros. */
static void odd_problems_stay_sane(void **state)
{
    (void)state;
    const size_t sizes[][4] = {{1, 40, 3, 5}, {40, 1, 3, 7},  {1, 1, 1, 1},   {5, 4, 30, 9},
                               {1, 1, 7, 64}, {33, 2, 9, 33}, {257, 3, 2, 64}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t *size = sizes[i];
        shape s = {size[0], size[1], size[2], size[3], 0, i % 2};
        for (size_t variant = 0; variant < 5; variant++) {
            um_view V = spectrogram(&s, 0.2, i);
            /* 1: every other frame, 2: every other column, 3: all, 4: all but the last is zero. */
            for (size_t n = 0; n < V.rows; n++) {
                for (size_t f = 0; f < V.cols; f++) {
                    bool zero = (variant == 1 && n % 2 == 0) || (variant == 2 && f % 2 == 0) ||
                                variant == 3 || (variant == 4 && n + 1 < V.rows);
                    um_row(V, n)[f] = zero ? 0.0F : um_row(V, n)[f] * 1e12F;
                }
            }
            um_nmfd *nmfd = run(&s, 60, um_const_view(V), i);
            um_cview H = um_nmfd_activations(nmfd);
            assert_sane_result(nmfd);
            assert_never_rises(nmfd);
            for (size_t n = 0; n < V.rows; n++) {
                bool silent = variant == 3 || (variant == 4 && n + s.atom_frames < V.rows) ||
                              (variant == 1 && n % 2 == 0 && s.atom_frames == 1);
                for (size_t k = 0; silent && k < s.n_components; k++) {
                    assert_true(um_crow(H, n)[k] == 0.0F);
                }
            }
            um_nmfd_free(nmfd);
            umi_free(V.data);
        }
    }
}

/* An atom that never sounds, or that nothing in V bears out, keeps its spectra. */
static void atoms_without_evidence_stay(void **state)
{
    (void)state;
    shape s = {40, 9, 3, 4, 0, 0};
    for (size_t silent_V = 0; silent_V < 2; silent_V++) {
        um_view V = spectrogram(&s, 0.1, 1), H = spectrogram(&s, 0.0, 2);
        for (size_t n = 0; n < V.rows; n++) {
            for (size_t f = 0; f < V.cols; f++) {
                um_row(V, n)[f] *= silent_V ? 0.0F : 1.0F;
                um_row(H, n)[f] *= !silent_V && f == 1 ? 0.0F : 1.0F;
            }
        }
        um_nmfd *nmfd = start(&s, config_of(&s, 20), um_const_view(V), 3);
        um_view W = matrix_copy(um_nmfd_atoms(nmfd));
        um_cview activations = {H.data, H.rows, s.n_components, H.stride};
        assert_int_equal(um_nmfd_set_activations(nmfd, activations), UM_OK);
        assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
        assert_sane_result(nmfd);
        for (size_t k = 0; k < s.n_components; k++) {
            um_cview was = {um_row(W, k), 1, W.cols, W.stride};
            um_cview is = {um_crow(um_nmfd_atoms(nmfd), k), 1, W.cols, W.stride};
            assert_true(same_bits(was, is) == (silent_V || k == 1));
        }
        um_nmfd_free(nmfd);
        umi_free(V.data);
        umi_free(H.data);
        umi_free(W.data);
    }
}

/* A bin of which no atom says anything changes nothing, however loud it is. */
static void unexplained_bins_change_no_bit(void **state)
{
    (void)state;
    shape s = {2000, 6, 2, 3, 0, 0};
    um_view V = spectrogram(&s, 0.1, 1);
    um_nmfd *results[2];
    for (size_t loud = 0; loud < 2; loud++) {
        umi_random random = umi_random_seeded(4);
        um_view W = matrix_random(s.n_components, s.n_bins * s.atom_frames, 0.0, &random);
        um_view H = matrix_random(s.n_frames, s.n_components, 0.0, &random);
        for (size_t i = 0; i < s.n_components * s.atom_frames; i++) {
            um_row(W, i % s.n_components)[i / s.n_components * s.n_bins] = 0.0F;
        }
        for (size_t n = 0; n < V.rows; n++) {
            um_row(V, n)[0] = loud ? 1e12F : 0.0F;
            for (size_t f = 1; f < V.cols; f++) {
                um_row(V, n)[f] *= loud ? 1.0F : 1e9F;
            }
        }
        results[loud] = start(&s, config_of(&s, 20), um_const_view(V), 3);
        assert_int_equal(um_nmfd_set_atoms(results[loud], 0, um_const_view(W), false), UM_OK);
        assert_int_equal(um_nmfd_set_activations(results[loud], um_const_view(H)), UM_OK);
        assert_int_equal(um_nmfd_run(results[loud], um_const_view(V), NULL), UM_OK);
        assert_sane_result(results[loud]);
        umi_free(W.data);
        umi_free(H.data);
    }
    assert_true(same_bits(um_nmfd_atoms(results[0]), um_nmfd_atoms(results[1])));
    assert_true(same_bits(um_nmfd_activations(results[0]), um_nmfd_activations(results[1])));
    um_nmfd_free(results[0]);
    um_nmfd_free(results[1]);
    umi_free(V.data);
}

/* Of the onset in the last frame hardly anything is inside V: it must not be made a million times
 * louder than what is there. */
static void onsets_without_a_say_stay(void **state)
{
    (void)state;
    const float atom[] = {1e-9F, 1.0F}, V[] = {0.0F, 1.0F, 1.0F}, H[] = {0.5F, 0.5F, 0.5F};
    um_nmfd_config config = um_nmfd_config_default();
    config.n_frames = 3;
    config.n_bins = 1;
    config.n_components = 1;
    config.atom_frames = 2;
    um_nmfd *nmfd;
    assert_int_equal(um_nmfd_new(&config, &nmfd), UM_OK);
    assert_int_equal(um_nmfd_set_atoms(nmfd, 0, um_cview_of(atom, 1, 2), true), UM_OK);
    assert_int_equal(um_nmfd_set_activations(nmfd, um_cview_of(H, 3, 1)), UM_OK);
    assert_int_equal(um_nmfd_run(nmfd, um_cview_of(V, 3, 1), NULL), UM_OK);
    assert_true(fabsf(um_nmfd_activations(nmfd).data[0] - 1.0F) < 1e-6F);
    assert_true(fabsf(um_nmfd_activations(nmfd).data[1] - 1.0F) < 1e-6F);
    assert_true(um_nmfd_activations(nmfd).data[2] == 0.5F);
    um_nmfd_free(nmfd);
}

/* A power of two changes exponents only, so it must pass through every sum and ratio. */
static void scale_passes_into_the_activations(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.1, 300 + i), scaled = matrix_copy(um_const_view(V));
        for (size_t n = 0; n < V.rows; n++) {
            for (size_t f = 0; f < V.cols; f++) {
                um_row(scaled, n)[f] = ldexpf(um_row(V, n)[f], 13);
            }
        }
        um_nmfd *one = run(s, 40, um_const_view(V), i);
        um_nmfd *other = run(s, 40, um_const_view(scaled), i);
        um_cview H = um_nmfd_activations(one), scaled_H = um_nmfd_activations(other);
        assert_true(same_bits(um_nmfd_atoms(one), um_nmfd_atoms(other)));
        for (size_t n = 0; n < H.rows; n++) {
            for (size_t k = 0; k < H.cols; k++) {
                float h = um_crow(H, n)[k];
                /* Equal, or so near to zero that one may have been flushed to it. */
                assert_true(ldexpf(h, 13) == um_crow(scaled_H, n)[k] || h < 1e-30F);
            }
        }
        um_nmfd_free(one);
        um_nmfd_free(other);
        umi_free(V.data);
        umi_free(scaled.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterations_equal_those_in_double),
        cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(one_frame_is_the_plain_factorisation),
        cmocka_unit_test(divergence_never_rises),
        cmocka_unit_test(curve_is_the_divergence),
        cmocka_unit_test(end_is_stationary),
        cmocka_unit_test(activations_alone_end_at_one_minimum),
        cmocka_unit_test(odd_problems_stay_sane),
        cmocka_unit_test(atoms_without_evidence_stay),
        cmocka_unit_test(unexplained_bins_change_no_bit),
        cmocka_unit_test(onsets_without_a_say_stay),
        cmocka_unit_test(scale_passes_into_the_activations),
    };
    return cmocka_run_group_tests_name("nmfd_update", tests, NULL, NULL);
}
