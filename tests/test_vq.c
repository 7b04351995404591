/* Vector quantisation: one atom a frame, the mean of its frames; small problems solved exactly. */
#include "unmingle/vq.h"

#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static um_vq_config config_for(um_cview V, size_t K)
{
    um_vq_config config = um_vq_config_default();
    config.n_frames = V.rows;
    config.n_columns = V.cols;
    config.n_components = K;
    return config;
}

static um_vq *make(um_vq_config config)
{
    um_vq *vq;
    assert_int_equal(um_vq_new(&config, &vq), UM_OK);
    return vq;
}

static um_vq *run(um_cview V, size_t K, uint64_t seed)
{
    um_vq *vq = make(config_for(V, K));
    assert_int_equal(um_vq_run(vq, V, seed, NULL), UM_OK);
    return vq;
}

/* Which atom frame n has; H must be 0 or 1, with one 1. */
static size_t atom_of(const um_vq *vq, size_t n)
{
    um_cview H = um_vq_activations(vq);
    size_t found = H.cols;
    for (size_t k = 0; k < H.cols; k++) {
        float h = um_crow(H, n)[k];
        assert_true(h == 0.0F || (h == 1.0F && found == H.cols));
        found = h == 1.0F ? k : found;
    }
    assert_true(found < H.cols);
    return found;
}

static double squared_distance(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    }
    return sum;
}

/* 1/2 sum over frames of the squared distance to the mean of the frames of the same group. */
static double cost_of(um_cview V, const size_t *group_of, size_t n_groups)
{
    double cost = 0.0;
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t f = 0; f < V.cols; f++) {
            double sum = 0.0, squares = 0.0, count = 0.0;
            for (size_t n = 0; n < V.rows; n++) {
                double v = group_of[n] == g ? (double)um_crow(V, n)[f] : 0.0;
                sum += v;
                squares += v * v;
                count += group_of[n] == g;
            }
            cost += count > 0.0 ? 0.5 * (squares - sum * sum / count) : 0.0;
        }
    }
    return cost;
}

/* At the end no frame is nearer to another atom, every atom is the mean of its frames, and the
 * curve fell to the cost of that. */
static void ends_at_a_minimum(void **state)
{
    (void)state;
    enum { N = 300, F = 21, K = 12 };
    umi_random random = umi_random_seeded(1);
    um_view M = matrix_random(N, F, 0.3, &random);
    um_cview V = um_const_view(M);
    um_vq *vq = run(V, K, 5);
    um_cview W = um_vq_atoms(vq);
    size_t group_of[N], n_curve;
    for (size_t n = 0; n < N; n++) {
        group_of[n] = atom_of(vq, n);
        double own = squared_distance(um_crow(V, n), um_crow(W, group_of[n]), F);
        for (size_t k = 0; k < K; k++) {
            assert_true(own <= squared_distance(um_crow(V, n), um_crow(W, k), F) + 1e-5);
        }
    }
    for (size_t k = 0; k < K; k++) {
        for (size_t f = 0; f < F; f++) {
            double sum = 0.0, count = 0.0;
            for (size_t n = 0; n < N; n++) {
                sum += group_of[n] == k ? (double)um_crow(V, n)[f] : 0.0;
                count += group_of[n] == k;
            }
            assert_true(count > 0.0 && fabs(sum / count - (double)um_crow(W, k)[f]) < 1e-6);
        }
    }
    const double *curve = um_vq_curve(vq, &n_curve);
    assert_true(n_curve > 3);
    for (size_t i = 1; i + 1 < n_curve; i++) {
        assert_true(curve[i] < curve[i - 1]);
    }
    assert_true(fabs(curve[n_curve - 1] - cost_of(V, group_of, K)) < 1e-5 * curve[0]);
    um_vq_free(vq);
    umi_free(M.data);
}

/* For few frames all groupings can be tried: the best of several seeds is the best of all. */
static void small_problems_are_solved_exactly(void **state)
{
    (void)state;
    enum { N = 8, GROUPS = 3 };
    umi_random random = umi_random_seeded(2);
    for (size_t trial = 0; trial < 10; trial++) {
        um_view M = matrix_random(N, 2, 0.0, &random);
        double best = INFINITY, found = INFINITY;
        size_t group_of[N];
        for (size_t code = 0; code < 6561; code++) { /* 3^8 */
            for (size_t n = 0, rest = code; n < N; n++, rest /= GROUPS) {
                group_of[n] = rest % GROUPS;
            }
            best = fmin(best, cost_of(um_const_view(M), group_of, GROUPS));
        }
        for (uint64_t seed = 0; seed < 40; seed++) {
            um_vq *vq = run(um_const_view(M), GROUPS, seed);
            size_t n_curve;
            const double *curve = um_vq_curve(vq, &n_curve);
            found = fmin(found, curve[n_curve - 1]);
            um_vq_free(vq);
        }
        assert_true(fabs(found - best) < 1e-6);
        umi_free(M.data);
    }
}

