#include "nmf_in_double.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

um_nmf_config nmf_shape_config(const nmf_shape *s, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = s->n_frames;
    config.n_bins = s->n_bins;
    config.n_channels = s->n_channels;
    config.n_components = s->n_components;
    config.update_gains = s->update_gains;
    config.divergence = UM_DIVERGENCE_BETA;
    config.beta = s->beta;
    config.solver = s->solver;
    config.iterations = iterations;
    config.check_every = 1;
    return config;
}

um_view nmf_shape_spectrogram(const nmf_shape *s, double zeros, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    return matrix_random(s->n_frames, s->n_bins * s->n_channels, zeros, &random);
}

um_nmf *nmf_shape_start(const nmf_shape *s, um_nmf_config config, um_cview V, uint64_t seed)
{
    um_nmf *nmf;
    umi_random random = umi_random_seeded(seed);
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    um_view W = matrix_random(s->n_components, s->n_bins, 0.2, &random);
    um_view G = matrix_random(s->n_components, s->n_channels, 0.0, &random);
    for (size_t k = 0; k < s->n_components; k++) {
        um_row(W, k)[0] += 0.01F; /* zeros are allowed, but not all of an atom */
    }
    um_cview fixed = {W.data, s->n_fixed, s->n_bins, W.stride};
    assert_int_equal(um_nmf_set_atoms(nmf, 0, fixed, true), UM_OK);
    assert_int_equal(um_nmf_set_gains(nmf, um_const_view(G)), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, V, seed), UM_OK);
    umi_free(W.data);
    umi_free(G.data);
    return nmf;
}

static double *copy_of(um_cview M)
{
    double *values = umi_alloc(M.rows * M.cols, sizeof(double));
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            values[r * M.cols + c] = (double)um_crow(M, r)[c];
        }
    }
    return values;
}

double_model double_model_of(const um_nmf *nmf)
{
    um_cview H = um_nmf_activations(nmf), W = um_nmf_atoms(nmf), G = um_nmf_gains(nmf);
    double_model m = {H.rows, W.cols, G.cols, W.rows, copy_of(H), copy_of(W), copy_of(G)};
    return m;
}

void double_model_free(double_model *m)
{
    umi_free(m->H);
    umi_free(m->W);
    umi_free(m->G);
}

/* The stacked dictionary at component k, column i. */
static double dictionary(const double_model *m, size_t k, size_t i)
{
    return m->G[k * m->C + i / m->F] * m->W[k * m->F + i % m->F];
}

/* H D, n_frames x columns. */
static double *product(const double_model *m)
{
    double *X = umi_alloc(m->N * m->C * m->F, sizeof(double));
    for (size_t n = 0; n < m->N; n++) {
        for (size_t i = 0; i < m->C * m->F; i++) {
            for (size_t k = 0; k < m->K; k++) {
                X[n * m->C * m->F + i] += m->H[n * m->K + k] * dictionary(m, k, i);
            }
        }
    }
    return X;
}

double beta_divergence(double beta, double v, double x)
{
    if (beta == 1.0) {
        return x - v + (v > 0 ? v * log(v / x) : 0);
    }
    if (beta == 0.0) {
        return v / x - log(v / x) - 1;
    }
    return (pow(v, beta) + (beta - 1) * pow(x, beta) - beta * v * pow(x, beta - 1)) / beta /
           (beta - 1);
}

double double_model_divergence(const double_model *m, um_cview V, double beta)
{
    double *X = product(m), total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t i = 0; i < V.cols; i++) {
            total += beta_divergence(beta, (double)um_crow(V, n)[i], X[n * V.cols + i]);
        }
    }
    umi_free(X);
    return total;
}

/* The two halves of the divergence's derivative by x, -up + down. */
static double up_of(double beta, double v, double x)
{
    return v > 0 ? v * pow(x, beta - 2) : 0;
}

static double down_of(double beta, double x)
{
    return beta == 1.0 ? 1.0 : pow(x, beta - 1);
}

static double power_of(double beta)
{
    return beta < 1 ? 1 / (2 - beta) : beta > 2 ? 1 / (beta - 1) : 1;
}

/* Multiplies H by a power of (A D^T) / (B D^T). X is the model to take A and B from. */
static void update_activations(double_model *m, um_cview V, double beta, const double *X)
{
    for (size_t n = 0; n < m->N; n++) {
        for (size_t k = 0; k < m->K; k++) {
            double up = 0.0, down = 0.0;
            for (size_t i = 0; i < V.cols; i++) {
                double v = (double)um_crow(V, n)[i], x = X[n * V.cols + i], d = dictionary(m, k, i);
                up += d > 0 ? d * up_of(beta, v, x) : 0;
                down += d > 0 ? d * down_of(beta, x) : 0;
            }
            m->H[n * m->K + k] *= pow(up / down, power_of(beta));
        }
    }
}

/* Fills up and down, K x columns, with H^T A and H^T B. */
static void dictionary_gradient(const double_model *m, um_cview V, double beta, const double *X,
                                double *up, double *down)
{
    memset(up, 0, m->K * V.cols * sizeof(double));
    memset(down, 0, m->K * V.cols * sizeof(double));
    for (size_t n = 0; n < m->N; n++) {
        for (size_t k = 0; k < m->K; k++) {
            double h = m->H[n * m->K + k];
            for (size_t i = 0; i < V.cols; i++) {
                double v = (double)um_crow(V, n)[i], x = X[n * V.cols + i];
                up[k * V.cols + i] += h > 0 ? h * up_of(beta, v, x) : 0;
                down[k * V.cols + i] += h > 0 ? h * down_of(beta, x) : 0;
            }
        }
    }
}

