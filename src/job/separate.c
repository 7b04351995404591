#include "job/separate.h"

#include "core/error.h"
#include "io/output_set.h"
#include "job/clip_places.h"
#include "job/kept_activations.h"
#include "job/kept_atoms.h"
#include "job/listening_page.h"
#include "job/memory_budget.h"
#include "job/model_lead.h"
#include "job/model_percussive.h"
#include "job/model_places.h"
#include "job/output_record.h"
#include "job/separate_report.h"
#include "job/shift_list.h"
#include "job/transform.h"
#include "unmingle/separator.h"

#include <math.h>
#include <string.h>

enum {
    /* Free atoms that learn what the known sources leave; more begin to take from them. */
    RESIDUAL_ATOMS = 8,
    /* Updates that atoms learn from a clip: more fit it closer and the source less. */
    CLIP_ITERATIONS = 40,
    /* Updates that the gains of known atoms need. */
    GAIN_ITERATIONS = 15,
    /* Updates with atoms at several pitches, and of the refit to the first estimates. */
    SHIFTED_ITERATIONS = 20,
    REFIT_ITERATIONS = 7,
    /* Updates of activations of which only onsets are kept. */
    ONSET_ITERATIONS = 60,
    /* Frames that a background is the median of. */
    SIMILAR_FRAMES = 15
};

static const double SIMILAR_APART = 0.5; /* seconds, at least, that these are apart */
static const double LOWEST_LEAD = 100.0; /* Hz */
/* Of what guides the masks of a split beside the atoms: chosen on given and on made songs. */
static const double LEAD_GUIDE_WEIGHT = 0.5, PERCUSSIVE_GUIDE_WEIGHT = 0.35;
/* Where atoms have no say it makes the mask softer: of medians in place of their squares. */
static const double FAST_GUIDE_WEIGHT = 0.5;

typedef struct job {
    const umi_separate_config *config;
    umi_separate_result *result;
    umi_recording recording;
    umi_sources sources;
    umi_material material;     /* what was learned from; a lead is found by it to the end */
    um_repetition *repetition; /* of a lead */
    bool repeats_less;         /* the lead than the rest: repetition tells which is which */
    umi_output_set *output;
    umi_audio_format format; /* of the stems */
    um_error *error;
} job;

/* -- What it works with ------------------------------------------------------------------------ */

/* Atoms that go on learning, or that only stand for their kind, need not have been learned at the
 * recording's rate: theirs is the transform of about the same length in time. */
static um_status adapt_transform(job *j, double dictionary_rate)
{
    um_stft_config *stft = &j->result->stft;
    double rate = j->recording.format.sample_rate;
    double octaves = round(log2(rate / dictionary_rate));
    size_t n_bins, fft_size;
    stft->window.length = (size_t)ldexp((double)stft->window.length, (int)octaves);
    stft->window.hop = (size_t)ldexp((double)stft->window.hop, (int)octaves);
    stft->fft_size = 0;
    um_status status = umi_transform_sizes(stft, &n_bins, &fft_size, j->error);
    return status == UM_OK
               ? umi_sources_remap(&j->sources, rate, fft_size, j->config->dictionaries, j->error)
               : status;
}

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
    if (dictionary_rate != rate && (c->adapt || c->split == UMI_SPLIT_PERCUSSIVE)) {
        return adapt_transform(j, dictionary_rate);
    }
    if (dictionary_rate != rate) {
        return umi_error_set(j->error, UM_ERR_CONFIG,
                             "%s: the dictionary was learned at %.0f Hz, but %s has %.0f Hz; learn "
                             "one at that rate",
                             c->dictionaries[0], dictionary_rate, name, rate);
    }
    return UM_OK;
}

/* Whether atoms last several frames: these must be in order then, none left out. */
static bool lasts(const job *j)
{
    return umi_sources_atom_frames(&j->sources) > 1;
}

/* A lead has nothing below this. */
static size_t lowest_lead_bin(const job *j)
{
    const um_window_config *window = &j->result->stft.window;
    return (size_t)ceil(LOWEST_LEAD * (double)window->length / j->recording.format.sample_rate);
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
    gather.keep_silence = lasts(j) || j->config->split == UMI_SPLIT_PERCUSSIVE;
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
                                c->parallel,
                                c->adapt,
                                umi_sources_atom_frames(&j->sources)};
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
    return !lasts(j) && (j->config->residual || !several) ? RESIDUAL_ATOMS : 0;
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

static umi_percussive_config percussive_config(const job *j)
{
    const um_window_config *window = &j->result->stft.window;
    double rate = j->recording.format.sample_rate;
    return umi_percussive_config_for((double)window->hop / rate, rate / (double)window->length);
}

