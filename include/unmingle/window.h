/* Windows for the short-time Fourier transform, in pairs that reconstruct.
 *
 * A frame is multiplied by the analysis window a before its transform and by the synthesis window
 * s after the inverse one; overlapped frames then give the signal back when, for every sample t,
 *     sum over frames m of a(t - m hop) s(t - m hop) = 1.
 *
 * For the symmetric kinds (Hann, sine, KBD) s is the dual of a:
 *     s(t) = a(t) / sum over m of a(t - m hop)^2
 * the least-squares synthesis of Griffin and Lim (1984), which also spreads what was changed in
 * the spectra with the least error. The hop need not divide the length.
 *
 * The asymmetric pair (Mauler and Martin, EUSIPCO 2007) gives back only the last 2 M samples of a
 * frame, the synthesis length. With K = length and the periodic Hann window
 *     hann(N, t) = 0.5 - 0.5 cos(2 pi t / N)
 * the analysis window is the root of a long rise and a short fall,
 *     a(t) = sqrt(hann(2 K - 2 M, t))          for t < K - M,
 *     a(t) = sqrt(hann(2 M, t - (K - 2 M)))    from there on,
 * and s(t) = hann(2 M, t - (K - 2 M)) / a(t) * hop / M over the last 2 M samples, 0 before: the
 * products are Hann windows of length 2 M, whose overlapped sum would be M / hop. Frequency
 * resolution is that of a long window, delay that of a short one. */
#ifndef UNMINGLE_WINDOW_H
#define UNMINGLE_WINDOW_H

#include "unmingle/export.h"
#include "unmingle/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum um_window {
    UM_WINDOW_HANN,      /* 0.5 - 0.5 cos(2 pi t / length) */
    UM_WINDOW_SINE,      /* sin(pi (t + 0.5) / length) */
    UM_WINDOW_KBD,       /* Kaiser-Bessel-derived: root of the running sum of a Kaiser window */
    UM_WINDOW_ASYMMETRIC /* long analysis, short synthesis, for low delay; see above */
} um_window;

/* "hann", "sine", "kbd", "asymmetric"; NULL for a value that is none of them. */
UM_API const char *um_window_name(um_window window);

typedef struct um_window_config {
    um_window window;        /* default UM_WINDOW_HANN */
    size_t length;           /* samples of the analysis window, 16..1048576, even; default 4096 */
    size_t hop;              /* samples between frames, 1..length; default 1024. Up to length / 2
                                always reconstructs; KBD and asymmetric need that, Hann
                                does up to 0.55 length, sine up to 0.73 */
    double kbd_alpha;        /* KBD only: shape, 0..20, default 4 (AAC's); the Kaiser window's
                                Bessel function has the argument pi * kbd_alpha */
    size_t synthesis_length; /* asymmetric only: the last samples of a frame, which are given
                                back: 2..length, a multiple of 2 * hop. 0 (default): 2 * hop */
} um_window_config;

UM_API um_window_config um_window_config_default(void);

/* Fills analysis[length] and synthesis[length], and allocates nothing. A stream of stft.h then
 * gives its input back with an error below -120 dB, in energy and at the worst sample.
 * UM_ERR_ARGUMENT when a pointer is NULL, a field is out of range, or the pair cannot
 * reconstruct, e.g. Hann with hop = length; `error` (may be NULL) then says which field and what
 * would do, and the arrays hold nothing of use. */
UM_API UM_MUST_USE um_status um_window_pair(const um_window_config *config, float *analysis,
                                            float *synthesis, um_error *error);

#ifdef __cplusplus
}
#endif

#endif
