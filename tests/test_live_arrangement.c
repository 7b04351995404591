/* The atoms of a live run side by side. */
#include "job/live_arrangement.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "counting_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { BINS = 20 };

/* Atoms with one bin each: 0, 1, .. for the first label, and so on. */
static void make_labels(umi_live_labels *labels)
{
    static const char *const names[] = {"a", "b"};
    labels->n = 0;
    for (size_t i = 0; i < 2; i++) {
        um_view W = umi_matrix_new(2 + i, BINS);
        for (size_t k = 0; k < W.rows; k++) {
            um_row(W, k)[5 * i + k] = 1.0f;
        }
        umi_live_labels_set(labels, names[i], W);
    }
}

static void atoms_stand_source_after_source(void **state)
{
    (void)state;
    um_error error;
    umi_live_labels labels;
    umi_live_arrangement a;
    float given[2 * BINS] = {0};
    given[15] = 2.0f;
    given[BINS + 16] = 1.0f;
    umi_live_arrangement_config config = {
        .n_bins = BINS, .n_labelled = 5, .rest = um_cview_of(given, 2, BINS), .n_random = 9};
    make_labels(&labels);
    assert_int_equal(umi_live_arrangement_init(&config, &a, &error), UM_OK);
    umi_live_arrangement_fill(&a, &labels);
    static const size_t bins[] = {0, 1, 5, 6, 7, 15, 16}, sources[] = {0, 0, 1, 1, 1, 2, 2};
    assert_int_equal(a.W.rows, 7);
    for (size_t k = 0; k < 7; k++) {
        assert_true(um_row(a.W, k)[bins[k]] == 1.0f);
        assert_int_equal(a.source_of[k], sources[k]);
    }
    assert_true(a.rest_knows && !a.learning && a.rest.online == NULL);
    umi_live_arrangement_free(&a);
    umi_live_labels_free(&labels);
}

static void a_rest_that_knows_nothing_is_random(void **state)
{
    (void)state;
    um_error error;
    umi_live_labels labels;
    umi_live_arrangement a;
    umi_live_arrangement_config config = {.n_bins = BINS,
                                          .n_labelled = 5,
                                          .rest = {NULL, 0, BINS, BINS},
                                          .n_random = 3,
                                          .learning = true};
    make_labels(&labels);
    assert_int_equal(umi_live_arrangement_init(&config, &a, &error), UM_OK);
    umi_live_arrangement_fill(&a, &labels);
    assert_int_equal(a.W.rows, 8);
    assert_true(!a.rest_knows && a.learning);
    for (size_t k = 5; k < 8; k++) {
        double sum = 0.0;
        for (size_t f = 0; f < BINS; f++) {
            assert_true(um_row(a.W, k)[f] > 0.0f);
            sum += (double)um_row(a.W, k)[f];
        }
        assert_true(fabs(sum - 1.0) < 1e-5);
    }
    umi_live_arrangement_free(&a);
    umi_live_labels_free(&labels);
}

static void there_are_so_many_atoms_at_most(void **state)
{
    (void)state;
    um_error error = {UM_OK, ""};
    umi_live_arrangement a;
    umi_live_arrangement_config config = {
        .n_bins = BINS, .n_labelled = 510, .rest = {NULL, 0, BINS, BINS}, .n_random = 3};
    assert_int_equal(umi_live_arrangement_init(&config, &a, &error), UM_ERR_ARGUMENT);
    assert_true(error.message[0] != '\0' && a.W.data == NULL);
    config.n_random = 2;
    assert_int_equal(umi_live_arrangement_init(&config, &a, &error), UM_OK);
    umi_live_arrangement_free(&a);
}

static um_status attempt(void *context)
{
    umi_live_arrangement a;
    um_status status = umi_live_arrangement_init(context, &a, NULL);
    assert_true((status == UM_OK) == (a.W.data != NULL));
    umi_live_arrangement_free(&a);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    umi_live_arrangement_config config = {.n_bins = BINS,
                                          .n_labelled = 5,
                                          .rest = {NULL, 0, BINS, BINS},
                                          .n_random = 3,
                                          .learning = true};
    assert_true(counting_allocator_sweep(attempt, &config) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atoms_stand_source_after_source),
        cmocka_unit_test(a_rest_that_knows_nothing_is_random),
        cmocka_unit_test(there_are_so_many_atoms_at_most),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
