#define _XOPEN_SOURCE 700 /* realpath */
#include "job/recording_origin.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"
#include "io/path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

um_status umi_recording_origin_of(const char *path, umi_recording_origin *origin, um_error *error)
{
    char whole[PATH_MAX];
    umi_input_file file;
    memset(origin, 0, sizeof *origin);
    if (strcmp(path, "-") == 0) {
        return UM_OK;
    }
    um_status status = umi_input_file_open(path, NULL, &file, error);
    if (status != UM_OK) {
        return status;
    }
    origin->n_bytes = file.size;
    if (realpath(path, whole) == NULL) {
        status = umi_error_set(error, UM_ERR_IO, "%s: %s", file.name, strerror(errno));
    } else if ((origin->path = umi_path_copy(whole, strlen(whole))) == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", file.name);
    }
    umi_input_file_close(&file);
    if (status == UM_OK) {
        status = umi_file_hash(path, origin->hash, error);
    }
    if (status != UM_OK) {
        umi_recording_origin_free(origin);
    }
    return status;
}

bool umi_recording_origin_put(const umi_recording_origin *origin, umi_json *object)
{
    return origin->path == NULL ||
           (umi_json_set(object, "path", umi_json_string(origin->path)) &&
            umi_json_set(object, "bytes", umi_json_integer((int64_t)origin->n_bytes)) &&
            umi_json_set(object, "xxh3", umi_json_string(origin->hash)));
}

um_status umi_recording_origin_get(const umi_json *object, umi_recording_origin *origin)
{
    memset(origin, 0, sizeof *origin);
    const char *path = umi_json_get_string(umi_json_get(object, "path"));
    const char *hash = umi_json_get_string(umi_json_get(object, "xxh3"));
    int64_t n_bytes = -1;
    bool has_size = umi_json_get_integer(umi_json_get(object, "bytes"), &n_bytes);
    if (path == NULL && hash == NULL && !has_size) {
        return UM_OK;
    }
    if (path == NULL || hash == NULL || n_bytes < 0 || strlen(hash) + 1 != sizeof origin->hash) {
        return UM_ERR_DATA;
    }
    origin->path = umi_path_copy(path, strlen(path));
    if (origin->path == NULL) {
        return UM_ERR_MEMORY;
    }
    origin->n_bytes = (uint64_t)n_bytes;
    memcpy(origin->hash, hash, sizeof origin->hash);
    return UM_OK;
}

bool umi_recording_origin_same_bytes(const umi_recording_origin *a, const umi_recording_origin *b)
{
    return a->n_bytes == b->n_bytes && strcmp(a->hash, b->hash) == 0;
}

void umi_recording_origin_free(umi_recording_origin *origin)
{
    umi_free(origin->path);
    memset(origin, 0, sizeof *origin);
}
