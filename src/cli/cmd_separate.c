#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include "cli/clip.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/output_wish.h"
#include "cli/places.h"
#include "cli/running.h"
#include "cli/signals.h"
#include "cli/stem_summary.h"
#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"
#include "job/separate_report.h"
#include "unmingle/cpu.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* One recording and the folder of its stems. */
typedef struct task {
    const char *input;
    char output[PATH_MAX];
} task;

typedef struct batch {
    const umi_options *options;
    umi_separate_config config; /* but for input and output */
    umi_clip *clips;            /* hold the texts of the examples */
    umi_example *examples;
    task *tasks;
    umi_running running;
} batch;

/* -- Before any work --------------------------------------------------------------------------- */

static um_status read_examples(batch *b, um_error *error)
{
    const umi_texts *learn = &b->options->learn;
    b->clips = umi_alloc(learn->count, sizeof *b->clips);
    b->examples = umi_alloc(learn->count, sizeof *b->examples);
    if (b->clips == NULL || b->examples == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    for (size_t i = 0; i < learn->count; i++) {
        umi_clip *clip = &b->clips[i];
        umi_example *example = &b->examples[i];
        um_status status = umi_clip_parse(learn->items[i], clip, error);
        if (status != UM_OK) {
            return status;
        }
        memcpy(example->label, clip->label, sizeof example->label);
        example->path = clip->path[0] != '\0' ? clip->path : NULL;
        if (strcmp(clip->path, "-") == 0) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "--learn: a clip cannot come from standard input; '%s=@A-B' is a "
                                 "part of the recording itself",
                                 clip->label);
        }
        example->start = clip->range.start;
        example->end = clip->range.end;
    }
    return UM_OK;
}

static bool given(const umi_options *options, const char *name)
{
    return umi_options_origin(options, name) != UMI_BUILT_IN;
}

/* Refuses what was asked for and would do nothing. A preset may say it all the same. */
static um_status check_idle(const umi_options *o, bool blind, um_error *error)
{
    bool split = o->split != UMI_SPLIT_SOURCES;
    bool percussive = o->split == UMI_SPLIT_PERCUSSIVE;
    const struct {
        const char *name;
        bool idle;
        const char *why;
    } cases[] = {
        {"dictionary", o->fast, "--fast has no use for atoms"},
        {"atoms", o->fast, "--fast has no use for atoms"},
        {"iterations", o->fast, "--fast has nothing to learn"},
        {"sources", split || !blind,
         "how many stems there are follows from --learn, --dictionary or the preset"},
        {"residual", split, "the two stems of this preset are all there is"},
        {"adapt", o->dictionary.count == 0, "is of --dictionary, and there is none"},
        {"adapt", percussive, "what is struck stays as the dictionary has it"},
        {"shifts", blind || percussive, "is of sources that --learn or --dictionary tell of"},
        {"shifts", o->adapt, "atoms that go on learning are not moved"},
        {"clip-atoms", o->learn.count == 0, "is of --learn, and there is none"},
        {"atoms", !blind && !percussive,
         "how many atoms there are follows from --clip-atoms or --dictionary"},
        {"start", !blind || o->fast, "is of atoms of which nothing is known"},
        {"tolerance", percussive, "what sounds on is looked for in all iterations"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].idle && umi_options_origin(o, cases[i].name) == UMI_FROM_OPTION) {
            return umi_error_set(error, UM_ERR_ARGUMENT, "--%s: would do nothing: %s; leave it out",
                                 cases[i].name, cases[i].why);
        }
    }
    return UM_OK;
}

/* Whether what is asked for goes together. */
static um_status check_wish(const umi_options *o, um_error *error)
{
    size_t n_dictionaries = o->fast ? 0 : o->dictionary.count;
    bool blind = o->learn.count == 0 && n_dictionaries == 0;
    if (o->fast && o->split != UMI_SPLIT_PERCUSSIVE) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--fast: goes with --split percussive alone, as '--preset percussive' "
                             "has it; no other split can do without atoms");
    }
    if (o->split == UMI_SPLIT_PERCUSSIVE &&
        ((!o->fast && n_dictionaries != 1) || o->learn.count > 0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--split percussive: needs one --dictionary, of what is struck, and "
                             "takes no --learn; '--preset percussive' brings one");
    }
    um_status status = check_idle(o, blind, error);
    uint64_t n_least = o->sources > 0 ? o->sources : 2; /* 0: auto */
    if (status == UM_OK && blind && !o->fast && n_least > o->atoms) {
        status =
            umi_error_set(error, UM_ERR_ARGUMENT,
                          "--sources: %" PRIu64 " sources need as many --atoms at least", n_least);
    }
    return status;
}

