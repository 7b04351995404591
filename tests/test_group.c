/* Grouping: planted timbres and places are found; sources come in order of energy. */
#include "unmingle/group.h"

#include "core/random.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { K = 12, N_BINS = 513, RATE = 32000 };

typedef struct atoms {
    float W[K * N_BINS];
    float gains[K * 2];
    double energy[K];
} atoms;

/* Atom k sounds like timbre k % n_timbres and stands at place k % n_places: a timbre is a slope of
 * the spectrum, with noise that differs from atom to atom. */
static void make_atoms(atoms *a, size_t n_timbres, size_t n_places)
{
    umi_random random = umi_random_seeded(31);
    for (size_t k = 0; k < K; k++) {
        double slope = -0.02 + 0.04 * (double)(k % n_timbres) / (double)n_timbres;
        double sum = 0;
        for (size_t f = 0; f < N_BINS; f++) {
            double value = exp(slope * (double)f) * (0.8 + 0.4 * umi_random_uniform(&random));
            a->W[k * N_BINS + f] = (float)value;
            sum += value;
        }
        for (size_t f = 0; f < N_BINS; f++) {
            a->W[k * N_BINS + f] /= (float)sum;
        }
        float left = n_places == 1 ? 0.5F : (float)(k % n_places) / (float)(n_places - 1);
        a->gains[2 * k] = left;
        a->gains[2 * k + 1] = 1 - left;
        a->energy[k] = 1 + umi_random_uniform(&random);
    }
}

static um_status group(const atoms *a, size_t n_sources, size_t *source_of)
{
    return um_group_atoms(um_cview_of(a->W, K, N_BINS), um_cview_of(a->gains, K, 2), a->energy,
                          NULL, RATE, n_sources, 1, source_of);
}

/* Atoms share a source when, and only when, they were planted so, and sources fall in energy. */
static void assert_planted(const atoms *a, const size_t *source_of, size_t n_sources)
{
    double sum[K] = {0};
    for (size_t k = 0; k < K; k++) {
        assert_true(source_of[k] < n_sources);
        sum[source_of[k]] += a->energy[k];
        for (size_t other = 0; other < K; other++) {
            assert_true((source_of[k] == source_of[other]) == (k % n_sources == other % n_sources));
        }
    }
    for (size_t s = 0; s < n_sources; s++) {
        assert_true(sum[s] > 0 && (s == 0 || sum[s - 1] >= sum[s]));
    }
}

static void planted_timbres_are_found(void **state)
{
    (void)state;
    static atoms a;
    size_t source_of[K];
    for (size_t n_sources = 2; n_sources <= 4; n_sources++) {
        make_atoms(&a, n_sources, 1);
        assert_int_equal(group(&a, n_sources, source_of), UM_OK);
        assert_planted(&a, source_of, n_sources);
    }
}

static void planted_places_are_found(void **state)
{
    (void)state;
    static atoms a;
    size_t source_of[K];
    for (size_t n_sources = 2; n_sources <= 3; n_sources++) {
        make_atoms(&a, 1, n_sources);
        assert_int_equal(group(&a, n_sources, source_of), UM_OK);
        assert_planted(&a, source_of, n_sources);
    }
}

static void sources_are_ordered_by_energy(void **state)
{
    (void)state;
    static atoms a;
    size_t source_of[K];
    make_atoms(&a, 3, 1);
    for (size_t loudest = 0; loudest < 3; loudest++) {
        for (size_t k = 0; k < K; k++) {
            /* Ranks: `loudest`, then the next, then the next but one. */
            a.energy[k] = 1.0 / (double)(1 + (k + 3 - loudest) % 3);
        }
        assert_int_equal(group(&a, 3, source_of), UM_OK);
        for (size_t k = 0; k < K; k++) {
            assert_int_equal(source_of[k], (k + 3 - loudest) % 3);
        }
    }
}

