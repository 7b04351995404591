#include "job/shard.h"

#include "core/error.h"

#include <string.h>

/* More than anybody has; and what is computed from such numbers does not overflow. */
static const uint64_t number_max = 1000000000;

/* Digits, up to `end`, which is NUL or the character given. */
static bool parse_number(const char *text, char end, uint64_t *value, const char **rest)
{
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 10 || text[n] != end) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        *value = 10 * *value + (uint64_t)(text[i] - '0');
    }
    *rest = text + n + 1;
    return *value <= number_max;
}

um_status umi_shard_parse(const char *text, umi_shard *shard, um_error *error)
{
    const char *rest;
    if (!parse_number(text, '/', &shard->index, &rest) ||
        !parse_number(rest, '\0', &shard->count, &rest) || shard->index >= shard->count) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--shard: '%.100s' is not I/N with 0 <= I < N, such as 0/4", text);
    }
    return UM_OK;
}

/* A variable's number; `otherwise` when it is not set. */
static um_status read_variable(const char *name, const char *text, uint64_t otherwise,
                               uint64_t *value, um_error *error)
{
    const char *rest;
    *value = otherwise;
    if (text != NULL && !parse_number(text, '\0', value, &rest)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: '%.100s' is no number", name, text);
    }
    return UM_OK;
}

static um_status from_slurm(const umi_shard_environment *e, umi_shard *shard, um_error *error)
{
    uint64_t id, min, step, count;
    um_status status = read_variable("SLURM_ARRAY_TASK_ID", e->slurm_id, 0, &id, error);
    if (status == UM_OK) {
        status = read_variable("SLURM_ARRAY_TASK_MIN", e->slurm_min, 0, &min, error);
    }
    if (status == UM_OK) {
        status = read_variable("SLURM_ARRAY_TASK_STEP", e->slurm_step, 1, &step, error);
    }
    if (status == UM_OK) {
        status =
            read_variable("SLURM_ARRAY_TASK_COUNT", e->slurm_count, shard->count, &count, error);
    }
    if (status != UM_OK) {
        return status;
    }
    if (id < min || step == 0 || (id - min) % step != 0) {
        return umi_error_set(
            error, UM_ERR_ARGUMENT,
            "SLURM_ARRAY_TASK_ID: %llu does not follow from MIN %llu and STEP %llu",
            (unsigned long long)id, (unsigned long long)min, (unsigned long long)step);
    }
    if (shard->count == 0) {
        shard->count = count;
    }
    if (count != shard->count) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "SLURM_ARRAY_TASK_COUNT: the array has %llu tasks, --shards says "
                             "%llu; for a part of an array give --shard I/N",
                             (unsigned long long)count, (unsigned long long)shard->count);
    }
    shard->index = (id - min) / step;
    if (shard->index >= shard->count) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "SLURM_ARRAY_TASK_ID: task %llu from MIN %llu on is outside of %llu "
                             "shards",
                             (unsigned long long)id, (unsigned long long)min,
                             (unsigned long long)shard->count);
    }
    return UM_OK;
}

static um_status from_kubernetes(const umi_shard_environment *e, umi_shard *shard, um_error *error)
{
    um_status status =
        read_variable("JOB_COMPLETION_INDEX", e->completion_index, 0, &shard->index, error);
    if (status == UM_OK && shard->index >= shard->count) {
        status =
            umi_error_set(error, UM_ERR_ARGUMENT,
                          "JOB_COMPLETION_INDEX: %llu is outside of 0..%llu, the --shards",
                          (unsigned long long)shard->index, (unsigned long long)shard->count - 1);
    }
    return status;
}

um_status umi_shard_from_environment(const char *count, const umi_shard_environment *environment,
                                     umi_shard *shard, um_error *error)
{
    const char *rest;
    bool is_auto = strcmp(count, "auto") == 0;
    *shard = (umi_shard){0, 0};
    if (!is_auto && (!parse_number(count, '\0', &shard->count, &rest) || shard->count == 0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--shards: '%.100s' is neither a number from 1 on nor 'auto'", count);
    }
    if (environment->slurm_id != NULL && environment->completion_index != NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX: both are set; give "
                             "--shard I/N");
    }
    if (is_auto && (environment->slurm_id == NULL || environment->slurm_count == NULL)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "SLURM_ARRAY_TASK_COUNT: is not set, so '--shards auto' cannot know "
                             "how many there are; give --shards N");
    }
    if (environment->slurm_id != NULL) {
        return from_slurm(environment, shard, error);
    }
    if (environment->completion_index != NULL) {
        return from_kubernetes(environment, shard, error);
    }
    return umi_error_set(error, UM_ERR_ARGUMENT,
                         "SLURM_ARRAY_TASK_ID: is not set, and neither is JOB_COMPLETION_INDEX; "
                         "without them give --shard I/N");
}
