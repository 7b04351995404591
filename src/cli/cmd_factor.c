#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/number_list.h"
#include "cli/places.h"
#include "cli/running.h"
#include "core/error.h"
#include "core/memory.h"
#include "io/text.h"
#include "job/factor_report.h"
#include "job/factor_survey.h"
#include "unmingle/cpu.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 512 };

typedef struct factoring {
    const umi_options *options;
    umi_factor_config config;
    double *weights;
    char output[PATH_MAX];
    umi_running running;
} factoring;

/* -- Before any work --------------------------------------------------------------------------- */

static bool given(const umi_options *options, const char *name)
{
    return umi_options_origin(options, name) != UMI_BUILT_IN;
}

/* --beta alone is enough; with another --divergence it is a contradiction. */
static um_status choose_divergence(factoring *f, um_error *error)
{
    const umi_options *o = f->options;
    umi_factorisation_config *how = &f->config.how;
    how->divergence = (um_divergence)o->divergence;
    how->beta = o->beta;
    if (!given(o, "divergence") &&
        (how->solver == UMI_SOLVER_VQ || how->solver == UMI_SOLVER_PCA)) {
        how->divergence = UM_DIVERGENCE_EUCLIDEAN; /* the only one that they know */
    }
    if (given(o, "beta") && given(o, "divergence") && o->divergence != UM_DIVERGENCE_BETA) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--beta %g and --divergence %s: give one of them", o->beta,
                             umi_divergence_name(how->divergence));
    }
    if (given(o, "beta")) {
        how->divergence = UM_DIVERGENCE_BETA;
    } else if (o->divergence == UM_DIVERGENCE_BETA) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "--divergence beta: give its --beta X");
    }
    return UM_OK;
}

static um_status read_weights(factoring *f, um_error *error)
{
    const umi_options *o = f->options;
    size_t K = (size_t)o->atoms;
    if (o->weights == NULL) {
        return UM_OK;
    }
    f->weights = umi_alloc(K, sizeof *f->weights);
    if (f->weights == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for --weights");
    }
    size_t n = umi_parse_number_list(o->weights, f->weights, K);
    if (n == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--weights: '%.200s' is not a list of numbers such as 1,0,2.5",
                             o->weights);
    }
    if (n != K) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "--weights: %zu numbers, but --atoms %zu", n,
                             K);
    }
    for (size_t k = 0; k < K; k++) {
        if (f->weights[k] < 0.0) {
            return umi_error_set(error, UM_ERR_ARGUMENT, "--weights: %g is negative",
                                 f->weights[k]);
        }
    }
    f->config.how.weights = f->weights;
    return UM_OK;
}

static um_status read_harmonic(factoring *f, um_error *error)
{
    const char *text = f->options->harmonic;
    umi_factor_start_config *start = &f->config.start;
    if (text != NULL &&
        (!umi_parse_number_range(text, &start->lowest, &start->highest) || start->lowest <= 0.0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--harmonic: '%.200s' is not a range of frequencies such as 55-880",
                             text);
    }
    return UM_OK;
}

/* Where the matrices go: V.factors, unless -o says. A run must not replace what it reads. */
static um_status choose_output(factoring *f, um_error *error)
{
    const umi_options *o = f->options;
    const char *input = o->operands[0].text;
    const char *named = strcmp(input, "-") == 0 ? "stdin" : input;
    int length = o->output != NULL ? snprintf(f->output, sizeof f->output, "%s", o->output)
                                   : snprintf(f->output, sizeof f->output, "%s.factors", named);
    if (length < 0 || (size_t)length >= sizeof f->output) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: the name is too long", input);
    }
    const char *const read[] = {input, o->init_W, o->init_H};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        if (read[i] != NULL && strcmp(read[i], "-") != 0 && umi_lies_in(read[i], f->output)) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "%s: lies in the folder that W and H are to be written to; take "
                                 "another -o",
                                 read[i]);
        }
    }
    f->config.output = f->output;
    return UM_OK;
}

static umi_factor_input_config input_of(factoring *f)
{
    const umi_options *o = f->options;
    umi_factor_input_config input = {
        .path = o->operands[0].text,
        .window = o->window,
        .hop = o->hop,
        .window_shape = (um_window)o->window_shape,
        .reader = {o->allow_truncated, o->strict, umi_running_spool_directory()},
        .parallel = umi_running_parallel(&f->running)};
    return input;
}

