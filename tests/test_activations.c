/* Activations for a fixed dictionary: every frame a problem of its own. */
#include "unmingle/activations.h"

#include "counting_allocator.h"
#include "job/thread_pool.h"
#include "matrices.h"
#include "unmingle/nmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { N_FRAMES = 100, N_COLUMNS = 37, K = 6 };

typedef struct fixture {
    um_view V, D;
} fixture;

static fixture fixture_new(void)
{
    umi_random random = umi_random_seeded(1);
    fixture f = {matrix_random(N_FRAMES, N_COLUMNS, 0.2, &random),
                 matrix_random(K, N_COLUMNS, 0.3, &random)};
    return f;
}

static void fixture_free(fixture *f)
{
    umi_free(f->V.data);
    umi_free(f->D.data);
}

static um_activations *make(um_cview D, size_t iterations, um_parallel parallel)
{
    um_activations_config config = um_activations_config_default();
    config.iterations = iterations;
    config.parallel = parallel;
    um_activations *activations;
    assert_int_equal(um_activations_new(&config, D, &activations), UM_OK);
    return activations;
}

static void frames_are_problems_of_their_own(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_activations *a = make(um_const_view(f.D), 30, um_parallel_serial());
    um_view whole = matrix_new(N_FRAMES, K), part = matrix_new(N_FRAMES, K);
    assert_int_equal(um_activations_solve(a, um_const_view(f.V), whole), UM_OK);
    const size_t block_sizes[] = {1, 2, 5, 31, 32, 33, 99};
    for (size_t i = 0; i < sizeof block_sizes / sizeof *block_sizes; i++) {
        for (size_t first = 0, n; first < N_FRAMES; first += n) {
            n = block_sizes[i] < N_FRAMES - first ? block_sizes[i] : N_FRAMES - first;
            um_cview V = {um_row(f.V, first), n, N_COLUMNS, f.V.stride};
            um_view H = {um_row(part, first), n, K, part.stride};
            assert_int_equal(um_activations_solve(a, V, H), UM_OK);
        }
        assert_true(same_bits(um_const_view(whole), um_const_view(part)));
    }
    /* The other way round in time. */
    um_view reversed = matrix_new(N_FRAMES, N_COLUMNS);
    for (size_t n = 0; n < N_FRAMES; n++) {
        memcpy(um_row(reversed, n), um_row(f.V, N_FRAMES - 1 - n), N_COLUMNS * sizeof(float));
    }
    assert_int_equal(um_activations_solve(a, um_const_view(reversed), part), UM_OK);
    for (size_t n = 0; n < N_FRAMES; n++) {
        assert_memory_equal(um_row(part, n), um_row(whole, N_FRAMES - 1 - n), K * sizeof(float));
    }
    um_activations_free(a);
    umi_free(whole.data);
    umi_free(part.data);
    umi_free(reversed.data);
    fixture_free(&f);
}

static void workers_change_no_bit(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_view serial_H = matrix_new(N_FRAMES, K), H = matrix_new(N_FRAMES, K);
    um_activations *serial = make(um_const_view(f.D), 30, um_parallel_serial());
    assert_int_equal(um_activations_solve(serial, um_const_view(f.V), serial_H), UM_OK);
    size_t counts[] = {1, 2, 3, 8};
    for (size_t i = 0; i < 8; i++) {
        umi_thread_pool *pool;
        assert_int_equal(umi_thread_pool_new(counts[i / 2], &pool), UM_OK);
        um_parallel parallel =
            i % 2 == 0 ? umi_thread_pool_parallel(pool) : backwards_parallel(&counts[i / 2]);
        um_activations *a = make(um_const_view(f.D), 30, parallel);
        assert_int_equal(um_activations_solve(a, um_const_view(f.V), H), UM_OK);
        assert_true(same_bits(um_const_view(serial_H), um_const_view(H)));
        um_activations_free(a);
        umi_thread_pool_free(pool);
    }
    um_activations_free(serial);
    umi_free(serial_H.data);
    umi_free(H.data);
    fixture_free(&f);
}

