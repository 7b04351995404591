/* Speech out of noise: how much of every bin of a noisy spectrogram is speech.
 *
 * V ~ H_S W_S + H_N W_N: the atoms W_S are those of speech, learned beforehand from other speakers;
 * W_N are learned from frames in which the noise is alone. With all atoms fixed, activations come
 * from flat by Kullback-Leibler updates with a penalty of 0.1 on the L1 norm of those of speech, in
 * bands of bins, for three neighbouring frames at once (fast: one). The models S and N of speech
 * and noise are the means of the three estimates that a frame then has.
 *
 * A second pass (not fast) knows the power of the noise as it goes along, R^2, from what the first
 * one took for noise (noise_floor.h), and adds a part of R to the noise's model that does not
 * adapt: N = H_N W_N + c R.
 *
 * From these the share of speech is judged by logistic regression,
 *
 *     z = b + sum over i of b_i x_i        G = (1 + exp(-z))^-p
 *
 * of the evidence x: log S/N of both passes, log V/N, log V/(S+N), log R/(H_N W_N). The
 * coefficients were fitted on mixtures of speakers and noises (tests/bench/README.md). */
#ifndef UNMINGLE_DENOISER_H
#define UNMINGLE_DENOISER_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { UM_DENOISER_STACKED = 3 }; /* neighbouring frames in an atom of speech */

typedef struct um_denoiser_config {
    size_t n_bins;     /* of a frame, 16..4096: those up to 8 kHz, 15.625 Hz apart */
    size_t n_frames;   /* that a section has at most, 1..65536; default 2048 */
    double frame_rate; /* frames a second, 1..10000; default 62.5 */
    bool fast;         /* a fifth of the work, a little less exact. Default false */
} um_denoiser_config;

UM_API um_denoiser_config um_denoiser_config_default(void);

typedef struct um_denoiser um_denoiser;

/* speech: n_atoms x (UM_DENOISER_STACKED * n_bins), an atom a row, its frames one after the other;
 * copied. 1..4096 atoms, >= 0, finite, the middle frame of none all zero. Allocates all that the
 * object will need. UM_ERR_ARGUMENT, UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_denoiser_new(const um_denoiser_config *config, um_cview speech,
                                             um_denoiser **out);
UM_API void um_denoiser_free(um_denoiser *denoiser);

/* Learns the noise from a profile, its frames alone, V n x n_bins (0..1e12), neighbours in time
 * next to each other. Of more than 512 frames as many are taken, evenly spread. Without frames that
 * are not silent there is no noise. It stays until another is set. UM_ERR_ARGUMENT. */
UM_API UM_MUST_USE um_status um_denoiser_set_noise(um_denoiser *denoiser, um_cview V);

/* Takes for noise the quietest tenth of a noisy section of at most n_frames, of which the gains are
 * wanted next. With a profile it counts where the profile's noise is weak, below 250 Hz. */
UM_API UM_MUST_USE um_status um_denoiser_find_noise(um_denoiser *denoiser, um_cview V);

/* Fills G, in 0..1 and as large as V, with the gains for the section V of at most n_frames. Without
 * noise they are 1. UM_ERR_ARGUMENT. */
UM_API UM_MUST_USE um_status um_denoiser_gains(um_denoiser *denoiser, um_cview V, um_view G);

#ifdef __cplusplus
}
#endif

#endif
