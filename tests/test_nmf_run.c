/* What the iterations promise, whatever the divergence and the solver. */
#include "matrices.h"
#include "nmf_in_double.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* More than 256 frames make more than one part. */
static const nmf_shape shapes[] = {
    {40, 33, 1, 5, 0, true, 1, UM_SOLVER_MU},     {300, 20, 1, 3, 0, true, 1, UM_SOLVER_MU},
    {40, 33, 1, 5, 2, true, 1, UM_SOLVER_MU},     {300, 17, 2, 4, 2, true, 1, UM_SOLVER_MU},
    {50, 11, 3, 6, 6, true, 1, UM_SOLVER_MU},     {20, 3, 2, 90, 80, true, 1, UM_SOLVER_MU},
    {40, 33, 1, 5, 0, true, 1, UM_SOLVER_JOINT},  {300, 17, 2, 4, 2, true, 1, UM_SOLVER_JOINT},
    {50, 11, 3, 6, 6, false, 1, UM_SOLVER_JOINT}, {20, 3, 2, 90, 80, true, 1, UM_SOLVER_JOINT},
    {40, 33, 1, 5, 0, true, 2, UM_SOLVER_MU},     {300, 17, 2, 4, 2, true, 2, UM_SOLVER_MU},
    {33, 17, 2, 4, 2, false, 2, UM_SOLVER_MU},    {20, 3, 2, 90, 80, true, 2, UM_SOLVER_MU},
    {40, 33, 1, 5, 0, true, 0, UM_SOLVER_MU},     {300, 17, 2, 4, 2, true, 0, UM_SOLVER_MU},
    {40, 33, 1, 5, 2, true, 0.5, UM_SOLVER_MU},   {40, 33, 1, 5, 0, true, 1.5, UM_SOLVER_MU},
    {33, 17, 2, 4, 2, false, 3, UM_SOLVER_MU},    {40, 33, 1, 5, 0, true, -1, UM_SOLVER_MU},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static void assert_rows_sum_to_one(um_cview M)
{
    for (size_t r = 0; r < M.rows; r++) {
        double sum = 0.0;
        for (size_t c = 0; c < M.cols; c++) {
            sum += (double)um_crow(M, r)[c];
        }
        assert_true(fabs(sum - 1.0) < 1e-5);
    }
}

static void assert_sane(um_cview M)
{
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            float value = um_crow(M, r)[c];
            assert_true(value >= 0.0F && isfinite(value));
        }
    }
}

static void assert_sane_result(const um_nmf *nmf)
{
    assert_sane(um_nmf_activations(nmf));
    assert_sane(um_nmf_atoms(nmf));
    assert_sane(um_nmf_gains(nmf));
    assert_rows_sum_to_one(um_nmf_atoms(nmf));
    assert_rows_sum_to_one(um_nmf_gains(nmf));
}

/* Beyond what rounding does to a sum over cells of size 1. */
static void assert_never_rises(const um_nmf *nmf, um_cview V)
{
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    double rounding = 1e-6 * curve[0] + 1e-8 * (double)V.rows * (double)V.cols;
    for (size_t i = 1; i < n; i++) {
        assert_true(curve[i] <= curve[i - 1] + rounding);
    }
}

static void divergence_never_rises(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const nmf_shape *s = &shapes[i];
        for (uint64_t seed = 0; seed < 3; seed++) {
            um_view V = nmf_shape_spectrogram(s, 0.3 * (double)seed, 100 + seed);
            um_nmf *nmf = nmf_shape_start(s, nmf_shape_config(s, 150), um_const_view(V), seed);
            assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
            size_t n;
            const double *curve = um_nmf_curve(nmf, &n);
            assert_int_equal(n, 151);
            assert_never_rises(nmf, um_const_view(V));
            assert_true(curve[n - 1] < 0.99 * curve[0]);
            assert_sane_result(nmf);
            um_nmf_free(nmf);
            umi_free(V.data);
        }
    }
}

