/* The value of --learn: LABEL=CLIP[@A-B], a source's name and where it can be heard alone. */
#ifndef UMI_CLI_CLIP_H
#define UMI_CLI_CLIP_H

#include "cli/time_range.h"
#include "unmingle/dictionary.h"
#include "unmingle/status.h"

/* Longest path, as the system has it. */
enum { UMI_PATH_MAX = 4096 };

typedef struct umi_clip {
    char label[UM_LABEL_MAX + 1];
    char path[UMI_PATH_MAX]; /* "": the recording that is being taken apart */
    umi_time_range range;
} umi_clip;

/* drums=loop.wav, drums=song.wav@0:10-0:14, drums=@0:10-0:14. What follows the last '@' is a range
 * when it is made of digits, ':', '.' and '-' and holds a '-', so that most names with an '@' need
 * no care. UM_ERR_ARGUMENT with a message that quotes `text`. */
um_status umi_clip_parse(const char *text, umi_clip *clip, um_error *error) UM_MUST_USE;

#endif