/* The background is looked for in the frames that are learned from. */
static um_status learn_lead(job *j, const umi_model_config *model, um_cview V)
{
    const umi_separate_config *c = j->config;
    const umi_material *m = &j->material;
    double frames_per_second = model->sample_rate / (double)j->result->stft.window.hop;
    double drawn = m->n_available > 0 ? (double)m->n_drawn / (double)m->n_available : 1.0;
    um_repetition_config config = {
        SIMILAR_FRAMES, (size_t)fmax(1.0, round(SIMILAR_APART * frames_per_second * drawn))};
    um_status status = um_repetition_new(&config, V, &j->repetition);
    if (status != UM_OK) {
        return umi_error_set(j->error, status, "not enough memory to find what repeats");
    }
    j->repeats_less = true;
    return j->sources.n_known > 0
               ? umi_model_learn_known_lead(model, V, j->sources.known, j->sources.n_known,
                                            n_free_atoms(j), j->repetition, lowest_lead_bin(j),
                                            c->watch.progress, &j->result->model, &j->repeats_less,
                                            j->error)
               : umi_model_learn_lead(model, V, c->n_atoms, j->repetition, lowest_lead_bin(j),
                                      c->watch.progress, &j->result->model, j->error);
}

static um_status learn_model(job *j, const umi_model_config *model, um_cview V)
{
    const umi_separate_config *c = j->config;
    if (c->split == UMI_SPLIT_LEAD) {
        return learn_lead(j, model, V);
    }
    if (c->split == UMI_SPLIT_PERCUSSIVE) {
        umi_percussive_config percussive = percussive_config(j);
        return umi_model_learn_percussive(model, &percussive, V, j->sources.known[0].W, c->n_atoms,
                                          c->watch.progress, &j->result->model, j->error);
    }
    if (j->result->blind) {
        return umi_model_learn_blind(model, V, c->n_atoms, c->n_sources, c->residual,
                                     c->watch.progress, &j->result->model, j->error);
    }
    umi_model_config known = *model;
    size_t n_free = n_free_atoms(j);
    if (n_free == 0 && !c->adapt && known.iterations > GAIN_ITERATIONS) {
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
    /* Few frames that are much alike: singular vectors begin with what they have in common, and
     * notes come apart better from random atoms (.6 dB). */
    umi_model_config from_random = *model;
    from_random.start = UMI_START_RANDOM;
    if (!c->iterations_given) {
        from_random.iterations = CLIP_ITERATIONS;
    }
    umi_watch_phase(&c->watch, "learning the examples", 0.05, 0.17);
    um_status status = umi_sources_learn(&j->sources, c->examples, c->n_examples, c->n_clip_atoms,
                                         &j->recording, &gather, &from_random, j->error);
    if (status == UM_OK && c->split == UMI_SPLIT_SOURCES && !c->adapt && n_free_atoms(j) == 0) {
        umi_clip_places_config places = {j->result->stft, c->parallel, c->seed, &c->watch};
        umi_watch_phase(&c->watch, "looking for places", 0.17, 0.2);
        status = umi_clip_places_check(&places, &j->recording, &j->sources, j->error);
    }
    return status;
}

/* Stems there will be; known sources with equal labels count more than once, which does no harm. */
static size_t n_stems_at_most(const job *j)
{
    const umi_separate_config *c = j->config;
    size_t n_blind = c->n_sources > 0 ? c->n_sources : 1 + UM_GROUP_FITS;
    return j->result->blind ? n_blind + c->residual : j->sources.n_known + 1;
}

static um_status learn(job *j)
{
    const umi_separate_config *c = j->config;
    umi_model_config model;
    um_status status = model_config(j, &model);
    if (status == UM_OK && c->n_examples > 0) {
        status = learn_examples(j, &model);
    }
    if (status == UM_OK && c->fast) {
        return umi_model_of_medians(&model, &j->result->model, j->error);
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
    if (!j->result->blind && c->split == UMI_SPLIT_SOURCES && n_free_atoms(j) == 0 &&
        umi_model_is_known(&model, j->sources.known, j->sources.n_known)) {
        return learn_model(j, &model, (um_cview){NULL, 0, 0, 0}); /* there is nothing to learn */
    }
    umi_watch_phase(&c->watch, "reading", 0.2, 0.25);
    umi_gather_config gather = gather_config(j, &plan, lasts(j));
    umi_passage whole = {NULL, 0.0, INFINITY, &j->recording};
    status = umi_gather(&gather, &whole, 1, &j->material, j->error);
    if (status != UM_OK) {
        return status;
    }
    j->result->n_learned_frames = j->material.V.rows;
    j->result->n_drawn_frames = j->material.n_drawn;
    j->result->n_available_frames = j->material.n_available;
    umi_watch_phase(&c->watch, "learning", 0.25, j->result->blind ? 0.55 : 0.6);
    status = learn_model(j, &model, um_const_view(j->material.V));
    if (j->repetition == NULL) {
        umi_material_free(&j->material);
    }
    if (status == UM_OK && j->result->blind && c->split == UMI_SPLIT_SOURCES) {
        umi_watch_phase(&c->watch, "looking for places", 0.55, 0.6);
        status = umi_model_find_places(&j->result->model, &j->result->stft, &j->recording,
                                       c->parallel, c->seed, c->watch.progress, j->error);
    }
    return status;
}

/* -- Taking apart ------------------------------------------------------------------------------ */

static bool has_residual(const umi_model *model)
{
    return strcmp(model->labels[model->n_sources - 1], umi_residual_label) == 0;
}

/* What helps the atoms to tell the two sources of a split apart. */
static void guide(const job *j, um_separator_config *separator)
{
    bool fast = j->config->fast;
    if (j->config->split == UMI_SPLIT_LEAD && j->repeats_less) {
        separator->guide = (um_separator_guide){.weight = LEAD_GUIDE_WEIGHT,
                                                .repetition = j->repetition,
                                                .lowest_bin = lowest_lead_bin(j)};
    } else if (j->config->split == UMI_SPLIT_PERCUSSIVE) {
        umi_percussive_config percussive = percussive_config(j);
        separator->guide =
            (um_separator_guide){.weight = fast ? FAST_GUIDE_WEIGHT : PERCUSSIVE_GUIDE_WEIGHT,
                                 .median_frames = percussive.median_frames,
                                 .median_bins = percussive.median_bins};
        separator->onset_frames = fast ? 0 : percussive.onset_frames;
        separator->iterations = fast ? 1 : ONSET_ITERATIONS;
    }
}

static um_status write_stems(job *j)
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
                                                 .residual = has_residual(model),
                                                 .shifts = shifts,
                                                 .shift_penalty = umi_shift_penalty,
                                                 .covariances = um_const_view(model->R)};
    if (lasts(j)) {
        dictionary.gains.data = NULL; /* one mask serves all channels */
    } else if (!r->blind && !c->adapt && c->split != UMI_SPLIT_PERCUSSIVE) {
        dictionary.n_shifts = umi_shift_list_fill(c->shifts, shifts);
    }
    um_status status = c->fast ? UM_OK
                               : umi_activations_writer_new(
                                     j->output, umi_stem_set_n_frames(&j->recording, &r->stft),
                                     model->W.rows * (1 + dictionary.n_shifts), &writer, j->error);
    separator.stft = r->stft;
    separator.exponent = c->exponent;
    separator.parallel = c->parallel;
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
    if (status == UM_OK && writer != NULL) {
        status = umi_activations_writer_finish(writer, j->error);
    }
    umi_activations_writer_free(writer);
    return status;
}

