/* The deconvolution as an object: arguments, start and stop, the same bits on any threads, planted
 * templates found again. */
#include "unmingle/nmfd.h"

#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static um_nmfd_config config_for(size_t n_frames, size_t n_bins, size_t K, size_t T)
{
    um_nmfd_config config = um_nmfd_config_default();
    config.n_frames = n_frames;
    config.n_bins = n_bins;
    config.n_components = K;
    config.atom_frames = T;
    return config;
}

static um_nmfd *make(um_nmfd_config config)
{
    um_nmfd *nmfd;
    assert_int_equal(um_nmfd_new(&config, &nmfd), UM_OK);
    return nmfd;
}

static um_nmfd *start_random(um_nmfd_config config, um_cview V, uint64_t seed)
{
    um_nmfd *nmfd = make(config);
    assert_int_equal(um_nmfd_start_random(nmfd, V, seed), UM_OK);
    return nmfd;
}

/* -- Arguments --------------------------------------------------------------------------------- */

static void every_field_is_checked(void **state)
{
    um_nmfd_config good = config_for(10, 8, 3, 4);
    um_nmfd_config wrong[18];
    size_t n = 0;
    for (size_t i = 0; i < 18; i++) {
        wrong[i] = good;
    }
    wrong[n++].n_frames = 0;
    wrong[n++].n_bins = 0;
    wrong[n++].n_bins = (1 << 20) + 1;
    wrong[n++].n_components = 0;
    wrong[n++].n_components = 4097;
    wrong[n++].atom_frames = 0;
    wrong[n++].atom_frames = 65;
    wrong[n++].activation_iterations = 1000001;
    wrong[n++].iterations = 1000001;
    wrong[n++].tolerance = -0.1;
    wrong[n++].tolerance = 1.0;
    wrong[n++].tolerance = NAN;
    wrong[n++].check_every = 0;
    wrong[n++].parallel.n_workers = 0;
    wrong[n++].parallel.n_workers = 1025;
    for (size_t i = 0; i < n; i++) {
        um_nmfd *nmfd = (void *)state; /* anything but NULL */
        assert_int_equal(um_nmfd_new(&wrong[i], &nmfd), UM_ERR_ARGUMENT);
        assert_null(nmfd);
    }
    um_nmfd *nmfd = (void *)state;
    assert_int_equal(um_nmfd_new(NULL, &nmfd), UM_ERR_ARGUMENT);
    assert_null(nmfd);
    assert_int_equal(um_nmfd_new(&good, NULL), UM_ERR_ARGUMENT);
    const size_t too_many[] = {SIZE_MAX, SIZE_MAX / 4, SIZE_MAX / 16};
    for (size_t i = 0; i < 3; i++) {
        good.n_frames = too_many[i];
        nmfd = (void *)state;
        assert_int_equal(um_nmfd_new(&good, &nmfd), UM_ERR_MEMORY);
        assert_null(nmfd);
    }
    um_nmfd_free(NULL);
}

