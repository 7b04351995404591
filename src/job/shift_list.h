/* The pitches, besides their own, at which the atoms of known sources may sound. */
#ifndef UMI_JOB_SHIFT_LIST_H
#define UMI_JOB_SHIFT_LIST_H

#include <stddef.h>

enum { UMI_SHIFT_SEMITONES_MAX = 12, UMI_SHIFT_LIST_MAX = 2 * UMI_SHIFT_SEMITONES_MAX };

/* By semitone, see separator.h: with none at all the atoms drift to pitches that are others'. */
extern const double umi_shift_penalty;

/* Semitones 1, -1, 2, -2, ... up to `semitones`, at most UMI_SHIFT_SEMITONES_MAX; returns how many.
 */
size_t umi_shift_list_fill(size_t semitones, double *shifts);

#endif
