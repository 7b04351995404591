/* One tile through an update, against the formulas in double. */
#include "core/tile.h"

#include "counting_allocator.h"
#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { M = 41, K = 5 };

static const size_t row_counts[] = {1, 2, 7, UMI_TILE_FRAMES};
enum { N_ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

typedef struct fixture {
    umi_kernels kernels;
    um_view V, D, H, H_before;
    umi_tile_scratch scratch;
} fixture;

/* Rows of D sum to 1, as the tile expects. */
static fixture fixture_new(size_t rows)
{
    umi_random random = umi_random_seeded(rows);
    fixture f = {.V = matrix_random(rows, M, 0.2, &random),
                 .D = matrix_random(K, M, 0.2, &random),
                 .H = matrix_random(rows, K, 0.0, &random)};
    for (size_t k = 0; k < K; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < M; i++) {
            sum += (double)um_row(f.D, k)[i];
        }
        for (size_t i = 0; i < M; i++) {
            um_row(f.D, k)[i] = (float)((double)um_row(f.D, k)[i] / sum);
        }
    }
    f.H_before = matrix_copy(um_const_view(f.H));
    umi_kernels_select(&f.kernels, NULL);
    assert_true(umi_tile_scratch_init(&f.scratch, M, K, false));
    return f;
}

static void fixture_free(fixture *f)
{
    umi_free(f->V.data);
    umi_free(f->D.data);
    umi_free(f->H.data);
    umi_free(f->H_before.data);
    umi_tile_scratch_free(&f->scratch);
}

static double model(const fixture *f, size_t n, size_t i)
{
    double sum = 0.0;
    for (size_t k = 0; k < K; k++) {
        sum += (double)um_row(f->H_before, n)[k] * (double)um_row(f->D, k)[i];
    }
    return sum;
}

static bool close_to(float actual, double expected)
{
    return fabs((double)actual - expected) <= 1e-5 * fabs(expected) + 1e-30;
}

static void kullback_leibler_updates(void **state)
{
    (void)state;
    for (size_t r = 0; r < N_ROW_COUNTS; r++) {
        fixture f = fixture_new(row_counts[r]);
        um_cview D = um_const_view(f.D);
        umi_tile_ratio(&f.kernels, um_const_view(f.V), D, um_const_view(f.H), &f.scratch);
        umi_tile_scale_activations(&f.kernels, D, f.H, &f.scratch);
        for (size_t n = 0; n < row_counts[r]; n++) {
            for (size_t k = 0; k < K; k++) {
                double factor = 0.0;
                for (size_t i = 0; i < M; i++) {
                    double ratio = (double)um_row(f.V, n)[i] / model(&f, n, i);
                    assert_true(close_to(f.scratch.R[n * f.scratch.R_stride + i], ratio));
                    factor += ratio * (double)um_row(f.D, k)[i];
                }
                assert_true(close_to(um_row(f.H, n)[k], (double)um_row(f.H_before, n)[k] * factor));
            }
        }
        fixture_free(&f);
    }
}

/* Whatever H held before, the first update starts from the same value for every atom. */
static void solving_starts_flat(void **state)
{
    (void)state;
    fixture f = fixture_new(7);
    umi_tile_problem problem = umi_tile_problem_of(um_const_view(f.V), um_const_view(f.D));
    umi_tile_solve(&f.kernels, &problem, 0, f.H, &f.scratch);
    for (size_t n = 0; n < 7; n++) {
        double sum = 0.0;
        for (size_t i = 0; i < M; i++) {
            sum += (double)um_row(f.V, n)[i];
        }
        for (size_t k = 0; k < K; k++) {
            assert_true(close_to(um_row(f.H, n)[k], sum / K));
        }
    }
    fixture_free(&f);
}

/* Nine updates at once, and eight and one more. */
static void solving_is_repeated_updating(void **state)
{
    (void)state;
    fixture f = fixture_new(UMI_TILE_FRAMES);
    um_cview V = um_const_view(f.V), D = um_const_view(f.D);
    umi_tile_problem problem = umi_tile_problem_of(V, D);
    umi_tile_solve(&f.kernels, &problem, 9, f.H, &f.scratch);
    um_view nine = matrix_copy(um_const_view(f.H));
    umi_tile_solve(&f.kernels, &problem, 8, f.H, &f.scratch);
    umi_tile_ratio(&f.kernels, V, D, um_const_view(f.H), &f.scratch);
    umi_tile_scale_activations(&f.kernels, D, f.H, &f.scratch);
    assert_true(same_bits(um_const_view(nine), um_const_view(f.H)));
    umi_free(nine.data);
    fixture_free(&f);
}

static void magnitudes_are_checked(void **state)
{
    (void)state;
    float values[6] = {0, 1, UMI_MAGNITUDE_MAX, 0, 5, NAN};
    um_cview V = {values, 2, 2, 3}; /* the last column lies outside */
    assert_true(umi_tile_magnitudes_are_valid(V));
    const float bad[] = {-1e-30F, NAN, INFINITY, 1.0001F * UMI_MAGNITUDE_MAX};
    for (size_t i = 0; i < 4; i++) {
        values[4] = bad[i];
        assert_false(umi_tile_magnitudes_are_valid(V));
    }
    values[4] = 5;
    V.stride = 1;
    assert_false(umi_tile_magnitudes_are_valid(V));
    V.stride = 3;
    V.data = NULL;
    assert_false(umi_tile_magnitudes_are_valid(V));
    V.rows = 0;
    assert_true(umi_tile_magnitudes_are_valid(V));
}

static um_status attempt(void *context)
{
    umi_tile_scratch scratch;
    bool whole = umi_tile_scratch_init(&scratch, M, K, false);
    umi_tile_scratch_free(&scratch);
    umi_tile_scratch_free(&scratch); /* twice does no harm */
    (void)context;
    return whole ? UM_OK : UM_ERR_MEMORY;
}

static void short_memory_is_told(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(attempt, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kullback_leibler_updates),     cmocka_unit_test(solving_starts_flat),
        cmocka_unit_test(solving_is_repeated_updating), cmocka_unit_test(magnitudes_are_checked),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