static um_status plan(factoring *f, um_error *error)
{
    const umi_options *o = f->options;
    um_parallel parallel = umi_running_parallel(&f->running);
    f->config = (umi_factor_config){
        .input = input_of(f),
        .force = o->force,
        .save_V = o->save_V,
        .lee_seung = o->report_1999,
        .how = {.n_components = o->atoms,
                .atom_frames = o->atom_frames,
                .solver = (umi_solver)o->solver,
                .precision = (um_precision)o->precision,
                .iterations = o->iterations,
                .tolerance = o->tolerance,
                .sparsity_H = o->sparsity,
                .sparsity_W = o->atom_sparsity,
                .continuity_H = o->continuity,
                .parallel = parallel},
        .start = {.kind = (umi_start)o->start,
                  .init_W = o->init_W,
                  .init_H = o->init_H,
                  .fix_W = o->fix_W,
                  .n_percussive = o->percussive},
        .seed = o->seed,
        .n_runs = o->restarts,
        .memory = o->memory,
        .watch = f->running.watch,
    };
    um_status status = choose_divergence(f, error);
    if (!given(o, "tolerance")) {
        f->config.how.tolerance = umi_solver_extrapolates(&f->config.how) ? 2e-3 : 1e-5;
    }
    if (status == UM_OK) {
        status = read_weights(f, error);
    }
    if (status == UM_OK) {
        status = read_harmonic(f, error);
    }
    return status == UM_OK ? choose_output(f, error) : status;
}

/* -- Results ----------------------------------------------------------------------------------- */

static void print_runs(const umi_factor_runs *runs)
{
    puts("  run        seed   divergence  atoms alike  least alike");
    for (size_t i = 0; i < runs->n_runs; i++) {
        const umi_factor_run *run = &runs->runs[i];
        printf("  %3zu  %10llu  %11.6g", i + 1, (unsigned long long)run->seed, run->divergence);
        if (i == runs->i_best) {
            puts("         best");
        } else {
            printf("  %11.3f  %11.3f\n", run->alike, run->least_alike);
        }
    }
}

/* What is to be known of the atoms' scale. */
static const char *scale_of(const umi_factor_config *config)
{
    switch (config->how.solver) {
    case UMI_SOLVER_VQ:
        return "each the mean of its rows of V";
    case UMI_SOLVER_PCA:
        return "orthonormal and signed";
    default:
        return config->start.fix_W ? "as given" : "each with the sum 1";
    }
}

static void print_result(const umi_factor_config *config, const umi_factor_result *r)
{
    char shown[NAME_SIZE];
    const umi_factor_run *best = &r->runs.runs[r->runs.i_best];
    size_t K = config->how.n_components;
    printf("%s/\n", umi_display_name(config->output, shown, sizeof shown));
    const char *scale = scale_of(config);
    if (config->how.atom_frames > 1) {
        printf("  W.npy  %zu x %zu x %zu, atoms of %zu rows, %s\n", K, config->how.atom_frames,
               r->input.cols, config->how.atom_frames, scale);
    } else {
        printf("  W.npy  %zu x %zu, an atom a row, %s\n", K, r->input.cols, scale);
    }
    printf("  H.npy  %zu x %zu, their activations\n", r->input.rows, K);
    if (config->save_V) {
        printf("  V.npy  %zu x %zu, as it was used\n", r->input.rows, r->input.cols);
    }
    if (config->how.divergence == UM_DIVERGENCE_BETA) {
        printf("  divergence: %.6g (beta %g)", best->divergence, config->how.beta);
    } else {
        printf("  divergence: %.6g (%s)", best->divergence,
               umi_divergence_title(config->how.divergence));
    }
    if (config->how.solver != UMI_SOLVER_PCA) {
        const char *unit = r->solver == UMI_SOLVER_ONLINE ? "batch" : "iteration";
        const char *several = r->solver == UMI_SOLVER_ONLINE ? "es" : "s";
        printf(" after %zu %s%s", best->iterations, unit, best->iterations == 1 ? "" : several);
    }
    printf(" by %s, %.2f s\n", umi_solver_name(r->solver), r->wall_seconds);
    if (best->objective != best->divergence) {
        printf("  objective, penalties included: %.6g\n", best->objective);
    }
    if (config->lee_seung) {
        printf("  Lee and Seung's F (1999): %.6g\n", r->lee_seung);
    }
    if (r->runs.n_runs > 1) {
        print_runs(&r->runs);
    }
}

static void log_details(const umi_factor_result *r)
{
    const umi_factor_input *input = &r->input;
    char shown[NAME_SIZE];
    (void)umi_display_name(input->config.path, shown, sizeof shown);
    umi_log(UMI_LOG_DETAIL, "%s: %s, %zu x %zu", shown, umi_factor_kind_name(input->kind),
            input->rows, input->cols);
    if (umi_factor_input_is_loaded(input)) {
        umi_log(UMI_LOG_DETAIL, "%s: %zu values above 0, the largest %g", shown, input->n_nonzero,
                (double)input->largest);
    } else {
        umi_log(UMI_LOG_DETAIL, "%s: W was learned from %zu rows", shown, r->online.n_drawn);
    }
    if (input->kind == UMI_MATRIX_NONE) {
        const um_window_config *window = &input->stft.window;
        umi_log(UMI_LOG_DETAIL, "%s: %.0f Hz, %s window of %zu, hop %zu", shown, input->sample_rate,
                um_window_name(window->window), window->length, window->hop);
    }
    umi_log(UMI_LOG_DETAIL,
            "%s: read in %.2f s, factorised in %.2f s (CPU %.2f s); instructions: "
            "%s",
            shown, r->reading_seconds, r->wall_seconds, r->cpu_seconds, um_cpu_level());
}

