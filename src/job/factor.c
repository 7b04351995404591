#define _POSIX_C_SOURCE 200809L
#include "job/factor.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/text.h"
#include "job/factor_check.h"
#include "job/factor_output.h"
#include "job/factor_report.h"
#include "job/lee_seung.h"
#include "job/output_record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double mib = 1048576.0;

/* Code, libraries and small things, measured. */
static const double program_bytes = 24.0 * 1048576.0;

/* What is held must not depend on how many threads there are, or the result would: memory is
 * reckoned for as many as there are by default at most. */
enum { WORKERS = 8 };

/* -- Warnings, which the report repeats -------------------------------------------------------- */

static void pass_phase_on(void *user, const char *phase, double from, double to)
{
    const umi_factor_result *result = user;
    umi_watch_phase(result->told, phase, from, to);
}

/* Without memory the warning is told all the same, and is only missing from the report. */
static void keep_warning(void *user, const char *message)
{
    umi_factor_result *result = user;
    char **warnings = umi_alloc(result->n_warnings + 1, sizeof *warnings);
    char *copy = umi_alloc(strlen(message) + 1, 1);
    umi_watch_warn(result->told, message);
    if (warnings == NULL || copy == NULL) {
        umi_free(warnings);
        umi_free(copy);
        return;
    }
    memcpy(copy, message, strlen(message));
    if (result->n_warnings > 0) {
        memcpy(warnings, result->warnings, result->n_warnings * sizeof *warnings);
    }
    umi_free(result->warnings);
    result->warnings = warnings;
    result->warnings[result->n_warnings++] = copy;
}

void umi_factor_result_free(umi_factor_result *result)
{
    umi_factor_online_free(&result->online);
    umi_factor_runs_free(&result->runs);
    umi_factor_start_free(&result->start);
    umi_factor_input_free(&result->input);
    for (size_t i = 0; i < result->n_warnings; i++) {
        umi_free(result->warnings[i]);
    }
    umi_free(result->warnings);
    memset(result, 0, sizeof *result);
}

/* -- Memory ------------------------------------------------------------------------------------ */

/* What may be used: what the user said, or half of what the machine has; online, where more would
 * not help, no more than is needed. 0: nobody knows. */
static double memory_allowed(const umi_factor_config *config)
{
    const double online_bytes = 200.0 * mib;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
    double half = pages > 0 && page > 0 ? (double)pages * (double)page / 2.0 : 0.0;
    if (config->memory > 0) {
        return (double)config->memory;
    }
    bool online = config->how.solver == UMI_SOLVER_ONLINE;
    return online && (half == 0.0 || half > online_bytes) ? online_bytes : half;
}

/* What it takes to hold V. */
static double memory_needed(const umi_factor_config *config, const umi_factor_result *result)
{
    const um_view *H = &result->start.H;
    umi_factorisation_config how = config->how;
    how.parallel.n_workers = WORKERS;
    double given = H->data != NULL ? (double)H->rows * (double)H->cols * sizeof(float) : 0.0;
    return program_bytes + given + umi_factor_input_bytes(&result->input) +
           umi_factor_runs_bytes(&how, config->start.kind, config->n_runs, &result->input);
}

/* Whether `auto` may turn to online: whether that can do all that is asked for. */
static bool online_would_do(const umi_factor_config *config, const umi_factor_input *input)
{
    umi_factor_config online = *config;
    online.how.solver = UMI_SOLVER_ONLINE;
    return config->how.solver == UMI_SOLVER_AUTO &&
           umi_factor_check_settings(&online, NULL) == UM_OK &&
           umi_factor_check_input(&online, input, NULL) == UM_OK;
}

/* Sets result->memory and the solver that is used. */
static um_status choose_solver(const umi_factor_config *config, umi_factor_result *result,
                               um_error *error)
{
    const umi_factor_input *input = &result->input;
    const char *name = umi_factor_input_name(input);
    double allowed = memory_allowed(config), needed = memory_needed(config, result);
    result->memory = allowed;
    result->solver = umi_solver_chosen(&config->how);
    if (result->solver == UMI_SOLVER_ONLINE || needed <= allowed || allowed == 0.0) {
        return UM_OK;
    }
    if (online_would_do(config, input)) {
        char text[UMI_DISPLAY_MAX + 256];
        snprintf(text, sizeof text,
                 "%s: needs %.0f MiB, more than the %.0f MiB that may be used; it is factorised "
                 "online, from samples of its rows (--memory %.0fM holds all)",
                 name, needed / mib + 1.0, allowed / mib, needed / mib + 1.0);
        umi_watch_warn(&result->watch, text);
        result->solver = UMI_SOLVER_ONLINE;
        return UM_OK;
    }
    return umi_error_set(
        error, UM_ERR_MEMORY,
        "%s: %zu x %zu values and %zu atoms need %.0f MiB, and %s %.0f MiB; --memory %.0fM allows "
        "it",
        name, input->rows, input->cols, config->how.n_components, needed / mib + 1.0,
        config->memory > 0 ? "--memory allows" : "half of this machine's memory is", allowed / mib,
        needed / mib + 1.0);
}

