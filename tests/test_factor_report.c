/* The report says what was done, in words that JSON can carry. */
#define _DEFAULT_SOURCE
#include "job/factor_report.h"

#include "counting_allocator.h"
#include "factor_files.h"

#include <setjmp.h>

#include <cmocka.h>

static const double weights[ATOMS] = {1.0, 0.5, 0.0};
static umi_factor_config config;
static umi_factor_result result;

static int set_up(void **state)
{
    static char path[PATH_MAX], output[PATH_MAX];
    um_error error;
    scratch_set_up(state);
    um_view V = put_V(path);
    strcpy(output, scratch_path(&files, "out"));
    config = (umi_factor_config){.input = input_config(path),
                                 .output = output,
                                 .save_V = true,
                                 .lee_seung = true,
                                 .how = how_config(),
                                 .start = {.kind = UMI_START_RANDOM},
                                 .seed = 5,
                                 .n_runs = 2,
                                 .memory = 100000000};
    config.how.sparsity_H = 0.01;
    config.how.weights = weights;
    umi_free(V.data);
    return umi_factor(&config, &result, &error) == UM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    umi_factor_result_free(&result);
    return scratch_tear_down(state);
}

/* The value at a path of keys and indices: "restarts.1.seed". */
static const umi_json *at(const umi_json *json, const char *path)
{
    char copy[128];
    char *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key; (key = strsep(&rest, ".")) != NULL;) {
        json = key[0] >= '0' && key[0] <= '9' ? umi_json_at(json, (size_t)(key[0] - '0'))
                                              : umi_json_get(json, key);
    }
    return json;
}

static void tells_all(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
    } texts[] = {
        {"program", "unmingle " UNMINGLE_VERSION},
        {"command", "factor"},
        {"input.kind", "npy"},
        {"matrices.0.file", "W.npy"},
        {"matrices.2.file", "V.npy"},
        {"settings.solver", "mu"},
        {"settings.start", "random"},
        {"solver", "mu"},
        {"divergence", "kl"},
        {"precision", "fp32"},
    };
    const umi_factor_run *best = &result.runs.runs[result.runs.i_best];
    size_t n_values;
    const double *curve = umi_factorisation_curve(result.runs.best, &n_values);
    const struct {
        const char *path;
        double value;
    } numbers[] = {
        {"input.rows", ROWS},
        {"input.columns", COLUMNS},
        {"input.non_zeros", (double)result.input.n_nonzero},
        {"matrices.0.shape.0", ATOMS},
        {"matrices.1.shape.1", ATOMS},
        {"settings.atoms", ATOMS},
        {"settings.beta", 1},
        {"settings.iterations", 30},
        {"settings.sparsity", 0.01},
        {"settings.weights.1", 0.5},
        {"settings.memory", 1e8},
        {"seed", (double)best->seed},
        {"iterations", 30},
        {"final_divergence", best->divergence},
        {"curve.iteration.3", 30},
        {"curve.objective.0", curve[0]},
        {"curve.objective.3", curve[3]},
        {"restarts.1.seed", 6},
        {"restarts.1.matched_cosine", result.runs.runs[1].alike},
        {"restarts.0.least_matched_cosine", result.runs.runs[0].least_alike},
        {"lee_seung_1999", result.lee_seung},
    };
    umi_json *json = umi_factor_report(&config, &result);
    assert_non_null(json);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = umi_json_get_string(at(json, texts[i].path));
        assert_non_null(text);
        assert_string_equal(text, texts[i].text);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double value;
        assert_true(umi_json_get_number(at(json, numbers[i].path), &value));
        assert_true(value == numbers[i].value);
    }
    assert_int_equal(umi_json_length(at(json, "curve.iteration")), n_values);
    assert_int_equal(umi_json_length(at(json, "curve.objective")), n_values);
    assert_int_equal(umi_json_length(at(json, "warnings")), 0);
    assert_null(at(json, "settings.init_W"));
    umi_json_free(json);
}

/* The objective is not the divergence where there is a penalty. */
static void objective_and_divergence(void **state)
{
    (void)state;
    const umi_factor_run *best = &result.runs.runs[result.runs.i_best];
    assert_true(best->objective > best->divergence);
}

static void kinds(void **state)
{
    (void)state;
    assert_string_equal(umi_factor_kind_name(UMI_MATRIX_NONE), "recording");
    assert_string_equal(umi_factor_kind_name(UMI_MATRIX_MARKET), "matrix-market");
    assert_string_equal(umi_factor_kind_name(UMI_MATRIX_CSV), "csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_all),
        cmocka_unit_test(objective_and_divergence),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
