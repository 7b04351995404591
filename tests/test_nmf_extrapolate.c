/* The iterations from extrapolated values. */
#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"
#include "nmf_in_double.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* -- The formula ------------------------------------------------------------------------------- */

/* The values of a model one after another, and what an extrapolation must know of them. */
typedef struct momentum {
    double_model now, last;
    bool *ended; /* H, then W, then G */
    size_t n_steps;
} momentum;

static size_t count_H(const double_model *m)
{
    return m->N * m->K;
}

static size_t count_W(const double_model *m)
{
    return m->K * m->F;
}

static size_t count_G(const double_model *m)
{
    return m->K * m->C;
}

/* x_t times (x_t / x_(t-1))^t in the rational approximation that nmf.h names; `last` is x_t then.
 */
static void extrapolate(double *now, double *last, const bool *ended, size_t n, double t)
{
    for (size_t i = 0; i < n; i++) {
        double x = now[i], ratio = x / last[i];
        last[i] = x;
        if (!ended[i] && x > 0.0) {
            now[i] = x * ((1.0 + t) * ratio + 1.0 - t) / ((1.0 - t) * ratio + 1.0 + t);
        }
    }
}

static double to_sum_of_one(double *values, size_t n)
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

/* Fixed atoms, and gains that are not learned, stay out of it. */
static void extrapolate_all(momentum *p, const nmf_shape *s)
{
    double_model *now = &p->now, *last = &p->last;
    double t = (double)p->n_steps / ((double)p->n_steps + 3.0);
    size_t from = s->n_fixed;
    bool gains = s->n_channels > 1 && s->update_gains;
    bool *ended_W = p->ended + count_H(now), *ended_G = ended_W + count_W(now);
    extrapolate(now->H, last->H, p->ended, count_H(now), t);
    extrapolate(now->W + from * now->F, last->W + from * now->F, ended_W + from * now->F,
                count_W(now) - from * now->F, t);
    extrapolate(now->G, last->G, ended_G, gains ? count_G(now) : 0, t);
    for (size_t k = 0; k < now->K; k++) {
        double sum = k < from ? 1.0 : to_sum_of_one(now->W + k * now->F, now->F);
        sum *= gains ? to_sum_of_one(now->G + k * now->C, now->C) : 1.0;
        for (size_t n = 0; n < now->N; n++) {
            now->H[n * now->K + k] *= sum;
        }
    }
}

static void find_ended(bool *ended, const double *now, const double *start, const double *last,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ended[i] = (now[i] - start[i]) * (start[i] - last[i]) < 0.0;
    }
}

static double *copy_values(const double *values, size_t n)
{
    double *copy = umi_alloc(n, sizeof *copy);
    memcpy(copy, values, n * sizeof *copy);
    return copy;
}

static void step(momentum *p, um_cview V, const nmf_shape *s, size_t i_iteration)
{
    double_model *m = &p->now;
    extrapolate_all(p, s);
    double *H = copy_values(m->H, count_H(m)), *W = copy_values(m->W, count_W(m));
    double *G = copy_values(m->G, count_G(m));
    nmf_shape one_model = *s;
    one_model.solver = s->beta == 1.0 ? UM_SOLVER_JOINT : UM_SOLVER_MU;
    double_model_iterate(m, V, &one_model, i_iteration);
    if (p->n_steps++ > 0) {
        find_ended(p->ended, m->H, H, p->last.H, count_H(m));
        find_ended(p->ended + count_H(m), m->W, W, p->last.W, count_W(m));
        find_ended(p->ended + count_H(m) + count_W(m), m->G, G, p->last.G, count_G(m));
    }
    umi_free(H);
    umi_free(W);
    umi_free(G);
}

