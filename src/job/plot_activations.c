#include "job/plot_activations.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdint.h>

enum { BLOCK_ROWS = 256 };

typedef struct reading {
    umi_kept_result *kept;
    umi_plot_activations *out;
    size_t width;       /* columns of the file for an atom */
    size_t n_rows;      /* of the file */
    uint32_t *n_frames; /* of each column */
    size_t *order;      /* atoms as they come */
    um_view block;
} reading;

/* The column that the middle of a frame lies in; SIZE_MAX before the first and after the last. */
static size_t column_of(const reading *r, size_t row)
{
    const um_window_config *window = &r->kept->atoms->stft.window;
    double middle = (double)(row + 1) * (double)window->hop - (double)window->length / 2;
    double share = middle / (double)r->kept->n_frames;
    return share >= 0 && share < 1 ? (size_t)(share * (double)r->out->H.cols) : SIZE_MAX;
}

static void add_row(reading *r, const float *row, size_t column)
{
    for (size_t k = 0; k < r->out->H.rows; k++) {
        float sum = 0;
        for (size_t i = 0; i < r->width; i++) {
            sum += row[k * r->width + i];
        }
        um_row(r->out->H, k)[column] += sum;
    }
    r->n_frames[column]++;
}

static um_status read_rows(reading *r, um_error *error)
{
    um_status status = UM_OK;
    umi_kept_activations_begin(r->kept->activations, r->order, error);
    for (size_t at = 0; status == UM_OK && at < r->n_rows; at += BLOCK_ROWS) {
        um_view rows = r->block;
        rows.rows = r->n_rows - at < BLOCK_ROWS ? r->n_rows - at : BLOCK_ROWS;
        status = umi_kept_activations_give(r->kept->activations, rows);
        for (size_t i = 0; status == UM_OK && i < rows.rows; i++) {
            size_t column = column_of(r, at + i);
            if (column != SIZE_MAX) {
                add_row(r, um_row(rows, i), column);
            }
        }
    }
    return status;
}

/* Sums become means; a column without a frame is as the one before it. */
static void finish(reading *r)
{
    umi_plot_activations *a = r->out;
    for (size_t k = 0; k < a->H.rows; k++) {
        float *row = um_row(a->H, k);
        for (size_t c = 0; c < a->H.cols; c++) {
            if (r->n_frames[c] > 0) {
                row[c] /= (float)r->n_frames[c];
            } else if (c > 0) {
                row[c] = row[c - 1];
            }
            a->loudest = row[c] > a->loudest ? row[c] : a->loudest;
        }
    }
}

um_status umi_plot_activations_read(umi_kept_result *kept, size_t columns,
                                    umi_plot_activations *activations, um_error *error)
{
    const um_dictionary *atoms = kept->atoms;
    size_t K = atoms->W.rows, width = umi_kept_activations_width(kept->activations);
    reading r = {
        kept,
        activations,
        width,
        umi_kept_activations_rows(kept->activations),
        NULL,
        NULL,
        um_view_of(umi_alloc(BLOCK_ROWS, K * width * sizeof(float)), BLOCK_ROWS, K * width)};
    *activations =
        (umi_plot_activations){um_view_of(umi_alloc(columns, K * sizeof(float)), K, columns), 0,
                               (double)kept->n_frames / atoms->sample_rate};
    r.n_frames = umi_alloc(columns, sizeof *r.n_frames);
    r.order = umi_alloc(K, sizeof *r.order);
    um_status status = UM_OK;
    if (r.block.data == NULL || r.n_frames == NULL || r.order == NULL ||
        activations->H.data == NULL) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory to plot activations");
    }
    for (size_t k = 0; status == UM_OK && k < K; k++) {
        r.order[k] = k;
    }
    if (status == UM_OK) {
        status = read_rows(&r, error);
    }
    if (status == UM_OK) {
        finish(&r);
    } else {
        umi_plot_activations_free(activations);
    }
    umi_free(r.block.data);
    umi_free(r.n_frames);
    umi_free(r.order);
    return status;
}

void umi_plot_activations_free(umi_plot_activations *activations)
{
    umi_free(activations->H.data);
    *activations = (umi_plot_activations){0};
}
