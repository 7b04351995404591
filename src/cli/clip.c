#include "cli/clip.h"

#include "cli/label.h"
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
    /* One byte past the longest is enough to see that it is too long. */
    char label[UM_LABEL_MAX + 2] = {0};
    size_t label_length = (size_t)(equals - text);
    memcpy(label, text, label_length < sizeof label ? label_length : sizeof label - 1);
    um_status status = umi_label_check("--learn", label, error);
    if (status != UM_OK) {
        return status;
    }
    memcpy(result.label, label, sizeof result.label);
    const char *path = equals + 1;
    size_t path_length = strlen(path);
    const char *at = strrchr(path, '@');
    if (at != NULL && looks_like_range(at + 1)) {
        status = umi_time_range_parse(at + 1, &result.range, error);
        if (status != UM_OK) {
            return status;
        }
        path_length = (size_t)(at - path);
    } else if (at == path) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "'%s': after @ comes a stretch of time, such as @0:10-0:14 or @83.5-",
                             text);
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
