/* The solver that learns from a few of the frames first. */
#include "core/matrix.h"
#include "core/nmf_internal.h"
#include "job/thread_pool.h"
#include "matrices.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* A product of sparse matrices and a little noise; every frame `repeats` times in a row. */
static um_view planted(size_t n_frames, size_t n_bins, size_t K, size_t repeats, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    um_view H = matrix_random(n_frames, K, 0.5, &random);
    um_view W = matrix_random(K, n_bins, 0.5, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    for (size_t n = 0; n < n_frames; n++) {
        for (size_t f = 0; f < n_bins; f++) {
            um_row(V, n)[f] += 0.05F * (float)umi_random_uniform(&random);
        }
        if (n % repeats > 0) {
            memcpy(um_row(V, n), um_row(V, n - 1), n_bins * sizeof(float));
        }
    }
    umi_free(H.data);
    umi_free(W.data);
    return V;
}

static um_nmf_config config_for(um_cview V, um_solver solver, size_t iterations)
{
    um_nmf_config config = um_nmf_config_default();
    config.solver = solver;
    config.n_frames = V.rows;
    config.n_bins = V.cols;
    config.n_components = 8;
    config.iterations = iterations;
    config.check_every = 1;
    return config;
}

static um_nmf *started(um_nmf_config config, um_cview V, uint64_t seed)
{
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, V, seed), UM_OK);
    return nmf;
}

static um_nmf *run(um_nmf_config config, um_cview V, uint64_t seed)
{
    um_nmf *nmf = started(config, V, seed);
    assert_int_equal(um_nmf_run(nmf, V, NULL), UM_OK);
    return nmf;
}

static double last_objective(const um_nmf *nmf)
{
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    return curve[n - 1];
}

static void assert_same(const um_nmf *a, const um_nmf *b)
{
    assert_true(same_bits(um_nmf_activations(a), um_nmf_activations(b)));
    assert_true(same_bits(um_nmf_atoms(a), um_nmf_atoms(b)));
    assert_true(last_objective(a) == last_objective(b));
}

static void a_third_of_the_iterations_leads_further(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        um_view V = planted(1200, 60, 8, 1, seed);
        um_nmf *plain =
            run(config_for(um_const_view(V), UM_SOLVER_MU, 150), um_const_view(V), seed);
        um_nmf *quick =
            run(config_for(um_const_view(V), UM_SOLVER_AUTO, 50), um_const_view(V), seed);
        assert_true(last_objective(quick) < last_objective(plain));
        um_nmf_free(plain);
        um_nmf_free(quick);
        umi_free(V.data);
    }
}

/* -- The schedule ------------------------------------------------------------------------------ */

typedef struct listener {
    size_t n_calls, cancel_at;
    double done[200], divergence[200];
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(l->n_calls < 200 && total == 60.0);
    l->done[l->n_calls] = done;
    l->divergence[l->n_calls] = divergence;
    return ++l->n_calls != l->cancel_at;
}

/* 3000 frames are enough for every 32nd, 8th and 4th of them, 600 for every 8th, 300 for every 4th
 * only. What that comes to is rounded up and taken off the iterations on all frames. */
static void stages_count_by_their_share_of_the_frames(void **state)
{
    (void)state;
    const size_t n_frames[] = {3000, 600, 300};
    for (size_t i = 0; i < 3; i++) {
        um_view V = planted(n_frames[i], 20, 6, 1, 2);
        um_nmf *nmf =
            started(config_for(um_const_view(V), UM_SOLVER_AUTO, 60), um_const_view(V), 1);
        listener l = {0};
        um_progress progress = {listen, &l};
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), &progress), UM_OK);
        double expected = 0.0;
        size_t j = 0;
        for (; i < 1 && j < 40; j++) {
            assert_true(l.done[j] == (expected += 1.0 / 32));
        }
        for (size_t end = j + 40; i < 2 && j < end; j++) {
            assert_true(l.done[j] == (expected += 1.0 / 8));
        }
        for (size_t end = j + 30; j < end; j++) {
            assert_true(l.done[j] == (expected += 1.0 / 4));
        }
        size_t before = j;
        for (expected = ceil(expected); j < l.n_calls; j++) {
            assert_true(l.done[j] == (expected += 1.0));
        }
        assert_true(expected == 60.0);
        assert_int_equal(um_nmf_iterations(nmf), 60);
        /* The curve is that of all frames, and never rises. */
        size_t n;
        const double *curve = um_nmf_curve(nmf, &n);
        assert_int_equal(n, l.n_calls - before + 1);
        for (j = 1; j < n; j++) {
            assert_true(curve[j] <= curve[j - 1] * (1.0 + 1e-7));
            assert_true(l.divergence[before + j - 1] == curve[j - 1]);
        }
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

