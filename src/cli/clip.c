#include "cli/clip.h"

#include "core/error.h"

#include <string.h>

static bool looks_like_range(const char *text)
{
    return strspn(text, "0123456789:.-") == strlen(text) && strchr(text, '-') != NULL;
}

um_status umi_clip_parse(const char *text, umi_clip *clip, um_error *error)
{
    umi_clip result = {.range = umi_time_range_all()};
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "'%s' is not LABEL=CLIP, such as drums=loop.wav", text);
    }
    size_t label_length = (size_t)(equals - text);
    if (label_length < sizeof result.label) {
        memcpy(result.label, text, label_length);
    }
    if (!um_label_is_valid(result.label)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "'%s': a label has 1 to %d bytes, no '/', and no '.' in front", text,
                             UM_LABEL_MAX);
    }
    const char *path = equals + 1;
    size_t path_length = strlen(path);
    const char *at = strrchr(path, '@');
    if (at != NULL && looks_like_range(at + 1)) {
        um_status status = umi_time_range_parse(at + 1, &result.range, error);
        if (status != UM_OK) {
            return status;
        }
        path_length = (size_t)(at - path);
    } else if (path_length == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "'%s' names no clip", text);
    }
    if (path_length >= sizeof result.path) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "'%s': the path is too long", text);
    }
    memcpy(result.path, path, path_length);
    *clip = result;
    return UM_OK;
}
