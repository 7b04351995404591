#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/label.h"
#include "cli/log.h"
#include "cli/running.h"
#include "core/error.h"
#include "core/memory.h"
#include "format/json.h"
#include "io/text.h"
#include "job/learn.h"
#include "job/learn_speech.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 512 };

static um_status list_files(const umi_options *options, umi_training_file *files, um_error *error)
{
    for (size_t i = 0; i < options->n_operands; i++) {
        const umi_operand *operand = &options->operands[i];
        if (operand->label == NULL) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "%s: which source is it? Put --label NAME before it",
                                 operand->text);
        }
        if (strcmp(operand->text, "-") == 0) {
            return umi_error_set(error, UM_ERR_ARGUMENT,
                                 "-: standard input cannot be read twice, which learning needs; "
                                 "give a file (./- when it is called so)");
        }
        um_status status = umi_label_check("--label", operand->label, error);
        if (status != UM_OK) {
            return status;
        }
        files[i] = (umi_training_file){operand->text, operand->label};
    }
    return UM_OK;
}

static void print_frames(uint64_t n_learned, uint64_t n_drawn, uint64_t n_available)
{
    printf(", from %" PRIu64 " frames", n_learned);
    if (n_drawn < n_available) {
        printf(" drawn from %" PRIu64, n_available);
    }
}

/* Atoms a speaker, unless told: what measured best. */
enum { SPEAKER_ATOMS = 12 };

static um_status print_speech_json(const umi_options *options, const umi_learn_speech_result *r)
{
    umi_json *json = umi_json_object();
    bool ok =
        umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
        umi_json_set(json, "command", umi_json_string("learn")) &&
        umi_json_set(json, "dictionary", umi_json_string(options->output)) &&
        umi_json_set(json, "speakers", umi_json_integer((int64_t)options->n_operands)) &&
        umi_json_set(json, "atoms", umi_json_integer((int64_t)r->n_components)) &&
        umi_json_set(json, "learned_frames", umi_json_integer((int64_t)r->n_learned_frames)) &&
        umi_json_set(json, "available_frames", umi_json_integer((int64_t)r->n_available_frames));
    char *text = ok ? umi_json_to_text(json) : NULL;
    if (text != NULL) {
        fputs(text, stdout);
    }
    umi_free(text);
    umi_json_free(json);
    return text != NULL ? UM_OK : UM_ERR_MEMORY;
}

/* What another option fixes is not to be asked for: nobody shall believe that it was heard. */
static um_status check_fixed(const umi_options *options, const char *const *fixed, size_t n,
                             const char *by, um_error *error)
{
    for (size_t i = 0; i < n; i++) {
        if (umi_options_origin(options, fixed[i]) != UMI_BUILT_IN) {
            return umi_error_set(error, UM_ERR_ARGUMENT, "--%s: does not go with --%s", fixed[i],
                                 by);
        }
    }
    return UM_OK;
}