/* Of 3000 frames' activations those of every 32nd, from the 17th on, are all that counts. */
static void first_stage_takes_its_activations(void **state)
{
    (void)state;
    um_view V = planted(3000, 20, 6, 1, 2);
    um_cview view = um_const_view(V);
    um_nmf *plain = run(config_for(view, UM_SOLVER_AUTO, 40), view, 1);
    for (size_t chosen = 0; chosen < 2; chosen++) {
        um_nmf *other = started(config_for(view, UM_SOLVER_AUTO, 40), view, 1);
        um_nmf *start = started(config_for(view, UM_SOLVER_AUTO, 0), view, 1);
        assert_int_equal(um_nmf_run(start, view, NULL), UM_OK);
        um_view H = matrix_copy(um_nmf_activations(start));
        for (size_t n = 0; n < H.rows; n++) {
            um_row(H, n)[0] *= (n % 32 == 16) == (chosen == 1) ? 2.0F : 1.0F;
        }
        assert_int_equal(um_nmf_set_activations(other, um_const_view(H)), UM_OK);
        assert_int_equal(um_nmf_run(other, view, NULL), UM_OK);
        assert_true(same_bits(um_nmf_atoms(plain), um_nmf_atoms(other)) == (chosen == 0));
        um_nmf_free(start);
        um_nmf_free(other);
        umi_free(H.data);
    }
    um_nmf_free(plain);
    umi_free(V.data);
}

/* Every frame comes 32 times in a row. All of a row are equal and get their values from one chosen
 * frame in its middle, so they end equal. */
static void activations_come_from_the_nearest_frame(void **state)
{
    (void)state;
    um_view V = planted(3200, 20, 6, 32, 2);
    um_nmf *nmf = run(config_for(um_const_view(V), UM_SOLVER_AUTO, 40), um_const_view(V), 1);
    um_cview H = um_nmf_activations(nmf);
    for (size_t n = 0; n < H.rows; n++) {
        um_cview row = {um_crow(H, n), 1, H.cols, H.stride};
        um_cview first = {um_crow(H, n - n % 32), 1, H.cols, H.stride};
        assert_true(same_bits(row, first));
    }
    um_nmf_free(nmf);
    umi_free(V.data);
}

/* -- Where it goes without --------------------------------------------------------------------- */

/* Few frames, few iterations, nothing to learn, neighbours that must not be parted: the solver is
 * UM_SOLVER_EXTRAPOLATED then. */
static void some_cases_start_from_all_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        um_view V = planted(i == 0 ? 200 : 600, 20, 6, 1, 2);
        um_cview view = um_const_view(V);
        um_nmf_config config = config_for(view, UM_SOLVER_AUTO, i == 1 ? 20 : 60);
        config.continuity_H = i == 2 ? 0.1 : 0.0;
        um_nmf *a = started(config, view, 1);
        config.solver = UM_SOLVER_EXTRAPOLATED;
        um_nmf *b = started(config, view, 1);
        if (i == 3) {
            um_view W = matrix_copy(um_nmf_atoms(a));
            assert_int_equal(um_nmf_set_atoms(a, 0, um_const_view(W), true), UM_OK);
            assert_int_equal(um_nmf_set_atoms(b, 0, um_const_view(W), true), UM_OK);
            umi_free(W.data);
        }
        assert_int_equal(um_nmf_run(a, view, NULL), UM_OK);
        assert_int_equal(um_nmf_run(b, view, NULL), UM_OK);
        assert_true(same_bits(um_nmf_atoms(a), um_nmf_atoms(b)) == (i < 4));
        assert_true(same_bits(um_nmf_activations(a), um_nmf_activations(b)) == (i < 4));
        um_nmf_free(a);
        um_nmf_free(b);
        umi_free(V.data);
    }
}

