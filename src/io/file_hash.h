/* Which bytes a file holds, in one short word: xxhash's XXH3 of 128 bits. It tells versions of a
 * file apart; against somebody who wants two files to look alike it is no help. */
#ifndef UMI_IO_FILE_HASH_H
#define UMI_IO_FILE_HASH_H

#include "unmingle/status.h"

enum { UMI_FILE_HASH_SIZE = 33 };

/* 32 hexadecimal digits. What umi_input_file_open says; UM_ERR_IO, UM_ERR_MEMORY. */
um_status umi_file_hash(const char *path, char hash[UMI_FILE_HASH_SIZE],
                        um_error *error) UM_MUST_USE;

#endif
