/* Online factorisation: the same bits however the frames arrive and whoever does the work; odd
 * input, wrong arguments, short memory. */
#include "unmingle/online.h"

#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_FRAMES = 1000, N_BINS = 37, K = 6, BATCH = 300 };

static um_online_config config_of(um_parallel parallel)
{
    um_online_config config = um_online_config_default();
    config.n_bins = N_BINS;
    config.n_components = K;
    config.batch_frames = BATCH;
    config.fresh_batches = 2;
    config.parallel = parallel;
    return config;
}

static um_online *make(um_online_config config)
{
    um_online *online;
    assert_int_equal(um_online_new(&config, &online), UM_OK);
    return online;
}

static um_view frames(void)
{
    umi_random random = umi_random_seeded(1);
    return matrix_random(N_FRAMES, N_BINS, 0.2, &random);
}

/* The atoms after pushes of `size` frames each. */
static um_view learn(um_online_config config, um_cview V, size_t size)
{
    um_online *online = make(config);
    for (size_t first = 0, n; first < V.rows; first += n) {
        n = size < V.rows - first ? size : V.rows - first;
        um_cview block = {um_crow(V, first), n, V.cols, V.stride};
        assert_int_equal(um_online_push(online, block), UM_OK);
    }
    um_online_flush(online);
    um_view W = matrix_copy(um_online_atoms(online));
    um_online_free(online);
    return W;
}

static void push_sizes_change_no_bit(void **state)
{
    (void)state;
    um_view V = frames();
    um_online_config config = config_of(um_parallel_serial());
    um_view whole = learn(config, um_const_view(V), N_FRAMES);
    const size_t sizes[] = {1, 7, 32, 299, 300, 301, 999};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        um_view W = learn(config, um_const_view(V), sizes[i]);
        assert_true(same_bits(um_const_view(whole), um_const_view(W)));
        umi_free(W.data);
    }
    umi_free(whole.data);
    umi_free(V.data);
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    um_view V = frames();
    um_view serial = learn(config_of(um_parallel_serial()), um_const_view(V), N_FRAMES);
    size_t counts[] = {1, 2, 3, 8};
    for (size_t i = 0; i < 8; i++) {
        umi_thread_pool *pool;
        assert_int_equal(umi_thread_pool_new(counts[i / 2], &pool), UM_OK);
        um_parallel parallel =
            i % 2 == 0 ? umi_thread_pool_parallel(pool) : backwards_parallel(&counts[i / 2]);
        um_view W = learn(config_of(parallel), um_const_view(V), N_FRAMES);
        assert_true(same_bits(um_const_view(serial), um_const_view(W)));
        umi_free(W.data);
        umi_thread_pool_free(pool);
    }
    umi_free(serial.data);
    umi_free(V.data);
}

static void seeds_decide(void **state)
{
    (void)state;
    um_view V = frames();
    um_online_config config = config_of(um_parallel_serial());
    um_view a = learn(config, um_const_view(V), N_FRAMES);
    config.seed = 1;
    um_view b = learn(config, um_const_view(V), N_FRAMES);
    assert_false(same_bits(um_const_view(a), um_const_view(b)));
    umi_free(a.data);
    umi_free(b.data);
    umi_free(V.data);
}

/* Powers of two scale exactly. */
static void scale_changes_no_bit(void **state)
{
    (void)state;
    um_view V = frames();
    um_online_config config = config_of(um_parallel_serial());
    um_view W = learn(config, um_const_view(V), N_FRAMES);
    for (int exponent = -20; exponent <= 30; exponent += 50) {
        um_view scaled = matrix_copy(um_const_view(V));
        for (size_t n = 0; n < N_FRAMES; n++) {
            for (size_t f = 0; f < N_BINS; f++) {
                um_row(scaled, n)[f] = ldexpf(um_row(V, n)[f], exponent);
            }
        }
        um_view again = learn(config, um_const_view(scaled), N_FRAMES);
        assert_true(same_bits(um_const_view(W), um_const_view(again)));
        umi_free(again.data);
        umi_free(scaled.data);
    }
    umi_free(W.data);
    umi_free(V.data);
}