static um_status fill_config(batch *b, um_error *error)
{
    const umi_options *o = b->options;
    umi_output_wish format;
    um_status status = check_wish(o, error);
    if (status == UM_OK) {
        status = umi_output_wish_of(o, &format, error);
    }
    if (status != UM_OK) {
        return status;
    }
    b->config = (umi_separate_config){
        .force = o->force,
        .examples = b->examples,
        .n_examples = o->learn.count,
        .dictionaries = o->dictionary.items,
        .n_dictionaries = o->fast ? 0 : o->dictionary.count,
        .split = (umi_split)o->split,
        .fast = o->fast,
        .adapt = o->adapt,
        .residual = o->residual,
        .n_sources = o->sources,
        .n_atoms = o->atoms,
        .n_clip_atoms = o->clip_atoms,
        .shifts = o->shifts,
        .window = o->window,
        .hop = o->hop,
        .window_shape = (um_window)o->window_shape,
        .window_given = given(o, "window") || given(o, "hop") || given(o, "window-shape"),
        .iterations = o->iterations,
        .iterations_given = given(o, "iterations"),
        .tolerance = o->tolerance,
        .start = (umi_start)o->start,
        .exponent = o->exponent,
        .seed = o->seed,
        .memory = o->memory,
        .memory_given = given(o, "memory"),
        .format = format,
        .reader = {o->allow_truncated, o->strict, umi_running_spool_directory()},
        .parallel = umi_running_parallel(&b->running),
        .watch = b->running.watch,
    };
    return UM_OK;
}

/* Where the stems of `input` go: IN.stems, or -o, or IN.stems in -o when there are several. */
static um_status choose_output(const umi_options *options, task *t, um_error *error)
{
    const char *input = strcmp(t->input, "-") == 0 ? "stdin" : t->input;
    int length;
    if (options->output == NULL) {
        length = snprintf(t->output, sizeof t->output, "%s.stems", input);
    } else if (options->n_operands == 1) {
        length = snprintf(t->output, sizeof t->output, "%s", options->output);
    } else {
        length = snprintf(t->output, sizeof t->output, "%s/%s.stems", options->output,
                          umi_base_name(input));
    }
    if (length < 0 || (size_t)length >= sizeof t->output) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: the name is too long", t->input);
    }
    return UM_OK;
}

/* A run must not replace what it reads. */
static um_status check_reads_elsewhere(const batch *b, const task *t, um_error *error)
{
    const char *read = t->input;
    bool inside = strcmp(read, "-") != 0 && umi_lies_in(read, t->output);
    for (size_t i = 0; i < b->config.n_examples && !inside; i++) {
        read = b->examples[i].path;
        inside = read != NULL && umi_lies_in(read, t->output);
    }
    for (size_t i = 0; i < b->config.n_dictionaries && !inside; i++) {
        read = b->config.dictionaries[i];
        inside = umi_lies_in(read, t->output);
    }
    if (inside) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: lies in the folder that the stems are to be written to; take "
                             "another -o",
                             read);
    }
    return UM_OK;
}

