/* The factorisation as an object: arguments, start and stop, the same bits on any threads, known
 * products found again. */
#include "unmingle/nmf.h"

#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static um_nmf_config config_for(size_t n_frames, size_t n_bins, size_t n_channels, size_t K)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = n_frames;
    config.n_bins = n_bins;
    config.n_channels = n_channels;
    config.n_components = K;
    return config;
}

static um_nmf *make(um_nmf_config config)
{
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    return nmf;
}

static void every_field_is_checked(void **state)
{
    um_nmf_config good = config_for(10, 8, 2, 3);
    um_nmf_config wrong[30];
    size_t n = 0;
    for (size_t i = 0; i < 30; i++) {
        wrong[i] = good;
    }
    wrong[n++].n_frames = 0;
    wrong[n++].n_bins = 0;
    wrong[n++].n_bins = (1 << 20) + 1;
    wrong[n++].n_channels = 0;
    wrong[n++].n_channels = 65;
    wrong[n++].n_components = 0;
    wrong[n++].n_components = 4097;
    wrong[n++].divergence = (um_divergence)4;
    wrong[n].divergence = UM_DIVERGENCE_BETA;
    wrong[n++].beta = NAN;
    wrong[n].divergence = UM_DIVERGENCE_BETA;
    wrong[n++].beta = 4.1;
    wrong[n++].solver = (um_solver)4;
    wrong[n].divergence = UM_DIVERGENCE_EUCLIDEAN;
    wrong[n++].solver = UM_SOLVER_JOINT;
    wrong[n++].sparsity_H = -1.0;
    wrong[n++].sparsity_W = NAN;
    wrong[n++].continuity_H = INFINITY;
    wrong[n++].held_out = 0.9;
    wrong[n].divergence = UM_DIVERGENCE_ITAKURA_SAITO;
    wrong[n++].held_out = 0.1;
    wrong[n++].iterations = 1000001;
    wrong[n++].tolerance = -0.1;
    wrong[n++].tolerance = 1.0;
    wrong[n++].tolerance = NAN;
    wrong[n++].check_every = 0;
    wrong[n++].parallel.n_workers = 0;
    wrong[n++].parallel.n_workers = 1025;
    for (size_t i = 0; i < n; i++) {
        um_nmf *nmf = (void *)state; /* anything but NULL */
        assert_int_equal(um_nmf_new(&wrong[i], &nmf), UM_ERR_ARGUMENT);
        assert_null(nmf);
    }
    um_nmf *nmf = (void *)state;
    assert_int_equal(um_nmf_new(NULL, &nmf), UM_ERR_ARGUMENT);
    assert_null(nmf);
    assert_int_equal(um_nmf_new(&good, NULL), UM_ERR_ARGUMENT);
    good.n_frames = SIZE_MAX / 4;
    nmf = (void *)state;
    assert_int_equal(um_nmf_new(&good, &nmf), UM_ERR_MEMORY);
    assert_null(nmf);
    um_nmf_free(NULL);
}

