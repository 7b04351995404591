/* One pass over V: what it collects is the gradient of the divergence, checked numerically, and no
 * bit of it depends on who did the work. */
#include "core/nmf_internal.h"
#include "matrices.h"
#include "nmf_in_double.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const double betas[] = {1.0, 2.0, 0.0, 0.5, 1.5, 3.0, -1.0};
enum { N_BETAS = sizeof betas / sizeof *betas };

/* One tile, so that what the pass left in the worker's memory is all of it. */
static nmf_shape one_tile(double beta)
{
    nmf_shape s = {20, 13, 1, 4, 0, true, beta, UM_SOLVER_MU};
    return s;
}

/* How the divergence changes with *value, by central differences. */
static double slope(double_model *m, um_cview V, double beta, double *value)
{
    double before = *value, step = 1e-6 * (before + 1e-3);
    *value = before + step;
    double above = double_model_divergence(m, V, beta);
    *value = before - step;
    double below = double_model_divergence(m, V, beta);
    *value = before;
    return (above - below) / (2 * step);
}

/* The numerators and denominators cancel near a minimum: the error counts against their size. */
static void assert_slope(double expected, double up, double down, double unit)
{
    assert_true(fabs(expected - unit * (down - up)) <= 1e-4 * unit * (up + down));
}

static um_nmf *at_start(const nmf_shape *s, um_cview V)
{
    um_nmf *nmf = nmf_shape_start(s, nmf_shape_config(s, 0), V, 3);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    return nmf;
}

/* What brings the sums of a family to the units of the divergence. */
static double unit_of(const um_nmf *nmf)
{
    return nmf->family == &umi_nmf_beta ? pow(nmf->mean, nmf->beta - 1) : 1.0;
}

static void numerators_of_activations_are_the_gradient(void **state)
{
    (void)state;
    for (size_t b = 0; b < N_BETAS; b++) {
        nmf_shape s = one_tile(betas[b]);
        um_view V = nmf_shape_spectrogram(&s, 0.0, 20 + b);
        um_nmf *nmf = at_start(&s, um_const_view(V));
        double_model m = double_model_of(nmf);
        umi_nmf_pass pass = {nmf, um_const_view(V), 1, true, false, false};
        (void)umi_nmf_pass_run(&pass);
        const umi_tile_scratch *scratch = &nmf->scratch[0];
        for (size_t i = 0; i < m.N * m.K; i++) {
            size_t at = i / m.K * scratch->P_stride + i % m.K;
            double down = s.beta == 1.0 ? 1.0 : (double)scratch->Q[at];
            assert_slope(slope(&m, um_const_view(V), s.beta, &m.H[i]), (double)scratch->P[at], down,
                         unit_of(nmf));
        }
        double_model_free(&m);
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

/* The denominator of W's update at component k, bin f. */
static double denominator(const um_nmf *nmf, size_t k, size_t f)
{
    if (nmf->family == &umi_nmf_kl) {
        return nmf->parts[0].activation_sum[k];
    }
    if (nmf->family == &umi_nmf_beta) {
        return (double)um_row(nmf->parts[0].E, k)[f];
    }
    double sum = 0.0;
    for (size_t j = 0; j < nmf->config.n_components; j++) {
        sum += (double)um_row(nmf->parts[0].HH, k)[j] * (double)um_row(nmf->D, j)[f];
    }
    return sum;
}

static void sums_for_the_dictionary_are_the_gradient(void **state)
{
    (void)state;
    for (size_t b = 0; b < N_BETAS; b++) {
        nmf_shape s = one_tile(betas[b]);
        um_view V = nmf_shape_spectrogram(&s, 0.0, 30 + b);
        um_nmf *nmf = at_start(&s, um_const_view(V));
        umi_nmf_pass pass = {nmf, um_const_view(V), 1, true, true, false};
        (void)umi_nmf_pass_run(&pass);
        double_model m = double_model_of(nmf); /* with the new activations */
        for (size_t i = 0; i < m.K * m.F; i++) {
            assert_slope(slope(&m, um_const_view(V), s.beta, &m.W[i]),
                         (double)um_row(nmf->parts[0].N, i / m.F)[i % m.F],
                         denominator(nmf, i / m.F, i % m.F), unit_of(nmf));
        }
        double_model_free(&m);
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * N_BETAS; i++) {
        nmf_shape s = {700, 21, 2, 5, i % 3, true, betas[i % N_BETAS], UM_SOLVER_MU};
        s.solver = i >= N_BETAS && s.beta == 1.0 ? UM_SOLVER_JOINT : UM_SOLVER_MU;
        um_view V = nmf_shape_spectrogram(&s, 0.1, 40 + i);
        um_nmf_config config = nmf_shape_config(&s, 12);
        config.sparsity_H = i >= N_BETAS ? 0.1 : 0.0;
        config.continuity_H = i >= N_BETAS ? 0.2 : 0.0;
        um_nmf *one = nmf_shape_start(&s, config, um_const_view(V), i);
        size_t n_workers = 3;
        config.parallel = backwards_parallel(&n_workers);
        um_nmf *three = nmf_shape_start(&s, config, um_const_view(V), i);
        assert_int_equal(um_nmf_run(one, um_const_view(V), NULL), UM_OK);
        assert_int_equal(um_nmf_run(three, um_const_view(V), NULL), UM_OK);
        assert_true(same_bits(um_nmf_activations(one), um_nmf_activations(three)));
        assert_true(same_bits(um_nmf_atoms(one), um_nmf_atoms(three)));
        assert_true(same_bits(um_nmf_gains(one), um_nmf_gains(three)));
        assert_true(um_nmf_divergence(one) == um_nmf_divergence(three));
        um_nmf_free(one);
        um_nmf_free(three);
        umi_free(V.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerators_of_activations_are_the_gradient),
        cmocka_unit_test(sums_for_the_dictionary_are_the_gradient),
        cmocka_unit_test(workers_change_no_bit),
    };
    return cmocka_run_group_tests_name("nmf_pass", tests, NULL, NULL);
}
