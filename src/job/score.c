#include "job/score.h"

#include "core/assignment.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/progress.h"
#include "io/text.h"
#include "job/intelligibility.h"
#include "job/lockstep.h"
#include "job/stem_folder.h"
#include "job/stem_match.h"
#include "unmingle/bss_eval.h"
#include "unmingle/si_sdr.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SOURCES = 64 };

/* Everything between the folders and the result. */
typedef struct session {
    umi_stem_folder references, estimates;
    /* The files that are read: all references, then n_judged estimates, of which number j is
     * estimates.files[judged[j]]. By name those are the references' partners, in their order; to
     * permute, all. */
    umi_lockstep *files;
    size_t *judged;
    size_t n_judged;
    size_t *partner; /* of each reference: a place in `judged`, or UMI_UNASSIGNED */
    um_bss_eval *bss;
    um_cview *true_blocks, *judged_blocks; /* of each reference: the block at hand */
    um_si_sdr_sums *si_sdr;                /* of each reference */
    umi_intelligibility **stoi;            /* of each reference that has a partner */
    umi_stem_match *match;                 /* to permute */
    const um_progress *progress;
    double passes_done, n_passes;
    um_error *error;
} session;

const char *umi_figure_name(umi_figure figure)
{
    static const char *const names[UMI_N_FIGURES] = {"SDR",   "ISR",    "SIR",  "SAR",
                                                     "SDRv3", "SI-SDR", "STOI", "ESTOI"};
    return names[figure];
}

static um_status no_memory(session *s)
{
    return umi_error_set(s->error, UM_ERR_MEMORY, "not enough memory to score");
}

/* -- Opening ---------------------------------------------------------------------------------- */

static um_status read_folders(session *s, const umi_score_config *config)
{
    char shown[UMI_DISPLAY_MAX / 2];
    um_status status = umi_stem_folder_read(config->reference, &s->references, s->error);
    if (status == UM_OK) {
        status = umi_stem_folder_read(config->estimate, &s->estimates, s->error);
    }
    if (status != UM_OK) {
        return status;
    }
    if (s->references.n_files < 1 || s->references.n_files > MAX_SOURCES) {
        return umi_error_set(s->error, UM_ERR_DATA, "%s: %zu stems, there should be 1 to %d",
                             umi_display_name(config->reference, shown, sizeof shown),
                             s->references.n_files, MAX_SOURCES);
    }
    if (s->estimates.n_files == 0) {
        return umi_error_set(s->error, UM_ERR_DATA, "%s: no stem to score",
                             umi_display_name(config->estimate, shown, sizeof shown));
    }
    return UM_OK;
}

static um_status allocate(session *s, bool permute)
{
    size_t n = s->references.n_files;
    s->n_judged = permute ? s->estimates.n_files : n;
    s->judged = umi_alloc(s->n_judged, sizeof *s->judged);
    s->partner = umi_alloc(n, sizeof *s->partner);
    s->true_blocks = umi_alloc(n, sizeof *s->true_blocks);
    s->judged_blocks = umi_alloc(n, sizeof *s->judged_blocks);
    s->si_sdr = umi_alloc(n, sizeof *s->si_sdr);
    s->stoi = umi_alloc(n, sizeof *s->stoi);
    if (s->judged == NULL || s->partner == NULL || s->true_blocks == NULL ||
        s->judged_blocks == NULL || s->si_sdr == NULL || s->stoi == NULL) {
        return no_memory(s);
    }
    return UM_OK;
}

static um_status pair_by_name(session *s, const umi_score_config *config)
{
    for (size_t i = 0; i < s->references.n_files; i++) {
        const umi_stem_file *reference = &s->references.files[i];
        s->partner[i] = i;
        s->judged[i] = umi_stem_folder_find(&s->estimates, reference->name);
        if (s->judged[i] == s->estimates.n_files) {
            char shown[UMI_DISPLAY_MAX / 4], folder[UMI_DISPLAY_MAX / 4];
            return umi_error_set(s->error, UM_ERR_DATA,
                                 "%s: there is no stem of this name in %s "
                                 "(--permute pairs stems by what they hold)",
                                 umi_display_name(reference->path, shown, sizeof shown),
                                 umi_display_name(config->estimate, folder, sizeof folder));
        }
    }
    return UM_OK;
}

