/* Matrices of our own. */
#ifndef UMI_CORE_MATRIX_H
#define UMI_CORE_MATRIX_H

#include "unmingle/view.h"

#include <stdbool.h>

/* A zeroed matrix whose rows start on UMI_ALIGNMENT. Its data is NULL when the size overflows or
 * memory is short; free it with umi_free. */
um_view umi_matrix_new(size_t rows, size_t cols);

/* Copies all rows of `from` over those of `to` from number `first` on; they are as long. */
void umi_matrix_copy_rows(um_view to, size_t first, um_cview from);

/* Whether M lies in memory as it says, and every value is finite and >= 0; with `rows_have_sum`, no
 * row is all zero either. */
bool umi_matrix_is_non_negative(um_cview M, bool rows_have_sum);

/* The sum of all values, which may be large and many: relative error below 1e-14 for values >= 0.
 */
double umi_matrix_sum(um_cview M);

/* The mean of the squares of all values. */
double umi_matrix_power(um_cview M);

/* Moves the rows whose sum is at least `least` times that of the row with the largest, and above 0,
 * to the front, in their order, and leaves out the others. */
void umi_matrix_keep_loud_rows(um_view *M, double least);

/* Divides the n values of a row by their sum; false, and nothing done, when that is not finite and
 * above 0. */
bool umi_row_normalise(float *row, size_t n);

#endif
