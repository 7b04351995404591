#include "format/matrix_value.h"

#include "core/error.h"

#include <math.h>

static const char *cure(double value)
{
    if (isnan(value)) {
        return "a missing value? Put a number >= 0 in its place";
    }
    if (value < 0.0) {
        return "only numbers >= 0 can be factorised; take magnitudes, or add an offset";
    }
    return "divide the whole matrix by a constant";
}

um_status umi_matrix_value_reject(const char *name, size_t row, size_t column, double value,
                                  um_error *error)
{
    return umi_error_set(error, UM_ERR_DATA, "%s: row %zu, column %zu: %g is outside 0..%g: %s",
                         name, row + 1, column + 1, value, (double)UMI_MAGNITUDE_MAX, cure(value));
}