static um_status open_files(session *s)
{
    size_t n = s->references.n_files;
    const char **paths = umi_alloc(n + s->n_judged, sizeof *paths);
    if (paths == NULL) {
        return no_memory(s);
    }
    for (size_t i = 0; i < n; i++) {
        paths[i] = s->references.files[i].path;
    }
    for (size_t j = 0; j < s->n_judged; j++) {
        paths[n + j] = s->estimates.files[s->judged[j]].path;
    }
    um_status status = umi_lockstep_new(paths, n + s->n_judged, &s->files, s->error);
    umi_free(paths);
    if (status != UM_OK) {
        return status;
    }
    um_bss_eval_config config = um_bss_eval_config_default();
    config.n_sources = n;
    config.n_channels = umi_lockstep_format(s->files)->channels;
    return um_bss_eval_new(&config, &s->bss, s->error);
}

/* -- Passes over all files -------------------------------------------------------------------- */

static bool go_on(const session *s, uint64_t frames_done)
{
    uint64_t frames = umi_lockstep_frames(s->files);
    if (frames == UMI_FRAMES_UNKNOWN || frames < frames_done) {
        frames = frames_done;
    }
    double rate = umi_lockstep_format(s->files)->sample_rate;
    double done = s->passes_done * (double)frames + (double)frames_done;
    return umi_progress_report(s->progress, done / rate, s->n_passes * (double)frames / rate, NAN);
}

/* Gives every block to `work`, from the start to the end of the files. */
static um_status pass(session *s, um_status (*work)(session *s))
{
    um_status status = umi_lockstep_rewind(s->files, s->error);
    size_t n = 1;
    for (uint64_t done = 0; status == UM_OK && n > 0; done += n) {
        if (!go_on(s, done)) {
            return umi_error_set(s->error, UM_ERR_CANCELLED, "cancelled");
        }
        status = umi_lockstep_read(s->files, &n, s->error);
        if (status == UM_OK && n > 0) {
            status = work(s);
        }
    }
    s->passes_done++;
    return status;
}

static um_status compare_all(session *s)
{
    size_t n_references = s->references.n_files;
    for (size_t i = 0; i < n_references; i++) {
        for (size_t j = 0; j < s->n_judged; j++) {
            umi_stem_match_add(s->match, i, j, umi_lockstep_block(s->files, i),
                               umi_lockstep_block(s->files, n_references + j));
        }
    }
    return UM_OK;
}

static um_status pair_by_sound(session *s)
{
    um_status status = umi_stem_match_new(s->references.n_files, s->n_judged, &s->match);
    if (status != UM_OK) {
        return no_memory(s);
    }
    status = pass(s, compare_all);
    if (status != UM_OK) {
        return status;
    }
    return umi_stem_match_finish(s->match, s->partner) == UM_OK ? UM_OK : no_memory(s);
}

/* A reference without an estimate takes part with silence for one: the others' interference is
 * measured against all true sources. */
static void set_blocks(session *s)
{
    for (size_t i = 0; i < s->references.n_files; i++) {
        s->true_blocks[i] = umi_lockstep_block(s->files, i);
        s->judged_blocks[i] = s->true_blocks[i];
        s->judged_blocks[i].data = NULL;
        if (s->partner[i] != UMI_UNASSIGNED) {
            s->judged_blocks[i] =
                umi_lockstep_block(s->files, s->references.n_files + s->partner[i]);
        }
    }
}

/* Once it is known which references have a partner. */
static um_status start_stoi(session *s)
{
    double rate = umi_lockstep_format(s->files)->sample_rate;
    for (size_t i = 0; i < s->references.n_files; i++) {
        if (s->partner[i] != UMI_UNASSIGNED &&
            umi_intelligibility_new(rate, &s->stoi[i]) != UM_OK) {
            return no_memory(s);
        }
    }
    return UM_OK;
}

static um_status correlate(session *s)
{
    set_blocks(s);
    um_status status = um_bss_eval_correlate(s->bss, s->true_blocks, s->judged_blocks);
    for (size_t i = 0; i < s->references.n_files && status == UM_OK; i++) {
        if (s->partner[i] != UMI_UNASSIGNED) {
            status = um_si_sdr_correlate(&s->si_sdr[i], s->true_blocks[i], s->judged_blocks[i]);
            if (umi_intelligibility_survey(s->stoi[i], s->true_blocks[i]) != UM_OK) {
                return no_memory(s);
            }
        }
    }
    return status;
}

