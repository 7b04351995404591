/* Which files in a folder of results are ours: read from the record that the run before left. */
#ifndef UMI_JOB_OUTPUT_RECORD_H
#define UMI_JOB_OUTPUT_RECORD_H

#include "format/json.h"
#include "io/output_set.h"
#include "unmingle/status.h"

#include <stddef.h>

typedef struct umi_output_record {
    const char **names;
    size_t n_names;
    umi_json *json; /* holds the names */
} umi_output_record;

/* Reads the record `file_name` in `directory`: it is ours itself, and so is what the objects in its
 * lists `list_name` and "kept" call their "file". Names no file when there is no record, or none
 * that can be read: then nothing is ours. file_name is borrowed. UM_ERR_MEMORY. */
um_status umi_output_record_read(const char *directory, const char *file_name,
                                 const char *list_name, umi_output_record *record,
                                 um_error *error) UM_MUST_USE;
void umi_output_record_free(umi_output_record *record);

/* Publishes a set of files for `directory`: what the record there calls its own makes room, the
 * user's files stay. What umi_output_set_commit says. */
um_status umi_output_record_commit(umi_output_set *set, const char *directory,
                                   const char *file_name, const char *list_name,
                                   um_error *error) UM_MUST_USE;

#endif