static void matrices_are_checked(void **state)
{
    (void)state;
    um_nmf *nmf = make(config_for(4, 3, 2, 2));
    float values[4 * 6];
    for (size_t i = 0; i < 24; i++) {
        values[i] = 1;
    }
    um_cview W = um_cview_of(values, 2, 3), G = um_cview_of(values, 2, 2);
    um_cview H = um_cview_of(values, 4, 2), V = um_cview_of(values, 4, 6);
    const um_status wrong = UM_ERR_ARGUMENT;
    um_cview too_many = {values, 5, 2, 2};
    assert_int_equal(um_nmf_set_atoms(NULL, 0, W, false), wrong);
    assert_int_equal(um_nmf_set_gains(NULL, G), wrong);
    assert_int_equal(um_nmf_set_activations(NULL, H), wrong);
    assert_int_equal(um_nmf_run(NULL, V, NULL), wrong);
    assert_int_equal(um_nmf_set_atoms(nmf, 1, W, false), wrong);
    assert_int_equal(um_nmf_set_atoms(nmf, SIZE_MAX, W, false), wrong);
    assert_int_equal(um_nmf_set_atoms(nmf, 0, G, false), wrong);
    assert_int_equal(um_nmf_set_gains(nmf, W), wrong);
    assert_int_equal(um_nmf_set_activations(nmf, too_many), wrong);
    assert_int_equal(um_nmf_run(nmf, H, NULL), wrong);
    um_cview *const views[] = {&W, &G, &H, &V};
    for (size_t i = 0; i < 2 * 4; i++) { /* no data, then a stride that overlaps */
        um_cview whole = *views[i / 2];
        views[i / 2]->data = i % 2 == 0 ? NULL : whole.data;
        views[i / 2]->stride -= i % 2;
        assert_int_equal(um_nmf_set_atoms(nmf, 0, W, false), i / 2 == 0 ? wrong : UM_OK);
        assert_int_equal(um_nmf_set_gains(nmf, G), i / 2 == 1 ? wrong : UM_OK);
        assert_int_equal(um_nmf_set_activations(nmf, H), i / 2 == 2 ? wrong : UM_OK);
        assert_int_equal(um_nmf_run(nmf, V, NULL), i / 2 == 3 ? wrong : UM_OK);
        *views[i / 2] = whole;
    }
    const float bad[] = {-1.0F, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 4; i++) {
        values[3] = bad[i];
        assert_int_equal(um_nmf_set_atoms(nmf, 0, W, false), wrong);
        assert_int_equal(um_nmf_set_gains(nmf, G), wrong);
        assert_int_equal(um_nmf_set_activations(nmf, H), wrong);
        assert_int_equal(um_nmf_run(nmf, V, NULL), wrong);
    }
    values[0] = values[1] = values[2] = 0; /* one atom and one row of gains without anything */
    values[3] = 1;
    assert_int_equal(um_nmf_set_atoms(nmf, 0, W, false), wrong);
    assert_int_equal(um_nmf_set_gains(nmf, G), wrong);
    assert_int_equal(um_nmf_set_activations(nmf, H), UM_OK);
    values[3] = 1.1e12F;
    assert_int_equal(um_nmf_run(nmf, V, NULL), wrong);
    um_nmf_free(nmf);
}

/* -- Stop -------------------------------------------------------------------------------------- */

typedef struct listener {
    size_t n_calls, cancel_at;
    double done[100], divergence[100], total;
} listener;

static bool listen(void *user, double done, double total, double divergence)
{
    listener *l = user;
    assert_true(l->n_calls < 100);
    l->done[l->n_calls] = done;
    l->divergence[l->n_calls] = divergence;
    l->total = total;
    return ++l->n_calls != l->cancel_at;
}

static um_nmf *start_random(um_nmf_config config, um_cview V)
{
    um_nmf *nmf = make(config);
    assert_int_equal(um_nmf_start_random(nmf, V, 3), UM_OK);
    return nmf;
}

static void curve_comes_at_every_check_and_progress_at_every_iteration(void **state)
{
    (void)state;
    const size_t iterations[] = {0, 1, 6, 7, 8, 20, 21};
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(30, 12, 0.1, &random);
    for (size_t i = 0; i < sizeof iterations / sizeof *iterations; i++) {
        listener l = {0};
        um_progress progress = {listen, &l};
        um_nmf_config config = config_for(30, 12, 1, 4);
        config.check_every = 7;
        config.iterations = iterations[i];
        um_nmf *nmf = start_random(config, um_const_view(V));
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), &progress), UM_OK);
        size_t n, n_checks = (iterations[i] + 6) / 7;
        const double *curve = um_nmf_curve(nmf, &n);
        assert_int_equal(um_nmf_iterations(nmf), iterations[i]);
        assert_int_equal(n, n_checks + 1);
        assert_int_equal(l.n_calls, iterations[i]);
        for (size_t j = 0; j < iterations[i]; j++) {
            assert_true(l.done[j] == (double)(j + 1) && l.total == (double)iterations[i]);
            assert_true(l.divergence[j] == curve[j / 7]);
        }
        for (size_t j = 0; j < n_checks; j++) {
            assert_true(curve[j] > curve[j + 1]);
        }
        um_nmf_free(nmf);
    }
    umi_free(V.data);
}

