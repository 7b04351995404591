/* The updates: against the same ones in double, and what they promise. */
#include "matrices.h"
#include "unmingle/nmf.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

typedef struct shape {
    size_t n_frames, n_bins, n_channels, n_components;
    size_t n_fixed; /* the first so many atoms are fixed */
    bool update_gains;
    bool euclidean; /* the divergence; else Kullback-Leibler's */
} shape;

/* More than 256 frames make more than one part. */
static const shape shapes[] = {
    {40, 33, 1, 5, 0, true, false},  {300, 20, 1, 3, 0, true, false},
    {40, 33, 1, 5, 2, true, false},  {40, 33, 1, 5, 5, true, false},
    {33, 17, 2, 4, 0, true, false},  {300, 17, 2, 4, 2, true, false},
    {33, 17, 2, 4, 2, false, false}, {50, 11, 3, 6, 0, true, false},
    {50, 11, 3, 6, 6, false, false}, {50, 11, 3, 6, 6, true, false},
    {40, 33, 1, 5, 0, true, true},   {300, 20, 1, 3, 0, true, true},
    {40, 33, 1, 5, 2, true, true},   {40, 33, 1, 5, 5, true, true},
    {33, 17, 2, 4, 0, true, true},   {300, 17, 2, 4, 2, true, true},
    {33, 17, 2, 4, 2, false, true},  {50, 11, 3, 6, 0, true, true},
    {50, 11, 3, 6, 6, false, true},  {50, 11, 3, 6, 6, true, true},
    {20, 3, 2, 90, 80, true, false}, {20, 3, 2, 90, 80, true, true},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static um_nmf_config config_of(const shape *s, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = s->n_frames;
    config.n_bins = s->n_bins;
    config.n_channels = s->n_channels;
    config.n_components = s->n_components;
    config.update_gains = s->update_gains;
    config.divergence = s->euclidean ? UM_DIVERGENCE_EUCLIDEAN : UM_DIVERGENCE_KULLBACK_LEIBLER;
    config.iterations = iterations;
    config.check_every = 1;
    return config;
}

/* A factorisation at its start: random values, the same for the same seed. */
static um_nmf *start(const shape *s, um_nmf_config config, um_cview V, uint64_t seed)
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

static um_view spectrogram(const shape *s, double zeros, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    return matrix_random(s->n_frames, s->n_bins * s->n_channels, zeros, &random);
}

/* -- The same in double ------------------------------------------------------------------------ */

typedef struct model {
    size_t N, F, C, K;
    double *H, *W, *G;
} model;

static model model_of(const um_nmf *nmf)
{
    um_cview H = um_nmf_activations(nmf), W = um_nmf_atoms(nmf), G = um_nmf_gains(nmf);
    model m = {H.rows, W.cols, G.cols, W.rows, NULL, NULL, NULL};
    m.H = umi_alloc(m.N * m.K, sizeof(double));
    m.W = umi_alloc(m.K * m.F, sizeof(double));
    m.G = umi_alloc(m.K * m.C, sizeof(double));
    for (size_t k = 0; k < m.K; k++) {
        for (size_t n = 0; n < m.N; n++) {
            m.H[n * m.K + k] = (double)um_crow(H, n)[k];
        }
        for (size_t f = 0; f < m.F; f++) {
            m.W[k * m.F + f] = (double)um_crow(W, k)[f];
        }
        for (size_t c = 0; c < m.C; c++) {
            m.G[k * m.C + c] = (double)um_crow(G, k)[c];
        }
    }
    return m;
}

static void model_free(model *m)
{
    umi_free(m->H);
    umi_free(m->W);
    umi_free(m->G);
}

/* The stacked dictionary at component k, column i. */
static double dictionary(const model *m, size_t k, size_t i)
{
    return m->G[k * m->C + i / m->F] * m->W[k * m->F + i % m->F];
}

/* H D, n_frames x columns. */
static double *product(const model *m)
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

static double divergence_of(const model *m, um_cview V, bool euclidean)
{
    double *X = product(m), total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t i = 0; i < V.cols; i++) {
            double v = (double)um_crow(V, n)[i], x = X[n * V.cols + i];
            total += euclidean ? (v - x) * (v - x) / 2 : x - v + (v > 0 ? v * log(v / x) : 0);
        }
    }
    umi_free(X);
    return total;
}