/* Prototypes that are far apart, with little noise: one atom each, for every seed. */
static void planted_prototypes_are_found(void **state)
{
    (void)state;
    enum { N = 500, F = 30, K = 7 };
    umi_random random = umi_random_seeded(3);
    um_view W = matrix_random(K, F, 0.0, &random), V = matrix_new(N, F);
    for (size_t n = 0; n < N; n++) {
        for (size_t f = 0; f < F; f++) {
            um_row(V, n)[f] = um_row(W, n % K)[f] + 0.001F * (float)umi_random_uniform(&random);
        }
    }
    for (uint64_t seed = 0; seed < 10; seed++) {
        um_vq *vq = run(um_const_view(V), K, seed);
        for (size_t n = 0; n < N; n++) {
            assert_int_equal(atom_of(vq, n), atom_of(vq, n % K));
            const float *w = um_crow(um_vq_atoms(vq), atom_of(vq, n));
            assert_true(squared_distance(w, um_row(W, n % K), F) < 1e-4);
        }
        um_vq_free(vq);
    }
    umi_free(W.data);
    umi_free(V.data);
}

/* Atoms lose all their frames to others now and then, in skewed problems like these. */
static void no_atom_is_left_without_frames(void **state)
{
    (void)state;
    enum { N = 12, K = 5 };
    umi_random random = umi_random_seeded(8);
    for (uint64_t trial = 0; trial < 6000; trial++) {
        um_view V = matrix_random(N, 2, 0.0, &random);
        for (size_t n = 0; n < N; n++) {
            for (size_t f = 0; f < 2; f++) {
                um_row(V, n)[f] = powf(um_row(V, n)[f], 3.0F);
            }
        }
        um_vq *vq = run(um_const_view(V), K, trial);
        size_t n_members[K] = {0};
        for (size_t n = 0; n < N; n++) {
            n_members[atom_of(vq, n)]++;
        }
        for (size_t k = 0; k < K; k++) {
            assert_true(n_members[k] > 0);
        }
        um_vq_free(vq);
        umi_free(V.data);
    }
}

/* More atoms than frames, or than different frames; silence; one frame, one column. */
static void odd_shapes_end_well(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(4);
    const size_t shapes[][3] = {{1, 1, 1},  {1, 9, 4},  {9, 1, 4},
                                {5, 3, 20}, {40, 3, 6}, {40, 3, 6}};
    for (size_t i = 0; i < 6; i++) {
        um_view V = matrix_random(shapes[i][0], shapes[i][1], i == 5 ? 1.0 : 0.2, &random);
        for (size_t n = 0; i == 4 && n < V.rows; n++) { /* two frames, twenty times each */
            memcpy(um_row(V, n), um_row(V, n % 2), V.cols * sizeof(float));
        }
        um_vq *vq = run(um_const_view(V), shapes[i][2], 1);
        size_t n_curve;
        const double *curve = um_vq_curve(vq, &n_curve);
        assert_int_equal(um_vq_activations(vq).rows, V.rows);
        for (size_t n = 0; n < V.rows; n++) {
            (void)atom_of(vq, n);
        }
        assert_true(isfinite(curve[n_curve - 1]));
        assert_true((i == 2) == (curve[n_curve - 1] > 0.0));
        um_vq_free(vq);
        umi_free(V.data);
    }
}

static void seeds_decide_and_workers_do_not(void **state)
{
    (void)state;
    enum { N = 200, F = 13, K = 9 };
    umi_random random = umi_random_seeded(5);
    um_view V = matrix_random(N, F, 0.1, &random);
    um_vq *serial = run(um_const_view(V), K, 1), *other = run(um_const_view(V), K, 2);
    assert_false(same_bits(um_vq_atoms(serial), um_vq_atoms(other)));
    size_t counts[] = {1, 2, 3, 8};
    for (size_t i = 0; i < 8; i++) {
        umi_thread_pool *pool;
        assert_int_equal(umi_thread_pool_new(counts[i / 2], &pool), UM_OK);
        um_vq_config config = config_for(um_const_view(V), K);
        config.parallel =
            i % 2 == 0 ? umi_thread_pool_parallel(pool) : backwards_parallel(&counts[i / 2]);
        um_vq *vq = make(config);
        size_t calls = counting_allocator_calls();
        for (size_t again = 0; again < 2; again++) {
            assert_int_equal(um_vq_run(vq, um_const_view(V), 1, NULL), UM_OK);
            assert_true(same_bits(um_vq_atoms(serial), um_vq_atoms(vq)));
            assert_true(same_bits(um_vq_activations(serial), um_vq_activations(vq)));
        }
        assert_int_equal(counting_allocator_calls(), calls);
        um_vq_free(vq);
        umi_thread_pool_free(pool);
    }
    um_vq_free(serial);
    um_vq_free(other);
    umi_free(V.data);
}