static void matrices_are_checked(void **state)
{
    (void)state;
    um_nmfd *nmfd = make(config_for(4, 3, 2, 2));
    float values[4 * 6];
    for (size_t i = 0; i < 24; i++) {
        values[i] = 1;
    }
    um_cview W = um_cview_of(values, 2, 6), H = um_cview_of(values, 4, 2);
    um_cview V = um_cview_of(values, 4, 3);
    const um_status wrong = UM_ERR_ARGUMENT;
    um_cview too_long = um_cview_of(values, 5, 2), too_many = um_cview_of(values, 5, 3);
    assert_int_equal(um_nmfd_set_atoms(NULL, 0, W, false), wrong);
    assert_int_equal(um_nmfd_set_activations(NULL, H), wrong);
    assert_int_equal(um_nmfd_start_random(NULL, V, 1), wrong);
    assert_int_equal(um_nmfd_run(NULL, V, NULL), wrong);
    assert_int_equal(um_nmfd_set_atoms(nmfd, 1, W, false), wrong);
    assert_int_equal(um_nmfd_set_atoms(nmfd, SIZE_MAX, W, false), wrong);
    assert_int_equal(um_nmfd_set_atoms(nmfd, 0, um_cview_of(values, 2, 3), false), wrong);
    assert_int_equal(um_nmfd_set_activations(nmfd, too_long), wrong);
    assert_int_equal(um_nmfd_set_activations(nmfd, um_cview_of(values, 4, 3)), wrong);
    assert_int_equal(um_nmfd_start_random(nmfd, too_many, 1), wrong);
    assert_int_equal(um_nmfd_run(nmfd, too_many, NULL), wrong);
    assert_int_equal(um_nmfd_run(nmfd, H, NULL), wrong);
    um_cview *const views[] = {&W, &H, &V};
    for (size_t i = 0; i < 2 * 3; i++) { /* no data, then a stride that overlaps */
        um_cview whole = *views[i / 2];
        views[i / 2]->data = i % 2 == 0 ? NULL : whole.data;
        views[i / 2]->stride -= i % 2;
        assert_int_equal(um_nmfd_set_atoms(nmfd, 0, W, false), i / 2 == 0 ? wrong : UM_OK);
        assert_int_equal(um_nmfd_set_activations(nmfd, H), i / 2 == 1 ? wrong : UM_OK);
        assert_int_equal(um_nmfd_start_random(nmfd, V, 1), i / 2 == 2 ? wrong : UM_OK);
        assert_int_equal(um_nmfd_run(nmfd, V, NULL), i / 2 == 2 ? wrong : UM_OK);
        *views[i / 2] = whole;
    }
    const float bad[] = {-1.0F, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 4; i++) {
        values[3] = bad[i];
        assert_int_equal(um_nmfd_set_atoms(nmfd, 0, W, false), wrong);
        assert_int_equal(um_nmfd_set_activations(nmfd, H), wrong);
        assert_int_equal(um_nmfd_start_random(nmfd, V, 1), wrong);
        assert_int_equal(um_nmfd_run(nmfd, V, NULL), wrong);
    }
    for (size_t i = 0; i < 6; i++) {
        values[i] = 0; /* one atom without anything */
    }

    assert_int_equal(um_nmfd_set_atoms(nmfd, 0, W, false), wrong);
    assert_int_equal(um_nmfd_set_activations(nmfd, H), UM_OK);
    values[3] = 1.1e12F;
    assert_int_equal(um_nmfd_run(nmfd, V, NULL), wrong);
    um_nmfd_free(nmfd);
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

static void curve_comes_at_every_check_and_progress_at_every_iteration(void **state)
{
    (void)state;
    const size_t counts[][2] = {{0, 0}, {0, 1}, {1, 0}, {2, 5}, {7, 1}, {0, 20}, {21, 0}};
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(30, 12, 0.1, &random);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        listener l = {0};
        um_progress progress = {listen, &l};
        um_nmfd_config config = config_for(30, 12, 4, 3);
        config.check_every = 7;
        config.activation_iterations = counts[i][0];
        config.iterations = counts[i][1];
        um_nmfd *nmfd = start_random(config, um_const_view(V), 3);
        assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), &progress), UM_OK);
        size_t n, iterations = counts[i][0] + counts[i][1];
        const double *curve = um_nmfd_curve(nmfd, &n);
        assert_int_equal(um_nmfd_iterations(nmfd), iterations);
        assert_int_equal(n, (iterations + 6) / 7 + 1);
        assert_int_equal(l.n_calls, iterations);
        for (size_t j = 0; j < iterations; j++) {
            assert_true(l.done[j] == (double)(j + 1) && l.total == (double)iterations);
            assert_true(l.divergence[j] == curve[j / 7]);
        }
        for (size_t j = 0; j + 1 < n; j++) {
            assert_true(curve[j] > curve[j + 1]);
        }
        um_nmfd_free(nmfd);
    }
    umi_free(V.data);
}

