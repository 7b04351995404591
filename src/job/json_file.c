#include "job/json_file.h"

#include "core/memory.h"
#include "io/input_file.h"

/* What we leave is a few KiB; what is larger is none of ours. */
enum { BYTES_MAX = 4 << 20 };

um_status umi_json_file_read(const char *path, umi_json **json)
{
    umi_input_file file;
    *json = NULL;
    um_status status = umi_input_file_open(path, NULL, &file, NULL);
    if (status != UM_OK) {
        return status;
    }
    if (file.size > BYTES_MAX) {
        umi_input_file_close(&file);
        return UM_ERR_DATA;
    }
    size_t n_bytes;
    char *bytes = umi_alloc((size_t)file.size + 1, 1);
    if (bytes == NULL) {
        status = UM_ERR_MEMORY;
    } else if (!umi_input_file_read(&file, 0, bytes, (size_t)file.size, &n_bytes)) {
        status = UM_ERR_IO;
    } else {
        status = umi_json_parse(bytes, n_bytes, path, json, NULL);
    }
    umi_free(bytes);
    umi_input_file_close(&file);
    return status;
}
