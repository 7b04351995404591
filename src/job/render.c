#define _XOPEN_SOURCE 700 /* realpath */
#include "job/render.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "io/text.h"
#include "job/kept_atoms.h"
#include "job/kept_result.h"
#include "job/listening_page.h"
#include "job/model.h"
#include "job/output_record.h"
#include "job/shift_list.h"
#include "job/stem_report.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_SIZE = 200 };

typedef struct job {
    const umi_render_config *config;
    umi_render_result *result;
    umi_kept_result kept;
    umi_recording recording;
    umi_output_set *output;
    um_error *error;
} job;

static um_status group_atoms(const job *j)
{
    const umi_render_config *c = j->config;
    umi_grouping *g = &j->result->grouping;
    return c->single ? umi_grouping_make_single(j->kept.atoms, j->kept.residual, g, j->error)
                     : umi_grouping_make(j->kept.atoms, j->kept.residual, c->groups, c->n_groups, g,
                                         j->error);
}

static void warn_of_left_over(const job *j)
{
    const umi_grouping *g = &j->result->grouping;
    char shown[UMI_DISPLAY_MAX], list[LIST_SIZE], text[UMI_DISPLAY_MAX + LIST_SIZE + 80];
    if (g->left_over) {
        umi_grouping_describe(g, g->n_stems - 1, list, sizeof list);
        (void)snprintf(text, sizeof text, "%s: in no group are atoms %s; they make the stem '%s'",
                       umi_display_name(j->config->directory, shown, sizeof shown), list,
                       umi_residual_label);
        umi_watch_warn(&j->config->watch, text);
    }
}

/* -- The recording ----------------------------------------------------------------------------- */

/* Finds it, where it is said to be or where it was, and looks at its bytes. */
static um_status find_recording(job *j, const char **path)
{
    const umi_render_config *c = j->config;
    char reason[sizeof j->error->message];
    *path = c->input != NULL ? c->input : j->kept.origin.path;
    if (*path == NULL) {
        return umi_error_set(j->error, UM_ERR_ARGUMENT,
                             "%s: was made from standard input; --input FILE says where the "
                             "recording is",
                             c->directory);
    }
    if (strcmp(*path, "-") == 0) {
        return umi_error_set(j->error, UM_ERR_ARGUMENT,
                             "--input: the recording has to be in a file, not on standard input");
    }
    um_status status = umi_recording_origin_of(*path, &j->result->origin, j->error);
    if (status == UM_ERR_NO_INPUT && c->input == NULL) {
        (void)snprintf(reason, sizeof reason, "%s", j->error->message);
        return umi_error_set(j->error, status,
                             "%s; %s was made from it, and --input FILE says where it is now",
                             reason, c->directory);
    }
    return status;
}

/* Nothing that is read may be replaced: neither the separation's folder, nor a recording that lies
 * in the folder of stems. */
static um_status check_output(const job *j)
{
    char output[PATH_MAX], directory[PATH_MAX];
    const char *read = NULL;
    if (realpath(j->config->output, output) == NULL) {
        return UM_OK; /* not there, or for the set of files to complain of */
    }
    const char *recording = j->result->origin.path;
    size_t n = strlen(output);
    if (realpath(j->config->directory, directory) != NULL && strcmp(directory, output) == 0) {
        read = j->config->directory;
    } else if (strncmp(recording, output, n) == 0 && recording[n] == '/' &&
               strchr(recording + n + 1, '/') == NULL) {
        read = recording;
    }
    return read == NULL
               ? UM_OK
               : umi_error_set(j->error, UM_ERR_ARGUMENT,
                               "%s: is to be read, and would be replaced; take another -o", read);
}

static um_status open_recording(job *j, const char *path)
{
    /* Its bytes are those that were good enough for the separation. */
    umi_audio_reader_options options = {true, false, NULL};
    const umi_watch *watch = &j->config->watch;
    umi_watch_phase(watch, "reading", 0.0, 0.1);
    um_status status = umi_recording_open(path, &options, watch->progress, &j->recording, j->error);
    if (status != UM_OK) {
        return status;
    }
    umi_recording_warn(&j->recording, watch);
    return umi_kept_result_check(&j->kept, j->config->directory, &j->result->origin, &j->recording,
                                 j->error);
}

/* -- The stems --------------------------------------------------------------------------------- */

