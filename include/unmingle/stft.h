/* Streaming short-time Fourier transform of one channel, with perfect reconstruction.
 *
 *     samples --> um_analysis --> frames of n_bins complex numbers --> um_synthesis --> samples
 *
 * um_stft holds what both share: windows and transform plans. It never changes after _new, and may
 * be used by many streams, on many threads, at once; it must outlive them. A stream belongs to one
 * thread at a time. No call but _new allocates, locks or fails; _free locks.
 *
 * Frames. A stream starts in silence: frame m = 0, 1, ... covers the samples
 *     (m + 1) hop - length .. (m + 1) hop - 1,
 * those before 0 being zero, and is complete when the last of them has come. With the analysis
 * window a, bin f of frame m is
 *     X(m, f) = sum over t = 0..length - 1 of a(t) x((m + 1) hop - length + t)
 *               exp(-2 pi i f t / fft_size)
 * without further scaling: a sine of amplitude 1 on a bin gives |X| = sum of a(t) / 2 there.
 *
 * Lag. Let S be um_stft_synthesis_length. Each frame that is pushed into a um_synthesis gives hop
 * samples back, and sample i of what comes out is sample i + hop - S of what went in, from the
 * first one on; those with i < S - hop lie before the start and are zero, up to rounding. So for
 * all n samples of a recording push zeros after it until
 *     ceil((n + S - hop) / hop) frames
 * are complete, and drop the first S - hop samples of the output. In a live stream sample j comes
 * out when at most S - 1 later ones have gone in.
 *
 * The same samples give the same bits, whatever the blocks they come in. */
#ifndef UNMINGLE_STFT_H
#define UNMINGLE_STFT_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/window.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_stft_config {
    um_window_config window; /* see window.h */
    size_t fft_size;         /* window.length..1048576, frames are padded with zeros to it; an even
                                product of 2, 3, 5 and 7, with 11 or 13 once at most. 0 (default):
                                the smallest such size, which is window.length itself for the usual
                                lengths */
} um_stft_config;

UM_API um_stft_config um_stft_config_default(void);

typedef struct um_stft um_stft;

/* On failure *out is NULL and `error` (may be NULL) has a message: UM_ERR_ARGUMENT as
 * um_window_pair, or for fft_size; UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_stft_new(const um_stft_config *config, um_stft **out,
                                         um_error *error);
UM_API void um_stft_free(um_stft *stft); /* NULL is fine */

UM_API size_t um_stft_n_bins(const um_stft *stft); /* fft_size / 2 + 1 */
UM_API size_t um_stft_fft_size(const um_stft *stft);
UM_API size_t um_stft_hop(const um_stft *stft);
UM_API size_t um_stft_length(const um_stft *stft); /* of the analysis window */

/* How many samples at the end of a frame are given back: window.synthesis_length for asymmetric
 * windows, else the window's length. It sets the lag; see above. */
UM_API size_t um_stft_synthesis_length(const um_stft *stft);

typedef struct um_analysis um_analysis;

/* UM_ERR_ARGUMENT when a pointer is NULL; UM_ERR_MEMORY. On failure *out is NULL. */
UM_API UM_MUST_USE um_status um_analysis_new(const um_stft *stft, um_analysis **out);
UM_API void um_analysis_free(um_analysis *analysis); /* NULL is fine */

/* How many frames the next n_samples will complete. */
UM_API size_t um_analysis_frames_after(const um_analysis *analysis, size_t n_samples);

/* Takes n_samples, read at samples[i * stride] (so that one channel of interleaved sound can be
 * read in place), and writes the frames that they complete: frame j as n_bins pairs (re, im) from
 * spectra + j * spectra_stride on (in floats, >= 2 n_bins). Returns how many; room for
 * um_analysis_frames_after(analysis, n_samples) frames is the caller's duty. Where `spectra` is
 * NULL these frames are passed over, without the cost of a transform. */
UM_API size_t um_analysis_push(um_analysis *analysis, const float *samples, size_t stride,
                               size_t n_samples, float *spectra, size_t spectra_stride);

/* Back to silence, as new. */
UM_API void um_analysis_reset(um_analysis *analysis);

typedef struct um_synthesis um_synthesis;

/* As um_analysis_new. */
UM_API UM_MUST_USE um_status um_synthesis_new(const um_stft *stft, um_synthesis **out);
UM_API void um_synthesis_free(um_synthesis *synthesis); /* NULL is fine */

/* Takes n_frames frames laid out as above and writes n_frames * hop samples at
 * samples[i * stride]. A NULL `spectra` stands for frames of zeros. The imaginary parts of the
 * first and the last bin count as 0. */
UM_API void um_synthesis_push(um_synthesis *synthesis, const float *spectra, size_t spectra_stride,
                              size_t n_frames, float *samples, size_t stride);

UM_API void um_synthesis_reset(um_synthesis *synthesis);

#ifdef __cplusplus
}
#endif

#endif
