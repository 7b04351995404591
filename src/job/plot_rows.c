#include "job/plot_rows.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/plot_atom_shape.h"

#include <math.h>
#include <stdio.h>

/* Heights of a row, and from which on it is a ridge, which is so many times as tall, and has its
 * number; of a source's name above its rows and the first ridge. */
static const double row_min = 3, row_max = 44, ridge_min = 9, overlap = 1.5, name_height = 20;

/* Up to so many atoms the picture grows with them, so that all have numbers. */
enum { NUMBERED_MAX = 120 };

/* What a source needs above its rows, in whole pixels as all here. */
static double room_above(double row)
{
    return name_height + ceil((overlap - 1) * row);
}

/* The height of a row where all of them have this height. */
static double row_of(const umi_atom_order *order, double height)
{
    double K = (double)order->n_atoms, S = (double)order->n_sources;
    double row = floor((height - name_height * S) / (K + (overlap - 1) * S));
    double least = order->n_atoms <= NUMBERED_MAX ? ridge_min : row_min;
    return fmin(fmax(row, least), row_max);
}

double umi_plot_rows_height(const umi_atom_order *order, double wanted)
{
    double row = row_of(order, wanted);
    return (double)order->n_atoms * row + (double)order->n_sources * room_above(row);
}

/* A source's atoms, `first` being the first one of the order. */
static size_t count_from(const umi_atom_order *order, size_t first)
{
    size_t n = 1;
    while (first + n < order->n_atoms && !umi_atom_order_begins(order, first + n)) {
        n++;
    }
    return n;
}

/* What rows are drawn with. */
typedef struct rows {
    const umi_plot *plot;
    const um_dictionary *dictionary;
    const umi_atom_order *order;
    const umi_plot_activations *activations;
    umi_atom_shapes *shapes;
    umi_rgb *pixels; /* of a strip, and its values */
    float *values;
    double height; /* of a row */
} rows;

static void draw_spectrum(const rows *r, umi_box row, size_t atom, umi_rgb colour)
{
    if (r->height < ridge_min) {
        umi_atom_bar(r->shapes, r->plot, row, atom, colour);
        return;
    }
    umi_box ridge = {row.x, row.y - (overlap - 1) * row.height, row.width, overlap * row.height};
    umi_atom_ridge(r->shapes, r->plot, ridge, atom, colour);
}

static void draw_strip(const rows *r, umi_box row, size_t atom, umi_rgb colour)
{
    size_t n = r->activations->H.cols;
    const float *H = r->values;
    double unit = 20 / r->dictionary->exponent, loudest = (double)r->activations->loudest;
    umi_plot_activations_sum(r->activations, atom, r->values);
    for (size_t c = 0; c < n; c++) {
        double level = H[c] > 0 ? unit * log10((double)H[c] / loudest) : -UMI_STRIP_RANGE;
        r->pixels[c] =
            umi_plot_mix(r->plot->colours.page, colour, fmax(1 + level / UMI_STRIP_RANGE, 0));
    }
    umi_picture_image(r->plot->picture, row, r->pixels, n, 1);
}

/* The number that `render --group` and unmingle.json know the atom by, left of its strip. */
static void draw_number(const rows *r, umi_box strip, size_t atom)
{
    double size = fmin(r->height, UMI_TICK_SIZE - 2);
    umi_text_style style = {size, r->plot->colours.quiet, UMI_ALIGN_RIGHT, false};
    char text[24];
    if (r->height >= ridge_min) {
        (void)snprintf(text, sizeof text, "%zu", atom + 1);
        umi_picture_text(r->plot->picture, strip.x - 4, strip.y + 0.5 * r->height + 0.36 * size,
                         text, &style);
    }
}

/* The rows of one source, below its name; high pitches on top, as in a score. */
static void draw_source(const rows *r, umi_box spectra, umi_box strips, size_t first, size_t n)
{
    const umi_placed_atom *atoms = r->order->atoms + first;
    umi_rgb colour = umi_plot_source_colour(&r->plot->colours, atoms->source);
    umi_plot_source_name(r->plot, spectra.x, spectra.y - (overlap - 1) * r->height - 4,
                         spectra.width, atoms->source, r->dictionary->labels[atoms->atom]);
    for (size_t i = 0; i < n; i++) {
        double y = spectra.y + r->height * (double)i;
        size_t atom = atoms[n - 1 - i].atom;
        draw_spectrum(r, (umi_box){spectra.x, y, spectra.width, r->height}, atom, colour);
        umi_box strip = {strips.x, y, strips.width, r->height};
        draw_strip(r, strip, atom, colour);
        draw_number(r, strip, atom);
    }
    umi_plot_outline(r->plot, strips);
}

static void draw_all(const rows *r, umi_box spectra, umi_box strips)
{
    umi_ticks frequencies, times;
    umi_frequency_ticks(umi_atom_shapes_scale(r->shapes), spectra.width, UMI_LABEL_ALONG,
                        &frequencies);
    umi_plot_grid(r->plot, spectra, &frequencies);
    umi_plot_axis_below(r->plot, spectra, &frequencies);
    if (r->activations->seconds > 0) {
        umi_time_ticks(r->activations->seconds, strips.width, &times);
        umi_plot_axis_below(r->plot, strips, &times);
    }
    for (size_t i = 0; i < r->order->n_atoms;) {
        size_t n = count_from(r->order, i);
        spectra.y += room_above(r->height);
        strips.y = spectra.y;
        strips.height = r->height * (double)n;
        draw_source(r, spectra, strips, i, n);
        spectra.y += strips.height;
        i += n;
    }
}

um_status umi_plot_rows(const umi_plot *plot, umi_box spectra, umi_box strips,
                        const um_dictionary *dictionary, const umi_atom_order *order,
                        const umi_plot_activations *activations, um_error *error)
{
    rows r = {.plot = plot,
              .dictionary = dictionary,
              .order = order,
              .activations = activations,
              .height = row_of(order, spectra.height)};
    r.pixels = umi_alloc(activations->H.cols, sizeof *r.pixels);
    r.values = umi_alloc(activations->H.cols, sizeof *r.values);
    um_status status =
        r.pixels == NULL || r.values == NULL
            ? umi_error_set(error, UM_ERR_MEMORY, "not enough memory to plot activations")
            : umi_atom_shapes_new(dictionary, &r.shapes, error);
    if (status == UM_OK) {
        draw_all(&r, spectra, strips);
    }
    umi_atom_shapes_free(r.shapes);
    umi_free(r.values);
    umi_free(r.pixels);
    return status;
}
