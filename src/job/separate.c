#include "job/separate.h"

#include "core/error.h"
#include "io/output_set.h"
#include "job/kept_activations.h"
#include "job/kept_atoms.h"
#include "job/memory_budget.h"
#include "job/output_record.h"
#include "job/separate_report.h"
#include "job/transform.h"
#include "unmingle/separator.h"

#include <math.h>
#include <string.h>

enum {
    /* Free atoms that learn what the known sources leave; more begin to take from them. */
    RESIDUAL_ATOMS = 8,
    /* Updates that the gains of known atoms need. */
    GAIN_ITERATIONS = 15
};

typedef struct job {
    const umi_separate_config *config;
    umi_separate_result *result;
    umi_recording recording;
    umi_sources sources;
    umi_output_set *output;
    umi_audio_format format; /* of the stems */
    um_error *error;
} job;

/* -- What it works with ------------------------------------------------------------------------ */

/* The transform: the dictionaries', else the settings', else by the sample rate. */
static um_status choose_transform(job *j)
{
    const umi_separate_config *c = j->config;
    const char *name = umi_audio_reader_name(j->recording.reader);
    um_stft_config *stft = &j->result->stft;
    double rate = j->recording.format.sample_rate;
    double dictionary_rate;
    *stft = umi_transform(rate, c->window, c->hop, c->window_shape);
    um_stft_config wished = *stft;
    if (!umi_sources_transform(&j->sources, stft, &dictionary_rate)) {
        return UM_OK;
    }
    if (dictionary_rate != rate) {
        return umi_error_set(j->error, UM_ERR_CONFIG,
                             "%s: the dictionary was learned at %.0f Hz, but %s has %.0f Hz; learn "
                             "one at that rate",
                             c->dictionaries[0], dictionary_rate, name, rate);
    }
    if (c->window_given &&
        (wished.window.length != stft->window.length || wished.window.hop != stft->window.hop ||
         wished.window.window != stft->window.window)) {
        return umi_error_set(
            j->error, UM_ERR_CONFIG,
            "%s: the dictionary was learned with a %s window of %zu, hop %zu, not "
            "with %s, %zu, %zu; leave out --window, --hop and --window-shape, or the "
            "preset that sets them",
            c->dictionaries[0], um_window_name(stft->window.window), stft->window.length,
            stft->window.hop, um_window_name(wished.window.window), wished.window.length,
            wished.window.hop);
    }
    return UM_OK;
}

/* For learning from the channels side by side, or from their mean. */
static umi_gather_config gather_config(const job *j, const umi_memory_plan *plan,
                                       bool mean_channels)
{
    const umi_separate_config *c = j->config;
    umi_gather_config gather = {0};
    gather.stft = j->result->stft;
    gather.reader = c->reader;
    gather.mean_channels = mean_channels;
    gather.memory = umi_memory_for_frames(plan, c->memory);
    gather.seed = c->seed;
    gather.parallel = c->parallel;
    gather.watch = &c->watch;
    return gather;
}

static um_status model_config(const job *j, umi_model_config *model)
{
    const umi_separate_config *c = j->config;
    size_t n_bins, fft_size;
    um_status status = umi_transform_sizes(&j->result->stft, &n_bins, &fft_size, j->error);
    if (status != UM_OK) {
        return status;
    }
    *model = (umi_model_config){n_bins,
                                j->recording.format.channels,
                                j->recording.format.sample_rate,
                                c->iterations,
                                c->tolerance,
                                c->start,
                                c->seed,
                                c->parallel};
    return UM_OK;
}

/* -- Learning ---------------------------------------------------------------------------------- */

/* Free atoms beside the known ones. One source alone would be the whole recording: who names one
 * wants it against the rest. */
static size_t n_free_atoms(const job *j)
{
    bool several = false;
    for (size_t i = 1; i < j->sources.n_known; i++) {
        several |= strcmp(j->sources.known[i].label, j->sources.known[0].label) != 0;
    }
    return j->config->residual || !several ? RESIDUAL_ATOMS : 0;
}

static size_t n_atoms_in_all(const job *j)
{
    if (j->result->blind) {
        return j->config->n_atoms;
    }
    size_t n = n_free_atoms(j);
    for (size_t i = 0; i < j->sources.n_known; i++) {
        n += j->sources.known[i].W.rows;
    }
    return n;
}

static um_status learn_model(job *j, const umi_model_config *model, um_cview V)
{
    const umi_separate_config *c = j->config;
    if (j->result->blind) {
        return umi_model_learn_blind(model, V, c->n_atoms, c->n_sources, c->residual,
                                     c->watch.progress, &j->result->model, j->error);
    }
    umi_model_config known = *model;
    size_t n_free = n_free_atoms(j);
    if (n_free == 0 && known.iterations > GAIN_ITERATIONS) {
        known.iterations = GAIN_ITERATIONS;
    }
    return umi_model_learn_known(&known, V, j->sources.known, j->sources.n_known, n_free,
                                 c->watch.progress, &j->result->model, j->error);
}

static um_status learn_examples(job *j, const umi_model_config *model)
{
    const umi_separate_config *c = j->config;
    umi_memory_plan plan = {c->n_clip_atoms, model->n_bins, 1, 0, 0, c->parallel.n_workers};
    umi_gather_config gather = gather_config(j, &plan, true);
    umi_watch_phase(&c->watch, "learning the examples", 0.05, 0.2);
    return umi_sources_learn(&j->sources, c->examples, c->n_examples, c->n_clip_atoms,
                             &j->recording, &gather, model, j->error);
}

/* Stems there will be; known sources with equal labels count more than once, which does no harm. */
static size_t n_stems_at_most(const job *j)
{
    const umi_separate_config *c = j->config;
    return j->result->blind ? c->n_sources + c->residual : j->sources.n_known + 1;
}

