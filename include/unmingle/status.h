/* What a call can answer, and the sentence that goes with it.
 *
 * Every call that can fail returns a um_status, and the compiler warns when it is ignored. Calls
 * that read a file for somebody also fill a um_error: a message for people that names the file,
 * the line or field, and the cure. The library itself never prints. */
#ifndef UNMINGLE_STATUS_H
#define UNMINGLE_STATUS_H

#include "unmingle/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum um_status {
    UM_OK = 0,
    UM_ERR_ARGUMENT,   /* an argument is NULL, out of its range, or does not fit another */
    UM_ERR_DATA,       /* a file is not what it should be: damaged, truncated, of another kind */
    UM_ERR_NO_INPUT,   /* a file to read does not exist */
    UM_ERR_INTERNAL,   /* a bug of ours */
    UM_ERR_MEMORY,     /* not enough memory, or a size that no memory could hold */
    UM_ERR_CREATE,     /* an output exists already or cannot be created */
    UM_ERR_IO,         /* reading or writing failed: disk full, device error */
    UM_ERR_CHANGED,    /* an input changed while it was read; trying again may help */
    UM_ERR_PERMISSION, /* the system denies access */
    UM_ERR_CONFIG,     /* a dictionary or preset is wrong, or does not fit the recording */
    UM_ERR_CANCELLED,  /* the progress callback asked to stop */
    UM_ERR_NO_DEVICE   /* no sound device, or none of that name, or it is gone */
} um_status;

/* A short English phrase for `status`, never NULL, never to be freed. */
UM_API const char *um_status_string(um_status status);

/* A failure told to people. `message` is one line, UTF-8, ends with NUL, and is "" after success.
 */
typedef struct um_error {
    um_status status;
    char message[1024];
} um_error;

#ifdef __cplusplus
}
#endif

#endif
