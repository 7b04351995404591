#include "format/json.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/utf8.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

umi_json *umi_json_object(void)
{
    return json_object();
}

umi_json *umi_json_array(void)
{
    return json_array();
}

umi_json *umi_json_string(const char *text)
{
    char *repaired = umi_utf8_repaired(text, SIZE_MAX / 4);
    json_t *json = repaired != NULL ? json_string(repaired) : NULL;
    umi_free(repaired);
    return json;
}

umi_json *umi_json_number(double value)
{
    if (!isfinite(value)) {
        return json_null();
    }
    /* Up to 2^53 a whole double and the integer are the same number, and 44100 is easier to read
     * than 44100.0. Minus zero would lose its sign. */
    bool whole = fabs(value) <= 0x1p53 && value == floor(value) && !(value == 0 && signbit(value));
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

umi_json *umi_json_integer(int64_t value)
{
    return json_integer(value);
}

umi_json *umi_json_boolean(bool value)
{
    return json_boolean(value);
}

bool umi_json_set(umi_json *object, const char *key, umi_json *value)
{
    return json_object_set_new(object, key, value) == 0;
}

bool umi_json_append(umi_json *array, umi_json *value)
{
    return json_array_append_new(array, value) == 0;
}

void umi_json_free(umi_json *json)
{
    json_decref(json);
}

/* The deepest nesting of brackets that are not part of a string. jansson's parser calls itself once
 * a level, and so does everything that walks the value. */
static size_t nesting(const char *text, size_t n_bytes)
{
    size_t depth = 0;
    size_t deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < n_bytes; i++) {
        char c = text[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if (depth > 0 && (c == '}' || c == ']')) {
            depth--;
        }
    }
    return deepest;
}

um_status umi_json_parse(const char *text, size_t n_bytes, const char *name, umi_json **out,
                         um_error *error)
{
    *out = NULL;
    if (n_bytes > UMI_JSON_BYTES_MAX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %zu bytes of JSON; at most %d are read", name,
                             n_bytes, UMI_JSON_BYTES_MAX);
    }
    if (nesting(text, n_bytes) > UMI_JSON_DEPTH_MAX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: JSON nested deeper than %d levels", name,
                             UMI_JSON_DEPTH_MAX);
    }
    int saved_errno = errno;
    json_error_t problem = {0};
    *out = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, &problem);
    errno = saved_errno;
    if (*out != NULL) {
        return UM_OK;
    }
    /* jansson leaves the text empty where an allocation failed outside of a token. */
    if (problem.text[0] == '\0' || json_error_code(&problem) == json_error_out_of_memory) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", name);
    }
    char shown[JSON_ERROR_TEXT_LENGTH];
    umi_utf8_printable(problem.text, shown, sizeof shown);
    return umi_error_set(error, UM_ERR_DATA, "%s: not valid JSON: line %d, column %d: %s", name,
                         problem.line, problem.column, shown);
}

bool umi_json_is_object(const umi_json *json)
{
    return json_is_object(json);
}

bool umi_json_is_array(const umi_json *json)
{
    return json_is_array(json);
}

umi_json *umi_json_get(const umi_json *object, const char *key)
{
    return json_object_get(object, key);
}

umi_json *umi_json_at(const umi_json *array, size_t index)
{
    return json_array_get(array, index);
}

size_t umi_json_length(const umi_json *json)
{
    return json_is_array(json) ? json_array_size(json) : json_object_size(json);
}

static umi_json_entry entry_at(void *position)
{
    umi_json_entry entry = {json_object_iter_key(position), json_object_iter_value(position),
                            position};
    return entry;
}

umi_json_entry umi_json_first(umi_json *object)
{
    return entry_at(json_object_iter(object));
}

umi_json_entry umi_json_next(umi_json *object, umi_json_entry entry)
{
    return entry_at(json_object_iter_next(object, entry.position));
}

const char *umi_json_get_string(const umi_json *json)
{
    return json_string_value(json);
}

bool umi_json_get_number(const umi_json *json, double *value)
{
    if (!json_is_number(json)) {
        return false;
    }
    *value = json_number_value(json);
    return true;
}

bool umi_json_get_integer(const umi_json *json, int64_t *value)
{
    if (!json_is_integer(json)) {
        return false;
    }
    *value = json_integer_value(json);
    return true;
}

bool umi_json_get_boolean(const umi_json *json, bool *value)
{
    if (!json_is_boolean(json)) {
        return false;
    }
    *value = json_is_true(json);
    return true;
}