/* What a cancelled run leaves is what a run of as many iterations gives. */
static void false_cancels(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(30, 12, 0.1, &random);
    listener l = {.cancel_at = 3};
    um_progress progress = {listen, &l}, nobody = {NULL, NULL};
    um_nmfd_config config = config_for(30, 12, 4, 3);
    um_nmfd *cancelled = start_random(config, um_const_view(V), 3);
    assert_int_equal(um_nmfd_run(cancelled, um_const_view(V), &progress), UM_ERR_CANCELLED);
    assert_int_equal(l.n_calls, 3);
    config.iterations = um_nmfd_iterations(cancelled);
    assert_int_equal(config.iterations, 3);
    um_nmfd *whole = start_random(config, um_const_view(V), 3);
    assert_int_equal(um_nmfd_run(whole, um_const_view(V), &nobody), UM_OK);
    assert_true(same_bits(um_nmfd_activations(whole), um_nmfd_activations(cancelled)));
    assert_true(same_bits(um_nmfd_atoms(whole), um_nmfd_atoms(cancelled)));
    size_t n;
    assert_true(um_nmfd_curve(cancelled, &n)[1] == um_nmfd_curve(whole, &n)[1]);
    um_nmfd_free(cancelled);
    um_nmfd_free(whole);
    umi_free(V.data);
}

/* The first check that gains less than the tolerance, both it and the one before being past the
 * iterations of H alone, is the last. */
static void tolerance_stops(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(30, 12, 0.1, &random);
    for (size_t alone = 0; alone <= 200; alone += 100) {
        um_nmfd_config config = config_for(30, 12, 4, 3);
        config.check_every = 5;
        config.activation_iterations = alone;
        config.iterations = 1000;
        config.tolerance = 1e-3;
        um_nmfd *nmfd = start_random(config, um_const_view(V), 3);
        assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
        size_t n, n_too_small = 0;
        const double *curve = um_nmfd_curve(nmfd, &n);
        assert_true(n > 4 + alone / 5 && n < 100 + alone / 5);
        assert_int_equal(um_nmfd_iterations(nmfd), (n - 2) * 5 + 1);
        for (size_t i = 1; i + 1 < n; i++) {
            bool too_small = curve[i - 1] - curve[i] < 1e-3 * curve[0];
            assert_true((too_small && i > alone / 5) == (i + 2 == n));
            n_too_small += too_small;
        }
        assert_true((n_too_small > 1) == (alone > 0));
        um_nmfd_free(nmfd);
    }
    umi_free(V.data);
}

/* A second run goes on from where the first one ended. */
static void runs_go_on(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view V = matrix_random(40, 12, 0.1, &random);
    um_nmfd_config config = config_for(50, 12, 4, 3);
    config.iterations = 20;
    um_nmfd *twice = start_random(config, um_const_view(V), 3);
    assert_int_equal(um_nmfd_run(twice, um_const_view(V), NULL), UM_OK);
    assert_int_equal(um_nmfd_run(twice, um_const_view(V), NULL), UM_OK);
    config.iterations = 40;
    um_nmfd *once = start_random(config, um_const_view(V), 3);
    assert_int_equal(um_nmfd_run(once, um_const_view(V), NULL), UM_OK);
    assert_int_equal(um_nmfd_activations(once).rows, 40);
    assert_true(same_bits(um_nmfd_activations(once), um_nmfd_activations(twice)));
    assert_true(same_bits(um_nmfd_atoms(once), um_nmfd_atoms(twice)));
    um_nmfd_free(once);
    um_nmfd_free(twice);
    umi_free(V.data);
}

/* -- Bits -------------------------------------------------------------------------------------- */

static void atoms_keep_their_bits_when_fixed_or_while_activations_run_alone(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(5);
    um_view V = matrix_random(300, 12, 0.1, &random);
    for (size_t alone = 0; alone < 2; alone++) {
        um_nmfd_config config = config_for(300, 12, 5, 4);
        config.activation_iterations = alone ? 30 : 0;
        config.iterations = alone ? 0 : 30;
        um_nmfd *nmfd = start_random(config, um_const_view(V), 3);
        um_view W = matrix_copy(um_nmfd_atoms(nmfd));
        um_cview middle = {um_row(W, 1), 2, W.cols, W.stride};
        assert_int_equal(um_nmfd_set_atoms(nmfd, 1, middle, true), UM_OK);
        umi_free(W.data);
        W = matrix_copy(um_nmfd_atoms(nmfd));
        assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
        for (size_t k = 0; k < 5; k++) {
            um_cview was = {um_row(W, k), 1, W.cols, W.stride};
            um_cview is = {um_crow(um_nmfd_atoms(nmfd), k), 1, W.cols, W.stride};
            assert_true(same_bits(was, is) == (alone || k == 1 || k == 2));
        }
        um_nmfd_free(nmfd);
        umi_free(W.data);
    }
    umi_free(V.data);
}

