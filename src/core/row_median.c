#include "core/row_median.h"

#include <assert.h>
#include <string.h>

/* Columns at once: the sort is of columns side by side, in vectors, without a branch. */
enum { COLUMNS = 32 };

/* Moves the larger ones of two rows to the second. */
static inline void order(float *restrict a, float *restrict b)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        float low = a[i] < b[i] ? a[i] : b[i];
        float high = a[i] < b[i] ? b[i] : a[i];
        a[i] = low;
        b[i] = high;
    }
}

/* Bubbles the largest row to the end, then the next one, as far down as the middle. */
static void sort_upper_half(float block[][COLUMNS], size_t n_rows)
{
    size_t middle = (n_rows - 1) / 2;
    for (size_t end = n_rows - 1; end >= middle && end > 0; end--) {
        for (size_t r = 0; r < end; r++) {
            order(block[r], block[r + 1]);
        }
    }
}

void umi_row_median(const float *const *rows, size_t n_rows, size_t n, float *median)
{
    assert(n_rows >= 1 && n_rows <= UMI_MEDIAN_ROWS_MAX);
    float block[UMI_MEDIAN_ROWS_MAX][COLUMNS];
    for (size_t first = 0; first < n; first += COLUMNS) {
        size_t width = n - first < COLUMNS ? n - first : COLUMNS;
        for (size_t r = 0; r < n_rows; r++) {
            memcpy(block[r], rows[r] + first, width * sizeof(float));
            memset(block[r] + width, 0, (COLUMNS - width) * sizeof(float));
        }
        sort_upper_half(block, n_rows);
        const float *low = block[(n_rows - 1) / 2], *high = block[n_rows / 2];
        for (size_t i = 0; i < width; i++) {
            median[first + i] = low == high ? low[i] : 0.5f * (low[i] + high[i]);
        }
    }
}
