/* File names in messages. */
#ifndef UMI_IO_TEXT_H
#define UMI_IO_TEXT_H

#include <stddef.h>

/* Room for the displayed form of any name up to PATH_MAX that is mostly plain text. */
enum { UMI_DISPLAY_MAX = 1024 };

/* Writes `name` to buffer[size] (size >= 8) so that it stays on one line and is valid UTF-8, and
 * returns buffer: control characters and bytes that are not UTF-8 are written as in C (\n, \t,
 * \x1b), a backslash as two. What does not fit is cut, with "..." at the end. */
const char *umi_display_name(const char *name, char *buffer, size_t size);

#endif
