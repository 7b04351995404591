/* Atoms with their activations: a row each, its spectrum at the left, when it sounds at the right.
 */
#ifndef UMI_JOB_PLOT_ROWS_H
#define UMI_JOB_PLOT_ROWS_H

#include "job/plot_activations.h"
#include "job/plot_atom_order.h"
#include "job/plot_frame.h"

/* dB of activations that are shown, below the strongest of all. */
enum { UMI_STRIP_RANGE = 50 };

/* The height of all rows and of the sources' names above theirs: `wanted` pixels, as far as a row
 * is then neither too low to be seen nor too high. */
double umi_plot_rows_height(const umi_atom_order *order, double wanted);

/* Draws spectra into `spectra` and strips into `strips`, two boxes side by side, with an axis below
 * each. The colour at full strength is the strongest activation. UM_ERR_MEMORY. */
um_status umi_plot_rows(const umi_plot *plot, umi_box spectra, umi_box strips,
                        const um_dictionary *dictionary, const umi_atom_order *order,
                        const umi_plot_activations *activations, um_error *error) UM_MUST_USE;

#endif
