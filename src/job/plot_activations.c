#include "job/plot_activations.h"

#include "core/error.h"
#include "core/memory.h"

#include <stdint.h>

enum { BLOCK_ROWS = 256 };

typedef struct reading {
    umi_kept_result *kept;
    umi_plot_activations *out;
    size_t n_rows; /* of the file */
    float *sums;   /* of the frames of the column at hand, or of none */
    size_t column; /* SIZE_MAX: none */
    size_t n_frames;
    size_t *order; /* atoms as they come */
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

/* Means of the column at hand, for it and for those up to `next`, which have no frame. */
static void end_column(reading *r, size_t next)
{
    for (size_t i = 0; r->column != SIZE_MAX && i < r->out->H.rows; i++) {
        float mean = r->sums[i] / (float)r->n_frames;
        for (size_t c = r->column; c < next; c++) {
            um_row(r->out->H, i)[c] = mean;
        }
        r->sums[i] = 0;
    }
    r->n_frames = 0;
    r->column = next;
}

static void add_row(reading *r, const float *row, size_t column)
{
    if (column != r->column) {
        end_column(r, column);
    }
    for (size_t i = 0; i < r->out->H.rows; i++) {
        r->sums[i] += row[i];
    }
    r->n_frames++;
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
    end_column(r, r->out->H.cols);
    return status;
}

const float *umi_plot_activations_row(const umi_plot_activations *activations, size_t atom,
                                      size_t pitch)
{
    size_t n_atoms = activations->H.rows / activations->n_pitches;
    return um_row(activations->H, pitch * n_atoms + atom);
}

void umi_plot_activations_sum(const umi_plot_activations *activations, size_t atom, float *row)
{
    for (size_t c = 0; c < activations->H.cols; c++) {
        row[c] = 0;
        for (size_t i = 0; i < activations->n_pitches; i++) {
            row[c] += umi_plot_activations_row(activations, atom, i)[c];
        }
    }
}

/* `row` is scratch. */
static void find_loudest(umi_plot_activations *a, float *row)
{
    for (size_t k = 0; k < a->H.rows / a->n_pitches; k++) {
        umi_plot_activations_sum(a, k, row);
        for (size_t c = 0; c < a->H.cols; c++) {
            a->loudest = row[c] > a->loudest ? row[c] : a->loudest;
        }
    }
}

um_status umi_plot_activations_read(umi_kept_result *kept, size_t columns,
                                    umi_plot_activations *activations, um_error *error)
{
    size_t K = kept->atoms->W.rows, width = umi_kept_activations_width(kept->activations);
    size_t n_rows = umi_kept_activations_rows(kept->activations), n = K * width;
    um_view block = {umi_alloc(BLOCK_ROWS, n * sizeof(float)), BLOCK_ROWS, n, n};
    float *scratch = umi_alloc(columns, sizeof *scratch);
    reading r = {.kept = kept,
                 .out = activations,
                 .n_rows = n_rows,
                 .sums = umi_alloc(n, sizeof(float)),
                 .column = SIZE_MAX,
                 .order = umi_alloc(K, sizeof(size_t)),
                 .block = block};
    *activations =
        (umi_plot_activations){{umi_alloc(columns, n * sizeof(float)), n, columns, columns},
                               width,
                               0,
                               (double)kept->n_frames / kept->atoms->sample_rate};
    um_status status = UM_OK;
    if (block.data == NULL || scratch == NULL || r.sums == NULL || r.order == NULL ||
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
        find_loudest(activations, scratch);
    } else {
        umi_plot_activations_free(activations);
    }
    umi_free(block.data);
    umi_free(scratch);
    umi_free(r.sums);
    umi_free(r.order);
    return status;
}

void umi_plot_activations_free(umi_plot_activations *activations)
{
    umi_free(activations->H.data);
    *activations = (umi_plot_activations){0};
}
