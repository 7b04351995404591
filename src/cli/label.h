/* Labels as people give them. */
#ifndef UMI_CLI_LABEL_H
#define UMI_CLI_LABEL_H

#include "unmingle/status.h"

/* UM_ERR_ARGUMENT, with a message that names `option`, for a label that cannot name a stem: one
 * that um_label_is_valid refuses, or that means something of its own. */
um_status umi_label_check(const char *option, const char *label, um_error *error) UM_MUST_USE;

#endif
