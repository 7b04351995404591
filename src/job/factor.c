#define _POSIX_C_SOURCE 200809L
#include "job/factor.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/npy_file.h"
#include "io/output_set.h"
#include "job/factor_check.h"
#include "job/factor_report.h"
#include "job/lee_seung.h"
#include "job/output_record.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const double mib = 1048576.0;

/* Code, libraries and small things, measured. */
static const double program_bytes = 24.0 * 1048576.0;

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
    umi_factor_runs_free(&result->runs);
    umi_factor_start_free(&result->start);
    umi_factor_input_free(&result->input);
    for (size_t i = 0; i < result->n_warnings; i++) {
        umi_free(result->warnings[i]);
    }
    umi_free(result->warnings);
    memset(result, 0, sizeof *result);
}

/* -- Before the work --------------------------------------------------------------------------- */

/* What may be used: what the user said, or half of what the machine has. */
static double memory_allowed(const umi_factor_config *config)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
    return config->memory > 0 || pages <= 0 || page <= 0 ? (double)config->memory
                                                         : (double)pages * (double)page / 2.0;
}

static um_status check_memory(const umi_factor_config *config, umi_factor_result *result,
                              um_error *error)
{
    double allowed = memory_allowed(config);
    result->memory = allowed;
    double needed =
        program_bytes + umi_factor_input_bytes(&result->input) +
        umi_factor_runs_bytes(&config->how, config->start.kind, config->n_runs, &result->input);
    if (result->start.H.data != NULL) {
        needed += (double)result->start.H.rows * (double)result->start.H.cols * sizeof(float);
    }
    if (needed <= allowed || allowed == 0.0) {
        return UM_OK;
    }
    return umi_error_set(error, UM_ERR_MEMORY,
                         "%s: %zu x %zu values and %zu atoms need %.0f MiB, and %s %.0f MiB; "
                         "--memory %.0fM allows it",
                         umi_factor_input_name(&result->input), result->input.rows,
                         result->input.cols, config->how.n_components, needed / mib + 1.0,
                         config->memory > 0 ? "--memory allows"
                                            : "half of this machine's memory is",
                         allowed / mib, needed / mib + 1.0);
}

/* -- Results ----------------------------------------------------------------------------------- */

static um_status write_matrix(umi_output_set *set, const char *name, um_cview M, um_error *error)
{
    return umi_npy_file_write_matrix(umi_output_set_path(set, name),
                                     umi_output_set_shown_path(set, name), M, error);
}

/* Atoms of several frames: n_components x frames x columns. */
static um_status write_long_atoms(umi_output_set *set, um_cview W, size_t n_frames, um_error *error)
{
    size_t cols = W.cols / n_frames;
    umi_npy_file_config config = {umi_output_set_path(set, "W.npy"),
                                  umi_output_set_shown_path(set, "W.npy"),
                                  3,
                                  {W.rows, n_frames, cols}};
    umi_npy_file *file;
    um_status status = umi_npy_file_new(&config, &file, error);
    for (size_t k = 0; k < W.rows && status == UM_OK; k++) {
        status = umi_npy_file_write(file, um_cview_of(um_crow(W, k), n_frames, cols), error);
    }
    if (status == UM_OK) {
        status = umi_npy_file_finish(file, error);
    }
    umi_npy_file_free(file);
    return status;
}

static um_status write_W(umi_output_set *set, um_cview W, size_t n_frames, um_error *error)
{
    return n_frames > 1 ? write_long_atoms(set, W, n_frames, error)
                        : write_matrix(set, "W.npy", W, error);
}

