/* What others need to know of a window before its samples are there. */
#ifndef UMI_CORE_WINDOW_H
#define UMI_CORE_WINDOW_H

#include "unmingle/window.h"

/* Checks every field for its range, as um_window_pair does first: UM_ERR_ARGUMENT with a message.
 * Whether the pair reconstructs is found out by making it. */
um_status umi_window_check(const um_window_config *c, um_error *error) UM_MUST_USE;

/* The samples at the end of a frame that are given back; the configuration has been checked. */
size_t umi_window_synthesis_length(const um_window_config *c);

#endif
