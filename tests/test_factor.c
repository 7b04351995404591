/* From a file to a folder of matrices, or nothing at all. */
#define _DEFAULT_SOURCE
#include "job/factor.h"

#include "counting_allocator.h"
#include "factor_files.h"
#include "io/temporary.h"

#include <setjmp.h>

#include <cmocka.h>

static char V_path[PATH_MAX], output[PATH_MAX];
static um_view V;
static size_t n_made; /* files in the folder before any result */

static int set_up(void **state)
{
    scratch_set_up(state);
    V = put_V(V_path);
    strcpy(output, scratch_path(&files, "out"));
    n_made = scratch_count(files.directory);
    return 0;
}

static int tear_down(void **state)
{
    umi_free(V.data);
    return scratch_tear_down(state);
}

static umi_factor_config config_of(void)
{
    umi_factor_config config = {.input = input_config(V_path),
                                .output = output,
                                .how = how_config(),
                                .start = {.kind = UMI_START_RANDOM},
                                .seed = 5,
                                .n_runs = 1};
    config.input.watch = NULL;
    return config;
}

/* The matrix `name` in the output; umi_free the data. */
static um_view read_output(const char *name)
{
    char path[2 * PATH_MAX];
    umi_matrix_file *file;
    um_error error;
    snprintf(path, sizeof path, "%s/%s", output, name);
    assert_int_equal(umi_matrix_file_open(path, NULL, &file, &error), UM_OK);
    const umi_matrix_info *info = umi_matrix_file_info(file);
    um_view M = matrix_new(info->rows, info->cols);
    assert_int_equal(umi_matrix_file_read(file, 0, M, &error), UM_OK);
    umi_matrix_file_free(file);
    return M;
}

static void remove_output(void)
{
    umi_remove_tree(output);
}

static void writes_what_it_found(void **state)
{
    (void)state;
    umi_factor_config config = config_of();
    umi_factor_result result;
    um_error error;
    config.save_V = config.lee_seung = true;
    assert_int_equal(umi_factor(&config, &result, &error), UM_OK);
    assert_int_equal(scratch_count(output), 4);
    um_view W = read_output("W.npy"), H = read_output("H.npy"), saved = read_output("V.npy");
    assert_true(same_bits(um_const_view(W), umi_factorisation_W(result.runs.best)));
    assert_true(same_bits(um_const_view(H), umi_factorisation_H(result.runs.best)));
    assert_true(same_bits(um_const_view(saved), um_const_view(V)));
    double divergence = divergence_of(um_const_view(V), um_const_view(H), um_const_view(W));
    assert_true(fabs(result.runs.runs[0].divergence - divergence) < 1e-4 * divergence);
    assert_true(result.memory > 1e6 && result.n_warnings == 0);
    assert_true(result.wall_seconds > 0.0 && result.cpu_seconds >= 0.0);
    umi_factor_result_free(&result);
    umi_factor_result_free(&result);

    /* Again: only when asked to, and then the V.npy that is ours goes, what is not stays. */
    char own[2 * PATH_MAX];
    snprintf(own, sizeof own, "%s/notes", output);
    FILE *notes = fopen(own, "w");
    assert_non_null(notes);
    fclose(notes);
    config.save_V = false;
    assert_int_equal(umi_factor(&config, &result, &error), UM_ERR_CREATE);
    config.force = true;
    assert_int_equal(umi_factor(&config, &result, &error), UM_OK);
    umi_factor_result_free(&result);
    assert_int_equal(scratch_count(output), 4);
    assert_true(scratch_exists(own));
    um_view again = read_output("H.npy");
    assert_true(same_bits(um_const_view(again), um_const_view(H)));
    umi_free(W.data);
    umi_free(H.data);
    umi_free(saved.data);
    umi_free(again.data);
    remove_output();
}

/* W.npy is the file that was given, and H belongs to it, whatever its scale. */
static void a_fixed_W_stays_to_the_bit(void **state)
{
    (void)state;
    char W_path[PATH_MAX];
    um_view given = put_random("init.npy", ATOMS, COLUMNS, 0.1, 9, W_path);
    umi_factor_config config = config_of();
    umi_factor_result result;
    um_error error;
    config.start.init_W = W_path;
    config.start.fix_W = true;
    assert_int_equal(umi_factor(&config, &result, &error), UM_OK);
    um_view W = read_output("W.npy"), H = read_output("H.npy");
    assert_true(same_bits(um_const_view(W), um_const_view(given)));
    double divergence = divergence_of(um_const_view(V), um_const_view(H), um_const_view(W));
    assert_true(fabs(result.runs.runs[0].divergence - divergence) < 1e-4 * divergence);
    umi_factor_result_free(&result);
    umi_free(given.data);
    umi_free(W.data);
    umi_free(H.data);
    remove_output();
    (void)unlink(W_path);
}

