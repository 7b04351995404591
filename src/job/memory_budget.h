/* How much of the memory that the whole program may take is left for the frames to learn from. */
#ifndef UMI_JOB_MEMORY_BUDGET_H
#define UMI_JOB_MEMORY_BUDGET_H

#include <stddef.h>

/* Bytes that V may take when n_components atoms of n_bins are learned from rows of n_columns
 * (channels times bins) and the program may take `memory` bytes in all. Never less than 256 frames,
 * six seconds of music: with many channels or atoms, or below about 64 MiB, where the program
 * itself does not fit, they matter more than the promise. */
size_t umi_memory_for_frames(size_t memory, size_t n_components, size_t n_columns, size_t n_bins);

#endif
