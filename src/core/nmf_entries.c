/* The entries of a sparse V by columns, and among them the cells that are held out. */
#include "core/memory.h"
#include "core/nmf_internal.h"

#include <math.h>
#include <string.h>

/* How many cells of the largest V are held out. */
static size_t count_hidden(const um_nmf *nmf)
{
    size_t count = 0, column;
    for (size_t n = 0; nmf->config.held_out > 0.0 && n < nmf->config.n_frames; n++) {
        umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(nmf, n);
        while (umi_nmf_next_hidden(&cells, &column)) {
            count++;
        }
    }
    return count;
}

bool umi_nmf_entries_init(um_nmf *nmf)
{
    const um_nmf_config *c = &nmf->config;
    umi_nmf_entries *e = &nmf->entries;
    size_t n_hidden = count_hidden(nmf);
    if (n_hidden > UINT32_MAX || c->n_values > UINT32_MAX - n_hidden) {
        return false;
    }
    e->capacity = c->n_values + n_hidden;
    e->column_start = umi_alloc(c->n_bins + 1, sizeof *e->column_start);
    e->row = umi_alloc(e->capacity, sizeof *e->row);
    e->entry = umi_alloc(e->capacity, sizeof *e->entry);
    if (e->column_start == NULL || e->row == NULL || e->entry == NULL) {
        return false;
    }
    if (nmf->joint) {
        e->ratio = umi_alloc(e->capacity, sizeof *e->ratio);
        if (e->ratio == NULL) {
            return false;
        }
    }
    if (c->held_out > 0.0) {
        e->row_start = umi_alloc(c->n_frames + 1, sizeof *e->row_start);
        e->column = umi_alloc(e->capacity, sizeof *e->column);
        e->value = umi_alloc(e->capacity, sizeof *e->value);
        if (e->row_start == NULL || e->column == NULL || e->value == NULL) {
            return false;
        }
    }
    return true;
}

void umi_nmf_entries_free(um_nmf *nmf)
{
    umi_nmf_entries *e = &nmf->entries;
    umi_free(e->column_start);
    umi_free(e->row);
    umi_free(e->entry);
    umi_free(e->ratio);
    umi_free(e->row_start);
    umi_free(e->column);
    umi_free(e->value);
}

/* Copies V, its entries merged with the cells that are held out. */
static void merge_hidden(um_nmf *nmf, const um_csparse *V)
{
    umi_nmf_entries *e = &nmf->entries;
    size_t to = 0;
    for (size_t n = 0; n < V->rows; n++) {
        umi_nmf_hidden_cells cells = umi_nmf_hidden_cells_of(nmf, n);
        size_t i = V->row_start[n], hidden;
        bool left = umi_nmf_next_hidden(&cells, &hidden);
        e->row_start[n] = to;
        while (left || i < V->row_start[n + 1]) {
            bool is_entry = i < V->row_start[n + 1] && (!left || V->column[i] <= hidden);
            bool is_hidden = left && (!is_entry || V->column[i] == hidden);
            float value = is_entry ? fabsf(V->value[i]) : 0.0f;
            e->column[to] = is_entry ? V->column[i] : (uint32_t)hidden;
            e->value[to] = is_hidden ? -value : value;
            to++;
            i += is_entry;
            if (is_hidden) {
                left = umi_nmf_next_hidden(&cells, &hidden);
            }
        }
    }
    e->row_start[V->rows] = to;
    e->V = (um_csparse){V->rows, V->cols, e->row_start, e->column, e->value};
}

/* A counting sort: the number of entries of each column, where its first one goes, and then every
 * entry behind the one before it. */
static void sort_by_columns(umi_nmf_entries *e)
{
    const um_csparse *V = &e->V;
    size_t *next = e->column_start + 1; /* becomes the start of the next column on the way */
    memset(e->column_start, 0, (V->cols + 1) * sizeof *e->column_start);
    for (size_t i = 0; i < um_csparse_entries(*V); i++) {
        next[V->column[i]]++;
    }
    size_t start = 0;
    for (size_t f = 0; f < V->cols; f++) {
        size_t count = next[f];
        next[f] = start;
        start += count;
    }
    for (size_t n = 0; n < V->rows; n++) {
        for (size_t i = V->row_start[n]; i < V->row_start[n + 1]; i++) {
            size_t to = next[V->column[i]]++;
            e->row[to] = (uint32_t)n;
            e->entry[to] = (uint32_t)i;
        }
    }
}

void umi_nmf_entries_set(um_nmf *nmf, const um_csparse *V)
{
    if (nmf->config.held_out > 0.0) {
        merge_hidden(nmf, V);
    } else {
        nmf->entries.V = *V;
    }
    sort_by_columns(&nmf->entries);
}
