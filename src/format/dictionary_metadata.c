/* The metadata of a dictionary file, all of them texts, as the container wants it:
 *
 *     format_version    "1", or "2" when there are gains or covariances
 *     sample_rate       Hz, a JSON number
 *     window            um_window_name: "hann", "sine", "kbd", "asymmetric"
 *     window_length     samples, decimal digits; so are hop, fft_size and synthesis_length
 *     hop
 *     fft_size
 *     kbd_alpha         a JSON number; there when the window is "kbd", and only then
 *     synthesis_length  there when the window is "asymmetric", and only then
 *     exponent          a JSON number
 *     labels            a JSON array of n_components texts
 *     seed              decimal digits, below 2^64
 *     program           optional
 *     trained_from      optional
 *
 * An unknown key or tensor is an error: a later version that adds one also raises format_version,
 * and so nothing in a file is ever silently ignored. */
#include "format/dictionary_internal.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/window.h"
#include "format/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const known_keys[] = {
    "format_version", "sample_rate", "window",           "window_length", "hop",
    "fft_size",       "kbd_alpha",   "synthesis_length", "exponent",      "labels",
    "seed",           "program",     "trained_from"};

/* A reader of one file's metadata. The first failure stays in `status`; what is read after it is 0
 * or NULL, so that only the end of a list of fields needs a look. */
struct fields {
    const char *name;
    umi_json *metadata;
    um_status status;
    um_error *error;
};

static void reject(struct fields *fields, const char *key, const char *text, const char *expected)
{
    char shown[64];
    if (fields->status == UM_OK) {
        fields->status = umi_error_set(
            fields->error, UM_ERR_CONFIG, "%s: %s: \"%s\" is not %s%s", fields->name, key,
            umi_utf8_printable(text, shown, sizeof shown), expected, UMI_DICTIONARY_CURE);
    }
}

static const char *read_text(struct fields *fields, const char *key)
{
    const char *text = umi_json_get_string(umi_json_get(fields->metadata, key));
    if (text == NULL && fields->status == UM_OK) {
        fields->status = umi_error_set(fields->error, UM_ERR_CONFIG, "%s: %s: missing%s",
                                       fields->name, key, UMI_DICTIONARY_CURE);
    }
    return fields->status == UM_OK ? text : NULL;
}

static double read_number(struct fields *fields, const char *key)
{
    const char *text = read_text(fields, key);
    double value = 0;
    if (text != NULL && !umi_number_parse(text, &value)) {
        reject(fields, key, text, "a number");
    }
    return value;
}

/* Decimal digits and nothing else, with no zero in front. */
static bool parse_uint64(const char *text, uint64_t *value)
{
    *value = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (unsigned)(*c - '0'), value)) {
            return false;
        }
    }
    return text[0] != '\0' && (text[0] != '0' || text[1] == '\0');
}

static uint64_t read_uint64(struct fields *fields, const char *key)
{
    const char *text = read_text(fields, key);
    uint64_t value = 0;
    if (text != NULL && !parse_uint64(text, &value)) {
        reject(fields, key, text, "a whole number from 0 to 18446744073709551615");
    }
    return value;
}

/* In a configuration some sizes may be 0, which stands for a default. A file has no defaults. */
static size_t read_size(struct fields *fields, const char *key)
{
    uint64_t value = read_uint64(fields, key);
    if (value == 0) {
        reject(fields, key, "0", "a size above 0");
    }
    /* Cut, not wrapped: the check of ranges comes later. */
    return value < SIZE_MAX ? (size_t)value : SIZE_MAX;
}

static um_window read_window(struct fields *fields)
{
    const char *text = read_text(fields, "window");
    if (text == NULL) {
        return UM_WINDOW_HANN;
    }
    const char *name;
    for (int window = 0; (name = um_window_name((um_window)window)) != NULL; window++) {
        if (strcmp(name, text) == 0) {
            return (um_window)window;
        }
    }
    reject(fields, "window", text, "a window's name");
    return UM_WINDOW_HANN;
}

static void reject_unknown_keys(struct fields *fields)
{
    umi_json_entry entry = umi_json_first(fields->metadata);
    for (; entry.key != NULL; entry = umi_json_next(fields->metadata, entry)) {
        size_t i = 0;
        while (i < sizeof known_keys / sizeof known_keys[0] &&
               strcmp(known_keys[i], entry.key) != 0) {
            i++;
        }
        if (i == sizeof known_keys / sizeof known_keys[0]) {
            reject(fields, "__metadata__", entry.key, "a known key");
        }
    }
}

static void reject_needless_key(struct fields *fields, const char *key, const char *window)
{
    if (umi_json_get(fields->metadata, key) != NULL) {
        reject(fields, key, umi_json_get_string(umi_json_get(fields->metadata, "window")), window);
    }
}

bool umi_dictionary_has_space(const umi_json *metadata)
{
    return strcmp(umi_json_get_string(umi_json_get(metadata, "format_version")), "2") == 0;
}

