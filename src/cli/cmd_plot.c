#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/running.h"
#include "job/plot.h"

int umi_cmd_plot(const umi_options *options)
{
    umi_running running;
    um_error error = {UM_OK, ""};
    int code = umi_running_start(&running, options);
    if (code != UMI_EXIT_OK) {
        return code;
    }
    umi_plot_config config = {
        .input = options->operands[0].text,
        .output = options->output,
        .force = options->force,
        .width = options->width,
        .dark = options->dark,
        .reader = {options->allow_truncated, options->strict, umi_running_spool_directory()},
        .parallel = umi_running_parallel(&running),
        .watch = running.watch};
    umi_progress_start(&running.progress, options, config.input);
    um_status status = umi_plot_run(&config, &error);
    umi_progress_finish(&running.progress);
    if (status != UM_OK && status != UM_ERR_CANCELLED) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
    }
    umi_running_end(&running);
    return (int)umi_exit_code(status);
}