/* The mean of the covariances that the atoms of a stem have. */
static void mean_covariance(const job *j, size_t stem, double *sums, float *mean)
{
    const umi_grouping *g = &j->result->grouping;
    const um_dictionary *atoms = j->kept.atoms;
    size_t n = atoms->covariances.cols, n_atoms = 0, source = 0;
    memset(sums, 0, n * sizeof *sums);
    for (size_t k = 0; k < g->n_atoms; k++) {
        source += k > 0 && strcmp(atoms->labels[k], atoms->labels[k - 1]) != 0;
        if (g->source_of[k] == stem) {
            const float *covariance = um_row(atoms->covariances, source);
            n_atoms++;
            for (size_t i = 0; i < n; i++) {
                sums[i] += (double)covariance[i];
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        mean[i] = (float)(sums[i] / (double)n_atoms);
    }
}

/* Where each stem is: where the sources are that its atoms were of, each counting by its atoms. */
static um_status place_stems(const job *j, um_view *R)
{
    size_t n_stems = j->result->grouping.n_stems, cols = j->kept.atoms->covariances.cols;
    if (j->kept.atoms->covariances.data == NULL) {
        return UM_OK;
    }
    um_view means = umi_matrix_new(n_stems, cols);
    double *sums = umi_alloc(cols, sizeof *sums);
    *R = umi_matrix_new(n_stems, cols);
    bool whole = means.data != NULL && sums != NULL && R->data != NULL;
    for (size_t s = 0; whole && s < n_stems; s++) {
        mean_covariance(j, s, sums, um_row(means, s));
    }
    if (whole) {
        umi_kept_covariances_turn(um_const_view(means), cols / um_dictionary_n_bins(j->kept.atoms),
                                  *R);
    }
    umi_free(means.data);
    umi_free(sums);
    return whole ? UM_OK : umi_error_set(j->error, UM_ERR_MEMORY, "not enough memory to render");
}

static um_status write_stems(job *j)
{
    const umi_grouping *g = &j->result->grouping;
    const um_dictionary *atoms = j->kept.atoms;
    double shifts[UMI_SHIFT_LIST_MAX];
    um_view R = {NULL, 0, 0, 0};
    umi_audio_format format;
    um_separator_config separator = um_separator_config_default();
    um_status status = umi_output_format_choose(&j->config->format, &j->recording,
                                                &j->config->watch, &format, j->error);
    if (status == UM_OK) {
        status = place_stems(j, &R);
    }
    size_t n_rows = umi_kept_activations_rows(j->kept.activations);
    size_t n_frames = umi_stem_set_n_frames(&j->recording, &atoms->stft);
    if (status == UM_OK && n_rows != n_frames) {
        status = umi_error_set(j->error, UM_ERR_DATA,
                               "%s/%s: has %zu rows, not the %zu of this recording; separate again",
                               j->config->directory, umi_kept_activations_name, n_rows, n_frames);
    }
    if (status == UM_OK) {
        umi_kept_activations_begin(j->kept.activations, g->order, j->error);
        separator.stft = atoms->stft;
        separator.exponent = j->kept.exponent;
        separator.parallel = j->config->parallel;
        separator.activations_in = umi_kept_activations_give;
        separator.activations_user = j->kept.activations;
        um_separator_dictionary_config dictionary = {
            .atoms = um_const_view(atoms->W),
            .gains = um_const_view(atoms->gains),
            .atom_frames = atoms->n_frames,
            .source_of = g->source_of,
            .n_sources = g->n_stems,
            .residual = g->residual,
            .shifts = shifts,
            .n_shifts = umi_shift_list_fill(j->kept.shifts, shifts),
            .shift_penalty = umi_shift_penalty,
            .covariances = um_const_view(R),
        };
        umi_stem_set_config set = {&j->recording, j->output, &separator, &dictionary,
                                   g->labels,     format,    0.1,        j->config->watch};
        status = umi_stem_set_write(&set, &j->result->stems, j->error);
    }
    umi_free(R.data);
    return status;
}

static um_status write_report(const job *j)
{
    umi_json *json = umi_render_report(j->config, j->result);
    um_status status = umi_stem_report_write(json, j->output, j->error);
    umi_json_free(json);
    return status;
}

/* The page shows the atoms as the stems have them now. */
static um_status write_page(job *j)
{
    const umi_grouping *g = &j->result->grouping;
    for (size_t k = 0; k < g->n_atoms; k++) {
        memcpy(j->kept.atoms->labels[k], g->labels[g->source_of[k]], sizeof *g->labels);
    }
    return umi_listening_page_write(j->result->origin.path, &j->result->stems, &j->kept, j->output,
                                    j->error);
}

static um_status run(job *j)
{
    const umi_render_config *c = j->config;
    const char *path;
    um_status status = umi_kept_result_open(c->directory, &j->kept, j->error);
    if (status == UM_OK) {
        j->result->exponent = j->kept.exponent;
        status = group_atoms(j);
    }
    if (status == UM_OK) {
        status = find_recording(j, &path);
    }
    if (status == UM_OK) {
        status = check_output(j);
    }
    if (status == UM_OK) {
        status = umi_output_set_begin(c->output, c->force, &j->output, j->error);
    }
    if (status == UM_OK) {
        status = open_recording(j, path);
    }
    if (status == UM_OK) {
        warn_of_left_over(j);
        status = write_stems(j);
    }
    if (status == UM_OK) {
        status = write_report(j);
    }
    if (status == UM_OK) {
        status = write_page(j);
    }
    return status == UM_OK ? umi_output_record_commit(j->output, c->output, umi_stem_report_name,
                                                      "stems", j->error)
                           : status;
}

um_status umi_render(const umi_render_config *config, umi_render_result *result, um_error *error)
{
    job j = {0};
    j.config = config;
    j.result = result;
    j.error = error;
    memset(result, 0, sizeof *result);
    um_status status = run(&j);
    umi_output_set_free(j.output); /* what was not committed is removed */
    umi_recording_close(&j.recording);
    umi_kept_result_close(&j.kept);
    if (status != UM_OK) {
        umi_render_result_free(result);
    }
    return status;
}

void umi_render_result_free(umi_render_result *result)
{
    umi_stem_set_free(&result->stems);
    umi_grouping_free(&result->grouping);
    umi_recording_origin_free(&result->origin);
    memset(result, 0, sizeof *result);
}

umi_json *umi_render_report(const umi_render_config *config, const umi_render_result *result)
{
    umi_json *json = umi_json_object();
    umi_json *settings = umi_json_object();
    const char *page = umi_listening_page_name;
    const char *path = config->input != NULL ? config->input : result->origin.path;
    bool ok = umi_json_set(settings, "exponent", umi_json_number(result->exponent));
    ok = umi_stem_report_begin(json, "render", path, &result->origin, &result->stems) && ok;
    ok = umi_json_set(json, "settings", settings) && ok;
    ok = ok && umi_stem_report_kept(json, &page, 1) &&
         umi_json_set(json, "from", umi_json_string(config->directory)) &&
         umi_stem_report_end(json, &result->stems);
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}