um_status umi_dictionary_read_fields(umi_json *metadata, const char *file_name,
                                     um_dictionary *dictionary, um_error *error)
{
    struct fields all = {file_name, metadata, UM_OK, error};
    struct fields *fields = &all;
    /* The version comes first: what else a later one means is not for this program to say. */
    const char *version = read_text(fields, "format_version");
    if (version != NULL && strcmp(version, "1") != 0 && strcmp(version, "2") != 0) {
        reject(fields, "format_version", version, "1 or 2, which this program reads");
    }
    reject_unknown_keys(fields);
    um_window_config *window = &dictionary->stft.window;
    dictionary->sample_rate = read_number(fields, "sample_rate");
    window->window = read_window(fields);
    window->length = read_size(fields, "window_length");
    window->hop = read_size(fields, "hop");
    dictionary->stft.fft_size = read_size(fields, "fft_size");
    if (window->window == UM_WINDOW_KBD) {
        window->kbd_alpha = read_number(fields, "kbd_alpha");
    } else {
        reject_needless_key(fields, "kbd_alpha", "\"kbd\", the window it belongs to");
    }
    if (window->window == UM_WINDOW_ASYMMETRIC) {
        window->synthesis_length = read_size(fields, "synthesis_length");
    } else {
        reject_needless_key(fields, "synthesis_length", "\"asymmetric\", the window it belongs to");
    }
    dictionary->exponent = read_number(fields, "exponent");
    dictionary->seed = read_uint64(fields, "seed");
    return fields->status;
}

um_status umi_dictionary_read_texts(umi_json *metadata, const char *file_name,
                                    um_dictionary *dictionary, um_error *error)
{
    struct fields all = {file_name, metadata, UM_OK, error};
    struct fields *fields = &all;
    const char *text = read_text(fields, "labels");
    if (text == NULL) {
        return fields->status;
    }
    char name[sizeof fields->error->message];
    snprintf(name, sizeof name, "%s: labels", fields->name);
    umi_json *labels;
    um_status status = umi_json_parse(text, strlen(text), name, &labels, fields->error);
    if (status != UM_OK) {
        return status;
    }
    size_t n_labels = umi_json_is_array(labels) ? umi_json_length(labels) : 0;
    if (n_labels != dictionary->W.rows) {
        status = umi_error_set(fields->error, UM_ERR_CONFIG, "%s: labels: %zu for %zu atoms%s",
                               fields->name, n_labels, dictionary->W.rows, UMI_DICTIONARY_CURE);
    }
    for (size_t k = 0; status == UM_OK && k < n_labels; k++) {
        const char *label = umi_json_get_string(umi_json_at(labels, k));
        if (um_label_is_valid(label)) {
            memcpy(dictionary->labels[k], label, strlen(label));
        } /* Otherwise it stays empty, which is not valid either and is told of by the check. */
    }
    umi_json_free(labels);
    if (status != UM_OK) {
        return status;
    }
    const char *program = umi_json_get_string(umi_json_get(fields->metadata, "program"));
    const char *trained_from = umi_json_get_string(umi_json_get(fields->metadata, "trained_from"));
    status = um_dictionary_set_origin(dictionary, program, trained_from);
    return status == UM_OK ? UM_OK
                           : umi_error_set(fields->error, status, "%s: %s", fields->name,
                                           um_status_string(status));
}

/* -- Writing ----------------------------------------------------------------------------------- */

static bool set_number(umi_json *metadata, const char *key, double value)
{
    char text[UMI_NUMBER_SIZE];
    return umi_number_format(value, text) && umi_json_set(metadata, key, umi_json_string(text));
}

static bool set_uint64(umi_json *metadata, const char *key, uint64_t value)
{
    char text[UMI_NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return umi_json_set(metadata, key, umi_json_string(text));
}

static bool set_optional_text(umi_json *metadata, const char *key, const char *text)
{
    return text == NULL || umi_json_set(metadata, key, umi_json_string(text));
}

static bool set_labels(umi_json *metadata, const um_dictionary *dictionary)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t k = 0; ok && k < dictionary->W.rows; k++) {
        ok = umi_json_append(array, umi_json_string(dictionary->labels[k]));
    }
    char *text = ok ? umi_json_to_line(array) : NULL;
    ok = text != NULL && umi_json_set(metadata, "labels", umi_json_string(text));
    umi_free(text);
    umi_json_free(array);
    return ok;
}

umi_json *umi_dictionary_metadata(const um_dictionary *dictionary)
{
    const um_window_config *window = &dictionary->stft.window;
    size_t fft_size = 2 * (um_dictionary_n_bins(dictionary) - 1);
    bool has_space = dictionary->gains.data != NULL || dictionary->covariances.data != NULL;
    umi_json *metadata = umi_json_object();
    if (umi_json_set(metadata, "format_version", umi_json_string(has_space ? "2" : "1")) &&
        set_number(metadata, "sample_rate", dictionary->sample_rate) &&
        umi_json_set(metadata, "window", umi_json_string(um_window_name(window->window))) &&
        set_uint64(metadata, "window_length", window->length) &&
        set_uint64(metadata, "hop", window->hop) && set_uint64(metadata, "fft_size", fft_size) &&
        (window->window != UM_WINDOW_KBD || set_number(metadata, "kbd_alpha", window->kbd_alpha)) &&
        (window->window != UM_WINDOW_ASYMMETRIC ||
         set_uint64(metadata, "synthesis_length", umi_window_synthesis_length(window))) &&
        set_number(metadata, "exponent", dictionary->exponent) &&
        set_labels(metadata, dictionary) && set_uint64(metadata, "seed", dictionary->seed) &&
        set_optional_text(metadata, "program", dictionary->program) &&
        set_optional_text(metadata, "trained_from", dictionary->trained_from)) {
        return metadata;
    }
    umi_json_free(metadata);
    return NULL;
}
