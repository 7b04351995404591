/* The atoms of a result with their activations, as a small picture for a page. */
#ifndef UMI_JOB_PLOT_ATOMS_H
#define UMI_JOB_PLOT_ATOMS_H

#include "io/picture.h"
#include "job/kept_result.h"

/* Makes a PNG or SVG file of `width` pixels, 600..8000, and by the number of atoms 100 to 620 high,
 * or more where there are many. The result is read from its first activations on. n_bytes in
 * *bytes, umi_free. UM_ERR_MEMORY, UM_ERR_ARGUMENT for a picture that would be too high, and what
 * umi_plot_activations_read says. */
um_status umi_plot_atoms(umi_kept_result *kept, umi_picture_kind kind, size_t width, bool dark,
                         unsigned char **bytes, size_t *n_bytes, um_error *error) UM_MUST_USE;

/* Where the axis of time begins and ends, as shares of the width. */
void umi_plot_atoms_time(size_t width, double *from, double *to);

#endif
