/* Which share of the sound each source has, over time and frequency. */
#ifndef UMI_JOB_PLOT_MASKS_H
#define UMI_JOB_PLOT_MASKS_H

#include "job/plot_activations.h"
#include "job/plot_atom_order.h"
#include "job/plot_frame.h"

/* dB below the loudest point, as atoms and activations model it, that are shown; the lower half of
 * them fades. */
enum { UMI_MASK_RANGE = 60 };

typedef struct umi_plot_masks {
    size_t n_sources, columns, rows;
    float *shares; /* n_sources x columns x rows, 0..1, from the lowest frequency on: the ratio mask
                      of mask.h, faded where the model of the whole is quiet */
    umi_frequency_scale scale;
} umi_plot_masks;

/* From atoms and activations, as many columns as those have; of at most UMI_SHIFT_LIST_MAX + 1
 * pitches. UM_ERR_MEMORY. */
um_status umi_plot_masks_make(const um_dictionary *dictionary, const umi_atom_order *order,
                              const umi_plot_activations *activations, double exponent, size_t rows,
                              umi_plot_masks *masks, um_error *error) UM_MUST_USE;
void umi_plot_masks_free(umi_plot_masks *masks); /* an empty one is fine */

/* Fills the box with the share of one source, in its colour. UM_ERR_MEMORY. */
um_status umi_plot_masks_draw(const umi_plot_masks *masks, size_t source, const umi_plot *plot,
                              umi_box box, um_error *error) UM_MUST_USE;

#endif