/* What a cancelled run leaves is what a run of as many iterations gives. */
static void false_cancels(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(30, 12, 0.1, &random);
    for (size_t euclidean = 0; euclidean < 2; euclidean++) {
        listener l = {.cancel_at = 3};
        um_progress progress = {listen, &l}, nobody = {NULL, NULL};
        um_nmf_config config = config_for(30, 12, 1, 4);
        config.divergence = euclidean ? UM_DIVERGENCE_EUCLIDEAN : UM_DIVERGENCE_KULLBACK_LEIBLER;
        um_nmf *cancelled = start_random(config, um_const_view(V));
        assert_int_equal(um_nmf_run(cancelled, um_const_view(V), &progress), UM_ERR_CANCELLED);
        assert_int_equal(l.n_calls, 3);
        config.iterations = um_nmf_iterations(cancelled);
        assert_int_equal(config.iterations, 3);
        um_nmf *whole = start_random(config, um_const_view(V));
        assert_int_equal(um_nmf_run(whole, um_const_view(V), &nobody), UM_OK);
        assert_true(same_bits(um_nmf_activations(whole), um_nmf_activations(cancelled)));
        assert_true(same_bits(um_nmf_atoms(whole), um_nmf_atoms(cancelled)));
        size_t n;
        assert_true(um_nmf_curve(cancelled, &n)[1] == um_nmf_curve(whole, &n)[1]);
        um_nmf_free(cancelled);
        um_nmf_free(whole);
    }
    umi_free(V.data);
}

static void tolerance_stops(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(30, 12, 0.1, &random);
    um_nmf_config config = config_for(30, 12, 1, 4);
    config.check_every = 5;
    config.iterations = 1000;
    config.tolerance = 1e-3;
    um_nmf *nmf = start_random(config, um_const_view(V));
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    size_t n;
    const double *curve = um_nmf_curve(nmf, &n);
    /* The last check, the one before the value after the last iteration, is the first to gain less
     * than the tolerance. */
    assert_true(n > 4 && n < 100);
    assert_int_equal(um_nmf_iterations(nmf), (n - 2) * 5 + 1);
    for (size_t i = 1; i + 1 < n; i++) {
        assert_true((curve[i - 1] - curve[i] < 1e-3 * curve[0]) == (i + 2 == n));
    }
    um_nmf_free(nmf);
    umi_free(V.data);
}

/* A second run goes on from where the first one ended. */
static void runs_go_on(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view V = matrix_random(40, 12, 0.1, &random);
    um_nmf_config config = config_for(50, 12, 1, 4);
    config.iterations = 20;
    um_nmf *twice = start_random(config, um_const_view(V));
    assert_int_equal(um_nmf_run(twice, um_const_view(V), NULL), UM_OK);
    assert_int_equal(um_nmf_run(twice, um_const_view(V), NULL), UM_OK);
    config.iterations = 40;
    um_nmf *once = start_random(config, um_const_view(V));
    assert_int_equal(um_nmf_run(once, um_const_view(V), NULL), UM_OK);
    size_t n_once, n_twice;
    const double *curve_once = um_nmf_curve(once, &n_once);
    const double *curve_twice = um_nmf_curve(twice, &n_twice);
    assert_int_equal(um_nmf_activations(once).rows, 40);
    assert_true(fabs(curve_once[n_once - 1] - curve_twice[n_twice - 1]) < 1e-6 * curve_once[0]);
    um_nmf_free(once);
    um_nmf_free(twice);
    umi_free(V.data);
}

/* -- The same bits ----------------------------------------------------------------------------- */

