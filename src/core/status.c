#include "unmingle/status.h"

const char *um_status_string(um_status status)
{
    switch (status) {
    case UM_OK:
        return "ok";
    case UM_ERR_ARGUMENT:
        return "an argument is out of its range";
    case UM_ERR_DATA:
        return "damaged or unknown data";
    case UM_ERR_NO_INPUT:
        return "no such input";
    case UM_ERR_INTERNAL:
        return "internal error";
    case UM_ERR_MEMORY:
        return "not enough memory";
    case UM_ERR_CREATE:
        return "cannot create the output";
    case UM_ERR_IO:
        return "reading or writing failed";
    case UM_ERR_CHANGED:
        return "the input changed while it was read";
    case UM_ERR_PERMISSION:
        return "permission denied";
    case UM_ERR_CONFIG:
        return "a dictionary or preset is wrong or does not fit";
    case UM_ERR_CANCELLED:
        return "cancelled";
    case UM_ERR_NO_DEVICE:
        return "no such device";
    }
    return "unknown status";
}