/* Runs 15 iterations on 900 frames, which are 4 parts. */
static um_nmfd *run_with(um_parallel parallel, uint64_t seed)
{
    umi_random random = umi_random_seeded(4);
    um_view V = matrix_random(900, 30, 0.1, &random);
    um_nmfd_config config = config_for(900, 30, 5, 7);
    config.activation_iterations = 3;
    config.iterations = 12;
    config.parallel = parallel;
    um_nmfd *nmfd = start_random(config, um_const_view(V), seed);
    assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
    umi_free(V.data);
    return nmfd;
}

static bool same_results(const um_nmfd *a, const um_nmfd *b)
{
    size_t n_a, n_b;
    const double *curve_a = um_nmfd_curve(a, &n_a), *curve_b = um_nmfd_curve(b, &n_b);
    return same_bits(um_nmfd_activations(a), um_nmfd_activations(b)) &&
           same_bits(um_nmfd_atoms(a), um_nmfd_atoms(b)) && n_a == n_b &&
           memcmp(curve_a, curve_b, n_a * sizeof *curve_a) == 0;
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    um_nmfd *serial = run_with(um_parallel_serial(), 1);
    size_t counts[] = {1, 2, 3, 8};
    for (size_t i = 0; i < 4; i++) {
        umi_thread_pool *pool;
        assert_int_equal(umi_thread_pool_new(counts[i], &pool), UM_OK);
        um_nmfd *threaded = run_with(umi_thread_pool_parallel(pool), 1);
        um_nmfd *backwards = run_with(backwards_parallel(&counts[i]), 1);
        assert_true(same_results(serial, threaded));
        assert_true(same_results(serial, backwards));
        um_nmfd_free(threaded);
        um_nmfd_free(backwards);
        umi_thread_pool_free(pool);
    }
    um_nmfd *again = run_with(um_parallel_serial(), 1), *other = run_with(um_parallel_serial(), 2);
    assert_true(same_results(serial, again));
    assert_false(same_bits(um_nmfd_atoms(serial), um_nmfd_atoms(other)));
    assert_false(same_bits(um_nmfd_activations(serial), um_nmfd_activations(other)));
    um_nmfd_free(serial);
    um_nmfd_free(again);
    um_nmfd_free(other);
}

/* -- Memory ------------------------------------------------------------------------------------ */

static void a_run_allocates_nothing(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(1);
    um_view V = matrix_random(600, 12, 0.1, &random);
    um_nmfd *nmfd = make(config_for(600, 12, 4, 5));
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_nmfd_start_random(nmfd, um_const_view(V), 1), UM_OK);
    assert_int_equal(um_nmfd_run(nmfd, um_const_view(V), NULL), UM_OK);
    assert_int_equal(counting_allocator_calls(), calls);
    um_nmfd_free(nmfd);
    umi_free(V.data);
}

static um_status attempt(void *context)
{
    um_nmfd *nmfd;
    um_status status = um_nmfd_new(context, &nmfd);
    assert_true((status == UM_OK) == (nmfd != NULL));
    um_nmfd_free(nmfd);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_nmfd_config config = config_for(600, 12, 4, 5);
    config.parallel.n_workers = 3;
    assert_true(counting_allocator_sweep(attempt, &config) > 10);
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
        cmocka_unit_test(atoms_keep_their_bits_when_fixed_or_while_activations_run_alone),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(a_run_allocates_nothing),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("nmfd", tests, NULL, NULL);
}
