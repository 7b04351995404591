/* Each atom's share of a part, against sums in double. */
#include "core/atom_shares.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 330, M = 23, K = 4 }; /* frames of more than one tile a stretch */

typedef struct fixture {
    um_view V, L, H, D;
} fixture;

static fixture fixture_new(void)
{
    umi_random random = umi_random_seeded(1);
    fixture f = {matrix_random(N, M, 0.1, &random), matrix_new(N, M),
                 matrix_random(N, K, 0.1, &random), matrix_random(K, M, 0.1, &random)};
    for (size_t t = 0; t < N; t++) {
        um_row(f.H, t)[2] = 0.0F;
        for (size_t i = 0; i < M; i++) {
            um_row(f.L, t)[i] = um_row(f.V, t)[i] * (float)umi_random_uniform(&random);
        }
    }
    return f;
}

static void fixture_free(fixture *f)
{
    umi_free(f->V.data);
    umi_free(f->L.data);
    umi_free(f->H.data);
    umi_free(f->D.data);
}

/* Copies the rows of L, by way of the scratch. */
static void copy_part(const void *user, um_cview V, size_t first, um_view L, float *scratch)
{
    const fixture *f = user;
    assert_ptr_equal(V.data, f->V.data);
    for (size_t t = 0; t < L.rows; t++) {
        memcpy(scratch, um_row(f->L, first + t), M * sizeof(float));
        memcpy(um_row(L, t), scratch, M * sizeof(float));
    }
}

static um_status shares_on(const fixture *f, const um_parallel *parallel, double *share)
{
    umi_part part = {copy_part, f, M};
    return umi_atom_shares(parallel, um_const_view(f->V), &part, um_const_view(f->H),
                           um_const_view(f->D), share);
}

static um_status shares_of(void *context)
{
    um_parallel serial = um_parallel_serial();
    double share[K];
    return shares_on(context, &serial, share);
}

static void are_the_sums(void **state)
{
    (void)state;
    fixture f = fixture_new();
    double share[K], part[K] = {0.0}, whole[K] = {0.0};
    um_parallel serial = um_parallel_serial();
    assert_int_equal(shares_on(&f, &serial, share), UM_OK);
    for (size_t t = 0; t < N; t++) {
        for (size_t i = 0; i < M; i++) {
            double model = 0.0;
            for (size_t k = 0; k < K; k++) {
                model += (double)um_row(f.H, t)[k] * (double)um_row(f.D, k)[i];
            }
            for (size_t k = 0; k < K && model > 0.0; k++) {
                double own = (double)um_row(f.H, t)[k] * (double)um_row(f.D, k)[i] / model;
                part[k] += (double)um_row(f.L, t)[i] * own;
                whole[k] += (double)um_row(f.V, t)[i] * own;
            }
        }
    }
    for (size_t k = 0; k < K; k++) {
        assert_true(fabs(share[k] - (k == 2 ? 0.0 : part[k] / whole[k])) < 1e-5);
    }
    assert_true(counting_allocator_sweep(shares_of, &f) > 0);
    fixture_free(&f);
}

static void threads_make_no_difference(void **state)
{
    (void)state;
    fixture f = fixture_new();
    um_parallel serial = um_parallel_serial();
    double one[K], several[K];
    assert_int_equal(shares_on(&f, &serial, one), UM_OK);
    for (size_t n_workers = 2; n_workers < 5; n_workers++) {
        um_parallel parallel = backwards_parallel(&n_workers);
        assert_int_equal(shares_on(&f, &parallel, several), UM_OK);
        assert_memory_equal(several, one, sizeof one);
    }
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_the_sums),
        cmocka_unit_test(threads_make_no_difference),
    };
    return cmocka_run_group_tests_name("atom_shares", tests, NULL, NULL);
}