static um_status learn(job *j)
{
    const umi_separate_config *c = j->config;
    umi_model_config model;
    um_status status = model_config(j, &model);
    if (status == UM_OK && c->n_examples > 0) {
        status = learn_examples(j, &model);
    }
    if (status != UM_OK) {
        return status;
    }
    umi_memory_plan plan = {n_atoms_in_all(j),          model.n_bins,
                            model.n_channels,           n_stems_at_most(j),
                            j->result->stft.window.hop, c->parallel.n_workers};
    if (c->memory_given) {
        status = umi_memory_check(&plan, c->memory, j->error);
        if (status != UM_OK) {
            return status;
        }
    }
    umi_watch_phase(&c->watch, "reading", 0.2, 0.25);
    umi_gather_config gather = gather_config(j, &plan, false);
    umi_passage whole = {NULL, 0.0, INFINITY, &j->recording};
    umi_material material;
    status = umi_gather(&gather, &whole, 1, &material, j->error);
    if (status != UM_OK) {
        return status;
    }
    j->result->n_learned_frames = material.V.rows;
    j->result->n_drawn_frames = material.n_drawn;
    j->result->n_available_frames = material.n_available;
    umi_watch_phase(&c->watch, "learning", 0.25, 0.6);
    status = learn_model(j, &model, um_const_view(material.V));
    umi_material_free(&material);
    return status;
}

/* -- Taking apart ------------------------------------------------------------------------------ */

static bool has_residual(const umi_model *model)
{
    return strcmp(model->labels[model->n_sources - 1], umi_residual_label) == 0;
}

static um_status write_stems(job *j)
{
    const umi_separate_config *c = j->config;
    umi_separate_result *r = j->result;
    const umi_model *model = &r->model;
    umi_activations_writer *writer = NULL;
    um_separator_config separator = um_separator_config_default();
    um_status status =
        umi_activations_writer_new(j->output, umi_stem_set_n_frames(&j->recording, &r->stft),
                                   model->W.rows, &writer, j->error);
    separator.stft = r->stft;
    separator.exponent = c->exponent;
    separator.residual = has_residual(model);
    separator.parallel = c->parallel;
    separator.activations_out = umi_activations_writer_take;
    separator.activations_user = writer;
    if (status == UM_OK) {
        umi_stem_set_config set = {&j->recording,
                                   j->output,
                                   &separator,
                                   um_const_view(model->W),
                                   um_const_view(model->G),
                                   model->source_of,
                                   model->labels,
                                   model->n_sources,
                                   j->format,
                                   0.6,
                                   c->watch};
        status = umi_stem_set_write(&set, &r->stems, j->error);
    }
    if (status == UM_OK) {
        status = umi_activations_writer_finish(writer, j->error);
    }
    umi_activations_writer_free(writer);
    return status;
}

static um_status write_atoms(const job *j)
{
    const umi_separate_config *c = j->config;
    umi_kept_atoms_origin origin = {&j->result->stft, j->recording.format.sample_rate, c->seed,
                                    c->input};
    return umi_kept_atoms_write(&j->result->model, &origin, j->output, j->error);
}

static um_status write_report(const job *j)
{
    umi_json *json = umi_separate_report(j->config, j->result);
    um_status status = umi_stem_report_write(json, j->output, j->error);
    umi_json_free(json);
    return status;
}

static um_status run(job *j)
{
    const umi_separate_config *c = j->config;
    umi_separate_result *r = j->result;
    umi_watch_phase(&c->watch, "reading", 0.0, 0.05);
    um_status status =
        umi_recording_open(c->input, &c->reader, c->watch.progress, &j->recording, j->error);
    if (status != UM_OK) {
        return status;
    }
    umi_recording_warn(&j->recording, &j->config->watch);
    r->blind = c->n_examples == 0 && c->n_dictionaries == 0;
    /* Once it is open: what changes from now on is noticed at the end. */
    status = umi_recording_origin_of(c->input, &r->origin, j->error);
    if (status == UM_OK) { /* known now, not when all is learned */
        status =
            umi_output_format_choose(&c->format, &j->recording, &c->watch, &j->format, j->error);
    }
    if (status == UM_OK) {
        status = choose_transform(j);
    }
    if (status == UM_OK) {
        status = learn(j);
    }
    if (status == UM_OK) {
        status = write_stems(j);
    }
    if (status == UM_OK) {
        status = write_atoms(j);
    }
    return status == UM_OK ? write_report(j) : status;
}

um_status umi_separate(const umi_separate_config *config, umi_separate_result *result,
                       um_error *error)
{
    job j = {0};
    j.config = config;
    j.result = result;
    j.error = error;
    memset(result, 0, sizeof *result);
    um_status status = umi_recording_check(config->input, error);
    if (status == UM_OK) {
        status = umi_sources_load(config->dictionaries, config->n_dictionaries, &j.sources, error);
    }
    if (status == UM_OK) {
        status = umi_output_set_begin(config->output, config->force, &j.output, error);
    }
    if (status == UM_OK) {
        status = run(&j);
    }
    if (status == UM_OK) {
        status = umi_output_record_commit(j.output, config->output, umi_stem_report_name, "stems",
                                          error);
    }
    umi_output_set_free(j.output); /* what was not committed is removed */
    umi_sources_free(&j.sources);
    umi_recording_close(&j.recording);
    if (status != UM_OK) {
        umi_separate_result_free(result);
    }
    return status;
}

void umi_separate_result_free(umi_separate_result *result)
{
    umi_model_free(&result->model);
    umi_stem_set_free(&result->stems);
    umi_recording_origin_free(&result->origin);
    memset(result, 0, sizeof *result);
}
