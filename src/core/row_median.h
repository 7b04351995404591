/* The median of several rows, column by column. */
#ifndef UMI_CORE_ROW_MEDIAN_H
#define UMI_CORE_ROW_MEDIAN_H

#include <stddef.h>

enum { UMI_MEDIAN_ROWS_MAX = 128 };

/* median[i] = the median of rows[0][i] .. rows[n_rows - 1][i] for i < n: the middle one, or the
 * mean of the two in the middle. n_rows 1..UMI_MEDIAN_ROWS_MAX. Rows may overlap each other, as
 * those of a filter along one row do, but not `median`. */
void umi_row_median(const float *const *rows, size_t n_rows, size_t n, float *median);

#endif
