/* k-means: finds planted groups, heeds weights, leaves no group empty. */
#include "core/kmeans.h"

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

enum { N_GROUPS = 4, N_EACH = 25, N = N_GROUPS * N_EACH, D = 3 };

/* Point i belongs to planted group i % N_GROUPS, whose centre is 10 away from the others. */
static void plant(double *points, double *weights)
{
    umi_random random = umi_random_seeded(11);
    for (size_t i = 0; i < N; i++) {
        size_t g = i % N_GROUPS;
        for (size_t d = 0; d < D; d++) {
            points[i * D + d] = (g == d ? 10.0 : 0.0) + umi_random_normal(&random);
        }
        weights[i] = 0.5 + umi_random_uniform(&random);
    }
}

/* The cost of a grouping by its definition. */
static double cost_of(const double *points, const double *weights, size_t n, size_t n_dimensions,
                      size_t n_groups, const size_t *group_of)
{
    double cost = 0.0;
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t d = 0; d < n_dimensions; d++) {
            double mass = 0.0, mean = 0.0;
            for (size_t i = 0; i < n; i++) {
                mass += group_of[i] == g ? weights[i] : 0.0;
                mean += group_of[i] == g ? weights[i] * points[i * n_dimensions + d] : 0.0;
            }
            for (size_t i = 0; mass > 0.0 && i < n; i++) {
                double distance = points[i * n_dimensions + d] - mean / mass;
                cost += group_of[i] == g ? weights[i] * distance * distance : 0.0;
            }
        }
    }
    return cost;
}

static void assert_all_groups_used(const size_t *group_of, size_t n, size_t n_groups)
{
    size_t count[64] = {0};
    for (size_t i = 0; i < n; i++) {
        assert_true(group_of[i] < n_groups);
        count[group_of[i]]++;
    }
    for (size_t g = 0; g < n_groups; g++) {
        assert_true(count[g] > 0);
    }
}

static void planted_groups_are_found(void **state)
{
    (void)state;
    double points[N * D], weights[N];
    size_t group_of[N];
    plant(points, weights);
    for (uint64_t seed = 0; seed < 20; seed++) {
        assert_int_equal(umi_kmeans(points, weights, N, D, N_GROUPS, 10, seed, group_of), UM_OK);
        assert_all_groups_used(group_of, N, N_GROUPS);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(group_of[i], group_of[i % N_GROUPS]);
        }
    }
}

/* On a line, a heavy pair lies between two light points. By weight the pair is to be told apart
 * and the light points do not count; unweighted, the far light points would be. */
static void weights_matter(void **state)
{
    (void)state;
    const double points[] = {0.0, 1.0, 4.0, -3.0};
    const double heavy_pair[] = {1000.0, 1000.0, 0.001, 0.001};
    const double equal[] = {1.0, 1.0, 1.0, 1.0};
    size_t group_of[4];
    assert_int_equal(umi_kmeans(points, heavy_pair, 4, 1, 2, 10, 1, group_of), UM_OK);
    assert_int_equal(group_of[0], group_of[3]);
    assert_int_equal(group_of[1], group_of[2]);
    assert_int_not_equal(group_of[0], group_of[1]);
    const double other_points[] = {0.0, 1.0, 40.0, 41.0};
    assert_int_equal(umi_kmeans(other_points, heavy_pair, 4, 1, 2, 10, 1, group_of), UM_OK);
    assert_int_not_equal(group_of[0], group_of[1]);
    assert_int_equal(umi_kmeans(other_points, equal, 4, 1, 2, 10, 1, group_of), UM_OK);
    assert_int_equal(group_of[0], group_of[1]);
    assert_int_equal(group_of[2], group_of[3]);
    assert_int_not_equal(group_of[0], group_of[2]);
}

