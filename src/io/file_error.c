#include "io/file_error.h"

#include <errno.h>

um_status umi_status_of_reading(int reason)
{
    switch (reason) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return UM_ERR_NO_INPUT;
    case EACCES:
    case EPERM:
        return UM_ERR_PERMISSION;
    case ENOMEM:
        return UM_ERR_MEMORY;
    case ENXIO: /* a socket, or a device that is not there */
        return UM_ERR_DATA;
    default:
        return UM_ERR_IO;
    }
}

static _Thread_local bool disk_was_full;

bool umi_disk_was_full(void)
{
    bool was_full = disk_was_full;
    disk_was_full = false;
    return was_full;
}

um_status umi_status_of_writing(int reason)
{
    disk_was_full = disk_was_full || reason == ENOSPC || reason == EDQUOT;
    switch (reason) {
    case EACCES:
    case EPERM:
        return UM_ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
        return UM_ERR_IO;
    case ENOMEM:
        return UM_ERR_MEMORY;
    default:
        return UM_ERR_CREATE;
    }
}
