/* Outputs under a hidden name until they are whole.
 *
 * What is to become PARENT/NAME is made as PARENT/.NAME.unmingle-PLACE-PID-RANDOM, on the same file
 * system, so that one rename publishes it. PLACE stands for the host and the namespace in which PID
 * is a process: on a shared file system another host's processes cannot be asked whether they live.
 * Temporaries that a killed process left are removed when the next one is made in the same
 * directory, those from another place when nobody has touched them for a day. All temporaries that
 * are not yet published are known here, so that a program that was told to stop can remove them.
 * For the main thread alone, but for umi_output_abort_all. */
#ifndef UMI_IO_TEMPORARY_H
#define UMI_IO_TEMPORARY_H

#include "unmingle/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct umi_temporary {
    char parent[PATH_MAX]; /* the directory that both are in */
    char final_path[PATH_MAX];
    char path[PATH_MAX];
    char *shown; /* the final name as the user gave it, for messages */
    struct umi_temporary *next;
} umi_temporary;

/* Finds a name for `final_path` and, where is_directory, makes the directory. A final_path that
 * exists is followed through symbolic links. UM_ERR_CREATE when there is no such parent, when the
 * name is "." or "..", or too long; UM_ERR_PERMISSION, UM_ERR_IO, UM_ERR_MEMORY. */
um_status umi_temporary_new(const char *final_path, bool is_directory, umi_temporary **out,
                            um_error *error) UM_MUST_USE;

/* Removes what dead processes left in the directory, as umi_temporary_new does when it comes to a
 * directory for the first time. What has not exactly such a name, or belongs to another user,
 * stays.
 */
void umi_temporary_sweep(const char *directory);

/* Removes what is there under the hidden name, and frees. NULL is fine. */
void umi_temporary_free(umi_temporary *temporary);

/* Brings a file or directory to the disk; false with errno. */
bool umi_sync_path(const char *path);

/* Makes a new file with these bytes; false with errno. What was written stays behind then. */
bool umi_write_new_file(const char *path, const void *bytes, size_t n_bytes);

/* Removes a file, or a directory with all that it holds; symbolic links are not followed. */
void umi_remove_tree(const char *path);

/* Removes every temporary that is not published. For a program that ends without the chance to free
 * its objects; they may still be freed after, and publishing them then fails. Any thread may call
 * it at any time, but no signal handler. */
void umi_output_abort_all(void);

#endif
