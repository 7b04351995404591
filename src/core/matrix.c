#include "core/matrix.h"

#include "core/memory.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

um_view umi_matrix_new(size_t rows, size_t cols)
{
    um_view M = {NULL, rows, cols, 0};
    size_t count;
    if (cols <= SIZE_MAX - UMI_LANES) {
        M.stride = umi_padded(cols);
        M.data = umi_multiply(rows, M.stride, &count) ? umi_alloc(count, sizeof(float)) : NULL;
    }
    return M;
}

void umi_matrix_copy_rows(um_view to, size_t first, um_cview from)
{
    for (size_t r = 0; r < from.rows; r++) {
        memcpy(um_row(to, first + r), um_crow(from, r), from.cols * sizeof(float));
    }
}

bool umi_matrix_is_non_negative(um_cview M, bool rows_have_sum)
{
    if (M.stride < M.cols || (M.rows > 0 && M.data == NULL)) {
        return false;
    }
    for (size_t r = 0; r < M.rows; r++) {
        const float *row = um_crow(M, r);
        bool above_zero = false;
        for (size_t c = 0; c < M.cols; c++) {
            if (!isfinite(row[c]) || row[c] < 0.0f) {
                return false;
            }
            above_zero |= row[c] > 0.0f;
        }
        if (rows_have_sum && !above_zero) {
            return false;
        }
    }
    return true;
}

/* In lanes, so that no addition waits for the one before. */
double umi_matrix_sum(um_cview M)
{
    enum { LANES = 8 };
    double lanes[LANES] = {0};
    for (size_t r = 0; r < M.rows; r++) {
        const float *row = um_crow(M, r);
        size_t c = 0;
        for (; c + LANES <= M.cols; c += LANES) {
            for (size_t i = 0; i < LANES; i++) {
                lanes[i] += (double)row[c + i];
            }
        }
        for (; c < M.cols; c++) {
            lanes[0] += (double)row[c];
        }
    }
    double sum = 0.0;
    for (size_t i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}

double umi_matrix_power(um_cview M)
{
    double sum = 0.0;
    for (size_t r = 0; r < M.rows; r++) {
        for (size_t c = 0; c < M.cols; c++) {
            sum += (double)um_crow(M, r)[c] * (double)um_crow(M, r)[c];
        }
    }
    return sum / ((double)M.rows * (double)M.cols);
}

void umi_matrix_keep_loud_rows(um_view *M, double least)
{
    double loudest = 0.0;
    for (size_t r = 0; r < M->rows; r++) {
        loudest = fmax(loudest, umi_matrix_sum(um_cview_of(um_row(*M, r), 1, M->cols)));
    }
    size_t n = 0;
    for (size_t r = 0; r < M->rows; r++) {
        double sum = umi_matrix_sum(um_cview_of(um_row(*M, r), 1, M->cols));
        if (sum > 0.0 && sum >= least * loudest) {
            if (n < r) {
                memcpy(um_row(*M, n), um_row(*M, r), M->cols * sizeof(float));
            }
            n++;
        }
    }
    M->rows = n;
}

bool umi_row_normalise(float *row, size_t n)
{
    double sum = umi_matrix_sum(um_cview_of(row, 1, n));
    if (!isfinite(sum) || sum <= 0.0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        row[i] = (float)((double)row[i] / sum);
    }
    return true;
}