/* -- Results ----------------------------------------------------------------------------------- */

size_t umi_factor_curve_length(const umi_factor_result *result)
{
    size_t n_values = result->online.n_curve;
    if (result->solver != UMI_SOLVER_ONLINE) {
        (void)umi_factorisation_curve(result->runs.best, &n_values);
    }
    return n_values;
}

double umi_factor_curve_value(const umi_factor_result *result, size_t i, size_t *iteration)
{
    size_t n_values;
    if (result->solver == UMI_SOLVER_ONLINE) {
        *iteration = result->online.curve_batches[i];
        return result->online.curve[i];
    }
    *iteration = umi_factorisation_curve_iteration(result->runs.best, i);
    return umi_factorisation_curve(result->runs.best, &n_values)[i];
}

static um_status write_report(const umi_factor_config *config, const umi_factor_result *result,
                              umi_output_set *set, um_error *error)
{
    umi_json *json = umi_factor_report(config, result);
    char *text = json != NULL ? umi_json_to_text(json) : NULL;
    um_status status = text == NULL
                           ? umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the report")
                           : umi_output_set_write(set, "report.json", text, strlen(text), error);
    umi_free(text);
    umi_json_free(json);
    return status;
}

/* What H is divided by, so that it belongs to the W that is written. */
static const double *scale_of_H(const umi_factor_result *result)
{
    return result->start.fix_W ? result->start.W_sums : NULL;
}

static um_status write_W(const umi_factor_config *config, const umi_factor_result *result,
                         um_cview found, umi_output_set *set, um_error *error)
{
    um_cview W = result->start.fix_W ? um_const_view(result->start.W) : found;
    return umi_factor_write_W(set, W, config->how.atom_frames, error);
}

static um_status write_H(const umi_factor_result *result, umi_output_set *set, um_error *error)
{
    um_cview H = umi_factorisation_H(result->runs.best);
    umi_factor_H_file *file;
    um_status status = umi_factor_H_file_new(set, H.rows, H.cols, scale_of_H(result), &file, error);
    if (status == UM_OK) {
        status = umi_factor_H_file_write(file, H, error);
    }
    if (status == UM_OK) {
        status = umi_factor_H_file_finish(file, error);
    }
    umi_factor_H_file_free(file);
    return status;
}

/* -- The work ---------------------------------------------------------------------------------- */

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* V is held: W and H are found together, and written then. */
static um_status factorise(const umi_factor_config *config, umi_factor_result *result,
                           umi_output_set *set, um_error *error)
{
    const umi_factor_input *input = &result->input;
    um_status status = umi_factor_runs_do(&config->how, input, &result->start, config->seed,
                                          config->n_runs, &result->runs, error);
    if (status == UM_OK && config->lee_seung) {
        double divergence = umi_factorisation_divergence(result->runs.best);
        result->lee_seung = input->is_sparse ? umi_lee_seung_sparse(input->sparse, divergence)
                                             : umi_lee_seung(um_const_view(input->V), divergence);
    }
    if (status == UM_OK) {
        umi_watch_phase(&result->watch, "writing", 0.95, 1.0);
        status = write_W(config, result, umi_factorisation_W(result->runs.best), set, error);
    }
    if (status == UM_OK) {
        status = write_H(result, set, error);
    }
    if (status == UM_OK && config->save_V) {
        status = umi_factor_write_matrix(set, "V.npy", um_const_view(input->V), error);
    }
    return status;
}

static um_status take_H(void *file, um_cview H, um_error *error)
{
    return umi_factor_H_file_write(file, H, error);
}

