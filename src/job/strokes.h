/* Atoms that last several frames, from recordings of single strokes: a kick drum, a clap, a note.
 *
 * The atom is the mean spectrogram of all strokes from their onsets on. A recording has one stroke
 * or several, one after the other (core/onsets.h); each is heard from where it first passes a
 * twentieth of its peak to one window after the atom's end, or to the next. It is laid so that this
 * point falls into the first frame, a quarter of the window after its beginning and up to a hop
 * later: in the recordings that the atom will serve for it may fall anywhere, so the mean is taken
 * over four such places. Every stroke counts the same within its recording, however loud, and every
 * recording within its label. */
#ifndef UMI_JOB_STROKES_H
#define UMI_JOB_STROKES_H

#include "io/audio_reader.h"
#include "job/watch.h"
#include "unmingle/status.h"
#include "unmingle/stft.h"

typedef struct umi_strokes_config {
    const um_stft *stft;
    size_t n_frames; /* of the atom */
    umi_audio_reader_options reader;
    const umi_watch *watch;
    double from, to; /* the part of the whole work that this is, 0..1 */
} umi_strokes_config;

/* Fills `atom`, n_frames spectra of magnitudes one after the other, which sum to 1; none is zero,
 * so that all of them can adapt to a recording. *n_strokes: how many it is the mean of, 0 when
 * there is nothing but silence, and then the atom is not changed. UM_ERR_MEMORY, UM_ERR_CANCELLED,
 * and what reading says. */
um_status umi_strokes_learn(const umi_strokes_config *config, const char *const *paths,
                            size_t n_paths, float *atom, size_t *n_strokes,
                            um_error *error) UM_MUST_USE;

#endif
