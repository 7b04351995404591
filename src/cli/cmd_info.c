#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/running.h"
#include "core/error.h"
#include "core/memory.h"
#include "format/json.h"
#include "format/utf8.h"
#include "io/audio_reader.h"
#include "io/text.h"
#include "job/input_kind.h"
#include "unmingle/dictionary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_FRAMES = 4096, DURATION = 32 };

/* -- Recordings -------------------------------------------------------------------------------- */

typedef struct recording {
    umi_audio_format format;
    uint64_t frames;
} recording;

/* 1:02:03.500. Whole milliseconds first, so that nothing is shown as 0:00:59.1000. */
static void format_time(double seconds, char text[DURATION])
{
    uint64_t ms = (uint64_t)llround(seconds * 1000);
    snprintf(text, DURATION, "%" PRIu64 ":%02u:%02u.%03u", ms / 3600000,
             (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
}

/* Reads all of it: what a header says of the length is a promise, and info tells what is there. */
static um_status count_frames(umi_audio_reader *reader, const umi_options *options,
                              uint64_t *frames, um_error *error)
{
    uint64_t declared = umi_audio_reader_frames(reader);
    double total = declared == UMI_FRAMES_UNKNOWN ? 0 : (double)declared;
    size_t channels = umi_audio_reader_format(reader)->channels;
    float *samples = umi_alloc(BLOCK_FRAMES * channels, sizeof *samples);
    if (samples == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory",
                             umi_audio_reader_name(reader));
    }
    umi_progress progress;
    umi_progress_start(&progress, options, umi_audio_reader_name(reader));
    umi_progress_phase(&progress, "reading", 0, 1);
    um_progress callback = umi_progress_callback(&progress);
    um_status status = UM_OK;
    size_t n = BLOCK_FRAMES;
    *frames = 0;
    while (status == UM_OK && n == BLOCK_FRAMES) {
        status = umi_audio_reader_read_float(reader, samples, BLOCK_FRAMES, &n, error);
        *frames += status == UM_OK ? n : 0;
        if (status == UM_OK && !callback.report(callback.user, (double)*frames, total, NAN)) {
            status = umi_error_set(error, UM_ERR_CANCELLED, "%s: stopped",
                                   umi_audio_reader_name(reader));
        }
    }
    umi_progress_finish(&progress);
    umi_free(samples);
    return status;
}

static um_status read_recording(const char *path, const umi_options *options, recording *found,
                                um_error *error)
{
    umi_audio_reader_options how = {.spool_directory = umi_running_spool_directory()};
    umi_audio_reader *reader;
    um_status status = umi_audio_reader_open(path, &how, &reader, error);
    if (status != UM_OK) {
        return status;
    }
    found->format = *umi_audio_reader_format(reader);
    status = count_frames(reader, options, &found->frames, error);
    const char *warning;
    for (size_t i = 0; (warning = umi_audio_reader_warning(reader, i)) != NULL; i++) {
        umi_log(UMI_LOG_WARNING, "%s", warning);
    }
    umi_audio_reader_free(reader);
    return status;
}

static void print_recording(const recording *found)
{
    char duration[DURATION];
    const umi_audio_format *format = &found->format;
    format_time((double)found->frames / format->sample_rate, duration);
    printf("  recording     %s, %s\n", umi_container_name(format->container),
           umi_sample_name(format->sample));
    printf("  sample rate   %.15g Hz\n", format->sample_rate);
    printf("  channels      %zu\n", format->channels);
    printf("  duration      %s\n", duration);
    printf("  frames        %" PRIu64 "\n", found->frames);
}

static bool recording_to_json(const recording *found, umi_json *json)
{
    const umi_audio_format *format = &found->format;
    return umi_json_set(json, "kind", umi_json_string("recording")) &&
           umi_json_set(json, "container",
                        umi_json_string(umi_container_name(format->container))) &&
           umi_json_set(json, "sample_format", umi_json_string(umi_sample_name(format->sample))) &&
           umi_json_set(json, "sample_rate", umi_json_number(format->sample_rate)) &&
           umi_json_set(json, "channels", umi_json_integer((int64_t)format->channels)) &&
           umi_json_set(json, "duration",
                        umi_json_number((double)found->frames / format->sample_rate)) &&
           umi_json_set(json, "frames", umi_json_integer((int64_t)found->frames));
}

/* -- Dictionaries ------------------------------------------------------------------------------ */

/* How many atoms have the label of atom `first`; 0 when an atom before it has it. */
static size_t count_label(const um_dictionary *dictionary, size_t first)
{
    size_t n = 0;
    for (size_t k = 0; k < dictionary->W.rows; k++) {
        if (strcmp(dictionary->labels[k], dictionary->labels[first]) == 0) {
            if (k < first) {
                return 0;
            }
            n++;
        }
    }
    return n;
}

static void print_samples(const char *what, size_t samples, double sample_rate, const char *more)
{
    printf("  %-13s %zu samples, %.2f ms%s%s\n", what, samples,
           1000 * (double)samples / sample_rate, more[0] != '\0' ? ", " : "", more);
}

static size_t fft_size(const um_dictionary *dictionary)
{
    return 2 * (um_dictionary_n_bins(dictionary) - 1);
}

static const char *window_name(const um_dictionary *dictionary)
{
    const char *name = um_window_name(dictionary->stft.window.window);
    return name != NULL ? name : "";
}

/* The names of the recordings, a line each as they are stored. */
static void print_origin(const char *trained_from)
{
    const char *what = "trained from";
    while (trained_from != NULL && *trained_from != '\0') {
        char name[UMI_DISPLAY_MAX];
        char shown[UMI_DISPLAY_MAX];
        size_t length = strcspn(trained_from, "\n");
        snprintf(name, sizeof name, "%.*s", (int)length, trained_from);
        printf("  %-13s %s\n", what, umi_utf8_printable(name, shown, sizeof shown));
        what = "";
        trained_from += length + (trained_from[length] == '\n');
    }
}

static void print_dictionary(const um_dictionary *dictionary)
{
    const um_window_config *window = &dictionary->stft.window;
    char shown[UMI_DISPLAY_MAX];
    printf("  dictionary    %zu atoms\n", dictionary->W.rows);
    for (size_t k = 0; k < dictionary->W.rows; k++) {
        size_t n = count_label(dictionary, k);
        if (n > 0) {
            printf("  label         %s, %zu atom%s\n", dictionary->labels[k], n, n == 1 ? "" : "s");
        }
    }
    printf("  sample rate   %.15g Hz\n", dictionary->sample_rate);
    print_samples("window", window->length, dictionary->sample_rate, window_name(dictionary));
    print_samples("hop", window->hop, dictionary->sample_rate, "");
    print_samples("FFT", fft_size(dictionary), dictionary->sample_rate, "");
    if (dictionary->n_frames > 1) {
        printf("  frames        %zu an atom\n", dictionary->n_frames);
    }
    printf("  bins          %zu, %.2f Hz apart\n", um_dictionary_n_bins(dictionary),
           dictionary->sample_rate / (double)fft_size(dictionary));
    printf("  exponent      %.15g\n", dictionary->exponent);
    printf("  seed          %" PRIu64 "\n", dictionary->seed);
    if (dictionary->program != NULL) {
        printf("  made by       %s\n",
               umi_utf8_printable(dictionary->program, shown, sizeof shown));
    }
    print_origin(dictionary->trained_from);
}

static bool labels_to_json(const um_dictionary *dictionary, umi_json *json)
{
    umi_json *labels = umi_json_object();
    bool ok = labels != NULL;
    for (size_t k = 0; ok && k < dictionary->W.rows; k++) {
        size_t n = count_label(dictionary, k);
        ok = n == 0 || umi_json_set(labels, dictionary->labels[k], umi_json_integer((int64_t)n));
    }
    if (!ok) {
        umi_json_free(labels);
        return false;
    }
    return umi_json_set(json, "labels", labels);
}

/* Seeds of this program are below 2^53; one from elsewhere may be past what JSON's readers keep. */
static umi_json *seed_to_json(uint64_t seed)
{
    return seed <= INT64_MAX ? umi_json_integer((int64_t)seed) : umi_json_number((double)seed);
}

static bool dictionary_to_json(const um_dictionary *dictionary, umi_json *json)
{
    const um_window_config *window = &dictionary->stft.window;
    bool ok =
        umi_json_set(json, "kind", umi_json_string("dictionary")) &&
        umi_json_set(json, "atoms", umi_json_integer((int64_t)dictionary->W.rows)) &&
        labels_to_json(dictionary, json) &&
        umi_json_set(json, "sample_rate", umi_json_number(dictionary->sample_rate)) &&
        umi_json_set(json, "window", umi_json_integer((int64_t)window->length)) &&
        umi_json_set(json, "window_shape", umi_json_string(window_name(dictionary))) &&
        umi_json_set(json, "hop", umi_json_integer((int64_t)window->hop)) &&
        umi_json_set(json, "fft_size", umi_json_integer((int64_t)fft_size(dictionary))) &&
        umi_json_set(json, "frames", umi_json_integer((int64_t)dictionary->n_frames)) &&
        umi_json_set(json, "bins", umi_json_integer((int64_t)um_dictionary_n_bins(dictionary))) &&
        umi_json_set(json, "exponent", umi_json_number(dictionary->exponent)) &&
        umi_json_set(json, "seed", seed_to_json(dictionary->seed));
    if (ok && dictionary->program != NULL) {
        ok = umi_json_set(json, "program", umi_json_string(dictionary->program));
    }
    if (ok && dictionary->trained_from != NULL) {
        ok = umi_json_set(json, "trained_from", umi_json_string(dictionary->trained_from));
    }
    return ok;
}

/* -- Both -------------------------------------------------------------------------------------- */

/* Tells of one file: prints it, or appends it to `list` where that is not NULL. */
static um_status tell(const char *path, const umi_options *options, umi_json *list, um_error *error)
{
    recording found = {.frames = 0};
    um_dictionary *dictionary = NULL;
    bool ok = true;
    um_status status = umi_input_kind_of(path) == UMI_INPUT_DICTIONARY
                           ? um_dictionary_load(path, &dictionary, error)
                           : read_recording(path, options, &found, error);
    if (status != UM_OK) {
        return status;
    }
    if (list != NULL) {
        umi_json *json = umi_json_object();
        ok = umi_json_set(json, "file", umi_json_string(path)) &&
             (dictionary != NULL ? dictionary_to_json(dictionary, json)
                                 : recording_to_json(&found, json));
        /* Appended even when it is not whole, because it then belongs to the list. */
        ok = umi_json_append(list, json) && ok;
    } else {
        char shown[UMI_DISPLAY_MAX];
        printf("%s\n", umi_display_name(path, shown, sizeof shown));
        if (dictionary != NULL) {
            print_dictionary(dictionary);
        } else {
            print_recording(&found);
        }
    }
    um_dictionary_free(dictionary);
    return ok ? UM_OK : umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", path);
}

static int print_list(umi_json *list)
{
    char *text = umi_json_to_text(list);
    if (text == NULL) {
        umi_log(UMI_LOG_ERROR, "not enough memory for the report");
        return UMI_EXIT_MEMORY;
    }
    fputs(text, stdout);
    umi_free(text);
    return UMI_EXIT_OK;
}

int umi_cmd_info(const umi_options *options)
{
    umi_json *list = options->json ? umi_json_array() : NULL;
    int code = UMI_EXIT_OK;
    if (options->json && list == NULL) {
        umi_log(UMI_LOG_ERROR, "not enough memory for the report");
        return UMI_EXIT_MEMORY;
    }
    for (size_t i = 0; i < options->n_operands; i++) {
        um_error error = {UM_OK, ""};
        um_status status = tell(options->operands[i].text, options, list, &error);
        if (status == UM_ERR_CANCELLED) {
            code = (int)umi_exit_code(status);
            break;
        }
        if (status != UM_OK) {
            umi_log(UMI_LOG_ERROR, "%s", error.message);
            /* Of several files the others are still told of. */
            code = options->n_operands > 1 ? UMI_EXIT_BATCH : (int)umi_exit_code(status);
        }
    }
    if (list != NULL) {
        int printed = print_list(list);
        code = code == UMI_EXIT_OK ? printed : code;
        umi_json_free(list);
    }
    return code;
}