static void silent_frames_are_left_out(void **state)
{
    (void)state;
    um_view V = frames(), thinned = matrix_new(2 * N_FRAMES, N_BINS);
    for (size_t n = 0; n < N_FRAMES; n++) {
        memcpy(um_row(thinned, 2 * n + 1), um_row(V, n), N_BINS * sizeof(float));
    }
    um_online_config config = config_of(um_parallel_serial());
    um_view a = learn(config, um_const_view(V), N_FRAMES);
    um_view b = learn(config, um_const_view(thinned), 50);
    assert_true(same_bits(um_const_view(a), um_const_view(b)));
    um_online *online = make(config);
    memset(thinned.data, 0, thinned.rows * thinned.stride * sizeof(float));
    assert_int_equal(um_online_push(online, um_const_view(thinned)), UM_OK);
    um_online_flush(online);
    assert_int_equal(um_online_batches(online), 0);
    assert_true(um_online_divergence(online) == 0.0);
    um_online_free(online);
    umi_free(a.data);
    umi_free(b.data);
    umi_free(V.data);
    umi_free(thinned.data);
}

/* The frames that are left at the end count by their number: a few of them, unlike all others, do
 * not replace what is known. */
static void a_short_batch_counts_for_less(void **state)
{
    (void)state;
    um_view V = frames();
    um_online_config config = config_of(um_parallel_serial());
    config.fresh_batches = 100;
    for (size_t n = 900; n < N_FRAMES; n++) {
        memset(um_row(V, n), 0, N_BINS * sizeof(float));
        um_row(V, n)[0] = n < 903 ? 1.0F : 0.0F;
    }
    um_cview full = {V.data, 900, N_BINS, V.stride};
    um_view a = learn(config, full, 900), b = learn(config, um_const_view(V), N_FRAMES);
    double moved = 0.0;
    for (size_t k = 0; k < K; k++) {
        for (size_t f = 0; f < N_BINS; f++) {
            moved += fabs((double)um_row(a, k)[f] - (double)um_row(b, k)[f]);
        }
    }
    assert_true(moved > 0.0 && moved < 0.02 * K);
    umi_free(a.data);
    umi_free(b.data);
    umi_free(V.data);
}

/* Every level that is allowed, and atoms with zeros: finite, never negative, sums of 1. */
static void extremes_stay_sane(void **state)
{
    (void)state;
    um_view V = frames(), W = frames();
    W.rows = 3;
    const float levels[] = {1e-44F, 1e-38F, 1e-30F, 1e-20F, 1, 1e6F, 1e12F};
    for (size_t n = 0; n < N_FRAMES; n++) {
        for (size_t f = 0; f < N_BINS; f++) {
            um_row(V, n)[f] *= levels[n / 50 % 7];
        }
    }
    for (size_t fixed = 0; fixed < 2; fixed++) {
        um_online *online = make(config_of(um_parallel_serial()));
        for (size_t k = 0; k < 3; k++) {
            memset(um_row(W, k), 0, 9 * sizeof(float));
        }
        assert_int_equal(um_online_set_atoms(online, 2, um_const_view(W), fixed), UM_OK);
        for (size_t times = 0; times < 5; times++) {
            assert_int_equal(um_online_push(online, um_const_view(V)), UM_OK);
        }
        um_online_flush(online);
        assert_true(isfinite(um_online_divergence(online)));
        for (size_t k = 0; k < K; k++) {
            double sum = 0.0;
            for (size_t f = 0; f < N_BINS; f++) {
                float w = um_crow(um_online_atoms(online), k)[f];
                assert_true(w >= 0.0F && isfinite(w));
                sum += (double)w;
            }
            assert_true(fabs(sum - 1.0) < 1e-5);
        }
        um_online_free(online);
    }
    umi_free(V.data);
    umi_free(W.data);
}

