/* What must not be among the outputs of a run over many files; seen before any work. */
#ifndef UMI_JOB_BATCH_CONFLICTS_H
#define UMI_JOB_BATCH_CONFLICTS_H

#include "job/batch_list.h"

/* UM_ERR_ARGUMENT when one of the folders among the operands is the folder of outputs: what is
 * written would be read by the next run. */
um_status umi_batch_check_folders(const char *const *operands, size_t n_operands,
                                  const char *output, um_error *error) UM_MUST_USE;

/* UM_ERR_ARGUMENT, naming both sides, when two items have one output, a residue included; when an
 * output in the shard is an input; or when it would lie in a folder among the operands that is no
 * part of the folder of outputs. UM_ERR_MEMORY. */
um_status umi_batch_check_outputs(const umi_batch_list *list, const char *const *operands,
                                  size_t n_operands, bool residue, umi_shard shard,
                                  um_error *error) UM_MUST_USE;

#endif