/* V is not held: W is learned first, and then H found and written block by block. */
static um_status factorise_online(const umi_factor_config *config, umi_factor_result *result,
                                  umi_output_set *set, um_error *error)
{
    enum { H_UPDATES = 100 };
    umi_factor_online *online = &result->online;
    umi_factor_input *input = &result->input;
    umi_factor_online_config c = {.n_components = config->how.n_components,
                                  .batches = config->how.iterations,
                                  .updates = H_UPDATES,
                                  .seed = config->seed,
                                  .W = um_const_view(result->start.W),
                                  .fix_W = config->start.fix_W,
                                  .parallel = config->how.parallel};
    umi_factor_H_file *file = NULL;
    if (c.batches < 1 || c.fix_W) {
        c.batches = 1; /* nothing is to be learned */
    }
    umi_factor_online_config reckoned = c;
    reckoned.parallel.n_workers = WORKERS;
    c.memory = result->memory - program_bytes - umi_factor_online_bytes(&reckoned, input);
    result->runs.runs = umi_alloc(1, sizeof *result->runs.runs);
    if (result->runs.runs == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to factorise online");
    }
    result->runs.n_runs = 1;
    umi_watch_phase(&result->watch, "learning", 0.1, 0.6);
    um_status status = umi_factor_online_learn(&c, input, online, error);
    if (status == UM_OK) {
        status = write_W(config, result, um_const_view(online->W), set, error);
    }
    if (status == UM_OK) {
        umi_watch_phase(&result->watch, "finding activations", 0.6, 1.0);
        status = umi_factor_H_file_new(set, input->rows, c.n_components, scale_of_H(result), &file,
                                       error);
    }
    if (status == UM_OK) {
        status = umi_factor_online_activations(&c, input, online, take_H, file, error);
    }
    if (status == UM_OK) {
        status = umi_factor_H_file_finish(file, error);
    }
    umi_factor_H_file_free(file);
    result->runs.runs[0] = (umi_factor_run){.seed = config->seed,
                                            .iterations = online->batches,
                                            .objective = online->divergence,
                                            .divergence = online->divergence,
                                            .alike = 1.0,
                                            .least_alike = 1.0};
    return status;
}

static um_status open_all(const umi_factor_config *config, umi_factor_result *result,
                          um_error *error)
{
    umi_factor_input_config input = config->input;
    umi_factor_start_config start = config->start;
    input.watch = &result->watch;
    start.n_components = config->how.n_components;
    start.atom_frames = config->how.atom_frames;
    um_status status = umi_factor_input_open(&input, &result->input, error);
    if (status == UM_OK) {
        status = umi_factor_check_input(config, &result->input, error);
    }
    if (status == UM_OK) {
        status = umi_factor_start_load(&start, &result->input, &result->start, error);
    }
    return status == UM_OK ? choose_solver(config, result, error) : status;
}

static um_status run(const umi_factor_config *config, umi_factor_result *result,
                     umi_output_set *set, um_error *error)
{
    double began = seconds_of(CLOCK_MONOTONIC);
    umi_watch_phase(&result->watch, "reading", 0.0, 0.1);
    um_status status = open_all(config, result, error);
    bool online = status == UM_OK && result->solver == UMI_SOLVER_ONLINE;
    if (status == UM_OK && !online) {
        status = umi_factor_input_load(&result->input, error);
    }
    if (status != UM_OK) {
        return status;
    }
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    result->reading_seconds = wall - began;
    status = online ? factorise_online(config, result, set, error)
                    : factorise(config, result, set, error);
    result->wall_seconds = seconds_of(CLOCK_MONOTONIC) - wall;
    result->cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    return status;
}

um_status umi_factor(const umi_factor_config *config, umi_factor_result *result, um_error *error)
{
    umi_output_set *set = NULL;
    umi_input_file file = {.descriptor = -1};
    memset(result, 0, sizeof *result);
    result->told = &config->watch;
    result->watch = (umi_watch){config->watch.progress, pass_phase_on, keep_warning, result};
    um_status status = umi_factor_check_settings(config, error);
    /* A V that is not there is the mistake to tell of, not the folder that its name gives. */
    if (status == UM_OK && strcmp(config->input.path, "-") != 0) {
        status = umi_input_file_open(config->input.path, NULL, &file, error);
        umi_input_file_close(&file);
    }
    if (status == UM_OK) {
        status = umi_output_set_begin(config->output, config->force, &set, error);
    }
    if (status == UM_OK) {
        status = run(config, result, set, error);
    }
    if (status == UM_OK) {
        status = write_report(config, result, set, error);
    }
    if (status == UM_OK) {
        status = umi_output_record_commit(set, config->output, "report.json", "matrices", error);
    }
    umi_output_set_free(set); /* what was not committed is removed */
    if (status != UM_OK) {
        umi_factor_result_free(result);
    }
    return status;
}
