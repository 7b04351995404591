/* Which files in a folder of stems are ours: read from the unmingle.json of the run before. */
#ifndef UMI_JOB_STEM_RECORD_H
#define UMI_JOB_STEM_RECORD_H

#include "format/json.h"
#include "unmingle/status.h"

#include <stddef.h>

typedef struct umi_stem_record {
    const char **names;
    size_t n_names;
    umi_json *json; /* holds the names */
} umi_stem_record;

/* Names no file when there is no record in `directory`, or none that can be read: then nothing is
 * ours. UM_ERR_MEMORY. */
um_status umi_stem_record_read(const char *directory, umi_stem_record *record,
                               um_error *error) UM_MUST_USE;
void umi_stem_record_free(umi_stem_record *record);

#endif
