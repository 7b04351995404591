#define _POSIX_C_SOURCE 200809L
#include "job/stem_record.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A record is a few KiB; what is larger is none of ours. */
enum { BYTES_MAX = 4 << 20 };

static const char file_name[] = "unmingle.json";

/* The record's bytes, or NULL. */
static char *read_all(const char *path, size_t *n_bytes)
{
    umi_input_file file = {.descriptor = -1};
    char *bytes = NULL;
    *n_bytes = 0;
    if (umi_input_file_open(path, NULL, &file, NULL) == UM_OK) {
        if (file.size <= BYTES_MAX) {
            bytes = umi_alloc((size_t)file.size + 1, 1);
        }
        if (bytes != NULL && !umi_input_file_read(&file, 0, bytes, (size_t)file.size, n_bytes)) {
            umi_free(bytes);
            bytes = NULL;
        }
        umi_input_file_close(&file);
    }
    return bytes;
}

um_status umi_stem_record_read(const char *directory, umi_stem_record *record, um_error *error)
{
    char path[PATH_MAX + sizeof file_name + 1];
    memset(record, 0, sizeof *record);
    int length = snprintf(path, sizeof path, "%s/%s", directory, file_name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return UM_OK;
    }
    size_t n_bytes;
    char *bytes = read_all(path, &n_bytes);
    um_status status =
        bytes == NULL ? UM_ERR_DATA : umi_json_parse(bytes, n_bytes, path, &record->json, NULL);
    umi_free(bytes);
    if (status != UM_OK) {
        record->json = NULL;
        return UM_OK;
    }
    const umi_json *stems = umi_json_get(record->json, "stems");
    size_t n = umi_json_length(stems);
    record->names = umi_alloc(n + 1, sizeof(char *));
    if (record->names == NULL) {
        umi_stem_record_free(record);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    record->names[record->n_names++] = file_name;
    for (size_t i = 0; i < n; i++) {
        const char *name = umi_json_get_string(umi_json_get(umi_json_at(stems, i), "file"));
        if (name != NULL) {
            record->names[record->n_names++] = name;
        }
    }
    return UM_OK;
}

void umi_stem_record_free(umi_stem_record *record)
{
    umi_free(record->names);
    umi_json_free(record->json);
    memset(record, 0, sizeof *record);
}