static bool cancel_at_two(void *user, double done, double total, double divergence)
{
    assert_true(total == 200.0 && divergence > 0.0);
    *(double *)user = done;
    return done < 2.0;
}

static void progress_cancels(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(6);
    um_view V = matrix_random(300, 10, 0.1, &random);
    um_vq *vq = make(config_for(um_const_view(V), 8));
    double done = 0.0;
    const um_progress progress = {cancel_at_two, &done};
    size_t n_curve;
    assert_int_equal(um_vq_run(vq, um_const_view(V), 1, &progress), UM_ERR_CANCELLED);
    (void)um_vq_curve(vq, &n_curve);
    assert_true(n_curve == 3 && done == 2.0);
    (void)atom_of(vq, 299);
    um_vq_free(vq);
    umi_free(V.data);
}

static void wrong_arguments_are_refused(void **state)
{
    umi_random random = umi_random_seeded(7);
    um_view M = matrix_random(6, 5, 0.1, &random);
    um_cview V = um_const_view(M), narrow = {M.data, 6, 4, M.stride}, none = {NULL, 6, 5, 5};
    um_vq_config good = config_for(V, 2), wrong[10];
    size_t n = 0;
    for (size_t i = 0; i < 10; i++) {
        wrong[i] = good;
    }
    wrong[n++].n_frames = 0;
    wrong[n++].n_columns = 0;
    wrong[n++].n_columns = (1 << 26) + 1;
    wrong[n++].n_components = 0;
    wrong[n++].n_components = 4097;
    wrong[n++].iterations = 1000001;
    wrong[n++].parallel.n_workers = 0;
    wrong[n++].parallel.n_workers = 1025;
    um_vq *vq;
    for (size_t i = 0; i < n; i++) {
        vq = (void *)state; /* anything but NULL */
        assert_int_equal(um_vq_new(&wrong[i], &vq), UM_ERR_ARGUMENT);
        assert_null(vq);
    }
    assert_int_equal(um_vq_new(NULL, &vq), UM_ERR_ARGUMENT);
    assert_int_equal(um_vq_new(&good, NULL), UM_ERR_ARGUMENT);
    good.n_frames = 5;
    vq = make(good);
    assert_int_equal(um_vq_run(vq, V, 1, NULL), UM_ERR_ARGUMENT); /* a row too many */
    V.rows = 0;
    assert_int_equal(um_vq_run(vq, V, 1, NULL), UM_ERR_ARGUMENT);
    V.rows = narrow.rows = none.rows = 5;
    assert_int_equal(um_vq_run(NULL, V, 1, NULL), UM_ERR_ARGUMENT);
    assert_int_equal(um_vq_run(vq, narrow, 1, NULL), UM_ERR_ARGUMENT);
    assert_int_equal(um_vq_run(vq, none, 1, NULL), UM_ERR_ARGUMENT);
    const float bad[] = {-1.0F, NAN, INFINITY, 1.1e12F};
    for (size_t i = 0; i < 4; i++) {
        um_row(M, 3)[2] = bad[i];
        assert_int_equal(um_vq_run(vq, V, 1, NULL), UM_ERR_ARGUMENT);
    }
    um_vq_free(vq);
    um_vq_free(NULL);
    umi_free(M.data);
}

static um_status attempt(void *context)
{
    um_vq_config config = config_for(*(um_cview *)context, 3);
    config.parallel.n_workers = 3;
    um_vq *vq;
    um_status status = um_vq_new(&config, &vq);
    assert_true((status == UM_OK) == (vq != NULL));
    um_vq_free(vq);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_cview V = {NULL, 50, 20, 20};
    assert_true(counting_allocator_sweep(attempt, &V) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_at_a_minimum),
        cmocka_unit_test(small_problems_are_solved_exactly),
        cmocka_unit_test(planted_prototypes_are_found),
        cmocka_unit_test(no_atom_is_left_without_frames),
        cmocka_unit_test(odd_shapes_end_well),
        cmocka_unit_test(seeds_decide_and_workers_do_not),
        cmocka_unit_test(progress_cancels),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("vq", tests, NULL, NULL);
}
