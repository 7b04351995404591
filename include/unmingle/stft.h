/* Streaming short-time Fourier transform of one channel, with perfect reconstruction.
 *
 *     samples --> um_analysis --> frames of n_bins complex numbers --> um_synthesis --> samples
 *
 * um_stft holds what both share: windows and transform plans. It never changes after _new, and may
 * be used by many streams, on many threads, at once; it must outlive them. A stream belongs to one
 * thread at a time. No call but _new allocates.
 *
 * A stream starts in silence: frame m covers the samples (m + 1) hop - length .. (m + 1) hop - 1,
 * those before 0 being zero, and is complete when sample (m + 1) hop - 1 has come. Blocks of any
 * size give the same bits. */
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
    size_t fft_size;         /* >= window.length, even, up to 1048576; frames are padded with
                                zeros to it. 0 (default): window.length */
} um_stft_config;

UM_API um_stft_config um_stft_config_default(void);

typedef struct um_stft um_stft;

/* UM_ERR_ARGUMENT (with a message) as um_window_pair, or for fft_size; UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_stft_new(const um_stft_config *config, um_stft **out,
                                         um_error *error);
UM_API void um_stft_free(um_stft *stft);

UM_API size_t um_stft_n_bins(const um_stft *stft); /* fft_size / 2 + 1 */
UM_API size_t um_stft_hop(const um_stft *stft);
UM_API size_t um_stft_length(const um_stft *stft);

/* Samples by which what comes out of um_synthesis lags what went into um_analysis when every frame
 * is passed on at once: output sample i is input sample i + hop - synthesis length. For symmetric
 * windows the synthesis length is the window's. */
UM_API size_t um_stft_synthesis_length(const um_stft *stft);

typedef struct um_analysis um_analysis;

UM_API UM_MUST_USE um_status um_analysis_new(const um_stft *stft, um_analysis **out);
UM_API void um_analysis_free(um_analysis *analysis);

/* How many frames the next n_samples will complete. */
UM_API size_t um_analysis_frames_after(const um_analysis *analysis, size_t n_samples);

/* Takes n_samples, read at samples[i * stride] (so that one channel of interleaved sound can be
 * read in place), and writes the frames that they complete: frame j as n_bins pairs (re, im) from
 * spectra + j * spectra_stride (in floats). Returns how many; room for
 * um_analysis_frames_after(analysis, n_samples) frames is the caller's duty. */
UM_API size_t um_analysis_push(um_analysis *analysis, const float *samples, size_t stride,
                               size_t n_samples, float *spectra, size_t spectra_stride);

/* Back to silence, as new. */
UM_API void um_analysis_reset(um_analysis *analysis);

typedef struct um_synthesis um_synthesis;

UM_API UM_MUST_USE um_status um_synthesis_new(const um_stft *stft, um_synthesis **out);
UM_API void um_synthesis_free(um_synthesis *synthesis);

/* Takes n_frames frames laid out as above and writes n_frames * hop samples at
 * samples[i * stride]. A NULL `spectra` stands for frames of zeros. */
UM_API void um_synthesis_push(um_synthesis *synthesis, const float *spectra, size_t spectra_stride,
                              size_t n_frames, float *samples, size_t stride);

UM_API void um_synthesis_reset(um_synthesis *synthesis);

#ifdef __cplusplus
}
#endif

#endif
