#include "io/file_hash.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"

#include <stdio.h>
#include <xxhash.h>

enum { BLOCK = 1 << 16 };

static um_status hash_bytes(const umi_input_file *file, XXH3_state_t *state, unsigned char *block,
                            um_error *error)
{
    size_t n = BLOCK;
    for (uint64_t offset = 0; n == BLOCK; offset += n) {
        if (!umi_input_file_read(file, offset, block, BLOCK, &n)) {
            return umi_error_set(error, UM_ERR_IO, "%s: cannot be read", file->name);
        }
        (void)XXH3_128bits_update(state, block, n);
    }
    return UM_OK;
}

um_status umi_file_hash(const char *path, char hash[UMI_FILE_HASH_SIZE], um_error *error)
{
    umi_input_file file;
    um_status status = umi_input_file_open(path, NULL, &file, error);
    if (status != UM_OK) {
        return status;
    }
    XXH3_state_t *state = XXH3_createState();
    unsigned char *block = umi_alloc(BLOCK, 1);
    if (state == NULL || block == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", file.name);
    } else {
        (void)XXH3_128bits_reset(state);
        status = hash_bytes(&file, state, block, error);
    }
    if (status == UM_OK) {
        XXH128_hash_t value = XXH3_128bits_digest(state);
        (void)snprintf(hash, UMI_FILE_HASH_SIZE, "%016llx%016llx", (unsigned long long)value.high64,
                       (unsigned long long)value.low64);
    }
    (void)XXH3_freeState(state);
    umi_free(block);
    umi_input_file_close(&file);
    return status;
}
