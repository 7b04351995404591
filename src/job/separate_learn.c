/* What `separate` works with, and how it learns: the transform, clips, atoms, places. */
#include "core/error.h"
#include "job/clip_places.h"
#include "job/memory_budget.h"
#include "job/model_lead.h"
#include "job/model_places.h"
#include "job/separate_internal.h"
#include "job/shift_list.h"
#include "job/transform.h"

#include <math.h>
#include <string.h>

enum {
    /* Free atoms that learn what the known sources leave; more begin to take from them. */
    RESIDUAL_ATOMS = 8,
    /* Updates that atoms learn from a clip: more fit it closer and the source less. */
    CLIP_ITERATIONS = 40,
    /* Updates that the gains of known atoms need. */
    GAIN_ITERATIONS = 15,
    /* Frames that a background is the median of. */
    SIMILAR_FRAMES = 15
};

static const double SIMILAR_APART = 0.5; /* seconds, at least, that these are apart */
static const double LOWEST_LEAD = 100.0; /* Hz */

/* -- What it works with ------------------------------------------------------------------------ */

/* Atoms that go on learning, or that only stand for their kind, need not have been learned at the
 * recording's rate: theirs is the transform of about the same length in time. */
static um_status adapt_transform(umi_separate_job *j, double dictionary_rate)
{
    um_stft_config *stft = &j->result->stft;
    double rate = j->recording.format.sample_rate;
    double octaves = round(log2(rate / dictionary_rate));
    stft->window.length = (size_t)ldexp((double)stft->window.length, (int)octaves);
    stft->window.hop = (size_t)ldexp((double)stft->window.hop, (int)octaves);
    stft->fft_size = 0;
    um_status status = umi_transform_sizes(stft, &j->n_bins, &j->fft_size, j->error);
    return status == UM_OK ? umi_sources_remap(&j->sources, rate, j->fft_size,
                                               j->config->dictionaries, j->error)
                           : status;
}

static um_status choose_transform(umi_separate_job *j)
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

um_status umi_separate_choose_transform(umi_separate_job *j)
{
    um_status status = choose_transform(j);
    return status == UM_OK
               ? umi_transform_sizes(&j->result->stft, &j->n_bins, &j->fft_size, j->error)
               : status;
}

bool umi_separate_lasts(const umi_separate_job *j)
{
    return umi_sources_atom_frames(&j->sources) > 1;
}

size_t umi_separate_shifts(const umi_separate_job *j, double *shifts)
{
    const umi_separate_config *c = j->config;
    bool moved = !j->result->blind && !umi_separate_lasts(j) && !c->adapt &&
                 c->split != UMI_SPLIT_PERCUSSIVE;
    return moved ? umi_shift_list_fill(c->shifts, shifts) : 0;
}

/* Hz from bin to bin. */
static double bin_width(const umi_separate_job *j)
{
    return j->recording.format.sample_rate / (double)j->fft_size;
}

size_t umi_separate_lowest_lead_bin(const umi_separate_job *j)
{
    return (size_t)ceil(LOWEST_LEAD / bin_width(j));
}

/* For learning from the channels side by side, or from their mean. */
static umi_gather_config gather_config(const umi_separate_job *j, const umi_memory_plan *plan,
                                       bool mean_channels)
{
    const umi_separate_config *c = j->config;
    umi_gather_config gather = {0};
    gather.stft = j->result->stft;
    gather.reader = c->reader;
    gather.mean_channels = mean_channels;
    gather.keep_silence = umi_separate_lasts(j) || j->config->split == UMI_SPLIT_PERCUSSIVE;
    gather.in_runs = gather.keep_silence;
    gather.memory = umi_memory_for_frames(plan, c->memory);
    gather.seed = c->seed;
    gather.parallel = c->parallel;
    gather.watch = &c->watch;
    return gather;
}

static umi_model_config model_config(const umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    return (umi_model_config){.n_bins = j->n_bins,
                              .n_channels = j->recording.format.channels,
                              .sample_rate = j->recording.format.sample_rate,
                              .iterations = c->iterations,
                              .tolerance = c->tolerance,
                              .start = c->start,
                              .seed = c->seed,
                              .parallel = c->parallel,
                              .atom_frames = umi_sources_atom_frames(&j->sources)};
}

/* -- Learning ---------------------------------------------------------------------------------- */

/* Free atoms beside the known ones. One source alone would be the whole recording: who names one
 * wants it against the rest. */
static size_t n_free_atoms(const umi_separate_job *j)
{
    bool several = false;
    if (j->config->split == UMI_SPLIT_PERCUSSIVE) {
        return j->config->n_atoms;
    }
    for (size_t i = 1; i < j->sources.n_known; i++) {
        several |= strcmp(j->sources.known[i].label, j->sources.known[0].label) != 0;
    }
    return !umi_separate_lasts(j) && (j->config->residual || !several) ? RESIDUAL_ATOMS : 0;
}

static size_t n_atoms_in_all(const umi_separate_job *j)
{
    if (j->config->fast) {
        return 2;
    }
    if (j->result->blind) {
        return j->config->n_atoms;
    }
    size_t n = n_free_atoms(j);
    for (size_t i = 0; i < j->sources.n_known; i++) {
        n += j->sources.known[i].W.rows;
    }
    return n;
}

umi_percussive_config umi_separate_percussive(const umi_separate_job *j)
{
    double hop = (double)j->result->stft.window.hop / j->recording.format.sample_rate;
    return umi_percussive_config_for(hop, bin_width(j));
}

