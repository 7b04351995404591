/* Atoms of one transform as those of another. What counts is the frequency in Hz: every bin gets
 * the power that the atom has round its frequency,
 *
 *     bins that become wider:    the mean of w^2 over the band of the new bin
 *     bins that become narrower: w^2 at its frequency, between the two nearest bins linear
 *
 * so that the energy in a band of some bins stays what it was, up to a factor for the whole atom,
 * all of its frames alike: rows are scaled to sum to 1. Peaks do not become sharper than they were.
 * Above the highest frequency of the old transform nothing is known: there a frame gets 1e-4 of its
 * mean value, as an atom of zeros could never take part in what is heard there. */
#ifndef UMI_JOB_ATOMS_REMAP_H
#define UMI_JOB_ATOMS_REMAP_H

#include "unmingle/status.h"
#include "unmingle/view.h"

/* Bin f lies at f * sample_rate / fft_size. Rows may have fewer bins than fft_size / 2 + 1: those
 * above are not looked at. */
typedef struct umi_bin_grid {
    double sample_rate; /* Hz */
    size_t fft_size;
} umi_bin_grid;

/* Fills out, as many rows as W (>= 0, finite), from the first bin on. A row is n_frames spectra,
 * one after the other. UM_ERR_CONFIG with a message that begins with `name` and has both values
 * when bins become more than 16 times as wide or narrow, when the new transform reaches more than
 * 16 times as high as the old, or when an atom has nothing where the new transform reaches. */
um_status umi_atoms_remap(um_cview W, size_t n_frames, umi_bin_grid from, umi_bin_grid to,
                          const char *name, um_view out, um_error *error) UM_MUST_USE;

#endif
