#include "job/manifest.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/json.h"
#include "io/input_file.h"
#include "io/path.h"
#include "io/text.h"
#include "job/sound_name.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a path; longer ones the system would refuse. */
enum { PATH_BYTES_MAX = 4096, WHERE_SIZE = UMI_DISPLAY_MAX + 64 };

static um_status out_of_memory(const char *where, um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", where);
}

/* The new entry, empty, or NULL. */
static umi_manifest_entry *append(umi_manifest *manifest)
{
    umi_manifest_entry *entries =
        umi_grown(manifest->entries, manifest->n_entries, &manifest->room, sizeof *entries);
    if (entries == NULL) {
        return NULL;
    }
    manifest->entries = entries;
    return &manifest->entries[manifest->n_entries++];
}

static um_status take_input(umi_manifest_entry *entry, const char *path, const char *where,
                            um_error *error)
{
    size_t n = strlen(path);
    if (n == 0 || n >= PATH_BYTES_MAX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the path is %s", where,
                             n == 0 ? "empty" : "too long");
    }
    /* Inside the program "-" is standard input. */
    entry->input = strcmp(path, "-") == 0 ? umi_path_copy("./-", 3) : umi_path_copy(path, n);
    return entry->input != NULL ? UM_OK : out_of_memory(where, error);
}

static um_status take_output(umi_manifest_entry *entry, const char *path, const char *where,
                             um_error *error)
{
    umi_container container;
    size_t n = strlen(path);
    if (n >= PATH_BYTES_MAX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the output's path is too long", where);
    }
    if (n == 0 || path[0] == '/' || path[n - 1] == '/' || !umi_path_below(path, &entry->output)) {
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: the output must be the name of a file below --output, without "
                             "'..'",
                             where);
    }
    if (umi_container_of_name(path, &container) &&
        (container == UMI_CONTAINER_OGG || container == UMI_CONTAINER_MP3)) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %s cannot be written; take .flac or .wav",
                             where, umi_container_name(container));
    }
    return entry->output != NULL ? UM_OK : out_of_memory(where, error);
}

/* -- Lines of JSON ----------------------------------------------------------------------------- */

static um_status take_object(umi_manifest_entry *entry, umi_json *json, const char *where,
                             um_error *error)
{
    for (umi_json_entry e = umi_json_first(json); e.key != NULL; e = umi_json_next(json, e)) {
        char shown[64];
        const char *text = umi_json_get_string(e.value);
        bool is_input = strcmp(e.key, "input") == 0;
        if (!is_input && strcmp(e.key, "output") != 0) {
            return umi_error_set(error, UM_ERR_DATA,
                                 "%s: unknown key %s; there are 'input' and 'output'", where,
                                 umi_display_name(e.key, shown, sizeof shown));
        }
        if (text == NULL) {
            return umi_error_set(error, UM_ERR_DATA, "%s: %s is no string", where, e.key);
        }
        um_status status = is_input ? take_input(entry, text, where, error)
                                    : take_output(entry, text, where, error);
        if (status != UM_OK) {
            return status;
        }
    }
    return entry->input != NULL
               ? UM_OK
               : umi_error_set(error, UM_ERR_DATA, "%s: 'input' is missing", where);
}

/* `line` is in brackets, because the parser reads arrays and objects alone. */
static um_status take_line(umi_manifest *manifest, const char *line, size_t n, const char *where,
                           um_error *error)
{
    umi_json *json;
    um_status status = umi_json_parse(line, n, where, &json, NULL);
    if (status == UM_ERR_MEMORY) {
        return out_of_memory(where, error);
    }
    if (status != UM_OK || umi_json_length(json) != 1) {
        umi_json_free(json);
        return umi_error_set(error, UM_ERR_DATA,
                             "%s: not one JSON string or object; lists of plain names are "
                             "separated by NUL, as from 'find -print0'",
                             where);
    }
    umi_json *value = umi_json_at(json, 0);
    umi_manifest_entry *entry = append(manifest);
    if (entry == NULL) {
        status = out_of_memory(where, error);
    } else if (umi_json_is_object(value)) {
        status = take_object(entry, value, where, error);
    } else if (umi_json_get_string(value) != NULL) {
        status = take_input(entry, umi_json_get_string(value), where, error);
    } else {
        status = umi_error_set(error, UM_ERR_DATA, "%s: neither a string nor an object", where);
    }
    umi_json_free(json);
    return status;
}

