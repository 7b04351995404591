#include "cli/exit_code.h"

umi_exit umi_exit_code(um_status status)
{
    switch (status) {
    case UM_OK:
        return UMI_EXIT_OK;
    case UM_ERR_ARGUMENT:
        return UMI_EXIT_USAGE;
    case UM_ERR_DATA:
        return UMI_EXIT_DATA;
    case UM_ERR_NO_INPUT:
        return UMI_EXIT_NO_INPUT;
    case UM_ERR_INTERNAL:
        return UMI_EXIT_INTERNAL;
    case UM_ERR_MEMORY:
        return UMI_EXIT_MEMORY;
    case UM_ERR_CREATE:
        return UMI_EXIT_CREATE;
    case UM_ERR_IO:
        return UMI_EXIT_IO;
    case UM_ERR_CHANGED:
    case UM_ERR_CANCELLED:
        return UMI_EXIT_TRY_AGAIN;
    case UM_ERR_NO_DEVICE:
        return UMI_EXIT_NO_DEVICE;
    case UM_ERR_PERMISSION:
        return UMI_EXIT_PERMISSION;
    case UM_ERR_CONFIG:
        return UMI_EXIT_CONFIG;
    }
    return UMI_EXIT_INTERNAL;
}
