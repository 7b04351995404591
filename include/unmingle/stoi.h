/* Short-time objective intelligibility: how much of clean speech can still be understood after it
 * was mixed with noise or processed.
 *
 * STOI (Taal, Hendriks, Heusdens, Jensen, "An algorithm for intelligibility prediction of
 * time-frequency weighted noisy speech", IEEE TASLP 19(7), 2011) and ESTOI (Jensen, Taal, "An
 * algorithm for predicting the intelligibility of speech masked by modulated noise maskers", IEEE
 * TASLP 24(11), 2016) of a processed signal against the clean one, both mono at 10 kHz and aligned:
 *
 *     frames of 256 samples every 128, under a Hann window without its zero ends; those in which
 *     the clean signal lies 40 dB or more below its loudest frame are cut out of both signals, and
 *     what is left is overlapped and added again;
 *     X_j(m), Y_j(m): the norm of frame m's spectrum (FFT of 512) in third-octave band j of 15, the
 *     lowest around 150 Hz, clean and processed;
 *     every 30 frames in a row are a segment of about 0.4 s:
 *     STOI   mean over segments and bands of the correlation of X_j with min(a Y_j, (1 +
 * 10^(15/20)) X_j), a = |X_j| / |Y_j|: level is forgiven, and so is what lies beyond -15 dB SDR
 *     ESTOI  mean over segments and frames of the correlation of X(m) with Y(m) across the bands,
 *            once every band of the segment has mean 0 and norm 1
 *
 * Both are 1 for the clean signal itself and near 0, at times a little below, when nothing is
 * understood. They are made for speech and say little of other sound. A band, or frame, that does
 * not vary correlates with nothing and counts 0. As in the authors' programs, a last frame that
 * ends on the signal's last sample is left out.
 *
 * Sound comes in blocks of any size, in two passes, so that memory does not grow with its length;
 * the size of the blocks changes no bit of the figures. A block is a column of samples: rows at
 * 10 kHz, cols 1, so that a stride picks one channel of many. */
#ifndef UNMINGLE_STOI_H
#define UNMINGLE_STOI_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Samples a second of what is compared: other sound has to be resampled. */
enum { UM_STOI_RATE = 10000 };

typedef struct um_stoi um_stoi;

/* UM_ERR_MEMORY; *out is then NULL. */
UM_API UM_MUST_USE um_status um_stoi_new(um_stoi **out);
UM_API void um_stoi_free(um_stoi *stoi); /* NULL is fine */

/* First pass, over the clean signal, block by block: finds its loudest frame. UM_ERR_ARGUMENT when
 * cols is not 1, or after _measure. */
UM_API UM_MUST_USE um_status um_stoi_survey(um_stoi *stoi, um_cview clean);

/* Second pass, over the same clean signal and the processed one. UM_ERR_ARGUMENT when cols is not
 * 1 or the rows differ. */
UM_API UM_MUST_USE um_status um_stoi_measure(um_stoi *stoi, um_cview clean, um_cview processed);

typedef struct um_stoi_figures {
    double stoi;  /* -1..1 */
    double estoi; /* -1..1 */
} um_stoi_figures;

/* Of what was measured so far. Both are NaN when there is not one segment, which takes 31 frames of
 * clean sound that is not silence, or when the sound is not finite. */
UM_API um_stoi_figures um_stoi_result(const um_stoi *stoi);

#ifdef __cplusplus
}
#endif

#endif
