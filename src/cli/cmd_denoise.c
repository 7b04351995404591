#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"
#include "cli/denoise_summary.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/running.h"
#include "cli/signals.h"
#include "cli/time_range.h"
#include "core/error.h"
#include "core/memory.h"
#include "io/path.h"
#include "job/batch.h"
#include "job/denoise_settings.h"
#include "job/speech_dictionary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct run {
    const umi_options *options;
    umi_denoise_config denoise;
    umi_batch_list list;
    umi_shard shard;
    um_dictionary *speech;
    char *settings; /* a line of JSON */
    umi_batch_report *report;
    um_error report_error; /* why no more can be reported, which ends the run */
    umi_denoise_summary summary;
    umi_progress progress;
    um_progress callback;
} run;

/* -- Before any work --------------------------------------------------------------------------- */

static um_status read_profile(const char *text, umi_denoise_config *config, um_error *error)
{
    umi_time_range range;
    struct stat status;
    if (strcmp(text, "auto") == 0) {
        config->profile = UMI_PROFILE_AUTO;
    } else if (umi_time_range_parse(text, &range, NULL) == UM_OK) {
        config->profile = UMI_PROFILE_RANGE;
        config->profile_start = range.start;
        config->profile_end = range.end;
    } else if (stat(text, &status) == 0) {
        config->profile = UMI_PROFILE_FILE;
        config->profile_path = text;
    } else {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--profile: '%.200s' is neither 'auto', nor a time A-B such as "
                             "0:00-0:01, nor a file",
                             text);
    }
    return UM_OK;
}

/* Loaded once, and before any work: with a wrong one every file would fail. */
static um_status load_dictionary(run *r, um_error *error)
{
    const umi_options *o = r->options;
    if (o->speech == NULL) {
        return umi_error_set(error, UM_ERR_CONFIG,
                             "%.900s: sets no dictionary; copy the line of 'unmingle presets show "
                             "speech', or give --dictionary",
                             umi_preset_path(o->preset_file));
    }
    um_status status = umi_speech_load(o->speech, &r->speech, error);
    r->denoise.speech = r->speech;
    return status;
}

static um_status fill_config(run *r, um_error *error)
{
    const umi_options *o = r->options;
    r->denoise = (umi_denoise_config){
        .dictionary = o->speech,
        .strength = o->strength,
        .max_reduction = o->max_reduction,
        .fast = o->fast,
        .keep_channels = o->keep_channels,
        .reader = {o->allow_truncated, o->strict, umi_running_spool_directory()},
    };
    umi_json *settings = NULL;
    um_status status = read_profile(o->profile, &r->denoise, error);
    if (status == UM_OK) {
        status = load_dictionary(r, error);
    }
    if (status == UM_OK) {
        status = umi_denoise_settings(&r->denoise, o->residue, &settings, error);
    }
    if (status != UM_OK) {
        return status;
    }
    r->settings = umi_json_to_line(settings);
    umi_json_free(settings);
    return r->settings != NULL ? UM_OK : umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
}

static um_status choose_shard(run *r, um_error *error)
{
    const umi_options *o = r->options;
    r->shard = (umi_shard){0, 1};
    if (o->shard != NULL && o->shards != NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--shard and --shards: give one of them (see 'unmingle denoise "
                             "--help=all')");
    }
    if (o->shard != NULL) {
        return umi_shard_parse(o->shard, &r->shard, error);
    }
    umi_shard_environment environment = {
        getenv("SLURM_ARRAY_TASK_ID"),   getenv("SLURM_ARRAY_TASK_MIN"),
        getenv("SLURM_ARRAY_TASK_STEP"), getenv("SLURM_ARRAY_TASK_COUNT"),
        getenv("JOB_COMPLETION_INDEX"),
    };
    return o->shards != NULL ? umi_shard_from_environment(o->shards, &environment, &r->shard, error)
                             : UM_OK;
}

static um_status list_files(run *r, um_error *error)
{
    const umi_options *o = r->options;
    if ((o->n_operands == 0) == (o->manifest == NULL)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "give either files and folders or a --manifest (see 'unmingle denoise "
                             "--help')");
    }
    const char **operands = umi_alloc(o->n_operands, sizeof *operands);
    if (operands == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    for (size_t i = 0; i < o->n_operands; i++) {
        operands[i] = o->operands[i].text;
    }
    umi_batch_list_config config = {
        operands,  o->n_operands, o->manifest, umi_running_spool_directory(),
        o->output, o->residue,    r->shard,
    };
    um_status status = umi_batch_list_new(&config, &r->list, error);
    umi_free(operands);
    return status;
}

static um_status open_report(run *r, um_error *error)
{
    if (r->options->report == NULL) {
        return UM_OK;
    }
    um_status status = umi_path_make_parents(r->options->report, error);
    return status == UM_OK ? umi_batch_report_open(r->options->report, &r->report, error) : status;
}

