/* Paths on the heap, and the folders that they need. */
#ifndef UMI_IO_PATH_H
#define UMI_IO_PATH_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

/* The first n bytes of `text` as a string of their own; NULL when memory is short. umi_free. */
char *umi_path_copy(const char *text, size_t n);

/* DIRECTORY/NAME, with one slash between them; NULL when memory is short. umi_free. */
char *umi_path_join(const char *directory, const char *name);

/* `path` as it goes on below a folder: without leading slashes, "." and empty parts. False when
 * that is nothing, or it has a ".." and could lead out of the folder; *below is NULL when memory is
 * short. umi_free. */
bool umi_path_below(const char *path, char **below);

/* Makes every folder that `path`, a file's, has to lie in and that is not there yet; who makes them
 * at the same time does no harm. What umi_status_of_writing says. */
um_status umi_path_make_parents(const char *path, um_error *error) UM_MUST_USE;

#endif
