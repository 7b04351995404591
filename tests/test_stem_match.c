/* Pairing of stems by their sound; test_score.c has it on files. */
#include "job/stem_match.h"

#include "core/assignment.h"
#include "counting_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 8, N_BLOCKS = 2 };

/* One wave a recording, all orthogonal; of the first and the last, each half alone could not be
 * told from the other's or its opposite. */
static const float waves[4][N] = {{1, 1, 1, 1, 1, 1, 1, 1},
                                  {1, -1, 1, -1, 1, -1, 1, -1},
                                  {1, 1, -1, -1, 1, 1, -1, -1},
                                  {-1, -1, -1, -1, 1, 1, 1, 1}};

/* Matches waves times gains: reference i is wave i, estimate j is gains[j] times wave order[j]. */
static void match(size_t n_references, const size_t *order, const float *gains, size_t n_estimates,
                  size_t *partner)
{
    umi_stem_match *matching;
    assert_int_equal(umi_stem_match_new(n_references, n_estimates, &matching), UM_OK);
    for (size_t b = 0; b < N_BLOCKS; b++) {
        for (size_t i = 0; i < n_references; i++) {
            for (size_t j = 0; j < n_estimates; j++) {
                float estimate[N];
                for (size_t t = 0; t < N; t++) {
                    estimate[t] = gains[j] * waves[order[j]][t];
                }
                size_t rows = N / N_BLOCKS / 2, at = b * N / N_BLOCKS; /* of two channels */
                umi_stem_match_add(matching, i, j, um_cview_of(waves[i] + at, rows, 2),
                                   um_cview_of(estimate + at, rows, 2));
            }
        }
    }
    assert_int_equal(umi_stem_match_finish(matching, partner), UM_OK);
    umi_stem_match_free(matching);
}

static void each_finds_its_own(void **state)
{
    (void)state;
    size_t partner[4];
    match(4, (const size_t[]){2, 0, 3, 1}, (const float[]){0.5F, 1.5F, 1, 0.75F}, 4, partner);
    const size_t expected[] = {1, 3, 0, 2};
    assert_memory_equal(partner, expected, sizeof expected);
}

static void some_stay_without(void **state)
{
    (void)state;
    size_t partner[3];
    match(3, (const size_t[]){2, 3, 3, 0, 1}, (const float[]){1, 1, 1, 1, 1}, 5, partner);
    assert_true(partner[0] == 3 && partner[1] == 4 && partner[2] == 0);
    match(3, (const size_t[]){1}, (const float[]){1}, 1, partner);
    assert_true(partner[0] == UMI_UNASSIGNED && partner[1] == 0 && partner[2] == UMI_UNASSIGNED);
}

/* Two estimates of one source: the closer one is taken. */
static void the_sum_counts(void **state)
{
    (void)state;
    size_t partner[2];
    match(2, (const size_t[]){0, 0, 1}, (const float[]){0.5F, 0.9F, 0.9F}, 3, partner);
    assert_true(partner[0] == 1 && partner[1] == 2);
}

/* One estimate for two: it goes to the louder one, since it is as far from both. */
static void whose_sdr_is_greater(void **state)
{
    (void)state;
    const float references[2][N] = {{1, 1, 1, 1, 1, 1, 1, 1}, {3, 3, 3, 3, 0, 0, 0, 0}};
    const float estimate[N] = {2, 2, 2, 2, 0.5F, 0.5F, 0.5F, 0.5F};
    umi_stem_match *matching;
    size_t partner[2];
    assert_int_equal(umi_stem_match_new(2, 1, &matching), UM_OK);
    for (size_t t = 0; t < N; t++) {
        for (size_t i = 0; i < 2; i++) {
            umi_stem_match_add(matching, i, 0, um_cview_of(references[i] + t, 1, 1),
                               um_cview_of(estimate + t, 1, 1));
        }
    }
    assert_int_equal(umi_stem_match_finish(matching, partner), UM_OK);
    assert_true(partner[0] == UMI_UNASSIGNED && partner[1] == 0);
    umi_stem_match_free(matching);
}

static um_status match_two(void *context)
{
    (void)context;
    umi_stem_match *matching;
    size_t partner[2];
    um_status status = umi_stem_match_new(2, 2, &matching);
    assert_true((status == UM_OK) == (matching != NULL));
    if (status == UM_OK) {
        status = umi_stem_match_finish(matching, partner);
    }
    umi_stem_match_free(matching);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(match_two, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_finds_its_own),
        cmocka_unit_test(some_stay_without),
        cmocka_unit_test(the_sum_counts),
        cmocka_unit_test(whose_sdr_is_greater),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("stem_match", tests, NULL, NULL);
}