/* One source alone is looked for, and what is left is named for it. */
static um_status check_lead(const umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    const char *lead = c->n_examples > 0        ? c->examples[0].label
                       : j->sources.n_known > 0 ? j->sources.known[0].label
                                                : umi_lead_label;
    const char *other = strcmp(lead, umi_accompaniment_label) == 0 ? lead : NULL;
    for (size_t i = 0; i < c->n_examples; i++) {
        other = strcmp(c->examples[i].label, lead) != 0 ? c->examples[i].label : other;
    }
    for (size_t i = 0; i < j->sources.n_known; i++) {
        other = strcmp(j->sources.known[i].label, lead) != 0 ? j->sources.known[i].label : other;
    }
    return other == NULL
               ? UM_OK
               : umi_error_set(j->error, UM_ERR_ARGUMENT,
                               "'%s' cannot be known where a lead is taken from the rest: only the "
                               "lead can; leave it out, or the preset",
                               other);
}

/* The background is looked for in the frames that are learned from. */
static um_status learn_lead(umi_separate_job *j, const umi_model_config *model, um_cview V)
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
                                            n_free_atoms(j), j->repetition,
                                            umi_separate_lowest_lead_bin(j), c->watch.progress,
                                            &j->result->model, &j->repeats_less, j->error)
               : umi_model_learn_lead(model, V, c->n_atoms, j->repetition,
                                      umi_separate_lowest_lead_bin(j), c->watch.progress,
                                      &j->result->model, j->error);
}

static um_status learn_model(umi_separate_job *j, const umi_model_config *model, um_cview V)
{
    const umi_separate_config *c = j->config;
    if (c->split == UMI_SPLIT_LEAD) {
        return learn_lead(j, model, V);
    }
    if (c->split == UMI_SPLIT_PERCUSSIVE && (j->sources.n_known != 1 || umi_separate_lasts(j))) {
        return umi_error_set(j->error, UM_ERR_CONFIG,
                             "%s: has several labels, or atoms that last; what is struck is known "
                             "by a dictionary of one label, of atoms of one frame",
                             c->dictionaries[0]);
    }
    if (c->split == UMI_SPLIT_PERCUSSIVE) {
        umi_percussive_config percussive = umi_separate_percussive(j);
        return umi_model_learn_percussive(model, &percussive, V, j->sources.known[0].W,
                                          n_free_atoms(j), c->watch.progress, &j->result->model,
                                          j->error);
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

static um_status learn_examples(umi_separate_job *j, const umi_model_config *model)
{
    const umi_separate_config *c = j->config;
    umi_memory_plan plan = {.n_components = c->n_clip_atoms,
                            .n_bins = model->n_bins,
                            .n_channels = 1,
                            .n_workers = c->parallel.n_workers};
    umi_gather_config gather = gather_config(j, &plan, true);
    gather.channels_kept = model->n_channels;
    /* Few frames that are much alike: singular vectors begin with what they have in common, and
     * notes come apart better from random atoms (.6 dB). */
    umi_model_config from_random = *model;
    from_random.start = UMI_START_RANDOM;
    if (!c->iterations_given) {
        from_random.iterations = CLIP_ITERATIONS;
    }
    j->result->clip_iterations = from_random.iterations;
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
static size_t n_stems_at_most(const umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    size_t n_blind = c->n_sources > 0 ? c->n_sources : 1 + UM_GROUP_FITS;
    if (c->split != UMI_SPLIT_SOURCES) {
        return 2;
    }
    return j->result->blind ? n_blind + c->residual : j->sources.n_known + 1;
}

static umi_memory_plan memory_plan(const umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    double shifts[UMI_SHIFT_LIST_MAX];
    size_t n_channels = j->recording.format.channels;
    size_t n_shifts = umi_separate_shifts(j, shifts);
    return (umi_memory_plan){.n_components = n_atoms_in_all(j),
                             .n_bins = j->n_bins,
                             .atom_frames = umi_sources_atom_frames(&j->sources),
                             .n_channels = n_channels,
                             .n_sources = n_stems_at_most(j),
                             .hop = j->result->stft.window.hop,
                             .n_shifts = n_shifts,
                             .n_workers = c->parallel.n_workers,
                             .frames_stay = c->split == UMI_SPLIT_LEAD,
                             .refits = n_shifts > 0 && c->split == UMI_SPLIT_SOURCES,
                             .coupled = c->split == UMI_SPLIT_PERCUSSIVE,
                             .placed = c->split == UMI_SPLIT_SOURCES && n_channels > 1 &&
                                       !umi_separate_lasts(j)};
}

um_status umi_separate_learn(umi_separate_job *j)
{
    const umi_separate_config *c = j->config;
    umi_model_config model = model_config(j);
    um_status status = c->split == UMI_SPLIT_LEAD ? check_lead(j) : UM_OK;
    if (status == UM_OK && c->n_examples > 0) {
        status = learn_examples(j, &model);
    }
    if (status != UM_OK) {
        return status;
    }
    j->plan = memory_plan(j);
    if (c->memory_given) {
        status = umi_memory_check(&j->plan, c->memory, j->error);
        if (status != UM_OK) {
            return status;
        }
    }
    if (c->fast) {
        return umi_model_of_medians(&model, &j->result->model, j->error);
    }
    if (!j->result->blind && c->split == UMI_SPLIT_SOURCES && n_free_atoms(j) == 0 &&
        umi_model_is_known(&model, j->sources.known, j->sources.n_known)) {
        return learn_model(j, &model, (um_cview){NULL, 0, 0, 0}); /* there is nothing to learn */
    }
    umi_watch_phase(&c->watch, "reading", 0.2, 0.25);
    umi_gather_config gather = gather_config(j, &j->plan, umi_separate_lasts(j));
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
