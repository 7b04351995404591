/* Penalties: the objective is what nmf.h says, it falls, and the factors become what was asked
 * for. */
#include "matrices.h"
#include "nmf_in_double.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { FRAMES = 60, BINS = 24, COMPONENTS = 5 };

static nmf_shape shape_of(double beta, um_solver solver)
{
    nmf_shape s = {FRAMES, BINS, 1, COMPONENTS, 0, true, beta, solver};
    return s;
}

/* The penalties as nmf.h writes them, of the factors in m. */
static double penalty_in_double(const double_model *m, um_cview V, const um_nmf_config *c,
                                const double *weights)
{
    double u = 0.0, total = 0.0;
    for (size_t i = 0; i < V.rows * V.cols; i++) {
        u += (double)um_crow(V, i / V.cols)[i % V.cols] / (double)(V.rows * V.cols);
    }
    double level = u * (double)V.cols / (double)m->K;
    for (size_t k = 0; k < m->K; k++) {
        double sum = 0.0, steps = 0.0, one = 0.0, two = 0.0;
        for (size_t n = 0; n < m->N; n++) {
            double h = m->H[n * m->K + k];
            double step = n > 0 ? h - m->H[(n - 1) * m->K + k] : 0.0;
            sum += h;
            steps += step * step / 2;
        }
        for (size_t f = 0; f < m->F; f++) {
            one += m->W[k * m->F + f];
            two += m->W[k * m->F + f] * m->W[k * m->F + f];
        }
        total += weights[k] * pow(u, c->beta - 1) *
                     (c->sparsity_H * sum + c->continuity_H / level * steps) +
                 weights[k] * c->sparsity_W * pow(u, c->beta) * (double)(V.rows * V.cols) /
                     (double)m->K * log(one / sqrt(two));
    }
    return total;
}

static void curve_is_the_objective(void **state)
{
    (void)state;
    const double weights[COMPONENTS] = {1.0, 0.0, 2.0, 0.5, 3.0};
    const double betas[] = {1.0, 2.0, 0.0, 1.5};
    for (size_t b = 0; b < 4; b++) {
        nmf_shape s = shape_of(betas[b], UM_SOLVER_MU);
        um_view V = nmf_shape_spectrogram(&s, 0.0, b);
        for (size_t iterations = 0; iterations < 8; iterations += 7) {
            um_nmf_config config = nmf_shape_config(&s, iterations);
            config.sparsity_H = 0.3;
            config.sparsity_W = 0.1;
            config.continuity_H = 0.7;
            um_nmf *nmf = nmf_shape_start(&s, config, um_const_view(V), b);
            assert_int_equal(um_nmf_set_weights(nmf, weights), UM_OK);
            assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
            double_model m = double_model_of(nmf);
            double divergence = double_model_divergence(&m, um_const_view(V), s.beta);
            double objective =
                divergence + penalty_in_double(&m, um_const_view(V), &config, weights);
            size_t n;
            const double *curve = um_nmf_curve(nmf, &n);
            assert_true(fabs(curve[n - 1] - objective) < 2e-6 * curve[0]);
            assert_true(fabs(um_nmf_divergence(nmf) - divergence) < 2e-6 * curve[0]);
            double_model_free(&m);
            um_nmf_free(nmf);
        }
        umi_free(V.data);
    }
}

