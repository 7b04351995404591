/* Files that are published together, as one directory, or not at all. */
#ifndef UMI_IO_OUTPUT_SET_H
#define UMI_IO_OUTPUT_SET_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_output_set umi_output_set;

/* Makes the hidden directory in which the set for `directory` grows. UM_ERR_CREATE when `directory`
 * is a file, or exists and holds anything, unless `force`; and as umi_temporary_new. */
um_status umi_output_set_begin(const char *directory, bool force, umi_output_set **out,
                               um_error *error) UM_MUST_USE;

/* Where to make the file `name` (1..255 bytes without '/') meanwhile, and what to call it in
 * messages. Each is valid until it is asked for again. */
const char *umi_output_set_path(umi_output_set *set, const char *name);
const char *umi_output_set_shown_path(umi_output_set *set, const char *name);

/* For what is in memory: makes the file `name` with these bytes. UM_ERR_IO, ... */
um_status umi_output_set_write(umi_output_set *set, const char *name, const void *bytes,
                               size_t n_bytes, um_error *error) UM_MUST_USE;

/* Brings every file to the disk and gives the directory its name, in one step.
 *
 * Where force allowed a directory to be there already, the new one takes its place; of the old one,
 * files that the new set has too, and those that are named in old_names[n_old_names] (what the
 * record of the run before calls its own), are removed. Everything else was put there by the user
 * and moves into the new directory. UM_ERR_CREATE when the name was taken meanwhile, or a directory
 * is in the place of a file; then nothing has changed. UM_ERR_IO. */
um_status umi_output_set_commit(umi_output_set *set, const char *const *old_names,
                                size_t n_old_names, um_error *error) UM_MUST_USE;

/* Frees; without a commit before, all that was made is removed. NULL is fine. */
void umi_output_set_free(umi_output_set *set);

#endif
