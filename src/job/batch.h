/* A run over many files: the items of a list that are this run's, by worker processes. */
#ifndef UMI_JOB_BATCH_H
#define UMI_JOB_BATCH_H

#include "format/json.h"
#include "job/batch_file.h"
#include "job/batch_report.h"
#include "job/shard.h"

/* How far it is. */
typedef struct umi_batch_state {
    size_t n_items; /* of this run */
    size_t n_done, n_skipped, n_failed;
    double share; /* of the bytes that are not of skipped files: 0..1 */
} umi_batch_state;

/* The functions get `user`. */
typedef struct umi_batch_config {
    const umi_batch_list *list;
    umi_shard shard;
    umi_batch_work work;
    size_t n_jobs;
    int (*exit_code)(um_status status); /* for the report */
    void (*start_worker)(void *user);   /* in each worker, first */
    bool (*stopped)(void *user);        /* in parent and workers: true to end */
    /* An item is finished; the line of its report, also parsed. False to hand out no more. */
    bool (*finished)(void *user, const char *line, size_t n_bytes, const umi_json *json);
    void (*tick)(void *user, const umi_batch_state *state); /* some ten times a second */
    void *user;
} umi_batch_config;

/* Works until all items are finished, done or failed, or `finished` wants no more. Then UM_OK, also
 * when some or all failed: *state and `finished` tell. UM_ERR_CANCELLED when stopped; UM_ERR_IO
 * when the disk is full, which no further item would survive, so that none is begun; UM_ERR_MEMORY
 * when no worker starts. */
um_status umi_batch(const umi_batch_config *config, umi_batch_state *state,
                    um_error *error) UM_MUST_USE;

#endif