/* -- What all solvers promise ------------------------------------------------------------------ */

static um_nmf_config config_of_variant(um_cview V, size_t variant)
{
    um_nmf_config config = config_for(V, UM_SOLVER_AUTO, 30);
    config.divergence = variant % 2 == 0 ? UM_DIVERGENCE_KULLBACK_LEIBLER : UM_DIVERGENCE_EUCLIDEAN;
    config.sparsity_H = variant >= 2 ? 0.1 : 0.0;
    return config;
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    um_view V = planted(2500, 20, 6, 1, 1);
    um_cview view = um_const_view(V);
    for (size_t variant = 0; variant < 3; variant++) {
        um_nmf_config config = config_of_variant(view, variant);
        um_nmf *serial = run(config, view, 1);
        for (size_t n_workers = 1; n_workers <= 3; n_workers++) {
            umi_thread_pool *pool;
            assert_int_equal(umi_thread_pool_new(n_workers, &pool), UM_OK);
            const um_parallel ways[] = {umi_thread_pool_parallel(pool),
                                        backwards_parallel(&n_workers)};
            for (size_t way = 0; way < 2; way++) {
                config.parallel = ways[way];
                um_nmf *other = run(config, view, 1);
                assert_same(serial, other);
                um_nmf_free(other);
            }
            umi_thread_pool_free(pool);
        }
        um_nmf_free(serial);
    }
    umi_free(V.data);
}

static void fixed_atoms_keep_their_bits(void **state)
{
    (void)state;
    um_view V = planted(600, 20, 6, 1, 1);
    um_nmf *nmf = started(config_for(um_const_view(V), UM_SOLVER_AUTO, 40), um_const_view(V), 1);
    um_view W = matrix_copy(um_nmf_atoms(nmf));
    um_cview three = {W.data, 3, W.cols, W.stride};
    assert_int_equal(um_nmf_set_atoms(nmf, 0, three, true), UM_OK);
    umi_free(W.data);
    W = matrix_copy(um_nmf_atoms(nmf)); /* scaled to the sum 1 once more */
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    for (size_t k = 0; k < W.rows; k++) {
        um_cview was = {um_row(W, k), 1, W.cols, W.stride};
        um_cview is = {um_crow(um_nmf_atoms(nmf), k), 1, W.cols, W.stride};
        assert_true(same_bits(was, is) == (k < 3));
    }
    um_nmf_free(nmf);
    umi_free(W.data);
    umi_free(V.data);
}

/* In every stage, and among the iterations on all frames: what is left is whole, and goes on. */
static void false_cancels(void **state)
{
    (void)state;
    const size_t when[] = {1, 40, 41, 75, 110, 111, 120};
    um_view V = planted(3000, 20, 6, 1, 2);
    for (size_t i = 0; i < sizeof when / sizeof *when; i++) {
        listener l = {.cancel_at = when[i]};
        um_progress progress = {listen, &l};
        um_nmf *nmf =
            started(config_for(um_const_view(V), UM_SOLVER_AUTO, 60), um_const_view(V), 1);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), &progress), UM_ERR_CANCELLED);
        assert_int_equal(l.n_calls, when[i]);
        assert_true((double)um_nmf_iterations(nmf) == ceil(l.done[when[i] - 1]));
        um_cview H = um_nmf_activations(nmf), W = um_nmf_atoms(nmf);
        assert_int_equal(H.rows, V.rows);
        for (size_t n = 0; n < H.rows; n++) {
            for (size_t k = 0; k < H.cols; k++) {
                assert_true(um_crow(H, n)[k] >= 0.0F && isfinite(um_crow(H, n)[k]));
            }
            bool flat = true;
            for (size_t k = 1; k < H.cols; k++) {
                flat &= um_crow(H, n)[k] == um_crow(H, n)[0];
            }
            assert_false(flat);
        }
        for (size_t k = 0; k < W.rows; k++) {
            for (size_t f = 0; f < W.cols; f++) {
                assert_true(um_crow(W, k)[f] >= 0.0F && isfinite(um_crow(W, k)[f]));
            }
        }
        double left = last_objective(nmf);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        assert_true(last_objective(nmf) < left);
        um_nmf_free(nmf);
    }
    umi_free(V.data);
}