bool umi_number_parse(const char *text, double *value)
{
    size_t length = strlen(text);
    /* jansson passes over blanks on both sides. */
    if (length == 0 || strpbrk(text, " \t\r\n") != NULL) {
        return false;
    }
    int saved_errno = errno;
    json_t *json = json_loadb(text, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    errno = saved_errno;
    bool ok = umi_json_get_number(json, value);
    json_decref(json);
    return ok;
}

/* The text of a number, whose length is returned; 0 when memory is short. */
static size_t format_leaf_number(const json_t *json, char text[UMI_NUMBER_SIZE])
{
    for (size_t digits = 15; digits <= 17; digits++) {
        size_t n = json_dumpb(json, text, UMI_NUMBER_SIZE - 1,
                              JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        if (n == 0 || n >= UMI_NUMBER_SIZE) {
            return 0;
        }
        text[n] = '\0';
        double read_back;
        if (json_is_integer(json) ||
            (umi_number_parse(text, &read_back) && read_back == json_real_value(json))) {
            return n;
        }
    }
    return 0;
}

bool umi_number_format(double value, char text[UMI_NUMBER_SIZE])
{
    json_t *json = umi_json_number(value);
    bool ok = json_is_number(json) && format_leaf_number(json, text) > 0;
    json_decref(json);
    return ok;
}

/* -- Writing -----------------------------------------------------------------------------------
 * jansson writes the leaves; the containers are written here, because jansson has one precision
 * for all numbers (0.1 as 0.10000000000000001, or numbers that do not read back) and puts every
 * element of a curve on a line of its own. */

struct text {
    char *bytes; /* ends with NUL */
    size_t length;
    size_t capacity;
    bool pretty;
    bool failed; /* memory was short; nothing more is added */
};

static void append(struct text *text, const char *bytes, size_t n_bytes)
{
    if (text->failed) {
        return;
    }
    if (n_bytes >= text->capacity - text->length) {
        size_t capacity = 2 * (text->capacity + n_bytes);
        char *bigger = umi_alloc(capacity, 1);
        if (bigger == NULL) {
            text->failed = true;
            return;
        }
        if (text->length > 0) {
            memcpy(bigger, text->bytes, text->length);
        }
        umi_free(text->bytes);
        text->bytes = bigger;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, bytes, n_bytes);
    text->length += n_bytes;
    text->bytes[text->length] = '\0';
}

static void append_newline(struct text *text, size_t level)
{
    append(text, "\n", 1);
    for (size_t i = 0; i < level; i++) {
        append(text, "  ", 2);
    }
}

static int append_dumped(const char *bytes, size_t n_bytes, void *text)
{
    append(text, bytes, n_bytes);
    return 0;
}

static void append_leaf(struct text *text, const json_t *json)
{
    if (json_is_number(json)) {
        char number[UMI_NUMBER_SIZE];
        size_t n = format_leaf_number(json, number);
        text->failed |= n == 0;
        append(text, number, n);
    } else {
        text->failed |= json_dump_callback(json, append_dumped, text, JSON_ENCODE_ANY) != 0;
    }
}

static void append_key(struct text *text, const char *key)
{
    json_t *json = json_string(key);
    append_leaf(text, json);
    json_decref(json);
    append(text, ": ", text->pretty ? 2 : 1);
}

static bool is_container(const json_t *json)
{
    return json_is_object(json) || json_is_array(json);
}

static bool holds_container(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (is_container(json_array_get(array, i))) {
            return true;
        }
    }
    return false;
}

/* Values nest as deep as the code that built them, or UMI_JSON_DEPTH_MAX when they were read. */
static void append_value(struct text *text, json_t *json, size_t level)
{
    if (!is_container(json)) {
        append_leaf(text, json);
        return;
    }
    bool is_object = json_is_object(json);
    size_t n = umi_json_length(json);
    bool lines = text->pretty && n > 0 && (is_object || holds_container(json));
    void *position = json_object_iter(json); /* NULL for an array */
    append(text, is_object ? "{" : "[", 1);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            append(text, ", ", text->pretty && !lines ? 2 : 1);
        }
        if (lines) {
            append_newline(text, level + 1);
        }
        if (is_object) {
            append_key(text, json_object_iter_key(position));
            append_value(text, json_object_iter_value(position), level + 1);
            position = json_object_iter_next(json, position);
        } else {
            append_value(text, json_array_get(json, i), level + 1);
        }
    }
    if (lines) {
        append_newline(text, level);
    }
    append(text, is_object ? "}" : "]", 1);
}

static char *to_text(umi_json *json, bool pretty)
{
    struct text text = {.pretty = pretty};
    append_value(&text, json, 0);
    if (pretty) {
        append(&text, "\n", 1);
    }
    if (text.failed) {
        umi_free(text.bytes);
        return NULL;
    }
    return text.bytes;
}

char *umi_json_to_text(umi_json *json)
{
    return to_text(json, true);
}

char *umi_json_to_line(umi_json *json)
{
    return to_text(json, false);
}
