#include "job/learn_origin.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

enum { TRAINED_FROM_MAX = 1024 };

um_status umi_learn_check_apart(const umi_audio_reader *reader, const char *output, um_error *error)
{
    umi_file_identity identity;
    if (umi_file_identify(output, &identity) &&
        umi_file_identity_equal(umi_audio_reader_identity(reader), identity)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: is to be read, and written too; take another -o",
                             umi_audio_reader_name(reader));
    }
    return UM_OK;
}

um_status umi_learn_set_origin(um_dictionary *dictionary, const char *const *paths, size_t n_paths,
                               um_error *error)
{
    char text[TRAINED_FROM_MAX] = "";
    size_t n = 0;
    for (size_t i = 0; i < n_paths; i++) {
        const char *slash = strrchr(paths[i], '/');
        const char *name = slash != NULL ? slash + 1 : paths[i];
        int length = snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? ", " : "", name);
        if (length < 0 || n + (size_t)length + sizeof ", ..." > sizeof text) {
            (void)snprintf(text + n, sizeof text - n, "%s", i > 0 ? ", ..." : "...");
            break;
        }
        n += (size_t)length;
    }
    return um_dictionary_set_origin(dictionary, "unmingle " UNMINGLE_VERSION, text) == UM_OK
               ? UM_OK
               : umi_error_set(error, UM_ERR_MEMORY, "not enough memory to learn");
}

um_status umi_learn_publish(const um_dictionary *dictionary, umi_output_file *output,
                            um_error *error)
{
    void *bytes;
    size_t n_bytes;
    um_status status = um_dictionary_format(dictionary, &bytes, &n_bytes, error);
    if (status == UM_OK) {
        status = umi_output_file_write(output, bytes, n_bytes, error);
        um_dictionary_free_bytes(bytes);
    }
    return status == UM_OK ? umi_output_file_commit(output, error) : status;
}
