/* Where files lie, so that a run replaces nothing that it reads and nothing that it wrote. */
#ifndef UMI_CLI_PLACES_H
#define UMI_CLI_PLACES_H

#include <stdbool.h>

/* What is behind the last '/' that something follows. */
const char *umi_base_name(const char *path);

/* True when both would be the same file or folder, whatever ways they are written. */
bool umi_same_place(const char *one, const char *other);

/* True when `path`, or what it is a link to, is a file right inside the folder `directory`. */
bool umi_lies_in(const char *path, const char *directory);

#endif