/* Divides n values by their sum, which it returns. */
static double normalise(double *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    for (size_t i = 0; i < n; i++) {
        values[i] /= sum;
    }
    return sum;
}

static double spectrum_factor(const double_model *m, const double *up, const double *down, size_t k,
                              size_t f)
{
    double a = 0.0, b = 0.0;
    for (size_t c = 0; c < m->C; c++) {
        a += m->G[k * m->C + c] * up[(k * m->C + c) * m->F + f];
        b += m->G[k * m->C + c] * down[(k * m->C + c) * m->F + f];
    }
    return a / b;
}

static double gain_factor(const double_model *m, const double *W, const double *up,
                          const double *down, size_t k, size_t c)
{
    double a = 0.0, b = 0.0;
    for (size_t f = 0; f < m->F; f++) {
        a += W[k * m->F + f] * up[(k * m->C + c) * m->F + f];
        b += W[k * m->F + f] * down[(k * m->C + c) * m->F + f];
    }
    return a / b;
}

/* Which of the two an iteration learns: with Kullback-Leibler both in one step, with Euclid's one
 * after the other, and else by turns. */
static void update_dictionary(double_model *m, um_cview V, const nmf_shape *s, const double *X,
                              size_t i_iteration)
{
    size_t M = V.cols, F = m->F, C = m->C;
    double *up = umi_alloc(m->K * M, sizeof(double)), *down = umi_alloc(m->K * M, sizeof(double));
    double *old_W = umi_alloc(m->K * F, sizeof(double));
    bool gains = C > 1 && s->update_gains, turns = gains && s->beta != 1.0 && s->beta != 2.0;
    double power = power_of(s->beta);
    dictionary_gradient(m, V, s->beta, X, up, down);
    memcpy(old_W, m->W, m->K * F * sizeof(double));
    for (size_t i = s->n_fixed * F; i < m->K * F && !(turns && i_iteration % 2 == 1); i++) {
        m->W[i] *= pow(spectrum_factor(m, up, down, i / F, i % F), power);
    }
    if (s->beta == 2.0) {
        double *new_X = product(m);
        dictionary_gradient(m, V, s->beta, new_X, up, down);
        umi_free(new_X);
    }
    for (size_t i = 0; i < m->K * C && gains && !(turns && i_iteration % 2 == 0); i++) {
        const double *W = s->beta == 1.0 ? old_W : m->W;
        m->G[i] *= pow(gain_factor(m, W, up, down, i / C, i % C), power);
    }
    for (size_t k = 0; k < m->K; k++) {
        double scale = normalise(m->W + k * F, F), gain_scale = normalise(m->G + k * C, C);
        /* In a step for both, both factors found the same scale: it counts once. The joint solver
         * has given it to H already. */
        scale = s->beta != 1.0 || k < s->n_fixed ? scale * gain_scale : scale;
        for (size_t n = 0; n < m->N && s->solver == UM_SOLVER_MU; n++) {
            m->H[n * m->K + k] *= scale;
        }
    }
    umi_free(up);
    umi_free(down);
    umi_free(old_W);
}

void double_model_iterate(double_model *m, um_cview V, const nmf_shape *s, size_t i_iteration)
{
    bool learns = s->n_fixed < s->n_components || (s->n_channels > 1 && s->update_gains);
    double *X = product(m);
    if (s->solver == UM_SOLVER_MU) {
        update_activations(m, V, s->beta, X);
        umi_free(X);
        X = product(m);
    }
    if (s->solver == UM_SOLVER_JOINT) {
        double_model before = {m->N, m->F, m->C, m->K, umi_alloc(m->N * m->K, sizeof(double)),
                               m->W, m->G};
        memcpy(before.H, m->H, m->N * m->K * sizeof(double));
        update_activations(m, V, s->beta, X);
        if (learns) { /* from the activations before */
            double *H = m->H;
            m->H = before.H;
            update_dictionary(m, V, s, X, i_iteration);
            m->H = H;
        }
        umi_free(before.H);
    } else if (learns) {
        update_dictionary(m, V, s, X, i_iteration);
    }
    umi_free(X);
}

void assert_matrix_close(const double *expected, um_cview actual)
{
    for (size_t r = 0; r < actual.rows; r++) {
        for (size_t c = 0; c < actual.cols; c++) {
            double e = expected[r * actual.cols + c];
            assert_true(fabs((double)um_crow(actual, r)[c] - e) <= 2e-5 * e + 1e-12);
        }
    }
}

void assert_iterations_equal_those_in_double(const nmf_shape *s, double zeros, uint64_t seed)
{
    enum { ITERATIONS = 3 };
    um_view V = nmf_shape_spectrogram(s, zeros, seed);
    um_nmf *before = nmf_shape_start(s, nmf_shape_config(s, 0), um_const_view(V), seed);
    um_nmf_config config = nmf_shape_config(s, ITERATIONS);
    config.check_every = 2; /* so that iterations with and without a measurement are among them */
    um_nmf *after = nmf_shape_start(s, config, um_const_view(V), seed);
    assert_int_equal(um_nmf_run(before, um_const_view(V), NULL), UM_OK);
    assert_int_equal(um_nmf_run(after, um_const_view(V), NULL), UM_OK);
    double_model m = double_model_of(before);
    for (size_t i = 0; i < ITERATIONS; i++) {
        double_model_iterate(&m, um_const_view(V), s, i);
    }
    assert_matrix_close(m.H, um_nmf_activations(after));
    assert_matrix_close(m.W, um_nmf_atoms(after));
    assert_matrix_close(m.G, um_nmf_gains(after));
    double_model_free(&m);
    um_nmf_free(before);
    um_nmf_free(after);
    umi_free(V.data);
}