/* More than 256 frames make more than one part. */
static const nmf_shape shapes[] = {
    {40, 33, 1, 5, 0, true, 1, UM_SOLVER_EXTRAPOLATED},
    {300, 20, 1, 3, 1, true, 1, UM_SOLVER_EXTRAPOLATED},
    {60, 17, 2, 4, 2, true, 1, UM_SOLVER_EXTRAPOLATED},
    {50, 11, 3, 6, 6, false, 1, UM_SOLVER_EXTRAPOLATED},
    {40, 33, 1, 5, 0, true, 2, UM_SOLVER_EXTRAPOLATED},
    {33, 17, 2, 4, 2, true, 2, UM_SOLVER_EXTRAPOLATED},
    {40, 33, 1, 5, 0, true, 0, UM_SOLVER_EXTRAPOLATED},
    {40, 33, 1, 5, 2, true, 0.5, UM_SOLVER_EXTRAPOLATED},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* Within a share of 1e-3; what is next to nothing beside the mean within so much of it. */
static void assert_near(const double *expected, um_cview actual)
{
    double sum = 0.0;
    for (size_t i = 0; i < actual.rows * actual.cols; i++) {
        sum += expected[i];
    }
    double mean = sum / (double)(actual.rows * actual.cols);
    for (size_t r = 0; r < actual.rows; r++) {
        for (size_t c = 0; c < actual.cols; c++) {
            double e = expected[r * actual.cols + c], a = (double)um_crow(actual, r)[c];
            assert_true(fabs(a - e) < 1e-3 * fmax(e, 0.01 * mean));
        }
    }
}

/* MU scales H after W was normalised, and the library does not know that scale yet when it sees
 * which values of H went back. It first counts in the third iteration. */
static size_t comparable_iterations(const nmf_shape *s)
{
    return s->beta == 1.0 ? 10 : 2;
}

static void iterations_equal_those_in_double(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        const nmf_shape *s = &shapes[i];
        um_view V = nmf_shape_spectrogram(s, s->beta > 0 ? 0.1 : 0.0, i);
        um_nmf *nmf = nmf_shape_start(s, nmf_shape_config(s, 0), um_const_view(V), i);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK); /* H's rows are known */
        momentum p = {double_model_of(nmf), double_model_of(nmf), NULL, 0};
        p.ended = umi_alloc(count_H(&p.now) + count_W(&p.now) + count_G(&p.now), sizeof(bool));
        um_nmf_free(nmf);
        size_t iterations = comparable_iterations(s);
        for (size_t j = 0; j < iterations; j++) {
            step(&p, um_const_view(V), s, j);
        }
        nmf = nmf_shape_start(s, nmf_shape_config(s, iterations), um_const_view(V), i);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        assert_near(p.now.H, um_nmf_activations(nmf));
        assert_near(p.now.W, um_nmf_atoms(nmf));
        assert_near(p.now.G, um_nmf_gains(nmf));
        um_nmf_free(nmf);
        double_model_free(&p.now);
        double_model_free(&p.last);
        umi_free(p.ended);
        umi_free(V.data);
    }
}

/* -- What it is good for ----------------------------------------------------------------------- */

/* A product of sparse matrices and a little noise. */
static um_view planted(size_t n_frames, size_t n_bins, size_t K, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    um_view H = matrix_random(n_frames, K, 0.5, &random);
    um_view W = matrix_random(K, n_bins, 0.5, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    for (size_t n = 0; n < n_frames; n++) {
        for (size_t f = 0; f < n_bins; f++) {
            um_row(V, n)[f] += 0.05F * (float)umi_random_uniform(&random);
        }
    }
    umi_free(H.data);
    umi_free(W.data);
    return V;
}

static um_nmf *run(um_nmf_config config, um_cview V, uint64_t seed)
{
    um_nmf *nmf;
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, V, seed), UM_OK);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    return nmf;
}

static double last_objective(const um_nmf *nmf)
{
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    return curve[n - 1];
}

static void half_the_iterations_lead_further(void **state)
{
    (void)state;
    const double betas[] = {1.0, 2.0, 0.5};
    for (size_t b = 0; b < 3; b++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            um_view V = planted(300, 100, 10, seed);
            um_nmf_config config = um_nmf_config_default();
            config.divergence = UM_DIVERGENCE_BETA;
            config.beta = betas[b];
            config.n_components = 10;
            config.iterations = 200;
            um_nmf *plain = run(config, um_const_view(V), seed);
            config.solver = UM_SOLVER_EXTRAPOLATED;
            config.iterations = 100;
            um_nmf *extrapolated = run(config, um_const_view(V), seed);
            assert_true(last_objective(extrapolated) < 0.98 * last_objective(plain));
            um_nmf_free(plain);
            um_nmf_free(extrapolated);
            umi_free(V.data);
        }
    }
}

