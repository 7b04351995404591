#include "job/batch_record.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/path.h"
#include "job/json_file.h"

#include <stdio.h>
#include <string.h>

char *umi_batch_record_path(const char *root, const char *output)
{
    char *below = NULL, *path = NULL;
    char *named = umi_alloc(strlen(output) + sizeof ".json", 1);
    if (named != NULL) {
        (void)sprintf(named, "%s.json", output);
        below = umi_path_join(UMI_BATCH_RECORDS, named);
    }
    if (below != NULL) {
        path = umi_path_join(root, below);
    }
    umi_free(named);
    umi_free(below);
    return path;
}

static umi_json *input_json(const umi_batch_key *key)
{
    umi_json *json = umi_json_object();
    bool ok = umi_json_set(json, "bytes", umi_json_integer((int64_t)key->n_bytes)) &&
              umi_json_set(json, "modified_ns", umi_json_integer(key->modified));
    if (!ok) {
        umi_json_free(json);
        return NULL;
    }
    return json;
}

static umi_json *made_json(const umi_batch_made *made, size_t n)
{
    umi_json *array = umi_json_array();
    bool ok = array != NULL;
    for (size_t i = 0; i < n && ok; i++) {
        umi_json *file = umi_json_object();
        ok = umi_json_set(file, "file", umi_json_string(made[i].name)) &&
             umi_json_set(file, "bytes", umi_json_integer((int64_t)made[i].n_bytes));
        ok = umi_json_append(array, file) && ok;
    }
    if (!ok) {
        umi_json_free(array);
        return NULL;
    }
    return array;
}

char *umi_batch_record_text(const umi_batch_key *key, const umi_batch_made *made, size_t n_made,
                            umi_json *figures)
{
    umi_json *json = umi_json_object();
    umi_json *settings = NULL;
    bool ok = umi_json_set(json, "input", input_json(key)) &&
              umi_json_parse(key->settings, strlen(key->settings), "settings", &settings, NULL) ==
                  UM_OK &&
              umi_json_set(json, "settings", settings) &&
              umi_json_set(json, "outputs", made_json(made, n_made));
    ok = umi_json_set(json, "figures", figures) && ok; /* takes them, also when it fails */
    char *text = ok ? umi_json_to_text(json) : NULL;
    umi_json_free(json);
    return text;
}

um_status umi_batch_record_read(const char *path, umi_json **record, um_error *error)
{
    um_status status = umi_json_file_read(path, record);
    return status == UM_ERR_MEMORY ? umi_error_set(error, status, "not enough memory") : UM_OK;
}

static bool has_integer(const umi_json *json, const char *key, int64_t value)
{
    int64_t found;
    return umi_json_get_integer(umi_json_get(json, key), &found) && found == value;
}

bool umi_batch_record_matches(const umi_json *record, const umi_batch_key *key)
{
    const umi_json *input = umi_json_get(record, "input");
    umi_json *settings = umi_json_get(record, "settings");
    if (!has_integer(input, "bytes", (int64_t)key->n_bytes) ||
        !has_integer(input, "modified_ns", key->modified) || settings == NULL ||
        !umi_json_is_object(umi_json_get(record, "figures"))) {
        return false;
    }
    char *line = umi_json_to_line(settings);
    bool same = line != NULL && strcmp(line, key->settings) == 0;
    umi_free(line);
    return same;
}

bool umi_batch_record_lists(const umi_json *record, const char *name, uint64_t n_bytes)
{
    const umi_json *outputs = umi_json_get(record, "outputs");
    umi_json *wanted = umi_json_string(name); /* as a name that is no UTF-8 stands there */
    const char *text = umi_json_get_string(wanted);
    bool found = false;
    for (size_t i = 0; text != NULL && i < umi_json_length(outputs) && !found; i++) {
        const umi_json *made = umi_json_at(outputs, i);
        const char *file = umi_json_get_string(umi_json_get(made, "file"));
        found =
            file != NULL && strcmp(file, text) == 0 && has_integer(made, "bytes", (int64_t)n_bytes);
    }
    umi_json_free(wanted);
    return found;
}

umi_json *umi_batch_record_figures(const umi_json *record)
{
    return umi_json_get(record, "figures");
}
