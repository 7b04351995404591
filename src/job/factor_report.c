#include "job/factor_report.h"

#include "unmingle/cpu.h"

const char *umi_factor_kind_name(umi_matrix_kind kind)
{
    switch (kind) {
    case UMI_MATRIX_NPY:
        return "npy";
    case UMI_MATRIX_MARKET:
        return "matrix-market";
    case UMI_MATRIX_CSV:
        return "csv";
    case UMI_MATRIX_NONE:
        break;
    }
    return "recording";
}

/* `json` when it became whole, else NULL. */
static umi_json *whole(umi_json *json, bool ok)
{
    if (ok) {
        return json;
    }
    umi_json_free(json);
    return NULL;
}

static bool set_integer(umi_json *json, const char *key, uint64_t value)
{
    return umi_json_set(json, key, umi_json_integer((int64_t)value));
}

/* A text that may be NULL is left out then. */
static bool set_text(umi_json *json, const char *key, const char *text)
{
    return text == NULL || umi_json_set(json, key, umi_json_string(text));
}

static umi_json *input_json(const umi_factor_input *input)
{
    umi_json *json = umi_json_object();
    const um_window_config *window = &input->stft.window;
    bool ok = set_text(json, "file", input->config.path) &&
              set_text(json, "kind", umi_factor_kind_name(input->kind)) &&
              set_integer(json, "rows", input->rows) && set_integer(json, "columns", input->cols);
    if (ok && umi_factor_input_is_loaded(input)) {
        ok = set_integer(json, "non_zeros", input->n_nonzero);
    }
    if (ok && input->kind == UMI_MATRIX_NONE) {
        ok = umi_json_set(json, "sample_rate", umi_json_number(input->sample_rate)) &&
             set_integer(json, "window", window->length) && set_integer(json, "hop", window->hop) &&
             set_text(json, "window_shape", um_window_name(window->window));
    }
    return whole(json, ok);
}

/* `frames` is left out of the shape when it is not above 1. */
static umi_json *matrix_json(const char *file, size_t rows, size_t frames, size_t cols)
{
    umi_json *json = umi_json_object();
    umi_json *shape = umi_json_array();
    bool ok = set_text(json, "file", file) &&
              umi_json_append(shape, umi_json_integer((int64_t)rows)) &&
              (frames <= 1 || umi_json_append(shape, umi_json_integer((int64_t)frames))) &&
              umi_json_append(shape, umi_json_integer((int64_t)cols));
    ok = umi_json_set(json, "shape", shape) && ok;
    return whole(json, ok);
}

static umi_json *matrices_json(const umi_factor_config *config, const umi_factor_input *input)
{
    umi_json *array = umi_json_array();
    size_t K = config->how.n_components;
    bool ok =
        umi_json_append(array, matrix_json("W.npy", K, config->how.atom_frames, input->cols)) &&
        umi_json_append(array, matrix_json("H.npy", input->rows, 1, K));
    if (ok && config->save_V) {
        ok = umi_json_append(array, matrix_json("V.npy", input->rows, 1, input->cols));
    }
    return whole(array, ok);
}

static umi_json *weights_json(const umi_factorisation_config *how)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t k = 0; k < how->n_components && ok; k++) {
        ok = umi_json_append(array, umi_json_number(how->weights[k]));
    }
    return whole(array, ok);
}

static umi_json *settings_json(const umi_factor_config *config, const umi_factor_result *result)
{
    const umi_factorisation_config *how = &config->how;
    const umi_factor_start_config *start = &config->start;
    umi_json *json = umi_json_object();
    bool ok = set_integer(json, "atoms", how->n_components) &&
              set_integer(json, "atom_frames", how->atom_frames) &&
              set_text(json, "divergence", umi_divergence_name(how->divergence)) &&
              umi_json_set(json, "beta", umi_json_number(umi_divergence_beta(how))) &&
              set_text(json, "solver", umi_solver_name(how->solver)) &&
              set_integer(json, "iterations", how->iterations) &&
              umi_json_set(json, "tolerance", umi_json_number(how->tolerance)) &&
              set_integer(json, "restarts", config->n_runs) &&
              set_text(json, "start", start->kind == UMI_START_NNDSVD ? "nndsvd" : "random") &&
              set_text(json, "init_W", start->init_W) && set_text(json, "init_H", start->init_H) &&
              umi_json_set(json, "fix_W", umi_json_boolean(start->fix_W)) &&
              set_integer(json, "percussive", start->n_percussive) &&
              umi_json_set(json, "sparsity", umi_json_number(how->sparsity_H)) &&
              umi_json_set(json, "atom_sparsity", umi_json_number(how->sparsity_W)) &&
              umi_json_set(json, "continuity", umi_json_number(how->continuity_H)) &&
              umi_json_set(json, "memory", umi_json_number(result->memory)) &&
              set_integer(json, "threads", how->parallel.n_workers);
    if (ok && start->highest > 0.0) {
        umi_json *range = umi_json_array();
        ok = umi_json_append(range, umi_json_number(start->lowest)) &&
             umi_json_append(range, umi_json_number(start->highest));
        ok = umi_json_set(json, "harmonic", range) && ok;
    }
    if (ok && how->weights != NULL) {
        ok = umi_json_set(json, "weights", weights_json(how));
    }
    return whole(json, ok);
}

