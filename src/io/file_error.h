/* What the system's error numbers mean to the user. */
#ifndef UMI_IO_FILE_ERROR_H
#define UMI_IO_FILE_ERROR_H

#include "unmingle/status.h"

#include <stdbool.h>

/* When an input could not be opened or read: UM_ERR_NO_INPUT, UM_ERR_PERMISSION, UM_ERR_MEMORY,
 * UM_ERR_DATA for what is no file, else UM_ERR_IO. */
um_status umi_status_of_reading(int reason);

/* When an output could not be made or written: UM_ERR_PERMISSION when denied, UM_ERR_IO when the
 * disk is full, a limit is reached or the device fails, UM_ERR_MEMORY, else UM_ERR_CREATE (the name
 * is taken, the file system is read-only, there is no such directory). */
um_status umi_status_of_writing(int reason);

/* True when, on this thread, umi_status_of_writing has met a full disk or a used-up quota since the
 * last call: a failure of the place, which the next file would meet again, and not of one file. */
bool umi_disk_was_full(void);

#endif
