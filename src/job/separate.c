#include "job/separate.h"

#include "core/error.h"
#include "job/few_threads.h"
#include "job/kept_activations.h"
#include "job/kept_atoms.h"
#include "job/listening_page.h"
#include "job/output_record.h"
#include "job/separate_internal.h"
#include "job/separate_report.h"
#include "job/shift_list.h"

#include <string.h>

enum {
    /* Updates with atoms at several pitches, and of the refit to the first estimates. */
    SHIFTED_ITERATIONS = 20,
    REFIT_ITERATIONS = 7,
    /* Updates of activations of which only onsets are kept. */
    ONSET_ITERATIONS = 60
};

/* Of what guides the masks of a split beside the atoms: chosen on given and on made songs. */
static const double LEAD_GUIDE_WEIGHT = 0.5, PERCUSSIVE_GUIDE_WEIGHT = 0.35;
/* Where atoms have no say it makes the mask softer: of medians in place of their squares. */
static const double FAST_GUIDE_WEIGHT = 0.5;

/* -- Taking apart ------------------------------------------------------------------------------ */

/* Whether the last source takes what no atom explains. Beside a lead that is known that is its
 * accompaniment, unless it can be told by what repeats. */
static bool has_residual(const umi_separate_job *j)
{
    const umi_model *model = &j->result->model;
    return j->config->split == UMI_SPLIT_LEAD
               ? !j->repeats_less
               : strcmp(model->labels[model->n_sources - 1], umi_residual_label) == 0;
}

/* What helps the atoms to tell the two sources of a split apart. */
static void guide(const umi_separate_job *j, um_separator_config *separator)
{
    bool fast = j->config->fast;
    if (j->config->split == UMI_SPLIT_LEAD && j->repeats_less) {
        separator->guide = (um_separator_guide){.weight = LEAD_GUIDE_WEIGHT,
                                                .repetition = j->repetition,
                                                .lowest_bin = umi_separate_lowest_lead_bin(j)};
    } else if (j->config->split == UMI_SPLIT_PERCUSSIVE) {
        umi_percussive_config percussive = umi_separate_percussive(j);
        separator->guide =
            (um_separator_guide){.weight = fast ? FAST_GUIDE_WEIGHT : PERCUSSIVE_GUIDE_WEIGHT,
                                 .median_frames = percussive.median_frames,
                                 .median_bins = percussive.median_bins};
        separator->onset_frames = fast ? 0 : percussive.onset_frames;
        separator->iterations = fast ? 1 : ONSET_ITERATIONS;
    }
}

static um_status write_stems(umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    umi_separate_result *r = j->result;
    const umi_model *model = &r->model;
    umi_activations_writer *writer = NULL; /* of none that have no say */
    double shifts[UMI_SHIFT_LIST_MAX];
    um_separator_config separator = um_separator_config_default();
    um_separator_dictionary_config dictionary = {.atoms = um_const_view(model->W),
                                                 .gains = um_const_view(model->G),
                                                 .atom_frames =
                                                     umi_sources_atom_frames(&j->sources),
                                                 .source_of = model->source_of,
                                                 .n_sources = model->n_sources,
                                                 .residual = has_residual(j),
                                                 .shifts = shifts,
                                                 .shift_penalty = umi_shift_penalty,
                                                 .covariances = um_const_view(model->R)};
    if (umi_separate_lasts(j)) {
        dictionary.gains.data = NULL; /* one mask serves all channels */
    }
    dictionary.n_shifts = umi_separate_shifts(j, shifts);
    r->shifts = dictionary.n_shifts > 0 ? c->shifts : 0;
    r->residual = dictionary.residual;
    um_status status = c->fast ? UM_OK
                               : umi_activations_writer_new(
                                     j->output, umi_stem_set_n_frames(&j->recording, &r->stft),
                                     model->W.rows * (1 + dictionary.n_shifts), &writer, j->error);
    separator.stft = r->stft;
    separator.exponent = c->exponent;
    umi_few_threads few;
    separator.parallel = c->parallel;
    if (c->memory_given) {
        size_t n_workers = umi_memory_workers(&j->plan, r->n_learned_frames, c->memory);
        separator.parallel = umi_few_threads_of(&c->parallel, n_workers, &few);
    }
    separator.activations_out = writer != NULL ? umi_activations_writer_take : NULL;
    separator.activations_user = writer;
    guide(j, &separator);
    if (dictionary.n_shifts > 0 && separator.guide.weight == 0.0) {
        separator.iterations = SHIFTED_ITERATIONS;
        separator.refit_iterations = REFIT_ITERATIONS;
    }
    if (status == UM_OK) {
        umi_stem_set_config set = {&j->recording, j->output, &separator, &dictionary,
                                   model->labels, j->format, 0.6,        c->watch};
        status = umi_stem_set_write(&set, &r->stems, j->error);
    }
    if (c->fast) {
        r->stems.n_atoms = 0; /* those that there are have no say */
    }
    if (status == UM_OK && writer != NULL) {
        status = umi_activations_writer_finish(writer, j->error);
    }
    umi_activations_writer_free(writer);
    return status;
}

