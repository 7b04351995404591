#define _POSIX_C_SOURCE 200809L
#include "job/output_record.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/json_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static void add_names(umi_output_record *record, const umi_json *list)
{
    for (size_t i = 0; i < umi_json_length(list); i++) {
        const char *name = umi_json_get_string(umi_json_get(umi_json_at(list, i), "file"));
        if (name != NULL) {
            record->names[record->n_names++] = name;
        }
    }
}

static um_status list_names(umi_output_record *record, const char *file_name, const char *list_name)
{
    const umi_json *list = umi_json_get(record->json, list_name);
    const umi_json *kept = umi_json_get(record->json, "kept");
    size_t n = umi_json_length(list) + umi_json_length(kept);
    record->names = umi_alloc(n + 1, sizeof(char *));
    if (record->names == NULL) {
        return UM_ERR_MEMORY;
    }
    record->names[record->n_names++] = file_name;
    add_names(record, list);
    add_names(record, kept);
    return UM_OK;
}

um_status umi_output_record_read(const char *directory, const char *file_name,
                                 const char *list_name, umi_output_record *record, um_error *error)
{
    char path[PATH_MAX + NAME_MAX + 2];
    memset(record, 0, sizeof *record);
    int length = snprintf(path, sizeof path, "%s/%s", directory, file_name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return UM_OK;
    }
    um_status status = umi_json_file_read(path, &record->json);
    if (status == UM_OK) {
        status = list_names(record, file_name, list_name);
    }
    if (status != UM_OK) {
        umi_output_record_free(record);
    }
    return status == UM_ERR_MEMORY ? umi_error_set(error, status, "not enough memory") : UM_OK;
}

void umi_output_record_free(umi_output_record *record)
{
    umi_free(record->names);
    umi_json_free(record->json);
    memset(record, 0, sizeof *record);
}

um_status umi_output_record_commit(umi_output_set *set, const char *directory,
                                   const char *file_name, const char *list_name, um_error *error)
{
    umi_output_record record;
    um_status status = umi_output_record_read(directory, file_name, list_name, &record, error);
    if (status == UM_OK) {
        status = umi_output_set_commit(set, record.names, record.n_names, error);
        umi_output_record_free(&record);
    }
    return status;
}