static um_status plan(batch *b, um_error *error)
{
    const umi_options *o = b->options;
    b->tasks = umi_alloc(o->n_operands, sizeof *b->tasks);
    if (b->tasks == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    um_status status = read_examples(b, error);
    if (status == UM_OK) {
        status = fill_config(b, error);
    }
    for (size_t i = 0; i < o->n_operands && status == UM_OK; i++) {
        task *t = &b->tasks[i];
        t->input = o->operands[i].text;
        status = choose_output(o, t, error);
        for (size_t k = 0; k < i && status == UM_OK; k++) {
            if (umi_same_place(b->tasks[k].output, t->output)) {
                status =
                    umi_error_set(error, UM_ERR_ARGUMENT,
                                  "%s and %s: both would be written to %s; separate them one after "
                                  "the other, each with its own -o",
                                  b->tasks[k].input, t->input, t->output);
            }
        }
        if (status == UM_OK) {
            status = check_reads_elsewhere(b, t, error);
        }
    }
    if (status == UM_OK && o->n_operands > 1 && o->output != NULL && mkdir(o->output, 0777) != 0 &&
        errno != EEXIST) {
        status = umi_error_set(error, umi_status_of_writing(errno), "%s: %s", o->output,
                               strerror(errno));
    }
    return status;
}

/* -- The work ---------------------------------------------------------------------------------- */

static void log_details(const task *t, const umi_separate_result *r)
{
    const um_window_config *window = &r->stft.window;
    umi_log(UMI_LOG_DETAIL, "%s: %s window of %zu, hop %zu; learned from %zu frames", t->input,
            um_window_name(window->window), window->length, window->hop, r->n_learned_frames);
    if (r->n_drawn_frames < r->n_available_frames) {
        umi_log(UMI_LOG_DETAIL,
                "%s: they were drawn from %" PRIu64 "; a higher --memory takes more", t->input,
                r->n_available_frames);
    }
    umi_log(UMI_LOG_DETAIL, "%s: %zu updates, divergence from %.4g to %.4g; instructions: %s",
            t->input, r->model.iterations, r->model.curve[0], r->model.curve[r->model.n_curve - 1],
            um_cpu_level());
}

/* Why there are so many sources, where nobody said how many. */
static void print_suggestion(const umi_model *model, size_t n_sources)
{
    bool some_heard = false, all_heard = true;
    for (size_t i = 0; i < model->n_fits; i++) {
        some_heard |= model->fits[i].heard;
        all_heard &= model->fits[i].heard;
    }
    if (!some_heard) {
        if (model->n_fits > 0) {
            printf("  sources: %zu, the fewest: the atoms make no clear groups\n", n_sources);
        }
        return;
    }
    printf("  sources: %zu, where the groups of atoms are clearest (", n_sources);
    for (size_t i = 0; i < model->n_fits; i++) {
        const um_group_fit *fit = &model->fits[i];
        printf(fit->heard ? "%s%zu: %.2f" : "%s%zu: -", i > 0 ? ", " : "", fit->n_sources,
               fit->clarity);
    }
    printf(")\n  a guess, which prefers 3 a little; 1.00 is as clear as can be%s\n",
           all_heard ? "" : ", - has a group that is hardly heard");
}

static int separate_one(batch *b, const task *t)
{
    umi_separate_config config = b->config;
    umi_separate_result result;
    um_error error = {UM_OK, ""};
    config.input = t->input;
    config.output = t->output;
    umi_progress_start(&b->running.progress, b->options, t->input);
    um_status status = umi_separate(&config, &result, &error);
    umi_progress_finish(&b->running.progress);
    if (status != UM_OK) {
        if (status != UM_ERR_CANCELLED) {
            umi_log(UMI_LOG_ERROR, "%s", error.message);
        }
        return (int)umi_exit_code(status);
    }
    umi_stem_summary_warn(t->output, &result.stems);
    if (result.model.n_curve > 0) { /* silence is not learned from */
        log_details(t, &result);
    }
    int code = UMI_EXIT_OK;
    if (b->options->json) {
        code = umi_stem_summary_print_json(umi_separate_report(&config, &result)) ? UMI_EXIT_OK
                                                                                  : UMI_EXIT_MEMORY;
    } else if (!b->options->quiet) {
        umi_stem_summary_print(t->output, &result.stems);
        print_suggestion(&result.model,
                         config.residual ? result.model.n_sources - 1 : result.model.n_sources);
    }
    umi_separate_result_free(&result);
    return code;
}

int umi_cmd_separate(const umi_options *options)
{
    batch b = {.options = options};
    um_error error = {UM_OK, ""};
    int code = umi_running_start(&b.running, options);
    if (code != UMI_EXIT_OK) {
        return code;
    }
    um_status status = plan(&b, &error);
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
        code = (int)umi_exit_code(status);
    }
    size_t n_failed = 0;
    for (size_t i = 0; code == UMI_EXIT_OK && i < options->n_operands; i++) {
        int one = separate_one(&b, &b.tasks[i]);
        n_failed += one != UMI_EXIT_OK;
        /* A single recording gives its own reason; so does a signal, which ends the whole run. */
        if (one != UMI_EXIT_OK && (options->n_operands == 1 || umi_signals_caught() != 0)) {
            code = one;
        }
    }
    if (code == UMI_EXIT_OK && n_failed > 0) {
        umi_log(UMI_LOG_ERROR, "%zu of %zu recordings failed", n_failed, options->n_operands);
        code = UMI_EXIT_BATCH;
    }
    umi_running_end(&b.running);
    umi_free(b.clips);
    umi_free(b.examples);
    umi_free(b.tasks);
    return code;
}