static void wrong_configurations_are_refused(void **state)
{
    um_online_config good = config_of(um_parallel_serial()), wrong[20];
    size_t n = 0;
    for (size_t i = 0; i < 20; i++) {
        wrong[i] = good;
    }
    wrong[n++].n_bins = 0;
    wrong[n++].n_bins = (1 << 20) + 1;
    wrong[n++].n_components = 0;
    wrong[n++].n_components = 4097;
    wrong[n++].batch_frames = 0;
    wrong[n++].batch_frames = (1 << 20) + 1;
    wrong[n++].updates = 0;
    wrong[n++].updates = 100001;
    wrong[n++].fresh_batches = 0;
    wrong[n++].fresh_batches = 1000001;
    wrong[n++].forgetting = -0.01;
    wrong[n++].forgetting = 1.01;
    wrong[n++].forgetting = NAN;
    wrong[n++].parallel.n_workers = 0;
    wrong[n++].parallel.n_workers = 1025;
    for (size_t i = 0; i < n; i++) {
        um_online *online = (void *)state; /* anything but NULL */
        assert_int_equal(um_online_new(&wrong[i], &online), UM_ERR_ARGUMENT);
        assert_null(online);
    }
    um_online *online = (void *)state;
    assert_int_equal(um_online_new(NULL, &online), UM_ERR_ARGUMENT);
    assert_null(online);
    assert_int_equal(um_online_new(&good, NULL), UM_ERR_ARGUMENT);
    um_online_free(NULL);
}

static void wrong_matrices_are_refused(void **state)
{
    (void)state;
    const um_status refused = UM_ERR_ARGUMENT;
    um_view M = frames();
    um_online *online = make(config_of(um_parallel_serial()));
    um_view start = matrix_copy(um_online_atoms(online));
    um_cview V = um_const_view(M), W = {M.data, 2, N_BINS, M.stride};
    um_cview narrow = {M.data, 2, N_BINS - 1, M.stride}, overlap = {M.data, 2, N_BINS, N_BINS - 1};
    um_cview none = {NULL, 2, N_BINS, N_BINS};
    assert_int_equal(um_online_push(NULL, V), refused);
    assert_int_equal(um_online_set_atoms(NULL, 0, W, false), refused);
    assert_int_equal(um_online_set_atoms(online, K - 1, W, false), refused);
    assert_int_equal(um_online_set_atoms(online, SIZE_MAX, W, false), refused);
    const um_cview bad[] = {narrow, overlap, none};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(um_online_push(online, bad[i]), refused);
        assert_int_equal(um_online_set_atoms(online, 0, bad[i], false), refused);
    }
    const float values[] = {-1.0F, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        um_row(M, 1)[3] = values[i];
        assert_int_equal(um_online_push(online, V), refused);
        assert_int_equal(um_online_set_atoms(online, 0, W, false), refused);
    }
    memset(um_row(M, 1), 0, N_BINS * sizeof(float));
    assert_int_equal(um_online_set_atoms(online, 0, W, false), refused);
    um_row(M, 1)[3] = 1.1e12F;
    assert_int_equal(um_online_push(online, V), refused);
    um_online_flush(online); /* nothing was taken */
    assert_int_equal(um_online_batches(online), 0);
    assert_true(same_bits(um_online_atoms(online), um_const_view(start)));
    none.rows = 0;
    assert_int_equal(um_online_push(online, none), UM_OK);
    um_online_free(online);
    umi_free(start.data);
    umi_free(M.data);
}

static void work_allocates_nothing(void **state)
{
    (void)state;
    um_view V = frames();
    um_online *online = make(config_of(um_parallel_serial()));
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_online_push(online, um_const_view(V)), UM_OK);
    um_online_flush(online);
    assert_int_equal(counting_allocator_calls(), calls);
    um_online_free(online);
    umi_free(V.data);
}

static um_status attempt(void *context)
{
    um_online_config config = config_of(*(um_parallel *)context);
    config.parallel.n_workers = 3;
    um_online *online;
    um_status status = um_online_new(&config, &online);
    assert_true((status == UM_OK) == (online != NULL));
    um_online_free(online);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    um_parallel parallel = um_parallel_serial();
    assert_true(counting_allocator_sweep(attempt, &parallel) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_sizes_change_no_bit),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(scale_changes_no_bit),
        cmocka_unit_test(silent_frames_are_left_out),
        cmocka_unit_test(a_short_batch_counts_for_less),
        cmocka_unit_test(extremes_stay_sane),
        cmocka_unit_test(wrong_configurations_are_refused),
        cmocka_unit_test(wrong_matrices_are_refused),
        cmocka_unit_test(work_allocates_nothing),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("online_bits", tests, NULL, NULL);
}
