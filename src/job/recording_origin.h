/* Which recording a result was made from, so that it is found again and told from others. */
#ifndef UMI_JOB_RECORDING_ORIGIN_H
#define UMI_JOB_RECORDING_ORIGIN_H

#include "format/json.h"
#include "io/file_hash.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct umi_recording_origin {
    char *path;                    /* from the root; NULL for standard input, and then the rest */
    uint64_t n_bytes;              /* is nothing */
    char hash[UMI_FILE_HASH_SIZE]; /* of its bytes, see file_hash.h */
} umi_recording_origin;

/* Looks at the file; "-" is standard input. UM_ERR_NO_INPUT, UM_ERR_PERMISSION, UM_ERR_IO,
 * UM_ERR_MEMORY; then *origin is empty. */
um_status umi_recording_origin_of(const char *path, umi_recording_origin *origin,
                                  um_error *error) UM_MUST_USE;

/* Keeps it in an object of JSON, as "path", "bytes" and "xxh3"; nothing of standard input. */
bool umi_recording_origin_put(const umi_recording_origin *origin, umi_json *object) UM_MUST_USE;

/* Reads that again; what is not there is standard input's. UM_ERR_DATA, without a message, when
 * only a part is there or it makes no sense; UM_ERR_MEMORY. */
um_status umi_recording_origin_get(const umi_json *object,
                                   umi_recording_origin *origin) UM_MUST_USE;

/* True when both have the same size and hash. */
bool umi_recording_origin_same_bytes(const umi_recording_origin *a, const umi_recording_origin *b);

/* An empty one is fine. */
void umi_recording_origin_free(umi_recording_origin *origin);

#endif