/* Kullback-Leibler with any penalty, and Euclid's with those of H, are minimised by surrogates. */
static void objective_never_rises(void **state)
{
    (void)state;
    for (size_t i = 0; i < 24; i++) {
        nmf_shape s = shape_of(i % 3 == 2 ? 2.0 : 1.0, i % 3 == 1 ? UM_SOLVER_JOINT : UM_SOLVER_MU);
        s.n_fixed = s.beta == 2.0 ? COMPONENTS : 0;
        um_view V = nmf_shape_spectrogram(&s, 0.3, 50 + i);
        um_nmf_config config = nmf_shape_config(&s, 120);
        config.sparsity_H = i & 4 ? 0.5 : 0.0;
        config.continuity_H = i & 8 ? 3.0 : 0.0;
        config.sparsity_W = i & 16 ? 0.3 : 0.0;
        um_nmf *nmf = nmf_shape_start(&s, config, um_const_view(V), i);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        size_t n;
        const double *curve = um_nmf_curve(nmf, &n);
        for (size_t j = 1; j < n; j++) {
            assert_true(curve[j] <= curve[j - 1] + 1e-6 * fabs(curve[0]));
        }
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

/* -- What a penalty is for --------------------------------------------------------------------- */

static um_nmf *fitted(const nmf_shape *s, um_nmf_config config, um_cview V, const double *weights)
{
    um_nmf *nmf = nmf_shape_start(s, config, V, 9);
    if (weights != NULL) {
        assert_int_equal(um_nmf_set_weights(nmf, weights), UM_OK);
    }
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    return nmf;
}

static double column_sum(um_cview M, size_t c)
{
    double sum = 0.0;
    for (size_t r = 0; r < M.rows; r++) {
        sum += (double)um_crow(M, r)[c];
    }
    return sum;
}

/* Mean over the rows of log(|row|_1 / |row|_2): 0 for a single value, log(n) / 2 for a flat row. */
static double flatness(um_cview M)
{
    double total = 0.0;
    for (size_t r = 0; r < M.rows; r++) {
        double one = 0.0, two = 0.0;
        for (size_t c = 0; c < M.cols; c++) {
            one += (double)um_crow(M, r)[c];
            two += (double)um_crow(M, r)[c] * (double)um_crow(M, r)[c];
        }
        total += log(one / sqrt(two)) / (double)M.rows;
    }
    return total;
}

static double roughness(um_cview H)
{
    double total = 0.0;
    for (size_t n = 1; n < H.rows; n++) {
        for (size_t k = 0; k < H.cols; k++) {
            double step = (double)um_crow(H, n)[k] - (double)um_crow(H, n - 1)[k];
            total += step * step;
        }
    }
    return total;
}

static void penalties_do_what_they_are_for(void **state)
{
    (void)state;
    const double betas[] = {1.0, 2.0, 0.0, 1.5};
    for (size_t b = 0; b < 4; b++) {
        nmf_shape s = shape_of(betas[b], UM_SOLVER_MU);
        um_view V = nmf_shape_spectrogram(&s, 0.0, 70 + b);
        um_nmf_config config = nmf_shape_config(&s, 150);
        um_nmf *plain = fitted(&s, config, um_const_view(V), NULL);

        const double first_only[COMPONENTS] = {1.0, 0.0, 0.0, 0.0, 0.0};
        config.sparsity_H = 0.5;
        um_nmf *sparse = fitted(&s, config, um_const_view(V), first_only);
        assert_true(column_sum(um_nmf_activations(sparse), 0) <
                    0.7 * column_sum(um_nmf_activations(plain), 0));
        config.sparsity_H = 0.0;

        config.continuity_H = 10.0;
        um_nmf *smooth = fitted(&s, config, um_const_view(V), NULL);
        assert_true(roughness(um_nmf_activations(smooth)) <
                    0.3 * roughness(um_nmf_activations(plain)));
        config.continuity_H = 0.0;

        config.sparsity_W = 0.3;
        um_nmf *peaked = fitted(&s, config, um_const_view(V), NULL);
        assert_true(flatness(um_nmf_atoms(peaked)) < flatness(um_nmf_atoms(plain)) - 0.1);
        um_nmf_free(plain);
        um_nmf_free(sparse);
        um_nmf_free(smooth);
        um_nmf_free(peaked);
        umi_free(V.data);
    }
}

/* For fixed atoms, Kullback-Leibler and one component, the penalised minimum is known: h (1 + s) is
 * the sum of the frame. */
static void sparsity_divides_what_one_atom_explains(void **state)
{
    (void)state;
    nmf_shape s = {7, 9, 1, 1, 1, true, 1.0, UM_SOLVER_MU};
    um_view V = nmf_shape_spectrogram(&s, 0.0, 5);
    um_nmf_config config = nmf_shape_config(&s, 50);
    config.sparsity_H = 0.25;
    um_nmf *nmf = nmf_shape_start(&s, config, um_const_view(V), 5);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    for (size_t n = 0; n < V.rows; n++) {
        double sum = 0.0;
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)um_row(V, n)[f];
        }
        assert_true(fabs((double)um_crow(um_nmf_activations(nmf), n)[0] * 1.25 / sum - 1) < 1e-5);
    }
    um_nmf_free(nmf);
    umi_free(V.data);
}