/* Hundreds of iterations on small problems, where the momentum leads astray now and then: the
 * iteration is taken back, and the curve stands still there instead of rising. */
static void objective_never_rises(void **state)
{
    (void)state;
    size_t n_restarts = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        um_view V = planted(30, 20, 4, seed);
        um_nmf_config config = um_nmf_config_default();
        config.solver = UM_SOLVER_EXTRAPOLATED;
        config.n_components = 6;
        config.iterations = 400;
        config.check_every = 1;
        um_nmf *nmf = run(config, um_const_view(V), seed);
        size_t n;
        const double *curve = um_nmf_curve(nmf, &n);
        assert_int_equal(n, 401);
        for (size_t i = 1; i < n; i++) {
            assert_true(curve[i] <= curve[i - 1] + 1e-7 * curve[0]);
            n_restarts += curve[i] == curve[i - 1];
        }
        um_nmf_free(nmf);
        umi_free(V.data);
    }
    assert_true(n_restarts > 0);
}

/* A V that is mostly zeros, as entries and as a matrix: the same up to rounding, which decides
 * now and then whether the momentum of a value ends. */
static void sparse_V_goes_the_same_way(void **state)
{
    (void)state;
    enum { ROWS = 150, COLS = 40 };
    umi_random random = umi_random_seeded(5);
    um_view V = matrix_random(ROWS, COLS, 0.8, &random);
    size_t row_start[ROWS + 1] = {0};
    uint32_t column[ROWS * COLS];
    float value[ROWS * COLS];
    size_t n = 0;
    for (size_t r = 0; r < ROWS; r++) {
        for (uint32_t c = 0; c < COLS; c++) {
            if (um_row(V, r)[c] > 0.0F) {
                column[n] = c;
                value[n++] = um_row(V, r)[c];
            }
        }
        row_start[r + 1] = n;
    }
    um_csparse entries = {ROWS, COLS, row_start, column, value};
    um_nmf_config config = um_nmf_config_default();
    config.solver = UM_SOLVER_EXTRAPOLATED;
    config.n_frames = ROWS;
    config.n_bins = COLS;
    config.n_components = 6;
    config.iterations = 15;
    um_nmf *dense = run(config, um_const_view(V), 1), *sparse;
    config.sparse = true;
    config.n_values = n;
    assert_int_equal(um_nmf_new(&config, &sparse), UM_OK);
    assert_int_equal(um_nmf_start_random_sparse(sparse, &entries, 1), UM_OK);
    assert_int_equal(um_nmf_run_sparse(sparse, &entries, NULL), UM_OK);
    assert_true(fabs(last_objective(sparse) / last_objective(dense) - 1.0) < 1e-4);
    um_nmf_free(dense);
    um_nmf_free(sparse);
    umi_free(V.data);
}

/* -- The same bits, no memory, a stop ---------------------------------------------------------- */

static um_nmf_config config_of_variant(size_t variant)
{
    um_nmf_config config = um_nmf_config_default();
    config.solver = UM_SOLVER_EXTRAPOLATED;
    config.divergence = variant % 2 == 0 ? UM_DIVERGENCE_KULLBACK_LEIBLER : UM_DIVERGENCE_EUCLIDEAN;
    config.n_components = 7;
    config.iterations = 25;
    config.sparsity_H = variant / 2 == 1 ? 0.1 : 0.0;
    config.continuity_H = variant / 2 == 2 ? 0.1 : 0.0;
    return config;
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    um_view V = planted(900, 30, 5, 1);
    for (size_t variant = 0; variant < 6; variant++) {
        um_nmf_config config = config_of_variant(variant);
        um_nmf *serial = run(config, um_const_view(V), 1);
        for (size_t n_workers = 1; n_workers <= 3; n_workers++) {
            umi_thread_pool *pool;
            assert_int_equal(umi_thread_pool_new(n_workers, &pool), UM_OK);
            const um_parallel ways[] = {umi_thread_pool_parallel(pool),
                                        backwards_parallel(&n_workers)};
            for (size_t way = 0; way < 2; way++) {
                config.parallel = ways[way];
                um_nmf *other = run(config, um_const_view(V), 1);
                assert_true(same_bits(um_nmf_activations(serial), um_nmf_activations(other)));
                assert_true(same_bits(um_nmf_atoms(serial), um_nmf_atoms(other)));
                assert_true(last_objective(serial) == last_objective(other));
                um_nmf_free(other);
            }
            umi_thread_pool_free(pool);
        }
        um_nmf_free(serial);
    }
    umi_free(V.data);
}