/* Multiplies H by (A D^T) / (B D^T), with A, B = V / X, 1 or V, X. */
static void update_activations(model *m, um_cview V, bool euclidean)
{
    double *X = product(m);
    for (size_t n = 0; n < m->N; n++) {
        for (size_t k = 0; k < m->K; k++) {
            double up = 0.0, down = 0.0;
            for (size_t i = 0; i < V.cols; i++) {
                double v = (double)um_crow(V, n)[i], x = X[n * V.cols + i], d = dictionary(m, k, i);
                up += d * (euclidean ? v : v > 0 ? v / x : 0);
                down += d * (euclidean ? x : 1);
            }
            m->H[n * m->K + k] *= up / down;
        }
    }
    umi_free(X);
}

/* Fills up and down, K x columns, with H^T A and H^T B. */
static void dictionary_gradient(const model *m, um_cview V, bool euclidean, double *up,
                                double *down)
{
    double *X = product(m);
    memset(up, 0, m->K * V.cols * sizeof(double));
    memset(down, 0, m->K * V.cols * sizeof(double));
    for (size_t n = 0; n < m->N; n++) {
        for (size_t k = 0; k < m->K; k++) {
            double h = m->H[n * m->K + k];
            for (size_t i = 0; i < V.cols; i++) {
                double v = (double)um_crow(V, n)[i], x = X[n * V.cols + i];
                up[k * V.cols + i] += h * (euclidean ? v : v > 0 ? v / x : 0);
                down[k * V.cols + i] += h * (euclidean ? x : 1);
            }
        }
    }
    umi_free(X);
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

/* The update of W with G as it is, and of G with W as it was before (Kullback-Leibler, one step for
 * both) or as it is after (Euclidean, one after the other). */
static void update_dictionary(model *m, um_cview V, const shape *s)
{
    size_t M = V.cols, F = m->F, C = m->C;
    double *up = umi_alloc(m->K * M, sizeof(double)), *down = umi_alloc(m->K * M, sizeof(double));
    double *new_W = umi_alloc(m->K * F, sizeof(double));
    bool learn_gains = C > 1 && s->update_gains;
    dictionary_gradient(m, V, s->euclidean, up, down);
    for (size_t k = 0; k < m->K; k++) {
        for (size_t f = 0; f < F; f++) {
            double a = 0.0, b = 0.0;
            for (size_t c = 0; c < C; c++) {
                a += m->G[k * C + c] * up[k * M + c * F + f];
                b += m->G[k * C + c] * down[k * M + c * F + f];
            }
            new_W[k * F + f] = m->W[k * F + f] * (k < s->n_fixed ? 1.0 : a / b);
        }
    }
    if (s->euclidean) {
        memcpy(m->W, new_W, m->K * F * sizeof(double));
        dictionary_gradient(m, V, s->euclidean, up, down);
    }
    for (size_t k = 0; learn_gains && k < m->K; k++) {
        for (size_t c = 0; c < C; c++) {
            double a = 0.0, b = 0.0;
            for (size_t f = 0; f < F; f++) {
                a += m->W[k * F + f] * up[k * M + c * F + f];
                b += m->W[k * F + f] * down[k * M + c * F + f];
            }
            m->G[k * C + c] *= a / b;
        }
    }
    memcpy(m->W, new_W, m->K * F * sizeof(double));
    for (size_t k = 0; k < m->K; k++) {
        double scale = normalise(m->W + k * F, F), gain_scale = normalise(m->G + k * C, C);
        /* Both factors found the same scale at once: it counts once. */
        scale = s->euclidean || k < s->n_fixed ? scale * gain_scale : scale;
        for (size_t n = 0; n < m->N; n++) {
            m->H[n * m->K + k] *= scale;
        }
    }
    umi_free(up);
    umi_free(down);
    umi_free(new_W);
}

static void assert_close(const double *expected, um_cview actual)
{
    for (size_t r = 0; r < actual.rows; r++) {
        for (size_t c = 0; c < actual.cols; c++) {
            double e = expected[r * actual.cols + c];
            assert_true(fabs((double)um_crow(actual, r)[c] - e) <= 2e-5 * e + 1e-12);
        }
    }
}

static void iterations_equal_those_in_double(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.1, i);
        um_nmf *before = start(s, config_of(s, 0), um_const_view(V), i);
        um_nmf *after = start(s, config_of(s, 3), um_const_view(V), i);
        assert_int_equal(um_nmf_run(before, um_const_view(V), NULL), UM_OK);
        assert_int_equal(um_nmf_run(after, um_const_view(V), NULL), UM_OK);
        model m = model_of(before);
        for (size_t iteration = 0; iteration < 3; iteration++) {
            update_activations(&m, um_const_view(V), s->euclidean);
            if (s->n_fixed < s->n_components || (s->n_channels > 1 && s->update_gains)) {
                update_dictionary(&m, um_const_view(V), s);
            }
        }
        assert_close(m.H, um_nmf_activations(after));
        assert_close(m.W, um_nmf_atoms(after));
        assert_close(m.G, um_nmf_gains(after));
        model_free(&m);
        um_nmf_free(before);
        um_nmf_free(after);
        umi_free(V.data);
    }
}

