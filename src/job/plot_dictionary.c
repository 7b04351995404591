#include "job/plot_pages.h"

#include "job/plot_atom_order.h"
#include "job/plot_atom_shape.h"

#include <math.h>
#include <stdio.h>

/* Atoms flow: source by source, each under its name, from place to place. Ridges fill columns from
 * the top down, small spectrograms lines. */

static const double name_height = 24, ridge_min = 10, ridge_max = 100, ridge_overlap = 1.6;
static const double column_gap = 40, cell_gap = 4, cell_height = 120, line_gap = 6, source_gap = 28;

enum { ATOMS_A_COLUMN = 40, COLUMNS_MAX = 4, LINES_WANTED = 3, CELL_MAX = 240, NAME_WIDTH = 170 };

typedef struct page {
    umi_plot plot;
    const umi_plot_config *config;
    const um_dictionary *dictionary;
    const umi_atom_order *order;
    umi_atom_shapes *shapes;
    double left, width; /* of all plots */
    /* ridges */
    size_t n_columns;
    double ridge, column_height;
    /* cells */
    double cell_width;
} page;

static size_t count_in_source(const umi_atom_order *order, size_t i_atom)
{
    size_t n = 0;
    for (size_t i = 0; i < order->n_atoms; i++) {
        n += order->atoms[i].source == order->atoms[i_atom].source;
    }
    return n;
}

/* The source of atom i of the order: its name, and how many atoms. */
static void draw_source_name(const page *p, size_t i, double x, double baseline, double width)
{
    const umi_placed_atom *atom = &p->order->atoms[i];
    char text[UM_LABEL_MAX + 40];
    size_t n = count_in_source(p->order, i);
    snprintf(text, sizeof text, "%s, %zu atom%s", p->dictionary->labels[atom->atom], n,
             n == 1 ? "" : "s");
    umi_plot_source_name(&p->plot, x, baseline, width, atom->source, text);
}

/* -- Ridges ------------------------------------------------------------------------------------ */

/* Goes through the places of all atoms, and draws them unless `p` has no picture yet. A source's
 * name stands above its first atom and on top of the columns where it goes on. Returns the height
 * of the tallest column. */
static double flow_ridges(const page *p)
{
    double width = (p->width - column_gap * (double)(p->n_columns - 1)) / (double)p->n_columns;
    double height = p->ridge * ridge_overlap, y = 0, tallest = 0;
    size_t column = 0;
    for (size_t i = 0; i < p->order->n_atoms; i++) {
        bool begins = umi_atom_order_begins(p->order, i);
        double needed = begins ? name_height + height : p->ridge;
        if (y > 0 && y + needed > p->column_height + 0.5 && column + 1 < p->n_columns) {
            column++;
            y = 0;
        }
        bool named = begins || y == 0;
        double x = p->left + (width + column_gap) * (double)column, top = UMI_PAGE_TITLE + y;
        y += named ? name_height + height : p->ridge;
        tallest = fmax(tallest, y);
        if (p->plot.picture != NULL && named) {
            draw_source_name(p, i, x, top + 15, width);
        }
        if (p->plot.picture != NULL) {
            umi_atom_ridge(p->shapes, &p->plot,
                           (umi_box){x, UMI_PAGE_TITLE + y - height, width, height},
                           p->order->atoms[i].atom,
                           umi_plot_source_colour(&p->plot.colours, p->order->atoms[i].source));
        }
    }
    return tallest;
}

static void draw_ridge_axes(const page *p)
{
    double width = (p->width - column_gap * (double)(p->n_columns - 1)) / (double)p->n_columns;
    umi_ticks ticks;
    umi_frequency_ticks(umi_atom_shapes_scale(p->shapes), width, UMI_LABEL_ALONG, &ticks);
    for (size_t c = 0; c < p->n_columns; c++) {
        umi_box box = {p->left + (width + column_gap) * (double)c, UMI_PAGE_TITLE, width,
                       p->column_height};
        umi_plot_grid(&p->plot, box, &ticks);
        umi_plot_axis_below(&p->plot, box, &ticks);
    }
}

/* As many columns as keep them of one page, then ridges as high as that allows. */
static double lay_out_ridges(page *p)
{
    size_t K = p->order->n_atoms;
    size_t columns = (K + ATOMS_A_COLUMN - 1) / ATOMS_A_COLUMN;
    size_t fitting = (size_t)fmax(1, p->width / 240);
    columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
    p->n_columns = columns < fitting ? columns : fitting;
    size_t rows = (K + p->n_columns - 1) / p->n_columns;
    p->ridge = fmin(fmax(floor(560 / (double)rows), ridge_min), ridge_max);
    p->column_height =
        ceil((name_height + (ridge_overlap - 1) * p->ridge) *
                 ((double)p->order->n_sources + (double)p->n_columns - 1) / (double)p->n_columns +
             p->ridge * (double)rows);
    /* What did not go evenly into the columns before is in the last one. */
    p->column_height = flow_ridges(p);
    return p->column_height;
}

