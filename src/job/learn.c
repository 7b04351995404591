#include "job/learn.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "job/learn_origin.h"
#include "job/memory_budget.h"
#include "job/strokes.h"
#include "job/transform.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of the loudest frame of a label: what is softer is a pause. */
static const double SILENCE = 1e-3;

typedef struct training {
    const umi_learn_config *config;
    umi_learn_result *result;
    um_dictionary *dictionary; /* made with the first label, when the rate is known */
    const char **labels;       /* each once, in the order they came */
    um_error *error;
} training;

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

static um_status list_labels(training *t)
{
    const umi_learn_config *c = t->config;
    t->labels = umi_alloc(c->n_files, sizeof(char *));
    if (t->labels == NULL) {
        return out_of_memory(t->error);
    }
    for (size_t i = 0; i < c->n_files; i++) {
        size_t l = 0;
        while (l < t->result->n_labels && strcmp(t->labels[l], c->files[i].label) != 0) {
            l++;
        }
        t->labels[l] = c->files[i].label;
        t->result->n_labels += l == t->result->n_labels;
    }
    return UM_OK;
}

/* Opens every file before hours go into the first: all must be there, share one sample rate, and
 * not be what the dictionary would replace. */
static um_status check_files(training *t)
{
    const umi_learn_config *c = t->config;
    um_status status = UM_OK;
    for (size_t i = 0; i < c->n_files && status == UM_OK; i++) {
        umi_audio_reader *reader;
        status = umi_audio_reader_open(c->files[i].path, &c->reader, &reader, t->error);
        if (status != UM_OK) {
            return status;
        }
        double rate = umi_audio_reader_format(reader)->sample_rate;
        if (i == 0) {
            t->result->sample_rate = rate;
            t->result->stft = umi_transform(rate, c->window, c->hop, c->window_shape);
        } else if (rate != t->result->sample_rate) {
            status = umi_error_set(t->error, UM_ERR_DATA,
                                   "%s: %.0f Hz, but %s has %.0f Hz; give all recordings one "
                                   "sample rate",
                                   umi_audio_reader_name(reader), rate, c->files[0].path,
                                   t->result->sample_rate);
        }
        if (status == UM_OK) {
            status = umi_learn_check_apart(reader, c->output, t->error);
        }
        umi_audio_reader_free(reader);
    }
    return status;
}

static um_status make_dictionary(training *t)
{
    const umi_learn_config *c = t->config;
    size_t n_bins, fft_size;
    um_status status = umi_transform_sizes(&t->result->stft, &n_bins, &fft_size, t->error);
    if (status != UM_OK) {
        return status;
    }
    t->result->n_components = t->result->n_labels * c->n_atoms;
    status = um_dictionary_new(t->result->n_components, c->atom_frames, n_bins, &t->dictionary);
    if (status == UM_ERR_MEMORY) {
        return out_of_memory(t->error);
    }
    if (status != UM_OK) {
        return umi_error_set(t->error, status,
                             "%zu labels of %zu atoms of %zu frames of %zu bins are too many",
                             t->result->n_labels, c->n_atoms, c->atom_frames, n_bins);
    }
    um_dictionary *d = t->dictionary;
    d->sample_rate = t->result->sample_rate;
    d->stft = t->result->stft;
    d->stft.fft_size = fft_size;
    d->seed = c->seed;
    const char **paths = umi_alloc(c->n_files, sizeof *paths);
    if (paths == NULL) {
        return out_of_memory(t->error);
    }
    for (size_t i = 0; i < c->n_files; i++) {
        paths[i] = c->files[i].path;
    }
    status = umi_learn_set_origin(d, paths, c->n_files, t->error);
    umi_free(paths);
    return status;
}

static um_status gather_label(training *t, size_t label, umi_material *material)
{
    const umi_learn_config *c = t->config;
    umi_memory_plan plan = {.n_components = c->n_atoms,
                            .n_bins = t->dictionary->W.cols,
                            .n_channels = 1,
                            .n_workers = c->parallel.n_workers};
    if (c->memory_given) {
        um_status status = umi_memory_check(&plan, c->memory, t->error);
        if (status != UM_OK) {
            return status;
        }
    }
    umi_passage *passages = umi_alloc(c->n_files, sizeof *passages);
    if (passages == NULL) {
        return out_of_memory(t->error);
    }
    size_t n = 0;
    for (size_t i = 0; i < c->n_files; i++) {
        if (strcmp(c->files[i].label, t->labels[label]) == 0) {
            passages[n++] = (umi_passage){c->files[i].path, 0.0, INFINITY, NULL};
        }
    }
    umi_gather_config gather = {.stft = t->result->stft,
                                .reader = c->reader,
                                .mean_channels = true,
                                .memory = umi_memory_for_frames(&plan, c->memory),
                                .seed = c->seed,
                                .parallel = c->parallel,
                                .watch = &c->watch};
    um_status status = umi_gather(&gather, passages, n, material, t->error);
    umi_free(passages);
    return status;
}