/* For few points all groupings can be tried: the best of several runs must be the best of all. */
static void small_problems_are_solved_exactly(void **state)
{
    (void)state;
    enum { SMALL = 8, GROUPS = 3 };
    umi_random random = umi_random_seeded(12);
    for (size_t trial = 0; trial < 10; trial++) {
        double points[SMALL * 2], weights[SMALL], best = INFINITY;
        size_t group_of[SMALL];
        for (size_t i = 0; i < SMALL; i++) {
            points[2 * i] = umi_random_uniform(&random);
            points[2 * i + 1] = umi_random_uniform(&random);
            weights[i] = umi_random_uniform(&random);
        }
        for (size_t code = 0; code < 6561; code++) { /* 3^8 */
            for (size_t i = 0, rest = code; i < SMALL; i++, rest /= GROUPS) {
                group_of[i] = rest % GROUPS;
            }
            best = fmin(best, cost_of(points, weights, SMALL, 2, GROUPS, group_of));
        }
        assert_int_equal(umi_kmeans(points, weights, SMALL, 2, GROUPS, 100, trial, group_of),
                         UM_OK);
        double cost = cost_of(points, weights, SMALL, 2, GROUPS, group_of);
        assert_true(cost <= best * (1.0 + 1e-9));
    }
}

static void no_group_is_empty(void **state)
{
    (void)state;
    const double equal[12] = {0}, no_weight[12] = {0};
    double line[12], weights[12];
    size_t group_of[12];
    for (size_t i = 0; i < 12; i++) {
        line[i] = (double)(i / 6); /* two places only */
        weights[i] = 1.0;
    }
    for (size_t n_groups = 1; n_groups <= 12; n_groups++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            assert_int_equal(umi_kmeans(equal, weights, 12, 1, n_groups, 3, seed, group_of), UM_OK);
            assert_all_groups_used(group_of, 12, n_groups);
            assert_int_equal(umi_kmeans(line, weights, 12, 1, n_groups, 3, seed, group_of), UM_OK);
            assert_all_groups_used(group_of, 12, n_groups);
            assert_true(n_groups == 1 || cost_of(line, weights, 12, 1, n_groups, group_of) < 1e-20);
            assert_int_equal(umi_kmeans(line, no_weight, 12, 1, n_groups, 3, seed, group_of),
                             UM_OK);
            assert_all_groups_used(group_of, 12, n_groups);
        }
    }
}

static void same_seed_same_groups(void **state)
{
    (void)state;
    double points[N * D], weights[N];
    size_t a[N], b[N];
    plant(points, weights);
    assert_int_equal(umi_kmeans(points, weights, N, D, 9, 2, 77, a), UM_OK);
    assert_int_equal(umi_kmeans(points, weights, N, D, 9, 2, 77, b), UM_OK);
    assert_memory_equal(a, b, sizeof a);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    const double points[2] = {0, 1}, weights[2] = {1, 1};
    size_t group_of[2];
    assert_int_equal(umi_kmeans(points, weights, 2, 1, 0, 1, 0, group_of), UM_ERR_ARGUMENT);
    assert_int_equal(umi_kmeans(points, weights, 2, 1, 3, 1, 0, group_of), UM_ERR_ARGUMENT);
    assert_int_equal(umi_kmeans(points, weights, 2, 0, 1, 1, 0, group_of), UM_ERR_ARGUMENT);
    assert_int_equal(umi_kmeans(points, weights, 2, 1, 1, 0, 0, group_of), UM_ERR_ARGUMENT);
}

/* Points that are no numbers give no useful groups, but never an index out of range. */
static void nonsense_gives_valid_indices(void **state)
{
    (void)state;
    const double points[3] = {NAN, 1, INFINITY}, weights[3] = {1, NAN, 1};
    size_t group_of[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
    assert_int_equal(umi_kmeans(points, weights, 3, 1, 2, 3, 0, group_of), UM_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_true(group_of[i] < 2);
    }
}

static um_status attempt(void *context)
{
    size_t group_of[N];
    const double *points = context;
    return umi_kmeans(points, points + N * D, N, D, N_GROUPS, 1, 0, group_of);
}

static void short_memory_is_told(void **state)
{
    (void)state;
    double problem[N * D + N];
    plant(problem, problem + N * D);
    assert_true(counting_allocator_sweep(attempt, problem) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_groups_are_found),
        cmocka_unit_test(weights_matter),
        cmocka_unit_test(small_problems_are_solved_exactly),
        cmocka_unit_test(no_group_is_empty),
        cmocka_unit_test(same_seed_same_groups),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(nonsense_gives_valid_indices),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("kmeans", tests, NULL, NULL);
}
