/* Where the presets are. */
#ifndef UMI_CLI_PRESET_SEARCH_H
#define UMI_CLI_PRESET_SEARCH_H

#include "unmingle/status.h"

#include <stddef.h>

enum { UMI_PRESET_FOLDERS = 3, UMI_PRESET_PATH_SIZE = 4096 };

typedef struct umi_preset_folders {
    char paths[UMI_PRESET_FOLDERS][UMI_PRESET_PATH_SIZE];
    size_t count;
} umi_preset_folders;

/* First match first: ../share/unmingle/presets seen from the folder of the program (an installed
 * program, wherever it was moved to), presets in that folder (a build tree), and where the build
 * meant to install them. */
void umi_preset_folders_get(umi_preset_folders *folders);

/* Finds NAME.conf. UM_ERR_CONFIG, with the nearest name that exists, when there is none. */
um_status umi_preset_find(const umi_preset_folders *folders, const char *name,
                          char path[UMI_PRESET_PATH_SIZE], um_error *error) UM_MUST_USE;

/* The names of all presets in the folders, sorted, each once. UM_ERR_MEMORY. */
um_status umi_preset_names(const umi_preset_folders *folders, char ***names, size_t *n) UM_MUST_USE;
void umi_preset_names_free(char **names, size_t n);

#endif
