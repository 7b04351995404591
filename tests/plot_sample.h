/* A result to plot, as `separate` leaves it: four atoms of two sources, each a line in its spectrum
 * and alone in its quarter of the time. */
#ifndef PLOT_SAMPLE_H
#define PLOT_SAMPLE_H

#include "io/npy_file.h"
#include "job/kept_result.h"
#include "matrices.h"
#include "scratch.h"

#include <math.h>

enum {
    PLOT_ATOMS = 4,
    PLOT_FFT = 1024,
    PLOT_BINS = PLOT_FFT / 2 + 1,
    PLOT_HOP = 256,
    PLOT_RATE = 16000,
    PLOT_FRAMES = 400, /* sample frames: so many hops */
    PLOT_PITCHES = 5,  /* its own, 2, -2, 4, -4 semitones */
    PLOT_SHIFTED = 1
};

/* Strongest bin of each atom, and how strong its activations are. */
static const size_t plot_peaks[PLOT_ATOMS] = {100, 50, 200, 20};
static const float plot_strengths[PLOT_ATOMS] = {1, 0.1F, 0.01F, 0.5F};

static inline um_dictionary *plot_sample_dictionary(size_t n_frames)
{
    static const char *const labels[PLOT_ATOMS] = {"voice", "drums", "voice", "drums"};
    um_dictionary *d;
    if (um_dictionary_new(PLOT_ATOMS, n_frames, PLOT_BINS, &d) != UM_OK) {
        abort();
    }
    d->sample_rate = PLOT_RATE;
    d->stft.window.length = PLOT_FFT;
    d->stft.window.hop = PLOT_HOP;
    for (size_t k = 0; k < PLOT_ATOMS; k++) {
        for (size_t t = 0; t < n_frames; t++) {
            float *frame = um_row(d->W, k) + t * PLOT_BINS;
            frame[plot_peaks[k]] = 0.9F / (float)n_frames;
            frame[2 * plot_peaks[k]] = 0.1F / (float)n_frames;
        }
        strcpy(d->labels[k], labels[k]);
    }
    return d;
}

/* Writes activations.npy into the scratch folder. Atom k sounds in quarter k, half of it at its own
 * pitch, half two semitones higher. */
static inline umi_kept_result plot_sample_result(scratch *folder)
{
    umi_kept_result kept = {.exponent = 1, .n_frames = (uint64_t)PLOT_FRAMES * PLOT_HOP};
    um_view H = matrix_new(PLOT_FRAMES + PLOT_FFT / PLOT_HOP - 1, PLOT_ATOMS * PLOT_PITCHES);
    um_error error = {UM_OK, ""};
    for (size_t n = 0; n < H.rows; n++) {
        double middle = ((double)n + 1) * PLOT_HOP - PLOT_FFT / 2.0;
        double quarter = floor(4 * middle / (double)kept.n_frames);
        size_t k = quarter < 0 ? 0 : quarter > 3 ? 3 : (size_t)quarter;
        um_row(H, n)[k] = 0.5F * plot_strengths[k];
        um_row(H, n)[PLOT_SHIFTED * PLOT_ATOMS + k] = 0.5F * plot_strengths[k];
    }
    (void)remove(scratch_path(folder, "activations.npy"));
    kept.atoms = plot_sample_dictionary(1);
    if (umi_npy_file_write_matrix(folder->path, NULL, um_const_view(H), &error) != UM_OK ||
        umi_kept_activations_open(folder->directory, PLOT_ATOMS, &kept.activations, &error) !=
            UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    umi_free(H.data);
    return kept;
}

#endif
