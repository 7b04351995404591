/* One atom, drawn: as a ridge, as a bar, or as a small spectrogram. */
#ifndef UMI_JOB_PLOT_ATOM_SHAPE_H
#define UMI_JOB_PLOT_ATOM_SHAPE_H

#include "job/plot_frame.h"
#include "unmingle/dictionary.h"

/* dB of an atom that are shown: what is so far below its strongest bin is nothing. */
enum { UMI_ATOM_RANGE = 40 };

/* What is drawn of a dictionary, and with what. */
typedef struct umi_atom_shapes umi_atom_shapes;

/* Borrows the dictionary. UM_ERR_MEMORY. */
um_status umi_atom_shapes_new(const um_dictionary *dictionary, umi_atom_shapes **out,
                              um_error *error) UM_MUST_USE;
void umi_atom_shapes_free(umi_atom_shapes *shapes); /* NULL is fine */

const umi_frequency_scale *umi_atom_shapes_scale(const umi_atom_shapes *shapes);

/* The level of an atom's spectrum, the mean of its frames, as a line over the frequencies, filled
 * below: from the bottom of the box up to its top, which is the strongest bin. */
void umi_atom_ridge(umi_atom_shapes *shapes, const umi_plot *plot, umi_box box, size_t atom,
                    umi_rgb colour);

/* The same spectrum as a bar, for rows that are too low for ridges: stronger is more colour. */
void umi_atom_bar(umi_atom_shapes *shapes, const umi_plot *plot, umi_box box, size_t atom,
                  umi_rgb colour);

/* The atom's frames from left to right, frequencies from the bottom up; the colour at full strength
 * is the strongest bin of any frame. */
void umi_atom_cell(umi_atom_shapes *shapes, const umi_plot *plot, umi_box box, size_t atom,
                   umi_rgb colour);

#endif