static um_status learn_speech(const umi_options *options, umi_running *running, um_error *error)
{
    umi_learn_speech_result result;
    static const char *const fixed[] = {"label",        "window",     "hop",
                                        "window-shape", "iterations", "tolerance",
                                        "start",        "memory",     "atom-frames"};
    um_status status =
        check_fixed(options, fixed, sizeof fixed / sizeof *fixed, "speech, which fixes it", error);
    if (status != UM_OK) {
        return status;
    }
    const char **files = umi_alloc(options->n_operands, sizeof *files);
    if (files == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    for (size_t i = 0; i < options->n_operands; i++) {
        files[i] = options->operands[i].text;
    }
    bool told = umi_options_origin(options, "atoms") != UMI_BUILT_IN;
    umi_learn_speech_config config = {
        .files = files,
        .n_files = options->n_operands,
        .output = options->output,
        .force = options->force,
        .n_atoms = told ? options->atoms : SPEAKER_ATOMS,
        .n_frames_max = UMI_LEARN_SPEECH_FRAMES,
        .seed = options->seed,
        .reader = {options->allow_truncated, options->strict, umi_running_spool_directory()},
        .parallel = umi_running_parallel(running),
        .watch = running->watch};
    umi_progress_start(&running->progress, options, options->output);
    status = umi_learn_speech(&config, &result, error);
    umi_progress_finish(&running->progress);
    umi_free(files);
    if (status == UM_OK && options->json) {
        status = print_speech_json(options, &result);
    } else if (status == UM_OK && !options->quiet) {
        char shown[NAME_SIZE];
        printf("%s: %zu speaker%s, %zu atoms",
               umi_display_name(options->output, shown, sizeof shown), options->n_operands,
               options->n_operands == 1 ? "" : "s", result.n_components);
        print_frames(result.n_learned_frames, result.n_drawn_frames, result.n_available_frames);
        putchar('\n');
    }
    return status;
}

static void print_result(const umi_options *options, const umi_learn_result *r)
{
    char shown[NAME_SIZE];
    printf("%s: %zu label%s, %zu atom%s", umi_display_name(options->output, shown, sizeof shown),
           r->n_labels, r->n_labels == 1 ? "" : "s", r->n_components,
           r->n_components == 1 ? "" : "s");
    if (options->atom_frames > 1) {
        printf(" of %" PRIu64 " frames, from %" PRIu64 " stroke%s", options->atom_frames,
               r->n_strokes, r->n_strokes == 1 ? "" : "s");
    } else {
        print_frames(r->n_learned_frames, r->n_drawn_frames, r->n_available_frames);
    }
    printf(" (%.0f Hz, window %zu, hop %zu)\n", r->sample_rate, r->stft.window.length,
           r->stft.window.hop);
}

/* The same for programs. False when memory is short. */
static bool print_json(const umi_options *options, const umi_learn_result *r)
{
    umi_json *json = umi_json_object();
    const um_window_config *window = &r->stft.window;
    bool ok = umi_json_set(json, "program", umi_json_string("unmingle " UNMINGLE_VERSION)) &&
              umi_json_set(json, "command", umi_json_string("learn")) &&
              umi_json_set(json, "dictionary", umi_json_string(options->output)) &&
              umi_json_set(json, "labels", umi_json_integer((int64_t)r->n_labels)) &&
              umi_json_set(json, "atoms", umi_json_integer((int64_t)r->n_components)) &&
              umi_json_set(json, "atom_frames", umi_json_integer((int64_t)options->atom_frames)) &&
              (options->atom_frames > 1
                   ? umi_json_set(json, "strokes", umi_json_integer((int64_t)r->n_strokes))
                   : umi_json_set(json, "learned_frames",
                                  umi_json_integer((int64_t)r->n_learned_frames)) &&
                         umi_json_set(json, "available_frames",
                                      umi_json_integer((int64_t)r->n_available_frames))) &&
              umi_json_set(json, "sample_rate", umi_json_number(r->sample_rate)) &&
              umi_json_set(json, "window", umi_json_integer((int64_t)window->length)) &&
              umi_json_set(json, "hop", umi_json_integer((int64_t)window->hop)) &&
              umi_json_set(json, "window_shape", umi_json_string(um_window_name(window->window)));
    char *text = ok ? umi_json_to_text(json) : NULL;
    if (text != NULL) {
        fputs(text, stdout);
    }
    umi_free(text);
    umi_json_free(json);
    return text != NULL;
}

static um_status learn(const umi_options *options, umi_running *running, umi_learn_result *result,
                       um_error *error)
{
    umi_training_file *files = umi_alloc(options->n_operands, sizeof *files);
    if (files == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    static const char *const fixed[] = {"atoms", "iterations", "tolerance", "start", "memory"};
    bool lasting = options->atom_frames > 1;
    um_status status = lasting ? check_fixed(options, fixed, sizeof fixed / sizeof *fixed,
                                             "atom-frames, where nothing is factorised", error)
                               : UM_OK;
    if (status == UM_OK) {
        status = list_files(options, files, error);
    }
    if (status == UM_OK) {
        umi_learn_config config = {
            .files = files,
            .n_files = options->n_operands,
            .output = options->output,
            .force = options->force,
            .n_atoms = lasting ? 1 : options->atoms,
            .atom_frames = options->atom_frames,
            .window = options->window,
            .hop = options->hop,
            .window_shape = (um_window)options->window_shape,
            .iterations = options->iterations,
            .tolerance = options->tolerance,
            .start = (umi_start)options->start,
            .seed = options->seed,
            .memory = options->memory,
            .memory_given = umi_options_origin(options, "memory") != UMI_BUILT_IN,
            .reader = {options->allow_truncated, options->strict, umi_running_spool_directory()},
            .parallel = umi_running_parallel(running),
            .watch = running->watch};
        umi_progress_start(&running->progress, options, options->output);
        status = umi_learn(&config, result, error);
        umi_progress_finish(&running->progress);
    }
    umi_free(files);
    return status;
}

int umi_cmd_learn(const umi_options *options)
{
    umi_running running;
    umi_learn_result result;
    um_error error = {UM_OK, ""};
    int code = umi_running_start(&running, options);
    if (code != UMI_EXIT_OK) {
        return code;
    }
    um_status status = options->learn_speech ? learn_speech(options, &running, &error)
                                             : learn(options, &running, &result, &error);
    if (status == UM_OK && options->learn_speech) {
        /* it has said what it did */
    } else if (status == UM_OK && options->json) {
        status = print_json(options, &result) ? UM_OK : UM_ERR_MEMORY;
    } else if (status == UM_OK && !options->quiet) {
        print_result(options, &result);
    } else if (status != UM_OK && status != UM_ERR_CANCELLED) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
    }
    umi_running_end(&running);
    return (int)umi_exit_code(status);
}
