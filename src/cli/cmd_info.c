#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"

int umi_cmd_info(const umi_options *options)
{
    umi_log(UMI_LOG_ERROR, "%s is not part of this version", options->command->name);
    return UMI_EXIT_INTERNAL;
}