static um_status write_atoms(const job *j)
{
    const umi_separate_config *c = j->config;
    umi_kept_atoms_origin origin = {&j->result->stft, j->recording.format.sample_rate, c->seed,
                                    umi_sources_atom_frames(&j->sources), c->input};
    return umi_kept_atoms_write(&j->result->model, &origin, j->output, j->error);
}

static um_status write_report(const job *j)
{
    umi_json *json = umi_separate_report(j->config, j->result);
    um_status status = umi_stem_report_write(json, j->output, j->error);
    umi_json_free(json);
    return status;
}

/* From what is written by now. */
static um_status write_page(const job *j)
{
    umi_kept_result kept;
    um_status status = umi_kept_result_open(umi_output_set_path(j->output, "."), &kept, j->error);
    if (status == UM_OK) {
        status = umi_listening_page_write(j->config->input, &j->result->stems, &kept, j->output,
                                          j->error);
        umi_kept_result_close(&kept);
    }
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
    if (lasts(j) && (c->n_examples > 0 || c->residual)) {
        return umi_error_set(j->error, UM_ERR_ARGUMENT,
                             "%s: its atoms last several frames, which goes with neither --learn "
                             "nor --residual",
                             c->dictionaries[0]);
    }
    if (lasts(j) && j->sources.n_known == 1) {
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
        status = choose_transform(j);
    }
    if (status == UM_OK) {
        status = learn(j);
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
