/* A regular file opened to be read, with what is needed to tell it from others and to see that it
 * changed. Standard input is copied to a temporary file first, so that it can be read twice. */
#ifndef UMI_IO_INPUT_FILE_H
#define UMI_IO_INPUT_FILE_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Which file on this machine: two names of one file have equal identities. */
typedef struct umi_file_identity {
    dev_t device;
    ino_t inode;
} umi_file_identity;

/* False when `path` names nothing that exists. */
bool umi_file_identify(const char *path, umi_file_identity *identity);

static inline bool umi_file_identity_equal(umi_file_identity a, umi_file_identity b)
{
    return a.device == b.device && a.inode == b.inode;
}

typedef struct umi_input_file {
    int descriptor;
    char *name; /* for messages: the path, escaped to one line, or "standard input" */
    char *path; /* NULL for standard input */
    uint64_t size;
    umi_file_identity identity;
    struct timespec modified;
} umi_input_file;

/* Opens `path`; "-" is standard input, copied to an unlinked file in spool_directory (a file named
 * "-" is "./-"). Never waits for a pipe's writer. UM_ERR_NO_INPUT; UM_ERR_PERMISSION; UM_ERR_DATA
 * for what is no regular file; UM_ERR_IO when the copy fails, e.g. on a full disk;
 * UM_ERR_MEMORY. *out is filled only by success. */
um_status umi_input_file_open(const char *path, const char *spool_directory, umi_input_file *out,
                              um_error *error) UM_MUST_USE;

/* The same file once more, of its own but with the same bytes, standard input too. UM_ERR_IO when
 * the process has no more descriptors; UM_ERR_MEMORY. */
um_status umi_input_file_duplicate(const umi_input_file *file, umi_input_file *out,
                                   um_error *error) UM_MUST_USE;

/* Closes and clears; a file of zeros with descriptor -1 is fine. */
void umi_input_file_close(umi_input_file *file);

/* Reads up to n bytes at `offset`, fewer only at the end of the file; *n_read says how many.
 * False when the system reports an error. */
bool umi_input_file_read(const umi_input_file *file, uint64_t offset, void *bytes, size_t n,
                         size_t *n_read);

/* UM_ERR_CHANGED when size or time of the file differ from when it was opened, or when its name now
 * stands for another file. */
um_status umi_input_file_check_unchanged(const umi_input_file *file, um_error *error) UM_MUST_USE;

#endif