static um_status write_atoms(const umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    umi_kept_atoms_origin origin = {&j->result->stft, j->recording.format.sample_rate, c->seed,
                                    umi_sources_atom_frames(&j->sources), c->input};
    return umi_kept_atoms_write(&j->result->model, &origin, j->output, j->error);
}

static um_status write_report(const umi_separate_job *j)
{
    umi_json *json = umi_separate_report(j->config, j->result);
    um_status status = umi_stem_report_write(json, j->output, j->error);
    umi_json_free(json);
    return status;
}

/* From what is written by now. */
static um_status write_page(const umi_separate_job *j)
{
    const char *recording = j->config->input;
    umi_kept_result kept;
    if (j->config->fast) { /* without atoms */
        return umi_listening_page_write(recording, &j->result->stems, NULL, j->output, j->error);
    }
    um_status status = umi_kept_result_open(umi_output_set_path(j->output, "."), &kept, j->error);
    if (status == UM_OK) {
        status = umi_listening_page_write(recording, &j->result->stems, &kept, j->output, j->error);
        umi_kept_result_close(&kept);
    }
    return status;
}

static um_status run(umi_separate_job *j)
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
    if (umi_separate_lasts(j) && (c->n_examples > 0 || c->residual)) {
        return umi_error_set(j->error, UM_ERR_ARGUMENT,
                             "%s: its atoms last several frames, which goes with neither --learn "
                             "nor --residual",
                             c->dictionaries[0]);
    }
    if (umi_separate_lasts(j) && j->sources.n_known == 1) {
        return umi_error_set(
            j->error, UM_ERR_CONFIG,
            "%s: W: its atoms last %zu frames and are all of one source, which would "
            "be the whole recording; learn it with --label in place of --speech",
            c->dictionaries[0], umi_sources_atom_frames(&j->sources));
    }
    r->blind = c->n_examples == 0 && c->n_dictionaries == 0;
    /* Once it is open: what changes from now on is noticed at the end. */
    status = umi_recording_origin_of(c->input, &r->origin, j->error);
    if (status == UM_OK) { /* known now, not when all is learned */
        status =
            umi_output_format_choose(&c->format, &j->recording, &c->watch, &j->format, j->error);
    }
    if (status == UM_OK) {
        status = umi_separate_choose_transform(j);
    }
    if (status == UM_OK) {
        status = umi_separate_learn(j);
    }
    if (status == UM_OK) {
        status = write_stems(j);
    }
    if (status == UM_OK && !c->fast) {
        status = write_atoms(j);
    }
    if (status == UM_OK) {
        status = write_report(j);
    }
    return status == UM_OK ? write_page(j) : status;
}

um_status umi_separate(const umi_separate_config *config, umi_separate_result *result,
                       um_error *error)
{
    umi_separate_job j = {0};
    j.config = config;
    j.result = result;
    j.error = error;
    memset(result, 0, sizeof *result);
    um_status status = umi_recording_check(config->input, error);
    if (status == UM_OK) {
        status = umi_sources_load(config->dictionaries, config->n_dictionaries, config->adapt,
                                  &j.sources, error);
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
    um_repetition_free(j.repetition);
    umi_material_free(&j.material);
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