/* Prints the report, NULL where memory was short, and frees it. */
static um_status print_report(umi_json *json, um_error *error)
{
    char *text = json != NULL ? umi_json_to_text(json) : NULL;
    um_status status = UM_OK;
    if (text != NULL) {
        fputs(text, stdout);
    } else {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the report");
    }
    umi_free(text);
    umi_json_free(json);
    return status;
}

static um_status factor(factoring *f, um_error *error)
{
    umi_factor_result result;
    um_status status = plan(f, error);
    if (status != UM_OK) {
        return status;
    }
    umi_progress_start(&f->running.progress, f->options, f->config.input.path);
    status = umi_factor(&f->config, &result, error);
    umi_progress_finish(&f->running.progress);
    if (status != UM_OK) {
        return status;
    }
    log_details(&result);
    if (f->options->json) {
        status = print_report(umi_factor_report(&f->config, &result), error);
    } else if (!f->options->quiet) {
        print_result(&f->config, &result);
    }
    umi_factor_result_free(&result);
    return status;
}

/* -- The survey -------------------------------------------------------------------------------- */

static um_status plan_survey(factoring *f, umi_factor_survey_config *config, um_error *error)
{
    const umi_options *o = f->options;
    um_rank_survey_config *survey = &config->survey;
    config->input = input_of(f);
    config->input.watch = &f->running.watch;
    *survey = um_rank_survey_config_default();
    survey->seed = o->seed;
    survey->parallel = config->input.parallel;
    if (given(o, "atoms")) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--rank-survey looks for the number of atoms; leave --atoms out");
    }
    if (!umi_parse_whole_range(o->rank_survey, &survey->first, &survey->last) ||
        survey->first < 1 || survey->last > 4096) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--rank-survey: '%.200s' is not a range within 1..4096 such as 2..40",
                             o->rank_survey);
    }
    return UM_OK;
}

static void print_survey(const umi_factor_survey_config *config, const umi_factor_survey *survey)
{
    char shown[NAME_SIZE];
    const um_rank_survey *s = &survey->scores;
    printf("%s\n", umi_display_name(config->input.path, shown, sizeof shown));
    printf("  %zu of %zu rows, %zu times a share of the cells hidden\n\n", survey->rows_used,
           survey->rows, config->survey.n_masks);
    puts("  atoms  hidden cells    seen cells  above the best  (error)");
    for (size_t i = 0; i < s->n_scores; i++) {
        const um_rank_score *score = &s->scores[i];
        printf("  %5zu  %12.5g  %12.5g", score->n_components, score->held_out, score->seen);
        if (i == s->best) {
            printf("%16s", "best");
        } else {
            printf("  %14.2g  (%.1g)", score->surplus, score->error);
        }
        puts(i == s->suggested ? "  <- suggested" : "");
    }
    printf("\n  suggested: --atoms %zu\n", s->scores[s->suggested].n_components);
    if (s->scores[s->best].n_components == config->survey.last) {
        printf(
            "  The divergence of hidden cells still falls at %zu; a wider range would tell more.\n",
            config->survey.last);
    }
}

static um_status survey(factoring *f, um_error *error)
{
    umi_factor_survey_config config;
    umi_factor_survey result;
    um_status status = plan_survey(f, &config, error);
    if (status != UM_OK) {
        return status;
    }
    umi_progress_start(&f->running.progress, f->options, config.input.path);
    status = umi_factor_survey_run(&config, &result, error);
    umi_progress_finish(&f->running.progress);
    if (status == UM_OK && f->options->json) {
        status = print_report(umi_factor_survey_report(&config, &result), error);
    } else if (status == UM_OK) {
        print_survey(&config, &result);
    }
    return status;
}

int umi_cmd_factor(const umi_options *options)
{
    factoring f = {.options = options};
    um_error error = {UM_OK, ""};
    int code = umi_running_start(&f.running, options);
    if (code != UMI_EXIT_OK) {
        return code;
    }
    um_status status = options->rank_survey != NULL ? survey(&f, &error) : factor(&f, &error);
    if (status != UM_OK && status != UM_ERR_CANCELLED) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
    }
    umi_running_end(&f.running);
    umi_free(f.weights);
    return (int)umi_exit_code(status);
}