static um_status plan(run *r, um_error *error)
{
    um_status status = choose_shard(r, error);
    if (status == UM_OK) {
        status = fill_config(r, error);
    }
    if (status == UM_OK) {
        status = list_files(r, error);
    }
    return status == UM_OK ? open_report(r, error) : status;
}

/* -- The work ---------------------------------------------------------------------------------- */

static int exit_code(um_status status)
{
    return (int)umi_exit_code(status);
}

static void start_worker(void *user)
{
    (void)user;
    umi_signals_install_in_fork();
}

static bool stopped(void *user)
{
    (void)user;
    return umi_signals_caught() != 0;
}

/* Tells at once what people should know of a file; not again what an earlier run has told. */
static void tell(const umi_json *json)
{
    const char *error = umi_json_get_string(umi_json_get(json, "error"));
    const char *status = umi_json_get_string(umi_json_get(json, "status"));
    const umi_json *warnings = umi_json_get(json, "warnings");
    if (error != NULL) {
        umi_log(UMI_LOG_ERROR, "%s", error);
    }
    for (size_t i = 0; strcmp(status, "done") == 0 && i < umi_json_length(warnings); i++) {
        umi_log(UMI_LOG_WARNING, "%s", umi_json_get_string(umi_json_at(warnings, i)));
    }
}

static bool finished(void *user, const char *line, size_t n_bytes, const umi_json *json)
{
    run *r = user;
    umi_denoise_summary_add(&r->summary, json);
    tell(json);
    if (r->options->json) {
        (void)fwrite(line, 1, n_bytes, stdout);
        (void)putchar('\n');
        (void)fflush(stdout); /* main asks in the end whether all of it went well */
    }
    return r->report == NULL ||
           umi_batch_report_add(r->report, line, n_bytes, &r->report_error) == UM_OK;
}

static void tick(void *user, const umi_batch_state *state)
{
    run *r = user;
    char text[UMI_PROGRESS_NAME];
    int n = snprintf(text, sizeof text, "%zu of %zu files",
                     state->n_done + state->n_skipped + state->n_failed, state->n_items);
    if (state->n_failed > 0) {
        (void)snprintf(text + n, sizeof text - (size_t)n, ", %zu failed", state->n_failed);
    }
    umi_progress_rename(&r->progress, text);
    (void)r->callback.report(r->callback.user, state->share, 1.0, NAN);
}

static um_status work(run *r, umi_batch_state *state, um_error *error)
{
    const umi_options *o = r->options;
    umi_batch_config config = {
        .list = &r->list,
        .shard = r->shard,
        .work = {r->list.root, &r->denoise, r->settings, o->residue, o->force},
        .n_jobs = o->jobs > 0 ? (size_t)o->jobs : umi_running_cores(),
        .exit_code = exit_code,
        .start_worker = start_worker,
        .stopped = stopped,
        .finished = finished,
        .tick = tick,
        .user = r,
    };
    umi_progress_start(&r->progress, o, "");
    umi_progress_phase(&r->progress, NULL, 0.0, 1.0);
    r->callback = umi_progress_callback(&r->progress);
    um_status status = umi_batch(&config, state, error);
    umi_progress_finish(&r->progress);
    if (r->report_error.status == UM_OK && r->report != NULL) {
        (void)!umi_batch_report_finish(r->report, &r->report_error);
    }
    if (status == UM_OK && r->report_error.status != UM_OK) {
        *error = r->report_error;
        status = error->status;
    }
    return status;
}

/* The code of a run that came to its end. */
static int outcome(const run *r, const umi_batch_state *state)
{
    if (state->n_failed == 0) {
        return UMI_EXIT_OK;
    }
    if (r->list.is_single) {
        return (int)r->summary.first_exit_code;
    }
    umi_log(UMI_LOG_ERROR, "%zu of %zu files failed", state->n_failed, state->n_items);
    return UMI_EXIT_BATCH;
}

int umi_cmd_denoise(const umi_options *options)
{
    run r = {.options = options};
    umi_batch_state state = {0};
    um_error error = {UM_OK, ""};
    int code = UMI_EXIT_OK;
    um_status status = plan(&r, &error);
    if (status == UM_OK) {
        status = work(&r, &state, &error);
        if (!options->json && !options->quiet && status != UM_ERR_CANCELLED &&
            !(r.list.is_single && state.n_failed > 0)) {
            umi_denoise_summary_print(&r.summary, options->output, stdout);
        }
    }
    if (status == UM_OK) {
        code = outcome(&r, &state);
    } else {
        if (status != UM_ERR_CANCELLED) {
            umi_log(UMI_LOG_ERROR, "%s", error.message);
        }
        code = (int)umi_exit_code(status);
    }
    umi_batch_report_free(r.report);
    umi_denoise_summary_free(&r.summary);
    umi_batch_list_free(&r.list);
    um_dictionary_free(r.speech);
    umi_free(r.settings);
    return code;
}
