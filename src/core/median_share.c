#include "core/median_share.h"

#include "core/memory.h"
#include "core/row_median.h"

#include <assert.h>
#include <math.h>
#include <string.h>

size_t umi_median_share_floats(const umi_median_share *m, size_t n_columns)
{
    return umi_padded(n_columns) + umi_padded(m->n_bins + 2 * m->bins);
}

static void median_over_time(const umi_median_share *m, um_cview V, size_t i_frame, float *median)
{
    const float *rows[UMI_MEDIAN_ROWS_MAX];
    size_t n = 0, begin = i_frame > m->frames ? i_frame - m->frames : 0;
    for (size_t i = begin; i <= i_frame + m->frames && i < V.rows; i++) {
        rows[n++] = um_crow(V, i);
    }
    umi_row_median(rows, n, V.cols, median);
}

/* Of the spectrum v of one channel. `row` has room for it and its mirror images past its ends: a
 * drum's lowest partials are near one. */
static void median_over_frequency(const umi_median_share *m, const float *v, float *row,
                                  float *median)
{
    const float *rows[UMI_MEDIAN_ROWS_MAX];
    for (size_t i = 0; i < m->bins; i++) {
        size_t inside = i < m->n_bins ? i : m->n_bins - 1;
        row[m->bins - 1 - i] = v[inside];
        row[m->bins + m->n_bins + i] = v[m->n_bins - 1 - inside];
    }
    memcpy(row + m->bins, v, m->n_bins * sizeof *v);
    for (size_t i = 0; i <= 2 * m->bins; i++) {
        rows[i] = row + i;
    }
    umi_row_median(rows, 2 * m->bins + 1, m->n_bins, median);
}

void umi_median_share_of(const umi_median_share *m, um_cview V, size_t i_frame, float *share,
                         float *scratch)
{
    assert(m->frames < UMI_MEDIAN_ROWS_MAX / 2 && m->bins < UMI_MEDIAN_ROWS_MAX / 2);
    float *lasting = scratch, *row = scratch + umi_padded(V.cols);
    median_over_time(m, V, i_frame, lasting);
    for (size_t c = 0; c < V.cols / m->n_bins; c++) {
        median_over_frequency(m, um_crow(V, i_frame) + c * m->n_bins, row, share + c * m->n_bins);
    }
    for (size_t i = 0; i < V.cols; i++) {
        float largest = fmaxf(share[i], lasting[i]);
        float struck = largest > 0.0f ? share[i] / largest : 1.0f;
        float sounding = largest > 0.0f ? lasting[i] / largest : 1.0f;
        share[i] = struck * struck / (struck * struck + sounding * sounding);
    }
}
