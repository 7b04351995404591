/* What the program tells the shell: the codes of BSD's sysexits. */
#ifndef UMI_CLI_EXIT_CODE_H
#define UMI_CLI_EXIT_CODE_H

#include "unmingle/status.h"

typedef enum umi_exit {
    UMI_EXIT_OK = 0,
    UMI_EXIT_BATCH = 3,       /* a batch came to its end, but some inputs failed */
    UMI_EXIT_USAGE = 64,      /* a wrong option or argument */
    UMI_EXIT_DATA = 65,       /* an input is damaged or not what it should be */
    UMI_EXIT_NO_INPUT = 66,   /* an input does not exist */
    UMI_EXIT_NO_DEVICE = 69,  /* no sound device, or it is gone */
    UMI_EXIT_INTERNAL = 70,   /* a bug of ours */
    UMI_EXIT_MEMORY = 71,     /* not enough memory */
    UMI_EXIT_CREATE = 73,     /* an output exists or cannot be created */
    UMI_EXIT_IO = 74,         /* reading or writing failed */
    UMI_EXIT_TRY_AGAIN = 75,  /* an input changed while it was read, or the work was stopped */
    UMI_EXIT_PERMISSION = 77, /* access denied */
    UMI_EXIT_CONFIG = 78      /* a dictionary or preset is wrong or does not fit */
} umi_exit;

umi_exit umi_exit_code(um_status status);

#endif
