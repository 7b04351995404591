/* Small JSON files that a run before has left. */
#ifndef UMI_JOB_JSON_FILE_H
#define UMI_JOB_JSON_FILE_H

#include "format/json.h"

/* UM_ERR_MEMORY; any other failure means that there is none that could be ours. */
um_status umi_json_file_read(const char *path, umi_json **json) UM_MUST_USE;

#endif