/* -- What the updates promise ------------------------------------------------------------------ */

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

static void assert_never_rises(const um_nmf *nmf)
{
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
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
            um_nmf *nmf = start(s, config_of(s, 150), um_const_view(V), seed);
            assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
            size_t n;
            const double *curve = um_nmf_curve(nmf, &n);
            assert_int_equal(n, 151);
            assert_never_rises(nmf);
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
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.2, i);
        for (size_t iterations = 0; iterations <= 20; iterations += 10) {
            um_nmf *nmf = start(s, config_of(s, iterations), um_const_view(V), i);
            um_nmf *longer = start(s, config_of(s, 25), um_const_view(V), i);
            assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
            assert_int_equal(um_nmf_run(longer, um_const_view(V), NULL), UM_OK);
            model m = model_of(nmf);
            double expected = divergence_of(&m, um_const_view(V), s->euclidean);
            size_t n, n_longer;
            const double *curve = um_nmf_curve(nmf, &n);
            assert_true(fabs(curve[n - 1] - expected) < 1e-6 * curve[0]);
            curve = um_nmf_curve(longer, &n_longer);
            assert_true(fabs(curve[n - 1] - expected) < 1e-6 * curve[0]);
            model_free(&m);
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
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.1, 200 + i);
        um_nmf *nmf = start(s, config_of(s, 30), um_const_view(V), i);
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

/* Odd sizes, and more atoms than a spectrogram has rows or columns; rows and columns of zeros. */
static void odd_problems_stay_sane(void **state)
{
    (void)state;
    const size_t sizes[][4] = {{1, 40, 1, 3}, {40, 1, 1, 3}, {1, 1, 1, 1},  {5, 4, 1, 30},
                               {1, 1, 3, 7},  {33, 2, 5, 9}, {257, 3, 1, 2}};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        const size_t *size = sizes[i / 2];
        shape s = {size[0], size[1], size[2], size[3], 0, true, i % 2 == 1};
        for (size_t variant = 0; variant < 4; variant++) {
            um_view V = spectrogram(&s, 0.2, i);
            /* 1: every other frame, 2: every other column, 3: everything is zero. */
            for (size_t n = 0; n < V.rows; n++) {
                for (size_t f = 0; f < V.cols; f++) {
                    bool zero = variant == 3 || (variant == 1 && n % 2 == 0) ||
                                (variant == 2 && f % 2 == 0);
                    um_row(V, n)[f] = zero ? 0.0F : um_row(V, n)[f];
                }
            }
            um_nmf *nmf = start(&s, config_of(&s, 60), um_const_view(V), i);
            assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
            assert_sane_result(nmf);
            assert_never_rises(nmf);
            for (size_t n = 0; n < V.rows; n += 2) {
                for (size_t k = 0; (variant & 1) != 0 && k < s.n_components; k++) {
                    assert_true(um_crow(um_nmf_activations(nmf), n)[k] == 0.0F);
                }
            }
            um_nmf_free(nmf);
            umi_free(V.data);
        }
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
        const shape *s = &shapes[i];
        um_view V = spectrogram(s, 0.1, 300 + i);
        um_nmf *one = start(s, config_of(s, 40), um_const_view(V), i);
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
            um_nmf *other = start(s, config_of(s, 40), um_const_view(scaled_V), i);
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
        cmocka_unit_test(iterations_equal_those_in_double),
        cmocka_unit_test(divergence_never_rises),
        cmocka_unit_test(curve_is_the_divergence),
        cmocka_unit_test(fixed_atoms_keep_their_bits),
        cmocka_unit_test(odd_problems_stay_sane),
        cmocka_unit_test(scale_passes_into_the_activations),
    };
    return cmocka_run_group_tests_name("nmf_run", tests, NULL, NULL);
}