/* The first and the last value are those of the start and of the result, worked out in double. */
static void curve_is_the_divergence(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const nmf_shape *s = &shapes[i];
        /* A V of 0 is infinitely far from any model there, and something else stands in for it. */
        um_view V = nmf_shape_spectrogram(s, s->beta > 0 ? 0.2 : 0.0, i);
        for (size_t iterations = 0; iterations <= 20; iterations += 10) {
            um_nmf *nmf = nmf_shape_start(s, nmf_shape_config(s, iterations), um_const_view(V), i);
            um_nmf *longer = nmf_shape_start(s, nmf_shape_config(s, 25), um_const_view(V), i);
            assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
            assert_int_equal(um_nmf_run(longer, um_const_view(V), NULL), UM_OK);
            double_model m = double_model_of(nmf);
            double expected = double_model_divergence(&m, um_const_view(V), s->beta);
            size_t n, n_longer;
            const double *curve = um_nmf_curve(nmf, &n);
            assert_true(fabs(curve[n - 1] - expected) < 1e-6 * curve[0]);
            curve = um_nmf_curve(longer, &n_longer);
            assert_true(fabs(curve[n - 1] - expected) < 1e-6 * curve[0]);
            double_model_free(&m);
            um_nmf_free(nmf);
            um_nmf_free(longer);
        }
        umi_free(V.data);
    }
}

static void fixed_atoms_keep_their_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const nmf_shape *s = &shapes[i];
        um_view V = nmf_shape_spectrogram(s, 0.1, 200 + i);
        um_nmf *nmf = nmf_shape_start(s, nmf_shape_config(s, 30), um_const_view(V), i);
        um_view W = matrix_copy(um_nmf_atoms(nmf)), G = matrix_copy(um_nmf_gains(nmf));
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        for (size_t k = 0; k < s->n_components; k++) {
            um_cview was = {um_row(W, k), 1, W.cols, W.stride};
            um_cview is = {um_crow(um_nmf_atoms(nmf), k), 1, W.cols, W.stride};
            assert_true(same_bits(was, is) == (k < s->n_fixed));
        }
        assert_true(same_bits(um_const_view(G), um_nmf_gains(nmf)) ==
                    (s->n_channels == 1 || !s->update_gains));
        um_nmf_free(nmf);
        umi_free(V.data);
        umi_free(W.data);
        umi_free(G.data);
    }
}

/* -- A thousand odd problems ------------------------------------------------------------------- */

static size_t one_of(const size_t *values, size_t n, umi_random *random)
{
    return values[(size_t)(umi_random_uniform(random) * (double)n)];
}

static nmf_shape odd_shape(umi_random *random)
{
    static const size_t frames[] = {1, 1, 2, 5, 33, 64, 257}, bins[] = {1, 1, 2, 3, 16, 17, 40};
    static const size_t channels[] = {1, 1, 1, 2, 5}, components[] = {1, 2, 3, 7, 30};
    static const double betas[] = {1, 1, 2, 0, 0.5, 1.5, 3, -1, 4, -2};
    nmf_shape s = {one_of(frames, 7, random),
                   one_of(bins, 7, random),
                   one_of(channels, 5, random),
                   one_of(components, 5, random),
                   0,
                   true,
                   betas[(size_t)(umi_random_uniform(random) * 10)],
                   UM_SOLVER_MU};
    s.n_fixed = umi_random_uniform(random) < 0.3 ? s.n_components / 2 : 0;
    static const um_solver solvers[] = {UM_SOLVER_MU, UM_SOLVER_JOINT, UM_SOLVER_EXTRAPOLATED,
                                        UM_SOLVER_AUTO};
    um_solver solver = solvers[(size_t)(umi_random_uniform(random) * 4)];
    s.solver = solver == UM_SOLVER_JOINT && s.beta != 1.0 ? UM_SOLVER_MU : solver;
    return s;
}

typedef enum zeros { NONE, EVERY_OTHER_FRAME, EVERY_OTHER_COLUMN, ALL, N_ZEROS } zeros;