/* The factorisation with all atoms fixed, from flat activations, makes the same updates. */
static void equals_a_factorisation_with_fixed_atoms(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = N_FRAMES;
    config.n_bins = N_COLUMNS;
    config.n_components = K;
    config.iterations = 40;
    um_nmf *nmf;
    assert_int_equal(um_nmf_new(&config, &nmf), UM_OK);
    assert_int_equal(um_nmf_set_atoms(nmf, 0, um_const_view(f.D), true), UM_OK);
    um_view H = matrix_new(N_FRAMES, K);
    for (size_t n = 0; n < N_FRAMES; n++) {
        double sum = 0.0;
        for (size_t i = 0; i < N_COLUMNS; i++) {
            sum += (double)um_row(f.V, n)[i];
        }
        for (size_t k = 0; k < K; k++) {
            um_row(H, n)[k] = (float)(sum / K);
        }
    }
    assert_int_equal(um_nmf_set_activations(nmf, um_const_view(H)), UM_OK);
    assert_int_equal(um_nmf_run(nmf, um_const_view(f.V), NULL), UM_OK);
    um_activations *a = make(um_const_view(f.D), 40, um_parallel_serial());
    assert_int_equal(um_activations_solve(a, um_const_view(f.V), H), UM_OK);
    for (size_t n = 0; n < N_FRAMES; n++) {
        for (size_t k = 0; k < K; k++) {
            float expected = um_crow(um_nmf_activations(nmf), n)[k];
            assert_true(fabsf(um_row(H, n)[k] - expected) <= 1e-4F * expected + 1e-6F);
        }
    }
    um_activations_free(a);
    um_nmf_free(nmf);
    umi_free(H.data);
    fixture_free(&f);
}

/* Frames that atoms made are explained by the same activations again. Atoms of any scale are
 * scaled to sum to 1. */
static void planted_activations_are_found(void **state)
{
    (void)state;
    umi_random random = umi_random_seeded(2);
    um_view D = matrix_random(4, N_COLUMNS, 0.5, &random);
    um_view planted = matrix_random(N_FRAMES, 4, 0.5, &random);
    um_view V = matrix_product(um_const_view(planted), um_const_view(D));
    um_view H = matrix_new(N_FRAMES, 4);
    um_activations *a = make(um_const_view(D), 2000, um_parallel_serial());
    assert_int_equal(um_activations_solve(a, um_const_view(V), H), UM_OK);
    for (size_t k = 0; k < 4; k++) {
        float sum = 0;
        for (size_t i = 0; i < N_COLUMNS; i++) {
            sum += um_row(D, k)[i];
        }
        for (size_t n = 0; n < N_FRAMES; n++) {
            assert_true(fabsf(um_row(H, n)[k] - sum * um_row(planted, n)[k]) < 0.01F * sum);
        }
    }
    um_activations_free(a);
    umi_free(D.data);
    umi_free(planted.data);
    umi_free(V.data);
    umi_free(H.data);
}

/* Silence gives exact zeros; bins that no atom knows, at any level that is allowed, no harm. */
static void extremes_stay_sane(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_view H = matrix_new(N_FRAMES, K);
    for (size_t k = 0; k < K; k++) {
        um_row(f.D, k)[5] = 0.0F;
    }
    const float levels[] = {0, 1e-44F, 1e-38F, 1e-30F, 1e-20F, 1, 1e6F, 1e12F};
    for (size_t n = 0; n < N_FRAMES; n++) {
        for (size_t i = 0; i < N_COLUMNS; i++) {
            float value = levels[n % 8] * um_row(f.V, n)[i];
            um_row(f.V, n)[i] = i == 5 ? levels[n % 8] : value;
        }
    }
    um_activations *a = make(um_const_view(f.D), 50, um_parallel_serial());
    assert_int_equal(um_activations_solve(a, um_const_view(f.V), H), UM_OK);
    for (size_t n = 0; n < N_FRAMES; n++) {
        for (size_t k = 0; k < K; k++) {
            float h = um_row(H, n)[k];
            assert_true(h >= 0.0F && isfinite(h) && (h == 0.0F || n % 8 != 0));
        }
    }
    um_activations_free(a);
    umi_free(H.data);
    fixture_free(&f);
}

