/* The atoms of a result with their activations, as a small picture for a page. */
#ifndef UMI_JOB_PLOT_ATOMS_H
#define UMI_JOB_PLOT_ATOMS_H

#include "io/picture.h"
#include "job/kept_result.h"

/* For a light page, and for a dark one. */
typedef struct umi_atom_pictures {
    unsigned char *bytes[2]; /* [dark] */
    size_t n_bytes[2];
} umi_atom_pictures;

/* Makes PNG or SVG files of `width` pixels, 600..8000, and by the number of atoms 100 to 620 high,
 * or more where there are many. The result is read once, from its first activations on.
 * UM_ERR_MEMORY, UM_ERR_ARGUMENT for a picture that would be too high, and what
 * umi_plot_activations_read says; then there is nothing to free. */
um_status umi_plot_atoms(umi_kept_result *kept, umi_picture_kind kind, size_t width,
                         umi_atom_pictures *pictures, um_error *error) UM_MUST_USE;
void umi_atom_pictures_free(umi_atom_pictures *pictures);

/* Where the axis of time begins and ends, as shares of the width. */
void umi_plot_atoms_time(size_t width, double *from, double *to);

#endif