static um_view odd_spectrogram(const nmf_shape *s, zeros which, uint64_t seed)
{
    um_view V = nmf_shape_spectrogram(s, 0.2, seed);
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t f = 0; f < V.cols; f++) {
            if (which == ALL || (which == EVERY_OTHER_FRAME && n % 2 == 0) ||
                (which == EVERY_OTHER_COLUMN && f % 2 == 0)) {
                um_row(V, n)[f] = 0.0F;
            }
        }
    }
    return V;
}

/* Single frames and bins, more atoms than either, frames and columns of zeros, nothing at all. */
static void a_thousand_odd_problems_stay_sane(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(8);
    for (size_t i = 0; i < 1000; i++) {
        nmf_shape s = odd_shape(&random);
        zeros which = (zeros)(i % N_ZEROS);
        um_view V = odd_spectrogram(&s, which, i);
        um_nmf *nmf = nmf_shape_start(&s, nmf_shape_config(&s, 25), um_const_view(V), i);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        assert_sane_result(nmf);
        assert_never_rises(nmf, um_const_view(V));
        for (size_t n = 0; n < V.rows; n += 2) {
            for (size_t k = 0; (which & 1) != 0 && k < s.n_components; k++) {
                assert_true(um_crow(um_nmf_activations(nmf), n)[k] == 0.0F);
            }
        }
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

/* Equal, or both so near to zero that one may have been flushed to it. */
static void assert_same_above_underflow(um_cview a, um_cview b)
{
    for (size_t r = 0; r < a.rows; r++) {
        for (size_t c = 0; c < a.cols; c++) {
            float x = um_crow(a, r)[c], y = um_crow(b, r)[c];
            assert_true(x == y || (x < 1e-30F && y < 1e-30F));
        }
    }
}

/* A power of two changes exponents only, so it must pass through every sum and ratio. */
static void scale_passes_into_the_activations(void **state)
{
    (void)state;
    const int powers[] = {-16, -7, 1, 13};
    for (size_t i = 0; i < N_SHAPES; i++) {
        const nmf_shape *s = &shapes[i];
        um_view V = nmf_shape_spectrogram(s, 0.1, 300 + i);
        um_nmf *one = nmf_shape_start(s, nmf_shape_config(s, 40), um_const_view(V), i);
        assert_int_equal(um_nmf_run(one, um_const_view(V), NULL), UM_OK);
        um_view H = matrix_copy(um_nmf_activations(one));
        for (size_t j = 0; j < sizeof powers / sizeof *powers; j++) {
            um_view scaled_V = matrix_copy(um_const_view(V)),
                    scaled_H = matrix_copy(um_const_view(H));
            for (size_t n = 0; n < V.rows; n++) {
                for (size_t f = 0; f < V.cols; f++) {
                    um_row(scaled_V, n)[f] = ldexpf(um_row(V, n)[f], powers[j]);
                }
                for (size_t k = 0; k < H.cols; k++) {
                    um_row(scaled_H, n)[k] = ldexpf(um_row(H, n)[k], powers[j]);
                }
            }
            um_nmf *other = nmf_shape_start(s, nmf_shape_config(s, 40), um_const_view(scaled_V), i);
            assert_int_equal(um_nmf_run(other, um_const_view(scaled_V), NULL), UM_OK);
            assert_true(same_bits(um_nmf_atoms(one), um_nmf_atoms(other)));
            assert_true(same_bits(um_nmf_gains(one), um_nmf_gains(other)));
            assert_same_above_underflow(um_const_view(scaled_H), um_nmf_activations(other));
            um_nmf_free(other);
            umi_free(scaled_V.data);
            umi_free(scaled_H.data);
        }
        um_nmf_free(one);
        umi_free(V.data);
        umi_free(H.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divergence_never_rises),
        cmocka_unit_test(curve_is_the_divergence),
        cmocka_unit_test(fixed_atoms_keep_their_bits),
        cmocka_unit_test(a_thousand_odd_problems_stay_sane),
        cmocka_unit_test(scale_passes_into_the_activations),
    };
    return cmocka_run_group_tests_name("nmf_run", tests, NULL, NULL);
}
