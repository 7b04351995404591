/* Windows for the short-time Fourier transform, in pairs that reconstruct.
 *
 * A frame is multiplied by the analysis window a before its transform and by the synthesis window
 * s after the inverse one; overlapped frames then give the signal back when, for every sample t,
 *     sum over frames m of a(t - m hop) s(t - m hop) = 1.
 * For the symmetric kinds s is the dual of a: s(t) = a(t) / sum_m a(t - m hop)^2 (Griffin and Lim,
 * 1984, least squares). All symmetric windows are periodic: w(t) has its period at `length`. */
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
    UM_WINDOW_SINE,      /* sin(pi (t + 0.5) / length), the root of Hann */
    UM_WINDOW_KBD,       /* Kaiser-Bessel-derived, for hop <= length / 2 */
    UM_WINDOW_ASYMMETRIC /* long analysis, short synthesis, for low delay (Mauler, Martin 2007) */
} um_window;

/* "hann", "sine", "kbd", "asymmetric"; NULL for a value that is none of them. */
UM_API const char *um_window_name(um_window window);

typedef struct um_window_config {
    um_window window;        /* default UM_WINDOW_HANN */
    size_t length;           /* samples of the analysis window, 16..1048576, even; default 4096 */
    size_t hop;              /* samples between frames, 1..length; default 1024 */
    double kbd_alpha;        /* KBD only: shape, 0..20, default 4 (AAC's) */
    size_t synthesis_length; /* asymmetric only: samples at the end of the frame that are given
                                back, even, 2..length, a multiple of 2 * hop; default 2 * hop.
                                The delay of a stream is this much, less one sample. */
} um_window_config;

UM_API um_window_config um_window_config_default(void);

/* Fills analysis[length] and synthesis[length].
 * UM_ERR_ARGUMENT when a field is out of range or the pair cannot reconstruct to -120 dB, e.g.
 * Hann with hop = length; `error` (may be NULL) then says which and what would do. */
UM_API UM_MUST_USE um_status um_window_pair(const um_window_config *config, float *analysis,
                                            float *synthesis, um_error *error);

#ifdef __cplusplus
}
#endif

#endif
