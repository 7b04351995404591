/* The part of a list that one of several runs works on: item j belongs to run j mod n. The runs
 * need know nothing of one another. */
#ifndef UMI_JOB_SHARD_H
#define UMI_JOB_SHARD_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_shard {
    uint64_t index; /* 0 <= index < count */
    uint64_t count;
} umi_shard;

/* What a scheduler says in the environment; NULL for what is not set. */
typedef struct umi_shard_environment {
    const char *slurm_id, *slurm_min, *slurm_step, *slurm_count; /* SLURM_ARRAY_TASK_... */
    const char *completion_index; /* JOB_COMPLETION_INDEX, of Kubernetes' indexed jobs */
} umi_shard_environment;

/* "i/n", 0 <= i < n. UM_ERR_ARGUMENT. */
um_status umi_shard_parse(const char *text, umi_shard *shard, um_error *error) UM_MUST_USE;

/* Which of n runs this is, as the environment says. `count` is the number n, or "auto": as many as
 * Slurm's array has tasks. Slurm's tasks are counted from SLURM_ARRAY_TASK_MIN in steps of
 * SLURM_ARRAY_TASK_STEP. UM_ERR_ARGUMENT, naming the variable, when one is missing, is no number or
 * contradicts another. */
um_status umi_shard_from_environment(const char *count, const umi_shard_environment *environment,
                                     umi_shard *shard, um_error *error) UM_MUST_USE;

static inline bool umi_shard_has(umi_shard shard, size_t item)
{
    return item % shard.count == shard.index;
}

#endif