static um_status measure(session *s)
{
    set_blocks(s);
    um_status status = um_bss_eval_measure(s->bss, s->true_blocks, s->judged_blocks);
    for (size_t i = 0; i < s->references.n_files && status == UM_OK; i++) {
        if (s->partner[i] != UMI_UNASSIGNED) {
            status = um_si_sdr_measure(&s->si_sdr[i], s->true_blocks[i], s->judged_blocks[i]);
            if (umi_intelligibility_measure(s->stoi[i], s->true_blocks[i], s->judged_blocks[i]) !=
                UM_OK) {
                return no_memory(s);
            }
        }
    }
    return status;
}

/* -- The result ------------------------------------------------------------------------------- */

/* A string of its own, or NULL when memory is short. */
static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = umi_alloc(size, 1);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* Adds a line; room was made for it. False when memory is short. */
static bool add_note(umi_score *score, const char *format, const char *name)
{
    char shown[UMI_DISPLAY_MAX / 2], line[UMI_DISPLAY_MAX];
    (void)snprintf(line, sizeof line, format, umi_display_name(name, shown, sizeof shown));
    char *note = copy_text(line);
    if (note == NULL) {
        return false;
    }
    score->notes[score->n_notes++] = note;
    return true;
}

static bool was_judged(const session *s, size_t i_estimate)
{
    for (size_t i = 0; i < s->references.n_files; i++) {
        if (s->partner[i] != UMI_UNASSIGNED && s->judged[s->partner[i]] == i_estimate) {
            return true;
        }
    }
    return false;
}

static bool add_notes(const session *s, umi_score *score)
{
    size_t n_files = s->references.n_files + s->n_judged, n_warnings = 0;
    for (size_t i = 0; i < n_files; i++) {
        for (size_t k = 0; umi_lockstep_warning(s->files, i, k) != NULL; k++) {
            n_warnings++;
        }
    }
    /* One warning each, and a line or two a stem. */
    size_t most = n_warnings + 2 * s->references.n_files + s->estimates.n_files;
    score->notes = umi_alloc(most, sizeof *score->notes);
    bool ok = score->notes != NULL;
    for (size_t i = 0; i < n_files && ok; i++) {
        const char *warning;
        for (size_t k = 0; ok && (warning = umi_lockstep_warning(s->files, i, k)) != NULL; k++) {
            score->notes[score->n_notes] = copy_text(warning);
            ok = score->notes[score->n_notes] != NULL;
            score->n_notes += ok;
        }
    }
    for (size_t i = 0; i < s->references.n_files && ok; i++) {
        const char *path = s->references.files[i].path;
        if (s->partner[i] == UMI_UNASSIGNED) {
            ok = add_note(score, "%s: no estimate is left for it; not scored", path);
        } else if (s->si_sdr[i].reference_energy == 0) {
            ok = add_note(score, "%s: silent, so that its figures say little", path);
        } else if (isnan(score->stems[i].figures[UMI_FIGURE_STOI])) {
            ok = add_note(score,
                          "%s: no STOI and ESTOI, which take 0.4 s of sound that is not silence "
                          "(its channels averaged)",
                          path);
        }
    }
    for (size_t j = 0; j < s->estimates.n_files && ok; j++) {
        if (!was_judged(s, j)) {
            ok = add_note(score, "%s: no true stem belongs to it; not scored",
                          s->estimates.files[j].path);
        }
    }
    return ok;
}

static bool fill_stem(const session *s, size_t i, const um_bss_figures *bss, umi_stem_score *stem)
{
    stem->name = copy_text(s->references.files[i].name);
    if (stem->name == NULL) {
        return false;
    }
    if (s->partner[i] == UMI_UNASSIGNED) {
        return true;
    }
    stem->estimate = copy_text(s->estimates.files[s->judged[s->partner[i]]].name);
    stem->figures[UMI_FIGURE_SDR] = bss->sdr;
    stem->figures[UMI_FIGURE_ISR] = bss->isr;
    stem->figures[UMI_FIGURE_SIR] = bss->sir;
    stem->figures[UMI_FIGURE_SAR] = bss->sar;
    stem->figures[UMI_FIGURE_SDR_V3] = bss->sdr_v3;
    stem->figures[UMI_FIGURE_SI_SDR] = um_si_sdr_result(&s->si_sdr[i]);
    um_stoi_figures stoi;
    um_status status = umi_intelligibility_finish(s->stoi[i], &stoi);
    stem->figures[UMI_FIGURE_STOI] = stoi.stoi;
    stem->figures[UMI_FIGURE_ESTOI] = stoi.estoi;
    return stem->estimate != NULL && status == UM_OK;
}

