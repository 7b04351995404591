#include "job/separate.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"
#include "io/output_set.h"
#include "job/memory_budget.h"
#include "job/null_test.h"
#include "job/output_format.h"
#include "job/output_record.h"
#include "job/separate_report.h"
#include "job/stems.h"
#include "job/stream.h"
#include "job/transform.h"
#include "unmingle/separator.h"

#include <math.h>
#include <string.h>

enum {
    /* Free atoms that learn what the known sources leave; more begin to take from them. */
    RESIDUAL_ATOMS = 8,
    /* Updates that the gains of known atoms need. */
    GAIN_ITERATIONS = 15,
    /* Updates with atoms at several pitches, and of the refit to the first estimates. */
    SHIFTED_ITERATIONS = 30,
    REFIT_ITERATIONS = 10,
    SHIFTS_MAX = 12
};

/* By semitone: without it the atoms drift to other pitches. */
static const double SHIFT_PENALTY = 0.1;

typedef struct job {
    const umi_separate_config *config;
    umi_separate_result *result;
    umi_recording recording;
    umi_sources sources;
    umi_output_set *output;
    char **paths; /* of the stems while they are made, in the output set */
    char **shown; /* where they will be, for messages */
    um_error *error;
} job;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to separate");
}

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

/* The stems' format: the recording's, as far as the container can hold it. */
static um_status choose_format(job *j)
{
    umi_audio_format *out = &j->result->output_format;
    *out = j->recording.format;
    out->container = j->config->container;
    if (!j->config->keep_sample) {
        out->sample = j->config->sample;
    }
    /* Known now, not when all is learned. */
    return umi_output_format_fit(out, umi_audio_reader_name(j->recording.reader), &j->config->watch,
                                 j->error);
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
    gather.channels_kept = model->n_channels;
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
    if (!j->result->blind && n_free_atoms(j) == 0 &&
        umi_model_is_known(j->sources.known, j->sources.n_known)) {
        return learn_model(j, &model, (um_cview){NULL, 0, 0, 0}); /* there is nothing to learn */
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

static um_status make_separator(const job *j, um_separator **separator)
{
    const umi_model *model = &j->result->model;
    um_separator_config config = um_separator_config_default();
    config.stft = j->result->stft;
    config.n_channels = j->recording.format.channels;
    config.exponent = j->config->exponent;
    config.parallel = j->config->parallel;
    double shifts[2 * SHIFTS_MAX];
    size_t n_shifts = 0;
    for (size_t i = 1; i <= j->config->shifts && !j->result->blind; i++) {
        shifts[n_shifts++] = (double)i;
        shifts[n_shifts++] = -(double)i;
    }
    if (n_shifts > 0) {
        config.iterations = SHIFTED_ITERATIONS;
    }
    if (n_shifts > 0) {
        config.refit_iterations = REFIT_ITERATIONS;
    }
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(model->W),
                                                 .gains = um_const_view(model->G),
                                                 .source_of = model->source_of,
                                                 .n_sources = model->n_sources,
                                                 .residual = has_residual(model),
                                                 .shifts = shifts,
                                                 .n_shifts = n_shifts,
                                                 .shift_penalty = SHIFT_PENALTY,
                                                 .covariances = um_const_view(model->R)};
    return um_separator_new(&config, &dictionary, separator, j->error);
}

/* To be freed with umi_free; NULL when memory is short. */
static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = umi_alloc(size, 1);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

static um_status name_stems(job *j)
{
    size_t n = j->result->model.n_sources;
    j->paths = umi_alloc(n, sizeof(char *));
    j->shown = umi_alloc(n, sizeof(char *));
    if (j->paths == NULL || j->shown == NULL) {
        return out_of_memory(j->error);
    }
    for (size_t s = 0; s < n; s++) {
        char name[UM_LABEL_MAX + 6];
        umi_stem_file_name(j->result->model.labels[s], j->config->container, name);
        j->paths[s] = copy_text(umi_output_set_path(j->output, name));
        j->shown[s] = copy_text(umi_output_set_shown_path(j->output, name));
        if (j->paths[s] == NULL || j->shown[s] == NULL) {
            return out_of_memory(j->error);
        }
    }
    return UM_OK;
}

static void free_names(job *j)
{
    for (size_t s = 0; s < j->result->model.n_sources; s++) {
        if (j->paths != NULL) {
            umi_free(j->paths[s]);
        }
        if (j->shown != NULL) {
            umi_free(j->shown[s]);
        }
    }
    umi_free(j->paths);
    umi_free(j->shown);
}

static void share_energy(const double *energy, size_t n, double *shares)
{
    double total = 0.0;
    for (size_t s = 0; s < n; s++) {
        total += energy[s];
    }
    for (size_t s = 0; s < n; s++) {
        shares[s] = total > 0.0 ? energy[s] / total : 0.0;
    }
}

static um_status write_stems(job *j)
{
    const umi_separate_config *c = j->config;
    size_t n = j->result->model.n_sources;
    um_separator *separator = NULL;
    umi_stems *stems = NULL;
    j->result->shares = umi_alloc(n, sizeof(double));
    um_status status =
        j->result->shares == NULL ? out_of_memory(j->error) : make_separator(j, &separator);
    if (status == UM_OK) {
        status = umi_stems_new(&j->recording, &j->result->output_format,
                               (const char *const *)j->paths, (const char *const *)j->shown, n,
                               umi_stream_block_frames(j->recording.format.channels, n), &stems,
                               j->error);
    }
    if (status == UM_OK) {
        status = umi_stream(&j->recording, separator, stems, n, c->watch.progress, j->error);
    }
    if (status == UM_OK) {
        status = umi_stems_finish(stems, j->error);
        j->result->held = umi_stems_held(stems);
        share_energy(umi_stems_energy(stems), n, j->result->shares);
    }
    umi_stems_free(stems);
    um_separator_free(separator);
    return status;
}

static um_status write_report(const job *j)
{
    umi_json *json = umi_separate_report(j->config, j->result);
    char *text = json != NULL ? umi_json_to_text(json) : NULL;
    um_status status = text == NULL ? out_of_memory(j->error)
                                    : umi_output_set_write(j->output, "unmingle.json", text,
                                                           strlen(text), j->error);
    umi_free(text);
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
    r->input_format = j->recording.format;
    r->n_frames = j->recording.n_frames;
    r->blind = c->n_examples == 0 && c->n_dictionaries == 0;
    status = choose_format(j);
    if (status == UM_OK) {
        status = choose_transform(j);
    }
    if (status == UM_OK) {
        status = learn(j);
    }
    if (status == UM_OK) {
        status = name_stems(j);
    }
    if (status == UM_OK) {
        umi_watch_phase(&c->watch, "separating", 0.6, 0.95);
        status = write_stems(j);
    }
    if (status == UM_OK) {
        umi_watch_phase(&c->watch, "checking", 0.95, 1.0);
        status = umi_null_test(&j->recording, (const char *const *)j->paths, r->model.n_sources,
                               c->watch.progress, &r->null_peak, j->error);
    }
    if (status == UM_OK) {
        status = umi_audio_reader_check_unchanged(j->recording.reader, j->error);
    }
    if (status == UM_OK) {
        status = write_report(j);
    }
    return status;
}

/* What the record of the run before calls its own makes room; the user's files stay. */
static um_status publish(job *j)
{
    umi_output_record record;
    um_status status =
        umi_output_record_read(j->config->output, "unmingle.json", "stems", &record, j->error);
    if (status == UM_OK) {
        status = umi_output_set_commit(j->output, record.names, record.n_names, j->error);
        umi_output_record_free(&record);
    }
    return status;
}

/* A recording that is not there is the mistake to tell of, not the folder that its name gives. */
static um_status check_input(const char *path, um_error *error)
{
    umi_input_file file;
    if (strcmp(path, "-") == 0) {
        return UM_OK;
    }
    um_status status = umi_input_file_open(path, NULL, &file, error);
    if (status == UM_OK) {
        umi_input_file_close(&file);
    }
    return status;
}

um_status umi_separate(const umi_separate_config *config, umi_separate_result *result,
                       um_error *error)
{
    job j = {0};
    j.config = config;
    j.result = result;
    j.error = error;
    memset(result, 0, sizeof *result);
    um_status status = check_input(config->input, error);
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
        status = publish(&j);
    }
    umi_output_set_free(j.output); /* what was not committed is removed */
    free_names(&j);
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
    umi_free(result->shares);
    memset(result, 0, sizeof *result);
}
