/* What of a recording repeats: its background.
 *
 * To a frame of a spectrogram belong the frames most like it, by the cosine of the angle between
 * them; where an accompaniment repeats, these have it in common, and little else. The background is
 * the median over them, bin by bin, and nowhere more than the frame itself:
 *
 *     b(f) = min(V(f), median over the similar frames u of U_u(f))
 *
 * (REPET-SIM: Rafii, Pardo, ISMIR 2012.) Similar frames are looked up among a given set of frames,
 * all or some of the recording's: so every frame is a problem of its own. */
#ifndef UNMINGLE_REPETITION_H
#define UNMINGLE_REPETITION_H

#include "unmingle/export.h"
#include "unmingle/status.h"
#include "unmingle/view.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct um_repetition_config {
    size_t n_similar; /* frames to take the median of, 1..128; fewer where there are not as many */
    size_t distance;  /* in rows of the set that they are apart from one another, 1.. */
} um_repetition_config;

typedef struct um_repetition um_repetition;

/* U: the set of frames, in the order of time, values 0..1e12; borrowed. UM_ERR_ARGUMENT,
 * UM_ERR_MEMORY. */
UM_API UM_MUST_USE um_status um_repetition_new(const um_repetition_config *config, um_cview U,
                                               um_repetition **out);
UM_API void um_repetition_free(um_repetition *repetition); /* NULL is fine */

/* Floats that _background needs besides for n_rows frames. */
UM_API size_t um_repetition_scratch(const um_repetition *repetition, size_t n_rows);

/* Fills B, as large as V, whose columns are U's. May be called from several threads at once, each
 * with its own scratch. */
UM_API void um_repetition_background(const um_repetition *repetition, um_cview V, um_view B,
                                     float *scratch);

#ifdef __cplusplus
}
#endif

#endif
