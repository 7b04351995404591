/* Atoms at several pitches, against the same atoms written out. */
#include "core/shifted_atoms.h"

#include "matrices.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { F = 41, C = 2, K = 3, N_SHIFTS = 3, ROWS = 5, WIDTH = 8 };

static const double semitones[N_SHIFTS] = {0.0, 3.0, -5.0};

/* Rows that sum to 1. */
static um_view atoms_new(void)
{
    umi_random random = umi_random_seeded(2);
    um_view D = matrix_random(K, C * F, 0.2, &random);
    for (size_t k = 0; k < K; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < D.cols; i++) {
            sum += (double)um_row(D, k)[i];
        }
        for (size_t i = 0; i < D.cols; i++) {
            um_row(D, k)[i] = (float)((double)um_row(D, k)[i] / sum);
        }
    }
    return D;
}

/* Row s K + k: atom k at shift s, summing to 1. */
static void write_out(um_view D, double all[N_SHIFTS * K][C * F])
{
    for (size_t s = 0; s < N_SHIFTS; s++) {
        double r = pow(2.0, semitones[s] / 12.0);
        for (size_t k = 0; k < K; k++) {
            double sum = 0.0, *row = all[s * K + k];
            for (size_t i = 0; i < C * F; i++) {
                double at = (double)(i % F) / r;
                size_t below = (size_t)at < F - 2 ? (size_t)at : F - 2;
                const float *w = um_row(D, k) + i / F * F + below;
                double share = at - (double)below;
                row[i] = at <= F - 1 ? (1.0 - share) * (double)w[0] + share * (double)w[1] : 0.0;
                sum += row[i];
            }
            for (size_t i = 0; i < C * F; i++) {
                row[i] /= sum;
            }
        }
    }
}

static bool close_to(float actual, double expected)
{
    return fabs((double)actual - expected) <= 2e-5 * fabs(expected) + 1e-12;
}

/* The model of atoms 1 and 2, and their update with the power 1.5 and a penalty. */
static void as_if_written_out(void **state)
{
    (void)state;
    static double all[N_SHIFTS * K][C * F];
    umi_random random = umi_random_seeded(3);
    um_view D = atoms_new(), V = matrix_random(ROWS, C * F, 0.1, &random);
    um_view H = matrix_random(ROWS, N_SHIFTS * K, 0.0, &random), M = matrix_new(ROWS, C * F);
    um_view before = matrix_copy(um_const_view(H));
    float shrinkage[N_SHIFTS * K];
    umi_kernels kernels;
    umi_shifted_atoms shifted;
    umi_shifted_tile tile;
    umi_kernels_select(&kernels, NULL);
    write_out(D, all);
    for (size_t i = 0; i < N_SHIFTS * K; i++) {
        shrinkage[i] = 1.0F / (1.0F + (float)i);
    }
    assert_true(umi_shifted_atoms_init(&shifted, um_const_view(D), C, semitones, N_SHIFTS));
    assert_true(umi_shifted_tile_init(&tile, WIDTH, C * F, N_SHIFTS * K));
    umi_shifted_model(&shifted, &kernels, um_const_view(H), 1, 2, M, &tile);
    umi_shifted_enter(&shifted, um_const_view(V), um_const_view(H), 1, 2, &tile);
    umi_shifted_ratio(&shifted, &kernels, 1, 2, &tile);
    umi_shifted_update(&shifted, &kernels, 1, 2, shrinkage, &tile);
    umi_shifted_leave(&shifted, 1, 2, H, &tile);
    for (size_t t = 0; t < ROWS; t++) {
        double model[C * F] = {0.0};
        for (size_t i = 0; i < N_SHIFTS * K; i++) {
            for (size_t f = 0; f < C * F && i % K > 0; f++) {
                model[f] += (double)um_row(before, t)[i] * all[i][f];
            }
        }
        for (size_t f = 0; f < C * F; f++) {
            assert_true(close_to(um_row(M, t)[f], model[f]));
        }
        for (size_t i = 0; i < N_SHIFTS * K; i++) {
            double factor = 0.0;
            for (size_t f = 0; f < C * F; f++) {
                factor += model[f] > 0.0 ? (double)um_row(V, t)[f] / model[f] * all[i][f] : 0.0;
            }
            double h = (double)um_row(before, t)[i];
            double expected = i % K > 0 ? h * pow(factor * (double)shrinkage[i], 1.5) : h;
            assert_true(close_to(um_row(H, t)[i], expected));
        }
    }
    umi_shifted_tile_free(&tile);
    umi_shifted_atoms_free(&shifted);
    umi_free(D.data);
    umi_free(V.data);
    umi_free(H.data);
    umi_free(M.data);
    umi_free(before.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_if_written_out)};
    return cmocka_run_group_tests_name("shifted_atoms", tests, NULL, NULL);
}