/* Two rows, for whoever plots it: after so many iterations, so much was left. */
static umi_json *curve_json(const umi_factor_result *result)
{
    umi_json *json = umi_json_object();
    umi_json *iterations = umi_json_array();
    umi_json *objectives = umi_json_array();
    bool ok = iterations != NULL && objectives != NULL;
    for (size_t i = 0; i < umi_factor_curve_length(result) && ok; i++) {
        size_t iteration;
        double objective = umi_factor_curve_value(result, i, &iteration);
        ok = umi_json_append(iterations, umi_json_integer((int64_t)iteration)) &&
             umi_json_append(objectives, umi_json_number(objective));
    }
    /* Both belong to the object from here on, whether it takes them or not. */
    ok = umi_json_set(json, "iteration", iterations) && ok;
    ok = umi_json_set(json, "objective", objectives) && ok;
    return whole(json, ok);
}

static umi_json *runs_json(const umi_factor_runs *runs)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t i = 0; i < runs->n_runs && ok; i++) {
        const umi_factor_run *run = &runs->runs[i];
        umi_json *json = umi_json_object();
        ok = set_integer(json, "seed", run->seed) &&
             umi_json_set(json, "divergence", umi_json_number(run->divergence)) &&
             umi_json_set(json, "objective", umi_json_number(run->objective)) &&
             set_integer(json, "iterations", run->iterations) &&
             umi_json_set(json, "best", umi_json_boolean(i == runs->i_best)) &&
             umi_json_set(json, "matched_cosine", umi_json_number(run->alike)) &&
             umi_json_set(json, "least_matched_cosine", umi_json_number(run->least_alike));
        ok = umi_json_append(array, json) && ok;
    }
    return whole(array, ok);
}

static umi_json *warnings_json(const umi_factor_result *result)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t i = 0; i < result->n_warnings && ok; i++) {
        ok = umi_json_append(array, umi_json_string(result->warnings[i]));
    }
    return whole(array, ok);
}

static umi_json *seconds_json(const umi_factor_result *result)
{
    umi_json *json = umi_json_object();
    bool ok = umi_json_set(json, "reading", umi_json_number(result->reading_seconds)) &&
              umi_json_set(json, "wall", umi_json_number(result->wall_seconds)) &&
              umi_json_set(json, "cpu", umi_json_number(result->cpu_seconds));
    return whole(json, ok);
}

umi_json *umi_factor_report(const umi_factor_config *config, const umi_factor_result *result)
{
    umi_json *json = umi_json_object();
    const umi_factor_runs *runs = &result->runs;
    const umi_factor_run *best = &runs->runs[runs->i_best];
    bool bf16 = runs->best != NULL && umi_factorisation_precision(runs->best) == UM_PRECISION_BF16;
    const char *precision = bf16 ? "bf16" : "fp32";
    bool ok = set_text(json, "program", "unmingle " UNMINGLE_VERSION) &&
              set_text(json, "command", "factor") &&
              umi_json_set(json, "input", input_json(&result->input)) &&
              umi_json_set(json, "matrices", matrices_json(config, &result->input)) &&
              umi_json_set(json, "settings", settings_json(config, result)) &&
              set_integer(json, "seed", best->seed) &&
              set_text(json, "solver", umi_solver_name(result->solver)) &&
              set_text(json, "precision", precision) && set_text(json, "cpu", um_cpu_level()) &&
              set_text(json, "divergence", umi_divergence_name(config->how.divergence)) &&
              umi_json_set(json, "beta", umi_json_number(umi_divergence_beta(&config->how))) &&
              umi_json_set(json, "final_divergence", umi_json_number(best->divergence)) &&
              set_integer(json, "iterations", best->iterations) &&
              umi_json_set(json, "curve", curve_json(result)) &&
              umi_json_set(json, "seconds", seconds_json(result)) &&
              umi_json_set(json, "restarts", runs_json(runs)) &&
              umi_json_set(json, "warnings", warnings_json(result));
    if (ok && config->lee_seung) {
        ok = umi_json_set(json, "lee_seung_1999", umi_json_number(result->lee_seung));
    }
    return whole(json, ok);
}
