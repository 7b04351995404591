/* Start values for the atoms of pitched sounds: combs of partials over a range of pitches.
 *
 * Atom k, of pitch p = lowest_pitch + k pitch_step, is the spectrum of a steady tone
 *
 *     W[k, b] = sum over h = 1 .. n_partials of h^-decay A(b - h f0 fft_size / sample_rate)
 *     f0 = 440 Hz 2^((p - 69) / 12)
 *
 * with A the magnitude of the analysis window's transform within its main lobe, and 0 outside of
 * it. Partials from half the sample rate up are left out. Rows are scaled to sum to 1, as nmf.h has
 * it.
 *
 * What is 0 between the partials stays 0 in the updates of nmf.h: so each atom keeps its pitch, and
 * only the strengths of its partials are learned (Raczynski, Ono and Sagayama, ISMIR 2007; Vincent,
 * Bertin and Badeau, 2010, go further and share envelopes among pitches). Activations should then
 * start level, the same for all atoms, so that the comb that fits best takes the note: by chance an
 * atom an octave below can learn to do without its odd partials. With a floor above 0 the comb is
 * where the atom starts, and it may end as anything. */
#ifndef UNMINGLE_HARMONIC_ATOMS_H
#define UNMINGLE_HARMONIC_ATOMS_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/stft.h"
#include "unmingle/view.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_harmonic_atoms_config {
    double sample_rate;   /* Hz, above 0 */
    double lowest_pitch;  /* in semitones as MIDI numbers them, 69 being 440 Hz, and fractions of
                             them; -48..192, default 21: a piano's lowest key, 27.5 Hz */
    double highest_pitch; /* lowest_pitch..192, below half the sample rate; default 108: 4186 Hz */
    double pitch_step;    /* semitones from atom to atom, 0.01..12; default 1 */
    size_t n_partials;    /* at most so many, 1..1000; default 40 */
    double decay;         /* 0..10: partial h has the gain h^-decay; default 1 */
    double floor;         /* share of the atom's mean that is added to every bin, 0..1; default 0 */
} um_harmonic_atoms_config;

UM_API um_harmonic_atoms_config um_harmonic_atoms_config_default(void);

/* How many atoms there are from lowest_pitch to highest_pitch; 0 when a field is out of its range.
 */
UM_API size_t um_harmonic_atoms_count(const um_harmonic_atoms_config *config);

/* Fills W, um_harmonic_atoms_count x um_stft_n_bins, for spectra that `stft` makes; allocates
 * nothing. UM_ERR_ARGUMENT when a field or a size is wrong. */
UM_API UM_MUST_USE um_status um_harmonic_atoms_fill(const um_harmonic_atoms_config *config,
                                                    const um_stft *stft, um_view W);

#ifdef __cplusplus
}
#endif

#endif
