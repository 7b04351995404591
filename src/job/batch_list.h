/* What a run over many files works on: each recording, and where its output goes. */
#ifndef UMI_JOB_BATCH_LIST_H
#define UMI_JOB_BATCH_LIST_H

#include "job/shard.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_batch_item {
    char *input;      /* to be opened; "-" is standard input */
    char *output;     /* below the list's root, without "." and ".." */
    uint64_t n_bytes; /* of the input, in this run's shard; 0 when that is not known */
    bool is_entry;    /* a folder was found to hold the input, which is no link to another file */
    um_status status; /* not UM_OK: this is a folder that could not be read, ... */
    char *problem;    /* ... and why; it has no output */
} umi_batch_item;

/* Every run over the same files has the same items in the same order. */
typedef struct umi_batch_list {
    char *root; /* the folder that all outputs lie below */
    umi_batch_item *items;
    size_t n_items, room;
    bool is_single; /* one file was named, nothing else: the run's outcome is its own */
} umi_batch_list;

typedef struct umi_batch_list_config {
    const char *const *operands; /* files and folders; or "-", alone */
    size_t n_operands;
    const char *manifest;        /* in place of operands: see manifest.h; NULL: none */
    const char *spool_directory; /* where a manifest from standard input is kept */
    const char *output;          /* a folder; or a file, for one file */
    bool residue;                /* each output has a residue beside it */
    umi_shard shard;             /* the items that this run works on; all are listed */
} umi_batch_list_config;

/* Finds the items. One folder's contents go right below the output; of several operands each goes
 * there under its own name. Formats that cannot be written get ".flac" added to their names. Of
 * what is in folders, only this run's shard of the files is looked at, as far as can be: a thousand
 * runs may start at once on one file server.
 *
 * UM_ERR_ARGUMENT, before any work, when two inputs have one output, when an output would lie in a
 * folder that is read (though not when the whole output folder does: that is passed over), or would
 * be an input. UM_ERR_CREATE when a folder of outputs is to be and a file is there. What
 * umi_manifest_read says; UM_ERR_MEMORY. On failure *list is empty. */
um_status umi_batch_list_new(const umi_batch_list_config *config, umi_batch_list *list,
                             um_error *error) UM_MUST_USE;
void umi_batch_list_free(umi_batch_list *list); /* an empty one is fine */

/* The name of the residue beside an output: a.residue.wav beside a.wav. NULL when memory is short;
 * umi_free. */
char *umi_batch_residue_name(const char *output);

#endif
