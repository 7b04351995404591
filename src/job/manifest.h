/* A list of recordings in a file, from somebody who may have made mistakes.
 *
 * With a NUL byte anywhere in it, the file is paths that end in NUL each, as `find -print0` writes
 * them. Else it is JSON lines: a line is "path" or {"input": "path", "output": "relative/path"},
 * where the output may be left out; lines of nothing are passed over. */
#ifndef UMI_JOB_MANIFEST_H
#define UMI_JOB_MANIFEST_H

#include "unmingle/status.h"

#include <stddef.h>

enum { UMI_MANIFEST_LINE_MAX = 1 << 16, UMI_MANIFEST_BYTES_MAX = 1 << 30 };

typedef struct umi_manifest_entry {
    char *input;  /* as it is to be opened: a file called "-" is "./-" */
    char *output; /* below the folder of outputs, without "." and ".."; NULL: not given */
} umi_manifest_entry;

typedef struct umi_manifest {
    umi_manifest_entry *entries;
    size_t n_entries, room;
} umi_manifest;

/* `name` is for messages: they begin with NAME:LINE, or NAME, entry N, of a list with NULs.
 * UM_ERR_DATA for an empty or overlong path, an output that is absolute, has a "..", is a folder or
 * of a kind that cannot be written, a key that is unknown, what is no JSON; UM_ERR_MEMORY. On
 * failure *manifest is empty. */
um_status umi_manifest_parse(const char *bytes, size_t n_bytes, const char *name,
                             umi_manifest *manifest, um_error *error) UM_MUST_USE;

/* The same from a file, or from standard input for "-", which is kept in spool_directory meanwhile.
 * And what umi_input_file_open says. */
um_status umi_manifest_read(const char *path, const char *spool_directory, umi_manifest *manifest,
                            um_error *error) UM_MUST_USE;

/* An empty one is fine. */
void umi_manifest_free(umi_manifest *manifest);

#endif