/* Where H's scale has a price, W settles where no turn of an atom at the sum 1 helps: the gradient
 * is the same for all bins that the atom has. */
static void penalised_dictionaries_settle(void **state)
{
    (void)state;
    const double betas[] = {1.0, 2.0, 0.0, 1.5};
    for (size_t b = 0; b < 4; b++) {
        nmf_shape s = {30, 8, 1, 2, 0, true, betas[b], UM_SOLVER_MU};
        um_view V = nmf_shape_spectrogram(&s, 0.0, 90 + b);
        um_nmf_config config = nmf_shape_config(&s, 5000);
        config.sparsity_H = 0.5;
        um_nmf *nmf = fitted(&s, config, um_const_view(V), NULL);
        double_model m = double_model_of(nmf);
        double gradient[2 * 8], size = 0.0;
        for (size_t i = 0; i < m.K * m.F; i++) {
            double w = m.W[i], step = 1e-5 * (w + 1e-3);
            m.W[i] = w + step;
            gradient[i] = double_model_divergence(&m, um_const_view(V), s.beta) / (2 * step);
            m.W[i] = w - step;
            gradient[i] -= double_model_divergence(&m, um_const_view(V), s.beta) / (2 * step);
            m.W[i] = w;
            size = fmax(size, fabs(gradient[i]));
        }
        for (size_t k = 0; k < m.K; k++) {
            double along = 0.0;
            for (size_t f = 0; f < m.F; f++) {
                along += m.W[k * m.F + f] * gradient[k * m.F + f];
            }
            for (size_t f = 0; f < m.F; f++) {
                double off = gradient[k * m.F + f] - along;
                assert_true(fabs(off) * m.W[k * m.F + f] < 2e-3 * size);
            }
        }
        double_model_free(&m);
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

static void weights_are_checked(void **state)
{
    (void)state;
    nmf_shape s = shape_of(1.0, UM_SOLVER_MU);
    um_view V = nmf_shape_spectrogram(&s, 0.0, 5);
    um_nmf *nmf = nmf_shape_start(&s, nmf_shape_config(&s, 1), um_const_view(V), 5);
    double weights[COMPONENTS] = {0};
    assert_int_equal(um_nmf_set_weights(nmf, weights), UM_OK);
    assert_int_equal(um_nmf_set_weights(NULL, weights), UM_ERR_ARGUMENT);
    assert_int_equal(um_nmf_set_weights(nmf, NULL), UM_ERR_ARGUMENT);
    weights[4] = -1.0;
    assert_int_equal(um_nmf_set_weights(nmf, weights), UM_ERR_ARGUMENT);
    weights[4] = NAN;
    assert_int_equal(um_nmf_set_weights(nmf, weights), UM_ERR_ARGUMENT);
    um_nmf_free(nmf);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curve_is_the_objective),
        cmocka_unit_test(objective_never_rises),
        cmocka_unit_test(penalties_do_what_they_are_for),
        cmocka_unit_test(sparsity_divides_what_one_atom_explains),
        cmocka_unit_test(penalised_dictionaries_settle),
        cmocka_unit_test(weights_are_checked),
    };
    return cmocka_run_group_tests_name("nmf_penalty", tests, NULL, NULL);
}
