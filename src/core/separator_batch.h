/* How many frames a separator takes at once: what most of its memory goes to. */
#ifndef UMI_CORE_SEPARATOR_BATCH_H
#define UMI_CORE_SEPARATOR_BATCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_separator_batch {
    size_t n_frames; /* at most; with a halo always */
    size_t halo;     /* frames before and after them that they depend on */
} umi_separator_batch;

/* For frames of n_columns values, all channels together, and atoms that last atom_frames frames.
 * `coupled`: onsets or medians look at neighbouring frames. */
umi_separator_batch umi_separator_batch_of(size_t n_columns, size_t n_sources, size_t atom_frames,
                                           bool coupled);

/* Frames by which the first of a batch waits for its halo. */
size_t umi_separator_batch_late(umi_separator_batch batch);

#endif