static bool cancel_at(void *user, double done, double total, double divergence)
{
    (void)total;
    (void)divergence;
    return done != *(const double *)user;
}

/* What a cancelled run leaves is what a run of as many iterations gives. */
static void false_cancels(void **state)
{
    (void)state;
    um_view V = planted(60, 20, 4, 3);
    double when = 7;
    um_progress progress = {cancel_at, &when};
    um_nmf_config config = config_of_variant(0);
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    um_nmf *cancelled;
    assert_int_equal(um_nmf_new(&config, &cancelled), UM_OK);
    assert_int_equal(um_nmf_start_random(cancelled, um_const_view(V), 3), UM_OK);
    assert_int_equal(um_nmf_run(cancelled, um_const_view(V), &progress), UM_ERR_CANCELLED);
    config.iterations = 7;
    um_nmf *whole = run(config, um_const_view(V), 3);
    assert_int_equal(um_nmf_iterations(cancelled), 7);
    assert_true(same_bits(um_nmf_activations(whole), um_nmf_activations(cancelled)));
    assert_true(same_bits(um_nmf_atoms(whole), um_nmf_atoms(cancelled)));
    assert_true(last_objective(whole) == last_objective(cancelled));
    um_nmf_free(whole);
    um_nmf_free(cancelled);
    umi_free(V.data);
}

static void tolerance_stops(void **state)
{
    (void)state;
    um_view V = planted(60, 20, 4, 3);
    um_nmf_config config = config_of_variant(0);
    config.iterations = 1000;
    config.check_every = 5;
    config.tolerance = 5e-3;
    um_nmf *nmf = run(config, um_const_view(V), 3);
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    assert_true(n > 4 && n < 100);
    assert_int_equal(um_nmf_iterations(nmf), (n - 2) * 5 + 1);
    for (size_t i = 1; i + 1 < n; i++) {
        assert_true((curve[i - 1] - curve[i] < 5e-3 * curve[i - 1]) == (i + 2 == n));
    }
    um_nmf_free(nmf);
    umi_free(V.data);
}

static um_status attempt(void *context)
{
    const um_nmf_config *config = context;
    um_nmf *nmf = (void *)&config;
    um_status status = um_nmf_new(config, &nmf);
    if (status != UM_OK) {
        assert_null(nmf);
    }
    um_nmf_free(nmf);
    return status;
}

static void memory_is_taken_at_the_start(void **state)
{
    (void)state;
    um_view V = planted(60, 20, 4, 3);
    um_nmf_config config = config_of_variant(0);
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    assert_true(counting_allocator_sweep(attempt, &config) > 8);
    um_nmf *nmf = run(config, um_const_view(V), 3);
    size_t before = counting_allocator_calls();
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    assert_int_equal(counting_allocator_calls(), before);
    um_nmf_free(nmf);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterations_equal_those_in_double),
        cmocka_unit_test(half_the_iterations_lead_further),
        cmocka_unit_test(objective_never_rises),
        cmocka_unit_test(sparse_V_goes_the_same_way),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(false_cancels),
        cmocka_unit_test(tolerance_stops),
        cmocka_unit_test(memory_is_taken_at_the_start),
    };
    return cmocka_run_group_tests_name("nmf_extrapolate", tests, NULL, NULL);
}
