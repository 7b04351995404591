/* Of several runs the best is kept, and how alike the others are is told. */
#define _DEFAULT_SOURCE
#include "job/factor_runs.h"

#include "counting_allocator.h"
#include "factor_files.h"

#include <setjmp.h>

#include <cmocka.h>

enum { RUNS = 5 };

static char path[PATH_MAX];
static um_view V;
static umi_factor_input input;

static int set_up(void **state)
{
    um_error error;
    scratch_set_up(state);
    V = put_V(path);
    input = open_input(path);
    return umi_factor_input_load(&input, &error) == UM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    umi_free(V.data);
    umi_factor_input_free(&input);
    return scratch_tear_down(state);
}

static umi_factor_runs runs_of(uint64_t seed, size_t n_runs)
{
    umi_factorisation_config how = how_config();
    umi_factor_start start = {.kind = UMI_START_RANDOM};
    umi_factor_runs runs;
    um_error error;
    assert_int_equal(umi_factor_runs_do(&how, &input, &start, seed, n_runs, &runs, &error), UM_OK);
    return runs;
}

static void keeps_the_best(void **state)
{
    (void)state;
    umi_factor_runs all = runs_of(11, RUNS);
    size_t best = 0;
    assert_int_equal(all.n_runs, RUNS);
    for (size_t i = 0; i < RUNS; i++) {
        umi_factor_runs one = runs_of(11 + i, 1);
        assert_int_equal(all.runs[i].seed, 11 + i);
        assert_true(all.runs[i].divergence == one.runs[0].divergence);
        assert_true(all.runs[i].iterations == one.runs[0].iterations);
        assert_true(one.runs[0].alike == 1.0);
        best = all.runs[i].objective < all.runs[best].objective ? i : best;
        umi_factor_runs_free(&one);
    }
    assert_int_equal(all.i_best, best);
    umi_factor_runs one = runs_of(11 + best, 1);
    assert_true(same_bits(umi_factorisation_W(all.best), umi_factorisation_W(one.best)));
    assert_true(same_bits(umi_factorisation_H(all.best), umi_factorisation_H(one.best)));
    umi_factor_runs_free(&one);
    umi_factor_runs_free(&all);
    umi_factor_runs_free(&all);
}

static void tells_how_alike(void **state)
{
    (void)state;
    umi_factor_runs all = runs_of(11, RUNS);
    for (size_t i = 0; i < RUNS; i++) {
        const umi_factor_run *run = &all.runs[i];
        assert_true(run->least_alike > 0.0 && run->least_alike <= run->alike && run->alike <= 1.0);
        assert_true((run->alike == 1.0) == (i == all.i_best));
    }
    umi_factor_runs_free(&all);
}

static bool cancel_third(void *user, double done, double total, double divergence)
{
    (void)done;
    (void)total;
    (void)divergence;
    return ++*(size_t *)user < 3;
}

static void cancels(void **state)
{
    (void)state;
    size_t n_calls = 0;
    um_progress progress = {cancel_third, &n_calls};
    umi_watch watch = {.progress = &progress};
    umi_factorisation_config how = how_config();
    umi_factor_start start = {.kind = UMI_START_RANDOM};
    umi_factor_input watched = input;
    umi_factor_runs runs;
    um_error error;
    watched.config.watch = &watch;
    assert_int_equal(umi_factor_runs_do(&how, &watched, &start, 1, RUNS, &runs, &error),
                     UM_ERR_CANCELLED);
    assert_true(runs.best == NULL && runs.runs == NULL);
}

static um_status do_and_free(void *context)
{
    (void)context;
    umi_factorisation_config how = how_config();
    umi_factor_start start = {.kind = UMI_START_RANDOM};
    umi_factor_runs runs;
    um_error error;
    how.iterations = 1;
    um_status status = umi_factor_runs_do(&how, &input, &start, 1, 3, &runs, &error);
    umi_factor_runs_free(&runs);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(counting_allocator_sweep(do_and_free, NULL) >= 20);
}

static void reckons_memory(void **state)
{
    (void)state;
    umi_factorisation_config how = how_config();
    double one = umi_factor_runs_bytes(&how, UMI_START_RANDOM, 1, &input);
    assert_true(one == umi_factorisation_bytes(&how, UMI_START_RANDOM, &input));
    assert_true(umi_factor_runs_bytes(&how, UMI_START_RANDOM, 9, &input) >=
                2.0 * one + 9.0 * 4.0 * ATOMS * COLUMNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_best), cmocka_unit_test(tells_how_alike),
        cmocka_unit_test(cancels),        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(reckons_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
