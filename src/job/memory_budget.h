/* How the memory that the whole program may take is spent. */
#ifndef UMI_JOB_MEMORY_BUDGET_H
#define UMI_JOB_MEMORY_BUDGET_H

#include "unmingle/status.h"

#include <stddef.h>

/* What a job works with. */
typedef struct umi_memory_plan {
    size_t n_components; /* atoms learned at once */
    size_t n_bins;
    size_t
        n_channels;   /* of the spectra that are learned from: a row of V is as many times n_bins */
    size_t n_sources; /* stems; 0 when nothing is taken apart */
    size_t hop;
    size_t n_workers;
} umi_memory_plan;

/* Bytes that V may take when the program may take `memory`. Never less than 256 frames, six seconds
 * of music: fewer teach nothing. */
size_t umi_memory_for_frames(const umi_memory_plan *plan, size_t memory);

/* UM_ERR_MEMORY, with the figure, when the program will take more than `memory` though it learns
 * from 256 frames alone. */
um_status umi_memory_check(const umi_memory_plan *plan, size_t memory, um_error *error) UM_MUST_USE;

#endif