/* Of the stems that have it; NaN when none has. */
static double mean_figure(const umi_score *score, size_t i_figure)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < score->n_stems; i++) {
        double figure = score->stems[i].figures[i_figure];
        if (score->stems[i].estimate != NULL && !isnan(figure)) {
            sum += figure;
            n++;
        }
    }
    return n > 0 ? sum / (double)n : NAN;
}

static um_status fill_score(session *s, umi_score *score)
{
    um_bss_figures figures[MAX_SOURCES];
    um_status status = um_bss_eval_finish(s->bss, figures);
    if (status != UM_OK) {
        return status;
    }
    score->stems = umi_alloc(s->references.n_files, sizeof *score->stems);
    if (score->stems == NULL) {
        return no_memory(s);
    }
    for (size_t i = 0; i < s->references.n_files; i++) {
        score->n_stems = i + 1;
        if (!fill_stem(s, i, &figures[i], &score->stems[i])) {
            return no_memory(s);
        }
        score->n_scored += score->stems[i].estimate != NULL;
    }
    for (size_t k = 0; k < UMI_N_FIGURES; k++) {
        score->mean[k] = mean_figure(score, k);
    }
    return add_notes(s, score) ? UM_OK : no_memory(s);
}

static um_status run(session *s, const umi_score_config *config, umi_score *score)
{
    um_status status = read_folders(s, config);
    if (status == UM_OK) {
        status = allocate(s, config->permute);
    }
    if (status == UM_OK && !config->permute) {
        status = pair_by_name(s, config);
    }
    for (size_t j = 0; j < s->n_judged && config->permute && status == UM_OK; j++) {
        s->judged[j] = j;
    }
    if (status == UM_OK) {
        status = open_files(s);
    }
    if (status == UM_OK && config->permute) {
        status = pair_by_sound(s);
    }
    if (status == UM_OK) {
        status = start_stoi(s);
    }
    if (status == UM_OK) {
        status = pass(s, correlate);
    }
    if (status == UM_OK) {
        status = um_bss_eval_solve(s->bss);
        if (status != UM_OK) {
            return umi_error_set(s->error, status, "the filters of BSS Eval cannot be found");
        }
        status = pass(s, measure);
    }
    return status == UM_OK ? fill_score(s, score) : status;
}

um_status umi_score_run(const umi_score_config *config, const um_progress *progress,
                        umi_score **out, um_error *error)
{
    *out = NULL;
    session s = {.progress = progress, .n_passes = config->permute ? 3 : 2, .error = error};
    umi_score *score = umi_alloc(1, sizeof *score);
    um_status status = score == NULL ? no_memory(&s) : run(&s, config, score);
    umi_lockstep_free(s.files);
    um_bss_eval_free(s.bss);
    umi_free(s.judged);
    umi_free(s.partner);
    umi_free(s.true_blocks);
    umi_free(s.judged_blocks);
    umi_free(s.si_sdr);
    for (size_t i = 0; s.stoi != NULL && i < s.references.n_files; i++) {
        umi_intelligibility_free(s.stoi[i]);
    }
    umi_free(s.stoi);
    umi_stem_match_free(s.match);
    umi_stem_folder_free(&s.references);
    umi_stem_folder_free(&s.estimates);
    if (status != UM_OK) {
        umi_score_free(score);
        return status;
    }
    *out = score;
    return UM_OK;
}

void umi_score_free(umi_score *score)
{
    if (score == NULL) {
        return;
    }
    for (size_t i = 0; i < score->n_stems; i++) {
        umi_free(score->stems[i].name);
        umi_free(score->stems[i].estimate);
    }
    umi_free(score->stems);
    for (size_t i = 0; i < score->n_notes; i++) {
        umi_free(score->notes[i]);
    }
    umi_free(score->notes);
    umi_free(score);
}