/* Frames of zeros get zeros, also where all that is chosen is silent. */
static void silence_is_silent(void **state)
{
    (void)state;
    for (size_t all = 0; all < 2; all++) {
        um_view V = planted(600, 20, 6, 1, 2);
        for (size_t n = 0; n < V.rows; n++) {
            if (all == 1 ? n % 4 == 0 || n % 4 == 2 : n % 3 == 0) {
                memset(um_row(V, n), 0, V.cols * sizeof(float));
            }
        }
        um_nmf *nmf = run(config_for(um_const_view(V), UM_SOLVER_AUTO, 40), um_const_view(V), 1);
        um_cview H = um_nmf_activations(nmf);
        for (size_t n = 0; n < V.rows; n++) {
            double sum = 0.0;
            for (size_t k = 0; k < H.cols; k++) {
                sum += (double)um_crow(H, n)[k];
            }
            assert_true((sum == 0.0) ==
                        (umi_matrix_sum(um_cview_of(um_row(V, n), 1, V.cols)) == 0.0));
        }
        assert_true(isfinite(last_objective(nmf)));
        um_nmf_free(nmf);
        umi_free(V.data);
    }
}

/* Whatever stands in cells that are held out, nothing that is learned depends on it. */
static void held_out_cells_are_not_seen(void **state)
{
    (void)state;
    um_view V = planted(600, 20, 6, 1, 2);
    um_nmf_config config = config_for(um_const_view(V), UM_SOLVER_AUTO, 40);
    config.held_out = 0.2;
    um_nmf *one = started(config, um_const_view(V), 1),
           *other = started(config, um_const_view(V), 1);
    assert_int_equal(um_nmf_run(one, um_const_view(V), NULL), UM_OK);
    for (size_t n = 0; n < V.rows; n++) {
        umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(one, n);
        size_t f;
        while (umi_nmf_next_hidden(&cells, &f)) {
            um_row(V, n)[f] = 3.0F;
        }
    }
    assert_int_equal(um_nmf_run(other, um_const_view(V), NULL), UM_OK);
    um_cview H = um_nmf_activations(one), G = um_nmf_activations(other);
    for (size_t n = 0; n < H.rows; n++) {
        for (size_t k = 0; k < H.cols; k++) { /* a sum less some of it leaves a rounding error */
            assert_true(fabsf(um_crow(H, n)[k] - um_crow(G, n)[k]) < 1e-3F);
        }
    }
    um_nmf_free(one);
    um_nmf_free(other);
    umi_free(V.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_third_of_the_iterations_leads_further),
        cmocka_unit_test(stages_count_by_their_share_of_the_frames),
        cmocka_unit_test(first_stage_takes_its_activations),
        cmocka_unit_test(activations_come_from_the_nearest_frame),
        cmocka_unit_test(some_cases_start_from_all_frames),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(fixed_atoms_keep_their_bits),
        cmocka_unit_test(false_cancels),
        cmocka_unit_test(silence_is_silent),
        cmocka_unit_test(held_out_cells_are_not_seen),
    };
    return cmocka_run_group_tests_name("nmf_auto", tests, NULL, NULL);
}