static um_status silent(const training *t, size_t label)
{
    return umi_error_set(t->error, UM_ERR_DATA, "%s: nothing but silence to learn from",
                         t->labels[label]);
}

/* One atom, of several frames. */
static um_status learn_strokes(training *t, size_t label)
{
    const umi_learn_config *c = t->config;
    um_stft *stft;
    double share = 1.0 / (double)t->result->n_labels;
    size_t n = 0, n_strokes;
    const char **paths = umi_alloc(c->n_files, sizeof *paths);
    if (paths == NULL) {
        return out_of_memory(t->error);
    }
    for (size_t i = 0; i < c->n_files; i++) {
        if (strcmp(c->files[i].label, t->labels[label]) == 0) {
            paths[n++] = c->files[i].path;
        }
    }
    um_status status = um_stft_new(&t->result->stft, &stft, t->error);
    if (status == UM_OK) {
        umi_strokes_config strokes = {.stft = stft,
                                      .n_frames = c->atom_frames,
                                      .reader = c->reader,
                                      .watch = &c->watch,
                                      .from = share * (double)label,
                                      .to = share * (double)(label + 1)};
        status = umi_strokes_learn(&strokes, paths, n, um_row(t->dictionary->W, label), &n_strokes,
                                   t->error);
    }
    if (status == UM_OK) {
        t->result->n_strokes += n_strokes;
        status = n_strokes > 0 ? UM_OK : silent(t, label);
    }
    um_stft_free(stft);
    umi_free(paths);
    return status;
}

/* Atoms of one frame. */
static um_status learn_frames(training *t, size_t label)
{
    const umi_learn_config *c = t->config;
    umi_material material;
    double share = 1.0 / (double)t->result->n_labels;
    double from = share * (double)label;
    umi_watch_phase(&c->watch, "reading", from, from + 0.4 * share);
    um_status status = gather_label(t, label, &material);
    if (status != UM_OK) {
        return status;
    }
    umi_matrix_keep_loud_rows(&material.V, SILENCE);
    t->result->n_learned_frames += material.V.rows;
    t->result->n_drawn_frames += material.n_drawn;
    t->result->n_available_frames += material.n_available;
    if (material.V.rows == 0) {
        status = silent(t, label);
    } else {
        umi_watch_phase(&c->watch, "learning", from + 0.4 * share, from + share);
        umi_model_config model = {.n_bins = t->dictionary->W.cols,
                                  .n_channels = 1,
                                  .sample_rate = t->result->sample_rate,
                                  .iterations = c->iterations,
                                  .tolerance = c->tolerance,
                                  .start = c->start,
                                  .seed = c->seed,
                                  .parallel = c->parallel};
        um_view W = {um_row(t->dictionary->W, label * c->n_atoms), c->n_atoms,
                     t->dictionary->W.cols, t->dictionary->W.stride};
        status = umi_model_learn_atoms(&model, um_const_view(material.V), c->watch.progress, W,
                                       NULL, t->error);
    }
    umi_material_free(&material);
    return status;
}

static um_status learn_label(training *t, size_t label)
{
    const umi_learn_config *c = t->config;
    for (size_t k = label * c->n_atoms; k < (label + 1) * c->n_atoms; k++) {
        (void)snprintf(t->dictionary->labels[k], sizeof t->dictionary->labels[k], "%s",
                       t->labels[label]);
    }
    return c->atom_frames > 1 ? learn_strokes(t, label) : learn_frames(t, label);
}

um_status umi_learn(const umi_learn_config *config, umi_learn_result *result, um_error *error)
{
    training t = {config, result, NULL, NULL, error};
    umi_output_file *output = NULL;
    memset(result, 0, sizeof *result);
    um_status status = list_labels(&t);
    if (status == UM_OK) {
        status = check_files(&t);
    }
    if (status == UM_OK) {
        status = umi_output_file_begin(config->output, config->force, &output, error);
    }
    if (status == UM_OK) {
        status = make_dictionary(&t);
    }
    for (size_t l = 0; l < result->n_labels && status == UM_OK; l++) {
        status = learn_label(&t, l);
    }
    if (status == UM_OK) {
        status = umi_learn_publish(t.dictionary, output, error);
    }
    umi_output_file_free(output); /* what was not committed is removed */
    um_dictionary_free(t.dictionary);
    umi_free(t.labels);
    return status;
}
