/* How the memory that the whole program may take is spent. */
#ifndef UMI_JOB_MEMORY_BUDGET_H
#define UMI_JOB_MEMORY_BUDGET_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What a job works with. */
typedef struct umi_memory_plan {
    size_t n_components; /* atoms learned at once */
    size_t n_bins;
    size_t atom_frames; /* T; above 1 atoms have T n_bins values, and V is the channels' mean */
    size_t n_channels;  /* of the recording; else a row of V is as many times n_bins */
    size_t n_sources;   /* stems; 0 when nothing is taken apart */
    size_t hop;
    size_t n_shifts; /* besides the atoms as they are */
    size_t n_workers;
    bool frames_stay; /* V is still needed when the stems are made */
    bool refits;      /* activations are refitted to a first estimate of the stems */
    bool coupled;     /* what tells the stems apart looks at neighbouring frames */
    bool placed;      /* stems have covariances */
} umi_memory_plan;

/* Bytes that V may take when the program may take `memory`. Never less than 256 frames, six seconds
 * of music: fewer teach nothing. */
size_t umi_memory_for_frames(const umi_memory_plan *plan, size_t memory);

/* Threads, 1 to plan->n_workers, that may separate within `memory`, where V has n_frames. */
size_t umi_memory_workers(const umi_memory_plan *plan, size_t n_frames, size_t memory);

/* UM_ERR_MEMORY, with the figure, when the program will take more than `memory` though it learns
 * from 256 frames alone, and one thread separates. */
um_status umi_memory_check(const umi_memory_plan *plan, size_t memory, um_error *error) UM_MUST_USE;

#endif
