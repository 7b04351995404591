/* What people see of the sound: levels, bands and activations some 40 times a second, as bytes
 * (live_state.h), for any number of readers. */
#ifndef UMI_JOB_LIVE_DISPLAY_H
#define UMI_JOB_LIVE_DISPLAY_H

#include "job/live_state.h"
#include "unmingle/view.h"

typedef struct umi_live_display umi_live_display;

/* n_bins magnitudes of a transform of fft_size at `rate` Hz, n_channels side by side; a sine of
 * amplitude 1 has the magnitude `full_scale`. NULL when memory is short. */
umi_live_display *umi_live_display_new(double rate, size_t fft_size, size_t n_channels,
                                       double full_scale);
void umi_live_display_free(umi_live_display *display); /* NULL is fine */

/* -- By the thread that works on the sound: never waits. --------------------------------------- */

/* Sound that was heard and, unless it is empty, played. */
void umi_live_display_sound(umi_live_display *display, um_cview in, um_cview out,
                            const um_view *sources, size_t n_sources);

/* Frames as um_separator_frames gives them. When enough time has passed a new umi_live_frame is
 * there afterwards. */
void umi_live_display_frames(umi_live_display *display, um_cview V, um_cview H);

/* -- By any thread ----------------------------------------------------------------------------- */

/* The newest frame, when its number is above `after`. */
bool umi_live_display_newest(umi_live_display *display, uint64_t after, umi_live_frame *frame);

/* Atoms, n_bins magnitudes a row, as bytes. */
void umi_live_display_atom(const umi_live_display *display, const float *atom,
                           uint8_t bands[UMI_LIVE_BANDS]);

#endif
