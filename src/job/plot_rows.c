#include "job/plot_rows.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/plot_atom_shape.h"

#include <math.h>

/* Heights of a row, what a ridge is taller than its row, and above the rows of a source: its name,
 * and room for the first ridge. */
static const double row_min = 3, row_max = 28, overlap = 1.5, source_room = 26;

double umi_plot_rows_height(const umi_atom_order *order, double wanted)
{
    double gaps = source_room * (double)order->n_sources;
    double row = floor((wanted - gaps) / (double)order->n_atoms);
    return gaps + fmin(fmax(row, row_min), row_max) * (double)order->n_atoms;
}

/* A row each, from the top down. */
static umi_box row_box(const umi_atom_order *order, umi_box all, size_t i)
{
    double gaps = source_room * (double)order->n_sources;
    double height = (all.height - gaps) / (double)order->n_atoms;
    double top = all.y + height * (double)i + source_room * (double)(order->atoms[i].source + 1);
    return (umi_box){all.x, top, all.width, height};
}

static um_status draw_spectra(const umi_plot *plot, umi_box box, const um_dictionary *dictionary,
                              const umi_atom_order *order, um_error *error)
{
    umi_atom_shapes *shapes;
    umi_ticks ticks;
    um_status status = umi_atom_shapes_new(dictionary, &shapes, error);
    if (status != UM_OK) {
        return status;
    }
    umi_frequency_ticks(umi_atom_shapes_scale(shapes), box.width, &ticks);
    umi_plot_grid(plot, box, &ticks);
    umi_plot_axis_below(plot, box, &ticks);
    for (size_t i = 0; i < order->n_atoms; i++) {
        umi_box row = row_box(order, box, i);
        if (umi_atom_order_begins(order, i)) {
            umi_plot_source_name(plot, row.x, row.y - 10, row.width, order->atoms[i].source,
                                 dictionary->labels[order->atoms[i].atom]);
        }
        row.y -= (overlap - 1) * row.height;
        row.height *= overlap;
        umi_atom_ridge(shapes, plot, row, order->atoms[i].atom,
                       umi_plot_source_colour(order->atoms[i].source));
    }
    umi_atom_shapes_free(shapes);
    return UM_OK;
}

static void draw_strip(const umi_plot *plot, umi_box row, const float *values, size_t n,
                       double unit, umi_rgb colour, umi_rgb *pixels)
{
    for (size_t c = 0; c < n; c++) {
        double level = values[c] > 0 ? unit * log10((double)values[c]) : -UMI_STRIP_RANGE;
        double share = fmin(fmax(1 + level / UMI_STRIP_RANGE, 0), 1);
        pixels[c] = umi_plot_mix(plot->colours.page, colour, share);
    }
    umi_picture_image(plot->picture, row, pixels, n, 1);
}

um_status umi_plot_rows(const umi_plot *plot, umi_box spectra, umi_box strips,
                        const um_dictionary *dictionary, const umi_atom_order *order,
                        const umi_plot_activations *activations, um_error *error)
{
    size_t n = activations->H.cols;
    umi_rgb *pixels = umi_alloc(n, sizeof *pixels);
    float *values = umi_alloc(n, sizeof *values);
    umi_ticks ticks;
    um_status status =
        pixels == NULL || values == NULL
            ? umi_error_set(error, UM_ERR_MEMORY, "not enough memory to plot activations")
            : draw_spectra(plot, spectra, dictionary, order, error);
    for (size_t i = 0; status == UM_OK && i < order->n_atoms; i++) {
        umi_box row = row_box(order, strips, i);
        const float *H = um_row(activations->H, order->atoms[i].atom);
        for (size_t c = 0; c < n; c++) {
            values[c] = activations->loudest > 0 ? H[c] / activations->loudest : 0;
        }
        draw_strip(plot, row, values, n, 20 / dictionary->exponent,
                   umi_plot_source_colour(order->atoms[i].source), pixels);
    }
    if (status == UM_OK && activations->seconds > 0) {
        umi_time_ticks(activations->seconds, strips.width, &ticks);
        umi_plot_axis_below(plot, strips, &ticks);
    }
    umi_free(values);
    umi_free(pixels);
    return status;
}