/* H for a W whose rows have these sums, block by block: for W as the user gave it. */
static um_status write_scaled_H(umi_output_set *set, um_cview H, const double *W_sums,
                                um_error *error)
{
    enum { ROWS = 256 };
    umi_npy_file_config config = {umi_output_set_path(set, "H.npy"),
                                  umi_output_set_shown_path(set, "H.npy"),
                                  2,
                                  {H.rows, H.cols}};
    umi_npy_file *file = NULL;
    float *block = umi_alloc(ROWS * H.cols, sizeof *block);
    um_status status = block != NULL ? umi_npy_file_new(&config, &file, error)
                                     : umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    for (size_t first = 0; first < H.rows && status == UM_OK; first += ROWS) {
        size_t n = H.rows - first < ROWS ? H.rows - first : ROWS;
        for (size_t i = 0; i < n * H.cols; i++) {
            double h = (double)um_crow(H, first + i / H.cols)[i % H.cols];
            block[i] = (float)(h / W_sums[i % H.cols]);
        }
        status = umi_npy_file_write(file, um_cview_of(block, n, H.cols), error);
    }
    if (status == UM_OK) {
        status = umi_npy_file_finish(file, error);
    }
    umi_npy_file_free(file);
    umi_free(block);
    return status;
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

static um_status write_all(const umi_factor_config *config, const umi_factor_result *result,
                           umi_output_set *set, um_error *error)
{
    um_cview H = umi_factorisation_H(result->runs.best);
    um_status status;
    if (result->start.fix_W) {
        status = write_W(set, um_const_view(result->start.W), config->how.atom_frames, error);
        if (status == UM_OK) {
            status = write_scaled_H(set, H, result->start.W_sums, error);
        }
    } else {
        status =
            write_W(set, umi_factorisation_W(result->runs.best), config->how.atom_frames, error);
        if (status == UM_OK) {
            status = write_matrix(set, "H.npy", H, error);
        }
    }
    if (status == UM_OK && config->save_V) {
        status = write_matrix(set, "V.npy", um_const_view(result->input.V), error);
    }
    return status == UM_OK ? write_report(config, result, set, error) : status;
}

/* -- The work ---------------------------------------------------------------------------------- */

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static um_status factorise(const umi_factor_config *config, umi_factor_result *result,
                           um_error *error)
{
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    um_status status = umi_factor_runs_do(&config->how, &result->input, &result->start,
                                          config->seed, config->n_runs, &result->runs, error);
    result->wall_seconds = seconds_of(CLOCK_MONOTONIC) - wall;
    result->cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (status == UM_OK && config->lee_seung) {
        const umi_factor_input *input = &result->input;
        double divergence = umi_factorisation_divergence(result->runs.best);
        result->lee_seung = input->is_sparse ? umi_lee_seung_sparse(input->sparse, divergence)
                                             : umi_lee_seung(um_const_view(input->V), divergence);
    }
    return status;
}

static um_status run(const umi_factor_config *config, umi_factor_result *result, um_error *error)
{
    umi_factor_input_config input = config->input;
    umi_factor_start_config start = config->start;
    input.watch = &result->watch;
    start.n_components = config->how.n_components;
    start.atom_frames = config->how.atom_frames;
    double began = seconds_of(CLOCK_MONOTONIC);
    umi_watch_phase(&result->watch, "reading", 0.0, 0.1);
    um_status status = umi_factor_input_open(&input, &result->input, error);
    if (status == UM_OK) {
        status = umi_factor_check_input(config, &result->input, error);
    }
    if (status == UM_OK) {
        status = umi_factor_start_load(&start, &result->input, &result->start, error);
    }
    if (status == UM_OK) {
        status = check_memory(config, result, error);
    }
    if (status == UM_OK) {
        status = umi_factor_input_load(&result->input, error);
    }
    result->reading_seconds = seconds_of(CLOCK_MONOTONIC) - began;
    return status == UM_OK ? factorise(config, result, error) : status;
}

/* What the report of the run before calls its own makes room; the user's files stay. */
static um_status publish(const umi_factor_config *config, umi_output_set *set, um_error *error)
{
    umi_output_record record;
    um_status status =
        umi_output_record_read(config->output, "report.json", "matrices", &record, error);
    if (status == UM_OK) {
        status = umi_output_set_commit(set, record.names, record.n_names, error);
        umi_output_record_free(&record);
    }
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
        status = run(config, result, error);
    }
    if (status == UM_OK) {
        umi_watch_phase(&result->watch, "writing", 0.95, 1.0);
        status = write_all(config, result, set, error);
    }
    if (status == UM_OK) {
        status = publish(config, set, error);
    }
    umi_output_set_free(set); /* what was not committed is removed */
    if (status != UM_OK) {
        umi_factor_result_free(result);
    }
    return status;
}