/* -- Small spectrograms ------------------------------------------------------------------------ */

/* Lines of cells, with names where a source or a line begins. Draws unless `p` has no picture yet;
 * returns the height of all lines. */
static double flow_cells(const page *p)
{
    double x = 0, top = 0, named_to = 0;
    umi_ticks ticks;
    umi_frequency_ticks(umi_atom_shapes_scale(p->shapes), cell_height, UMI_LABEL_UP, &ticks);
    for (size_t i = 0; i < p->order->n_atoms; i++) {
        bool begins = i > 0 && umi_atom_order_begins(p->order, i);
        x = begins ? fmax(x + source_gap, named_to) : x;
        bool new_line = x + p->cell_width > p->width + 0.5;
        if (new_line) {
            x = 0;
            top += name_height + cell_height + line_gap;
        }
        bool named = begins || x == 0;
        named_to = named ? x + NAME_WIDTH : named_to;
        umi_box box = {p->left + x, UMI_PAGE_TITLE + top + name_height, p->cell_width, cell_height};
        if (p->plot.picture != NULL && named) {
            draw_source_name(p, i, box.x, box.y - 9, p->width - x);
        }
        if (p->plot.picture != NULL && x == 0) {
            umi_plot_axis_left(&p->plot, box, &ticks);
        }
        if (p->plot.picture != NULL) {
            umi_atom_cell(p->shapes, &p->plot, box, p->order->atoms[i].atom,
                          umi_plot_source_colour(&p->plot.colours, p->order->atoms[i].source));
            umi_plot_outline(&p->plot, box);
        }
        x += p->cell_width + cell_gap;
    }
    return top + name_height + cell_height;
}

/* Cells that fill about three lines, in whole pixels a frame where they can. */
static double lay_out_cells(page *p)
{
    double T = (double)p->dictionary->n_frames;
    double wanted = floor(LINES_WANTED * p->width / (double)p->order->n_atoms) - cell_gap;
    double width = fmin(fmax(wanted, 2 * T), fmax(CELL_MAX, 2 * T));
    p->cell_width = fmin(T * floor(width / T), p->width);
    return flow_cells(p);
}

/* -- The page ---------------------------------------------------------------------------------- */

static um_status draw(page *p, umi_picture_kind kind, umi_picture **out, um_error *error)
{
    bool cells = p->dictionary->n_frames > 1;
    char text[160];
    double height = cells ? lay_out_cells(p) : lay_out_ridges(p);
    height += UMI_PAGE_TITLE + UMI_PAGE_MARGIN + (cells ? 0 : UMI_ROOM_BELOW);
    um_status status = umi_plot_begin(p->config, kind, height, &p->plot, error);
    if (status != UM_OK) {
        return status;
    }
    if (cells) {
        flow_cells(p);
        snprintf(text, sizeof text, "%zu frames, %.3g ms; colour: %d dB", p->dictionary->n_frames,
                 1000 *
                     (double)((p->dictionary->n_frames - 1) * p->dictionary->stft.window.hop +
                              p->dictionary->stft.window.length) /
                     p->dictionary->sample_rate,
                 UMI_ATOM_RANGE);
    } else {
        draw_ridge_axes(p);
        flow_ridges(p);
        snprintf(text, sizeof text, "height: %d dB", UMI_ATOM_RANGE);
    }
    umi_plot_head(&p->plot, p->left, p->left + p->width, UMI_PAGE_TITLE - 22,
                  umi_plot_title_of(p->config->input), text);
    *out = p->plot.picture;
    return UM_OK;
}

um_status umi_plot_dictionary_page(const umi_plot_config *config, umi_picture_kind kind,
                                   umi_picture **out, um_error *error)
{
    um_dictionary *dictionary;
    umi_atom_order order = {0};
    page p = {.config = config};
    *out = NULL;
    um_status status = um_dictionary_load(config->input, &dictionary, error);
    if (status != UM_OK) {
        return status;
    }
    p.dictionary = dictionary;
    p.order = &order;
    p.left = dictionary->n_frames > 1 ? UMI_ROOM_LEFT : UMI_PAGE_MARGIN;
    p.width = (double)config->width - p.left - UMI_PAGE_MARGIN;
    status = umi_atom_order_make(dictionary, &order, error);
    if (status == UM_OK) {
        status = umi_atom_shapes_new(dictionary, &p.shapes, error);
    }
    if (status == UM_OK) {
        status = draw(&p, kind, out, error);
    }
    umi_atom_shapes_free(p.shapes);
    umi_atom_order_free(&order);
    um_dictionary_free(dictionary);
    return status;
}