/* Runs 15 iterations on 900 frames, which are 4 parts. */
static um_nmf *run_with(um_parallel parallel, size_t variant, uint64_t seed)
{
    umi_random random = umi_random_seeded(4);
    size_t n_channels = 1 + variant / 2;
    um_view V = matrix_random(900, 30 * n_channels, 0.1, &random);
    um_nmf_config config = config_for(900, 30, n_channels, 10);
    config.divergence = variant % 2 == 0 ? UM_DIVERGENCE_KULLBACK_LEIBLER : UM_DIVERGENCE_EUCLIDEAN;
    config.iterations = 15;
    config.parallel = parallel;
    um_nmf *nmf = make(config);
    assert_int_equal(um_nmf_start_random(nmf, um_const_view(V), seed), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    umi_free(V.data);
    return nmf;
}

static bool same_results(const um_nmf *a, const um_nmf *b)
{
    size_t n_a, n_b;
    const double *curve_a = um_nmf_curve(a, &n_a), *curve_b = um_nmf_curve(b, &n_b);
    return same_bits(um_nmf_activations(a), um_nmf_activations(b)) &&
           same_bits(um_nmf_atoms(a), um_nmf_atoms(b)) &&
           same_bits(um_nmf_gains(a), um_nmf_gains(b)) && n_a == n_b &&
           memcmp(curve_a, curve_b, n_a * sizeof *curve_a) == 0;
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 4; variant++) {
        um_nmf *serial = run_with(um_parallel_serial(), variant, 1);
        size_t counts[] = {1, 2, 3, 8};
        for (size_t i = 0; i < 4; i++) {
            umi_thread_pool *pool;
            assert_int_equal(umi_thread_pool_new(counts[i], &pool), UM_OK);
            um_nmf *threaded = run_with(umi_thread_pool_parallel(pool), variant, 1);
            um_nmf *backwards = run_with(backwards_parallel(&counts[i]), variant, 1);
            assert_true(same_results(serial, threaded));
            assert_true(same_results(serial, backwards));
            um_nmf_free(threaded);
            um_nmf_free(backwards);
            umi_thread_pool_free(pool);
        }
        um_nmf *again = run_with(um_parallel_serial(), variant, 1);
        um_nmf *other = run_with(um_parallel_serial(), variant, 2);
        assert_true(same_results(serial, again));
        assert_false(same_bits(um_nmf_atoms(serial), um_nmf_atoms(other)));
        assert_false(same_bits(um_nmf_activations(serial), um_nmf_activations(other)));
        um_nmf_free(serial);
        um_nmf_free(again);
        um_nmf_free(other);
    }
}

/* -- What comes out ---------------------------------------------------------------------------- */

/* Each planted atom must be met by an atom of its own with a cosine above 0.999. */
static void assert_atoms_match(um_cview planted, um_cview found)
{
    bool taken[16] = {false};
    for (size_t k = 0; k < planted.rows; k++) {
        double best = 0.0;
        size_t best_j = 0;
        for (size_t j = 0; j < found.rows; j++) {
            double aa = 0.0, bb = 0.0, ab = 0.0;
            for (size_t f = 0; f < planted.cols; f++) {
                double a = (double)um_crow(planted, k)[f], b = (double)um_crow(found, j)[f];
                aa += a * a;
                bb += b * b;
                ab += a * b;
            }
            if (ab / sqrt(aa * bb) > best) {
                best = ab / sqrt(aa * bb);
                best_j = j;
            }
        }
        assert_true(best > 0.999);
        assert_false(taken[best_j]);
        taken[best_j] = true;
    }
}

/* Sparse factors make the factorisation unique: what was multiplied must be found again. */
static void known_products_are_recovered(void **state)
{
    (void)state;
    for (size_t euclidean = 0; euclidean < 2; euclidean++) {
        umi_random random = umi_random_seeded(6);
        um_view H = matrix_random(120, 4, 0.5, &random), W = matrix_random(4, 40, 0.6, &random);
        um_view V = matrix_product(um_const_view(H), um_const_view(W));
        um_nmf_config config = config_for(120, 40, 1, 4);
        config.iterations = 3000;
        config.divergence = euclidean ? UM_DIVERGENCE_EUCLIDEAN : UM_DIVERGENCE_KULLBACK_LEIBLER;
        um_nmf *nmf = start_random(config, um_const_view(V));
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        size_t n;
        const double *curve = um_nmf_curve(nmf, &n);
        assert_true(fabs(curve[n - 1]) < 1e-5 * curve[0]);
        assert_atoms_match(um_const_view(W), um_nmf_atoms(nmf));
        um_nmf_free(nmf);
        umi_free(H.data);
        umi_free(W.data);
        umi_free(V.data);
    }
}

