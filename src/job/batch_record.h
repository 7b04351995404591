/* How a run over many files knows again what it has finished: a record an output, in a hidden tree
 * beside the outputs, so that runs share nothing that would have to be locked.
 *
 *     OUT/tree/a.wav      OUT/.unmingle/tree/a.wav.json
 *
 * A record holds what the output is made from and what came of it; nothing of when, where and how
 * long. So the same work leaves the same bytes. */
#ifndef UMI_JOB_BATCH_RECORD_H
#define UMI_JOB_BATCH_RECORD_H

#include "format/json.h"

/* The hidden folder. */
#define UMI_BATCH_RECORDS ".unmingle"

/* What an output is made from. */
typedef struct umi_batch_key {
    uint64_t n_bytes;     /* of the input */
    int64_t modified;     /* when, in ns since 1970 */
    const char *settings; /* a line of JSON */
} umi_batch_key;

/* A file that belongs to the record. */
typedef struct umi_batch_made {
    const char *name; /* without its folder */
    uint64_t n_bytes;
} umi_batch_made;

/* Where the record of `output` (below root) is; NULL when memory is short. umi_free. */
char *umi_batch_record_path(const char *root, const char *output);

/* The record as text, with the figures that umi_denoise_figures gave, which it takes. NULL when
 * memory is short; umi_free. */
char *umi_batch_record_text(const umi_batch_key *key, const umi_batch_made *made, size_t n_made,
                            umi_json *figures);

/* Reads a record. *record is NULL when there is none, or none that can be ours. UM_ERR_MEMORY. */
um_status umi_batch_record_read(const char *path, umi_json **record, um_error *error) UM_MUST_USE;

/* NULL, for no record, matches nothing and lists nothing. */
bool umi_batch_record_matches(const umi_json *record, const umi_batch_key *key);

/* True when the file `name` of so many bytes is one that the record tells of. */
bool umi_batch_record_lists(const umi_json *record, const char *name, uint64_t n_bytes);

/* Borrowed from the record. */
umi_json *umi_batch_record_figures(const umi_json *record);

#endif
