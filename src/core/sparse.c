#include "unmingle/sparse.h"

#include <math.h>

/* The starts first and all of them, so that no entry is looked at which is not there. */
static bool starts_are_valid(um_csparse matrix)
{
    if (matrix.row_start == NULL || matrix.row_start[0] != 0) {
        return false;
    }
    for (size_t r = 0; r < matrix.rows; r++) {
        size_t begin = matrix.row_start[r];
        size_t end = matrix.row_start[r + 1];
        if (end < begin || end - begin > matrix.cols) {
            return false;
        }
    }
    return true;
}

bool um_csparse_is_valid(um_csparse matrix)
{
    if (matrix.rows == 0 || matrix.cols == 0 || !starts_are_valid(matrix)) {
        return false;
    }
    if (um_csparse_entries(matrix) == 0) {
        return true;
    }
    if (matrix.column == NULL || matrix.value == NULL) {
        return false;
    }
    for (size_t r = 0; r < matrix.rows; r++) {
        size_t next_column = 0; /* the least that may follow */
        for (size_t i = matrix.row_start[r]; i < matrix.row_start[r + 1]; i++) {
            if (matrix.column[i] < next_column || matrix.column[i] >= matrix.cols ||
                !(matrix.value[i] >= 0.0f) || isinf(matrix.value[i])) {
                return false;
            }
            next_column = (size_t)matrix.column[i] + 1;
        }
    }
    return true;
}
