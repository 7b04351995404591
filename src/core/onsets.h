/* Where strokes begin, by the power of a sound in steps of about 10 ms.
 *
 * A step is an onset where the power jumps: it is more than 8 times (9 dB) the mean of the 5 steps
 * before it, less than 30 dB below the loudest step of all, and at least 16 steps after the onset
 * before it. */
#ifndef UMI_CORE_ONSETS_H
#define UMI_CORE_ONSETS_H

#include <stddef.h>

/* Steps between two onsets, at least: so n steps have at most n / UMI_ONSETS_APART + 1. */
enum { UMI_ONSETS_APART = 16 };

/* Fills `onsets` with the onsets among n powers (>= 0, finite), in their order, and returns how
 * many there are. Where none of a sound that is not silent stands out, as when it swells, its first
 * step is the only one. */
size_t umi_onsets_find(const float *power, size_t n, size_t *onsets);

#endif