/* Degenerate: equal atoms, silent ones, as many sources as atoms. */
static void every_source_gets_an_atom(void **state)
{
    (void)state;
    static atoms a;
    size_t source_of[K];
    make_atoms(&a, 1, 1);
    for (size_t k = 0; k < K; k++) {
        memcpy(a.W + k * N_BINS, a.W, N_BINS * sizeof(float));
        a.energy[k] = k % 2 == 0 ? 0.0 : 1.0;
    }
    for (int silent = 0; silent < 2; silent++) {
        for (size_t n_sources = 1; n_sources <= K; n_sources++) {
            size_t count[K] = {0};
            assert_int_equal(group(&a, n_sources, source_of), UM_OK);
            for (size_t k = 0; k < K; k++) {
                assert_true(source_of[k] < n_sources);
                count[source_of[k]]++;
            }
            for (size_t s = 0; s < n_sources; s++) {
                assert_true(count[s] > 0);
            }
        }
        memset(a.energy, 0, sizeof a.energy);
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    static atoms a;
    size_t source_of[K];
    make_atoms(&a, 2, 1);
    um_cview W = um_cview_of(a.W, K, N_BINS), gains = um_cview_of(a.gains, K, 2);
    um_cview no_data = {NULL, K, N_BINS, N_BINS}, fewer = um_cview_of(a.gains, K - 1, 2);
    um_cview short_stride = {a.W, K, N_BINS, N_BINS - 1}, no_channel = {a.gains, K, 0, 2};
    const um_status wrong = UM_ERR_ARGUMENT;
    assert_int_equal(um_group_atoms(no_data, gains, a.energy, NULL, RATE, 2, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(short_stride, gains, a.energy, NULL, RATE, 2, 1, source_of),
                     wrong);
    assert_int_equal(um_group_atoms(W, no_data, a.energy, NULL, RATE, 2, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(W, fewer, a.energy, NULL, RATE, 2, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(W, no_channel, a.energy, NULL, RATE, 2, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(W, gains, NULL, NULL, RATE, 2, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(W, gains, a.energy, NULL, RATE, 2, 1, NULL), wrong);
    assert_int_equal(um_group_atoms(W, gains, a.energy, NULL, 0, 2, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(W, gains, a.energy, NULL, RATE, 0, 1, source_of), wrong);
    assert_int_equal(um_group_atoms(W, gains, a.energy, NULL, RATE, K + 1, 1, source_of), wrong);
    const double bad[] = {-1.0, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        a.energy[3] = bad[i];
        assert_int_equal(group(&a, 2, source_of), wrong);
        a.energy[3] = 1.0;
        a.W[100] = (float)bad[i];
        assert_int_equal(group(&a, 2, source_of), wrong);
        a.W[100] = 0.0F;
        a.gains[5] = (float)bad[i];
        assert_int_equal(group(&a, 2, source_of), wrong);
        a.gains[5] = 0.5F;
    }
}

/* -- How many sources -------------------------------------------------------------------------- */

static um_status survey(const atoms *a, size_t n_fits, um_group_fit *fits, size_t *suggested)
{
    return um_group_survey(um_cview_of(a->W, K, N_BINS), um_cview_of(a->gains, K, 2), a->energy,
                           RATE, 1, n_fits, fits, suggested);
}

/* Silhouettes of the places, computed in another way: all timbres are one, so that a gain is all
 * that tells atoms apart, and distances are those of gains. */
static void clarity_is_the_mean_silhouette(void **state)
{
    (void)state;
    static atoms a;
    make_atoms(&a, 1, 1);
    static const float left[K] = {0.0F, 0.02F, 0.1F, 0.05F, 0.5F,  0.55F,
                                  0.6F, 0.52F, 1.0F, 0.9F,  0.97F, 0.95F};
    double weights[K], all = 0, mean = 0;
    for (size_t k = 0; k < K; k++) {
        memcpy(a.W + k * N_BINS, a.W, N_BINS * sizeof(float));
        a.gains[2 * k] = left[k];
        a.gains[2 * k + 1] = 1 - left[k];
        weights[k] = sqrt(a.energy[k]);
        all += weights[k];
    }
    for (size_t k = 0; k < K; k++) {
        double sum[3] = {0}, weight[3] = {0};
        for (size_t j = 0; j < K; j++) {
            if (j != k) {
                sum[j / 4] += weights[j] * fabs((double)left[j] - (double)left[k]);
                weight[j / 4] += weights[j];
            }
        }
        double own = sum[k / 4] / weight[k / 4], nearest = INFINITY;
        for (size_t g = 0; g < 3; g++) {
            nearest = g != k / 4 ? fmin(nearest, sum[g] / weight[g]) : nearest;
        }
        mean += weights[k] * (nearest - own) / fmax(nearest, own) / all;
    }
    um_group_fit fits[UM_GROUP_FITS];
    size_t suggested;
    assert_int_equal(survey(&a, UM_GROUP_FITS, fits, &suggested), UM_OK);
    assert_int_equal(suggested, 3);
    assert_int_equal(fits[1].n_sources, 3);
    assert_true(fabs(fits[1].clarity - mean) < 1e-5);
}

static void planted_numbers_are_suggested(void **state)
{
    (void)state;
    static atoms a;
    um_group_fit fits[UM_GROUP_FITS];
    size_t suggested;
    for (size_t n = 2; n <= 4; n++) {
        make_atoms(&a, n, n);
        assert_int_equal(survey(&a, UM_GROUP_FITS, fits, &suggested), UM_OK);
        assert_int_equal(suggested, n);
        double sum[4] = {0}, all = 0, least = INFINITY;
        for (size_t k = 0; k < K; k++) {
            sum[k % n] += a.energy[k];
            all += a.energy[k];
        }
        for (size_t s = 0; s < n; s++) {
            least = fmin(least, sum[s] / all);
        }
        assert_true(fabs(fits[n - 2].smallest - least) < 1e-9);
        assert_true(fits[n - 2].heard);
    }
}

/* The third source is there but all but silent. */
static void what_is_hardly_heard_is_no_source(void **state)
{
    (void)state;
    static atoms a;
    um_group_fit fits[UM_GROUP_FITS];
    size_t suggested;
    make_atoms(&a, 3, 3);
    for (size_t k = 2; k < K; k += 3) {
        a.energy[k] *= 0.01;
    }
    assert_int_equal(survey(&a, 2, fits, &suggested), UM_OK);
    assert_int_equal(suggested, 2);
    assert_true(fits[0].heard && !fits[1].heard);
    memset(a.energy, 0, sizeof a.energy);
    assert_int_equal(survey(&a, UM_GROUP_FITS, fits, &suggested), UM_OK);
    assert_int_equal(suggested, 2);
    assert_int_equal(survey(&a, 0, fits, &suggested), UM_ERR_ARGUMENT);
    assert_int_equal(survey(&a, UM_GROUP_FITS + 1, fits, &suggested), UM_ERR_ARGUMENT);
    assert_int_equal(survey(&a, UM_GROUP_FITS, NULL, &suggested), UM_ERR_ARGUMENT);
    a.energy[0] = NAN;
    assert_int_equal(survey(&a, UM_GROUP_FITS, fits, &suggested), UM_ERR_ARGUMENT);
}

static um_status attempt(void *context)
{
    size_t source_of[K];
    return group(context, 3, source_of);
}

static um_status attempt_survey(void *context)
{
    um_group_fit fits[UM_GROUP_FITS];
    size_t suggested;
    return survey(context, UM_GROUP_FITS, fits, &suggested);
}

static void short_memory_is_told(void **state)
{
    (void)state;
    static atoms a;
    make_atoms(&a, 3, 1);
    assert_true(counting_allocator_sweep(attempt, &a) > 0);
    assert_true(counting_allocator_sweep(attempt_survey, &a) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_timbres_are_found),
        cmocka_unit_test(planted_places_are_found),
        cmocka_unit_test(sources_are_ordered_by_energy),
        cmocka_unit_test(every_source_gets_an_atom),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(clarity_is_the_mean_silhouette),
        cmocka_unit_test(planted_numbers_are_suggested),
        cmocka_unit_test(what_is_hardly_heard_is_no_source),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