static void wrong_arguments_are_refused(void **state)
{
    fixture f = fixture_new();
    um_cview D = um_const_view(f.D), V = um_const_view(f.V);
    um_view H = matrix_new(N_FRAMES, K);
    const um_status wrong = UM_ERR_ARGUMENT;
    um_activations_config good = um_activations_config_default(), bad[4] = {good, good, good, good};
    um_activations *a;
    bad[0].iterations = 0;
    bad[1].iterations = 100001;
    bad[2].parallel.n_workers = 0;
    bad[3].parallel.n_workers = 1025;
    for (size_t i = 0; i < 4; i++) {
        a = (void *)state; /* anything but NULL */
        assert_int_equal(um_activations_new(&bad[i], D, &a), wrong);
        assert_null(a);
    }
    assert_int_equal(um_activations_new(NULL, D, &a), wrong);
    assert_int_equal(um_activations_new(&good, D, NULL), wrong);
    const um_cview bad_D[] = {{NULL, K, N_COLUMNS, D.stride},
                              {D.data, 0, N_COLUMNS, D.stride},
                              {D.data, 4097, N_COLUMNS, 99},
                              {D.data, K, 0, D.stride},
                              {D.data, K, N_COLUMNS, N_COLUMNS - 1}};
    for (size_t i = 0; i < sizeof bad_D / sizeof *bad_D; i++) {
        assert_int_equal(um_activations_new(&good, bad_D[i], &a), wrong);
        assert_null(a);
    }
    const float bad_values[] = {-1.0F, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        float was = um_row(f.D, 2)[3];
        um_row(f.D, 2)[3] = bad_values[i];
        assert_int_equal(um_activations_new(&good, D, &a), wrong);
        assert_null(a);
        um_row(f.D, 2)[3] = was;
    }
    a = make(D, 5, um_parallel_serial());
    um_view fewer_rows = {H.data, N_FRAMES - 1, K, H.stride}, fewer = {H.data, N_FRAMES, K - 1, 9};
    um_view no_H = {NULL, N_FRAMES, K, K}, overlap = {H.data, N_FRAMES, K, K - 1};
    um_cview no_V = {NULL, N_FRAMES, N_COLUMNS, N_COLUMNS};
    assert_int_equal(um_activations_solve(NULL, V, H), wrong);
    assert_int_equal(um_activations_solve(a, D, H), wrong);
    assert_int_equal(um_activations_solve(a, V, fewer_rows), wrong);
    assert_int_equal(um_activations_solve(a, V, fewer), wrong);
    assert_int_equal(um_activations_solve(a, V, no_H), wrong);
    assert_int_equal(um_activations_solve(a, V, overlap), wrong);
    assert_int_equal(um_activations_solve(a, no_V, H), wrong);
    for (size_t i = 0; i < 3; i++) {
        um_row(f.V, 7)[8] = bad_values[i];
        assert_int_equal(um_activations_solve(a, V, H), wrong);
    }
    no_V.rows = no_H.rows = 0;
    assert_int_equal(um_activations_solve(a, no_V, no_H), UM_OK);
    memset(um_row(f.D, 2), 0, N_COLUMNS * sizeof(float));
    um_activations *none;
    assert_int_equal(um_activations_new(&good, D, &none), wrong);
    assert_null(none);
    um_activations_free(a);
    um_activations_free(NULL);
    umi_free(H.data);
    fixture_free(&f);
}

static void solving_allocates_nothing(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_view H = matrix_new(N_FRAMES, K);
    um_activations *a = make(um_const_view(f.D), 5, um_parallel_serial());
    size_t calls = counting_allocator_calls();
    assert_int_equal(um_activations_solve(a, um_const_view(f.V), H), UM_OK);
    assert_int_equal(counting_allocator_calls(), calls);
    um_activations_free(a);
    umi_free(H.data);
    fixture_free(&f);
}

static um_status attempt(void *context)
{
    const um_cview *D = context;
    um_activations_config config = um_activations_config_default();
    config.parallel.n_workers = 3;
    um_activations *a;
    um_status status = um_activations_new(&config, *D, &a);
    assert_true((status == UM_OK) == (a != NULL));
    um_activations_free(a);
    return status;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_cview D = um_const_view(f.D);
    assert_true(counting_allocator_sweep(attempt, &D) > 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_problems_of_their_own),
        cmocka_unit_test(workers_change_no_bit),
        cmocka_unit_test(equals_a_factorisation_with_fixed_atoms),
        cmocka_unit_test(planted_activations_are_found),
        cmocka_unit_test(extremes_stay_sane),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(solving_allocates_nothing),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("activations", tests, NULL, NULL);
}
