/* Which device somebody means. */
#ifndef UMI_IO_DEVICE_NAME_H
#define UMI_IO_DEVICE_NAME_H

#include "io/audio_device.h"

typedef enum umi_device_use { UMI_DEVICE_IN, UMI_DEVICE_OUT } umi_device_use;

/* The place of the device that `name` means for that use: the one of exactly this name; else the
 * only one whose name has it as a part, whatever the case of ASCII letters; NULL: the default, or
 * the first that there is. UM_ERR_NO_DEVICE when there is none, with the names of those that are;
 * UM_ERR_ARGUMENT when there are several, with theirs. */
um_status umi_device_find(const umi_devices *devices, umi_device_use use, const char *name,
                          size_t *place, um_error *error) UM_MUST_USE;

#endif