static um_status parse_lines(const char *bytes, size_t n_bytes, const char *name,
                             umi_manifest *manifest, um_error *error)
{
    char where[WHERE_SIZE];
    char *line = umi_alloc(UMI_MANIFEST_LINE_MAX + 2, 1);
    um_status status = line != NULL ? UM_OK : out_of_memory(name, error);
    size_t begin = n_bytes >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (size_t number = 1; begin < n_bytes && status == UM_OK; number++) {
        const char *end = memchr(bytes + begin, '\n', n_bytes - begin);
        size_t n = end != NULL ? (size_t)(end - bytes) - begin : n_bytes - begin;
        (void)snprintf(where, sizeof where, "%s:%zu", name, number);
        if (n > UMI_MANIFEST_LINE_MAX) {
            status = umi_error_set(error, UM_ERR_DATA, "%s: longer than %d bytes", where,
                                   UMI_MANIFEST_LINE_MAX);
            break;
        }
        line[0] = '[';
        memcpy(line + 1, bytes + begin, n);
        line[n + 1] = ']';
        size_t n_blank = 0;
        while (n_blank < n && memchr(" \t\r", line[1 + n_blank], 3) != NULL) {
            n_blank++;
        }
        if (n_blank < n) {
            status = take_line(manifest, line, n + 2, where, error);
        }
        begin += n + 1;
    }
    umi_free(line);
    return status;
}

/* -- Paths that end in NUL --------------------------------------------------------------------- */

static um_status parse_paths(const char *bytes, size_t n_bytes, const char *name,
                             umi_manifest *manifest, um_error *error)
{
    char where[WHERE_SIZE];
    char path[PATH_BYTES_MAX + 1];
    um_status status = UM_OK;
    for (size_t begin = 0, number = 1; begin < n_bytes && status == UM_OK; number++) {
        const char *end = memchr(bytes + begin, '\0', n_bytes - begin);
        size_t n = end != NULL ? (size_t)(end - bytes) - begin : n_bytes - begin;
        size_t kept = n < PATH_BYTES_MAX ? n : PATH_BYTES_MAX; /* so long is too long */
        (void)snprintf(where, sizeof where, "%s, entry %zu", name, number);
        memcpy(path, bytes + begin, kept);
        path[kept] = '\0';
        umi_manifest_entry *entry = append(manifest);
        status =
            entry != NULL ? take_input(entry, path, where, error) : out_of_memory(where, error);
        begin += n + 1;
    }
    return status;
}

um_status umi_manifest_parse(const char *bytes, size_t n_bytes, const char *name,
                             umi_manifest *manifest, um_error *error)
{
    memset(manifest, 0, sizeof *manifest);
    bool has_nul = n_bytes > 0 && memchr(bytes, '\0', n_bytes) != NULL;
    um_status status = has_nul ? parse_paths(bytes, n_bytes, name, manifest, error)
                               : parse_lines(bytes, n_bytes, name, manifest, error);
    if (status != UM_OK) {
        umi_manifest_free(manifest);
    }
    return status;
}

um_status umi_manifest_read(const char *path, const char *spool_directory, umi_manifest *manifest,
                            um_error *error)
{
    umi_input_file file;
    memset(manifest, 0, sizeof *manifest);
    um_status status = umi_input_file_open(path, spool_directory, &file, error);
    if (status != UM_OK) {
        return status;
    }
    size_t n = 0;
    char *bytes = NULL;
    if (file.size > UMI_MANIFEST_BYTES_MAX) {
        status = umi_error_set(error, UM_ERR_DATA, "%s: larger than a list may be, %d MiB",
                               file.name, UMI_MANIFEST_BYTES_MAX >> 20);
    } else if ((bytes = umi_alloc((size_t)file.size + 1, 1)) == NULL) {
        status = out_of_memory(file.name, error);
    } else if (!umi_input_file_read(&file, 0, bytes, (size_t)file.size, &n)) {
        status = umi_error_set(error, UM_ERR_IO, "%s: cannot be read", file.name);
    } else {
        status = umi_manifest_parse(bytes, n, file.name, manifest, error);
    }
    umi_free(bytes);
    umi_input_file_close(&file);
    return status;
}

void umi_manifest_free(umi_manifest *manifest)
{
    for (size_t i = 0; i < manifest->n_entries; i++) {
        umi_free(manifest->entries[i].input);
        umi_free(manifest->entries[i].output);
    }
    umi_free(manifest->entries);
    memset(manifest, 0, sizeof *manifest);
}