/* Fixed atoms explain what they can, and free ones find the rest. */
static void free_atoms_find_what_fixed_ones_lack(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(8);
    um_view H = matrix_random(120, 5, 0.5, &random), W = matrix_random(5, 40, 0.6, &random);
    um_view V = matrix_product(um_const_view(H), um_const_view(W));
    um_nmf_config config = config_for(120, 40, 1, 5);
    config.iterations = 3000;
    um_nmf *nmf = make(config);
    um_cview known = {W.data, 3, W.cols, W.stride};
    assert_int_equal(um_nmf_set_atoms(nmf, 1, known, true), UM_OK);
    assert_int_equal(um_nmf_start_random(nmf, um_const_view(V), 1), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
    assert_atoms_match(um_const_view(W), um_nmf_atoms(nmf));
    um_nmf_free(nmf);
    umi_free(H.data);
    umi_free(W.data);
    umi_free(V.data);
}

/* Two atoms at two places: the gains must come out as they were planted, however loud and however
 * long the sound, although no atom says anything about the first bin, which sounds. */
static void gains_are_learned_beside_unexplained_bins(void **state)
{
    (void)state;
    const float W[2][4] = {{0, 1, 0, 1}, {0, 0, 3, 1}}, G[2][2] = {{0.9F, 0.1F}, {0.25F, 0.75F}};
    for (float level = 1.0F; level <= 1e10F; level *= 1e5F) {
        umi_random random = umi_random_seeded(9);
        um_view H = matrix_random(2000, 2, 0.3, &random), V = matrix_new(2000, 8);
        for (size_t n = 0; n < 2000; n++) {
            for (size_t i = 0; i < 8; i++) {
                for (size_t k = 0; k < 2; k++) {
                    um_row(V, n)[i] += level * um_row(H, n)[k] * G[k][i / 4] * W[k][i % 4];
                }
                um_row(V, n)[i] += i % 4 == 0 ? level : 0.0F;
            }
        }
        um_nmf *nmf = make(config_for(2000, 4, 2, 2));
        assert_int_equal(um_nmf_set_atoms(nmf, 0, um_cview_of(&W[0][0], 2, 4), true), UM_OK);
        assert_int_equal(um_nmf_start_random(nmf, um_const_view(V), 1), UM_OK);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        for (size_t i = 0; i < 4; i++) {
            assert_true(fabsf(um_crow(um_nmf_gains(nmf), i / 2)[i % 2] - G[i / 2][i % 2]) < 1e-3F);
        }
        um_nmf_free(nmf);
        umi_free(H.data);
        umi_free(V.data);
    }
}

/* -- Memory ------------------------------------------------------------------------------------ */

static void a_run_allocates_nothing(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(600, 24, 0.1, &random);
    for (size_t euclidean = 0; euclidean < 2; euclidean++) {
        um_nmf_config config = config_for(600, 12, 2, 4);
        config.divergence = euclidean ? UM_DIVERGENCE_EUCLIDEAN : UM_DIVERGENCE_KULLBACK_LEIBLER;
        config.iterations = 25;
        um_nmf *nmf = make(config);
        size_t calls = counting_allocator_calls();
        assert_int_equal(um_nmf_start_random(nmf, um_const_view(V), 1), UM_OK);
        assert_int_equal(um_nmf_run(nmf, um_const_view(V), NULL), UM_OK);
        assert_int_equal(counting_allocator_calls(), calls);
        um_nmf_free(nmf);
    }
    umi_free(V.data);
}

static um_status attempt(void *context)
{
    um_nmf *nmf;
    um_status status = um_nmf_new(context, &nmf);
    assert_true((status == UM_OK) == (nmf != NULL));
    um_nmf_free(nmf);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_nmf_config config = config_for(600, 12, 2, 4);
    config.parallel.n_workers = 3;
    assert_true(counting_allocator_sweep(attempt, &config) > 0);
    config.divergence = UM_DIVERGENCE_EUCLIDEAN;
    assert_true(counting_allocator_sweep(attempt, &config) > 0);
    config.n_channels = 1;
    assert_true(counting_allocator_sweep(attempt, &config) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_checked),
        cmocka_unit_test(matrices_are_checked),
        cmocka_unit_test(curve_comes_at_every_check_and_progress_at_every_iteration),
        cmocka_unit_test(false_cancels),
        cmocka_unit_test(tolerance_stops),
        cmocka_unit_test(runs_go_on),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(known_products_are_recovered),
        cmocka_unit_test(free_atoms_find_what_fixed_ones_lack),
        cmocka_unit_test(gains_are_learned_beside_unexplained_bins),
        cmocka_unit_test(a_run_allocates_nothing),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("nmf", tests, NULL, NULL);
}
