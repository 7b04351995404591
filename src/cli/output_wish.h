/* --format and --sample-format, as far as they go together. */
#ifndef UMI_CLI_OUTPUT_WISH_H
#define UMI_CLI_OUTPUT_WISH_H

#include "cli/options.h"
#include "job/output_format.h"

/* UM_ERR_ARGUMENT for samples that the container cannot hold. */
um_status umi_output_wish_of(const umi_options *options, umi_output_wish *wish,
                             um_error *error) UM_MUST_USE;

#endif
