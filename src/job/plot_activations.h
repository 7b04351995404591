/* How strong each atom is over time, as many columns as a picture has, whatever the length. */
#ifndef UMI_JOB_PLOT_ACTIVATIONS_H
#define UMI_JOB_PLOT_ACTIVATIONS_H

#include "job/kept_result.h"

typedef struct umi_plot_activations {
    um_view H;        /* (n_pitches * n_atoms) x columns: means over a column's frames, of all atoms
                         at their own pitch, then at each of the shifts of shift_list.h */
    size_t n_pitches; /* 1 without shifts */
    float loudest;    /* of the atoms' sums over their pitches; 0 for all silent */
    double seconds;   /* of the recording: column c is the share c / H.cols .. (c + 1) / H.cols */
} umi_plot_activations;

/* An atom's row at one of the pitches. */
const float *umi_plot_activations_row(const umi_plot_activations *activations, size_t atom,
                                      size_t pitch);

/* One atom's row: the sums over its pitches, H.cols of them. */
void umi_plot_activations_sum(const umi_plot_activations *activations, size_t atom, float *row);

/* Reads them from the result, which is read from its first row on. UM_ERR_DATA when its rows are
 * not those of the recording, UM_ERR_MEMORY, and what umi_kept_activations_give says. */
um_status umi_plot_activations_read(umi_kept_result *kept, size_t columns,
                                    umi_plot_activations *activations, um_error *error) UM_MUST_USE;
void umi_plot_activations_free(umi_plot_activations *activations); /* an empty one is fine */

#endif
