#include "job/plot_atoms.h"

#include "core/memory.h"
#include "job/plot_rows.h"

#include <math.h>

static const double spectra_share = 0.24, gap = 24, margin = 8, height_wanted = 560;

/* The two columns: spectra, and what goes over time. */
static void place(double width, umi_box *left, umi_box *right)
{
    *left = (umi_box){margin, 0, rint(spectra_share * width), 0};
    *right = (umi_box){left->x + left->width + gap, 0, 0, 0};
    right->width = width - margin - right->x;
}

void umi_plot_atoms_time(size_t width, double *from, double *to)
{
    umi_box left, right;
    place((double)width, &left, &right);
    *from = right.x / (double)width;
    *to = (right.x + right.width) / (double)width;
}

static um_status draw(umi_plot *plot, umi_picture_kind kind, double width,
                      const um_dictionary *atoms, const umi_atom_order *order,
                      const umi_plot_activations *activations, um_error *error)
{
    double height = umi_plot_rows_height(order, height_wanted);
    umi_box left, right;
    place(width, &left, &right);
    left.height = right.height = height;
    um_status status =
        umi_picture_new(kind, (size_t)width, (size_t)ceil(height + UMI_ROOM_BELOW + margin),
                        plot->colours.page, &plot->picture, error);
    return status == UM_OK ? umi_plot_rows(plot, left, right, atoms, order, activations, error)
                           : status;
}

um_status umi_plot_atoms(umi_kept_result *kept, umi_picture_kind kind, size_t width,
                         umi_atom_pictures *pictures, um_error *error)
{
    umi_plot_activations activations = {0};
    umi_atom_order order = {0};
    size_t columns = (size_t)((1 - spectra_share) * (double)width - gap - 2 * margin);
    *pictures = (umi_atom_pictures){0};
    um_status status = umi_atom_order_make(kept->atoms, &order, error);
    if (status == UM_OK) {
        status = umi_plot_activations_read(kept, columns, &activations, error);
    }
    for (size_t dark = 0; status == UM_OK && dark < 2; dark++) {
        umi_plot plot = {NULL, umi_plot_colours_of(dark != 0)};
        status = draw(&plot, kind, (double)width, kept->atoms, &order, &activations, error);
        if (status == UM_OK) {
            status = umi_picture_finish(plot.picture, &pictures->bytes[dark],
                                        &pictures->n_bytes[dark], error);
        }
        umi_picture_free(plot.picture);
    }
    umi_plot_activations_free(&activations);
    umi_atom_order_free(&order);
    if (status != UM_OK) {
        umi_atom_pictures_free(pictures);
    }
    return status;
}

void umi_atom_pictures_free(umi_atom_pictures *pictures)
{
    umi_free(pictures->bytes[0]);
    umi_free(pictures->bytes[1]);
    *pictures = (umi_atom_pictures){0};
}
