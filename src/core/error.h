/* Filling a um_error. */
#ifndef UMI_CORE_ERROR_H
#define UMI_CORE_ERROR_H

#include "unmingle/status.h"

/* Writes status and the formatted message into *error (which may be NULL) and returns status, so
 * that a failure is one line: return umi_error_set(error, UM_ERR_DATA, "%s: empty file", path);
 * A message that is too long is cut at a whole UTF-8 character. */
um_status umi_error_set(um_error *error, um_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