static void refuses_and_leaves_nothing(void **state)
{
    (void)state;
    umi_factor_config cases[6];
    static const struct {
        um_status status;
        const char *text;
    } answers[] = {
        {UM_ERR_ARGUMENT, "--fix-W"},
        {UM_ERR_ARGUMENT, "--report-1999"},
        {UM_ERR_ARGUMENT, "--restarts: --start"},
        {UM_ERR_ARGUMENT, "--restarts: --init-W"},
        {UM_ERR_MEMORY, "--memory allows 1 MiB"},
        {UM_ERR_NO_INPUT, "none"},
    };
    for (size_t i = 0; i < 6; i++) {
        cases[i] = config_of();
    }
    cases[0].start.fix_W = true;
    cases[1].lee_seung = true;
    cases[1].how.divergence = UM_DIVERGENCE_EUCLIDEAN;
    cases[2].n_runs = 2;
    cases[2].start.kind = UMI_START_NNDSVD;
    cases[3].n_runs = 2;
    cases[3].start.init_W = cases[3].start.init_H = V_path;
    cases[4].memory = 1 << 20;
    cases[4].how.solver = UMI_SOLVER_MU;
    cases[5].input.path = "none";
    for (size_t i = 0; i < 6; i++) {
        umi_factor_result result;
        um_error error;
        assert_int_equal(umi_factor(&cases[i], &result, &error), answers[i].status);
        assert_non_null(strstr(error.message, answers[i].text));
        assert_int_equal(scratch_count(files.directory), n_made);
    }
}

/* What the message says would do does. */
static void the_figure_would_do(void **state)
{
    (void)state;
    umi_factor_config config = config_of();
    umi_factor_result result;
    um_error error;
    unsigned needed = 0;
    config.how.solver = UMI_SOLVER_MU;
    config.memory = 1 << 20;
    assert_int_equal(umi_factor(&config, &result, &error), UM_ERR_MEMORY);
    const char *cure = strstr(error.message, "; --memory ");
    assert_non_null(cure);
    assert_int_equal(sscanf(cure, "; --memory %uM", &needed), 1);
    config.memory = (size_t)needed << 20;
    assert_int_equal(umi_factor(&config, &result, &error), UM_OK);
    umi_factor_result_free(&result);
    remove_output();
}

static bool stop(void *user, double done, double total, double divergence)
{
    (void)divergence;
    size_t *calls_left = user;
    assert_true(done >= 0.0 && done <= total);
    return --*calls_left > 0;
}

static void cancelled_anywhere_leaves_nothing(void **state)
{
    (void)state;
    umi_factor_config config = config_of();
    um_status status = UM_ERR_CANCELLED;
    size_t n = 0;
    config.how.iterations = 3;
    config.n_runs = 2;
    while (status == UM_ERR_CANCELLED) {
        size_t calls_left = ++n;
        um_progress progress = {stop, &calls_left};
        umi_factor_result result;
        um_error error;
        config.watch.progress = &progress;
        status = umi_factor(&config, &result, &error);
        assert_int_equal(scratch_count(files.directory), n_made + (status == UM_OK));
        umi_factor_result_free(&result);
    }
    assert_int_equal(status, UM_OK);
    assert_true(n > 6);
    remove_output();
}

static void warn(void *user, const char *message)
{
    strcpy(user, message);
}

static void warnings_are_told_and_kept(void **state)
{
    (void)state;
    char zero[PATH_MAX], told[1024] = "";
    um_view nothing = matrix_new(3, 4);
    strcpy(zero, put_matrix("zero.npy", um_const_view(nothing)));
    umi_factor_config config = config_of();
    umi_factor_result result;
    um_error error;
    config.input.path = zero;
    config.watch = (umi_watch){.warn = warn, .user = told};
    assert_int_equal(umi_factor(&config, &result, &error), UM_OK);
    assert_int_equal(result.n_warnings, 1);
    assert_string_equal(result.warnings[0], told);
    assert_non_null(strstr(told, "zero.npy: every value is zero"));
    um_view W = read_output("W.npy"), H = read_output("H.npy");
    for (size_t i = 0; i < 3 * ATOMS; i++) {
        assert_true(um_row(H, i / ATOMS)[i % ATOMS] == 0.0F);
        assert_true(isfinite(um_row(W, i / 3)[i % 3]));
    }
    umi_factor_result_free(&result);
    umi_free(nothing.data);
    umi_free(W.data);
    umi_free(H.data);
    remove_output();
    (void)unlink(zero);
}

static um_status factor_and_remove(void *context)
{
    umi_factor_config config = config_of();
    umi_factor_result result;
    config.how.iterations = 1;
    um_status status = umi_factor(&config, &result, context);
    assert_int_equal(scratch_count(files.directory), n_made + (status == UM_OK));
    umi_factor_result_free(&result);
    remove_output();
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    um_error error;
    assert_true(counting_allocator_sweep(factor_and_remove, &error) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_it_found),
        cmocka_unit_test(a_fixed_W_stays_to_the_bit),
        cmocka_unit_test(refuses_and_leaves_nothing),
        cmocka_unit_test(the_figure_would_do),
        cmocka_unit_test(cancelled_anywhere_leaves_nothing),
        cmocka_unit_test(warnings_are_told_and_kept),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
