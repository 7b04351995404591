/* What a matrix to be factorised may hold, whatever file it comes from: numbers from 0 to
 * UMI_MAGNITUDE_MAX. */
#ifndef UMI_FORMAT_MATRIX_VALUE_H
#define UMI_FORMAT_MATRIX_VALUE_H

#include "core/kernels/kernels.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

/* False for NaN, too. */
static inline bool umi_matrix_value_is_valid(float value)
{
    return value >= 0.0f && value <= UMI_MAGNITUDE_MAX;
}

/* UM_ERR_DATA with the message for a value that is not valid, `value` as the file has it. Row and
 * column count from 0 here and from 1 in the message. */
um_status umi_matrix_value_reject(const char *name, size_t row, size_t column, double value,
                                  um_error *error);

#endif
