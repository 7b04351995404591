#define _POSIX_C_SOURCE 200809L /* PATH_MAX */
#include "cli/atom_group.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/output_wish.h"
#include "cli/running.h"
#include "cli/stem_summary.h"
#include "core/error.h"
#include "core/memory.h"
#include "job/render.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static um_status read_groups(const umi_options *options, umi_atom_group **groups, um_error *error)
{
    const umi_texts *texts = &options->group;
    if (texts->count > 0 && options->single_atoms) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--atoms: makes a stem of every atom; leave out --group");
    }
    *groups = umi_alloc(texts->count, sizeof **groups);
    um_status status =
        *groups != NULL ? UM_OK : umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    for (size_t i = 0; i < texts->count && status == UM_OK; i++) {
        status = umi_atom_group_parse(texts->items[i], &(*groups)[i], error);
    }
    return status;
}

/* Where the stems go: DIR.regrouped or DIR.atoms, or -o. */
static um_status choose_output(const umi_options *options, char output[PATH_MAX], um_error *error)
{
    const char *directory = options->operands[0].text;
    const char *suffix = options->single_atoms ? "atoms" : "regrouped";
    size_t n = strlen(directory);
    while (n > 1 && directory[n - 1] == '/') {
        n--;
    }
    int length;
    if (options->output != NULL) {
        length = snprintf(output, PATH_MAX, "%s", options->output);
    } else if (n == 0 || directory[n - 1] == '/' || directory[n - 1] == '.') {
        /* "." and "..", which name no folder that something could be put behind. */
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: give the stems' folder with -o",
                             directory);
    } else {
        length = snprintf(output, PATH_MAX, "%.*s.%s", (int)(n < PATH_MAX ? n : PATH_MAX),
                          directory, suffix);
    }
    return length >= 0 && length < PATH_MAX
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT, "%s: the name is too long", directory);
}

static int tell(const umi_options *options, const umi_render_config *config,
                const umi_render_result *result)
{
    umi_stem_summary_warn(config->output, &result->stems);
    if (options->json) {
        return umi_stem_summary_print_json(umi_render_report(config, result)) ? UMI_EXIT_OK
                                                                              : UMI_EXIT_MEMORY;
    }
    if (!options->quiet) {
        umi_stem_summary_print(config->output, &result->stems);
    }
    return UMI_EXIT_OK;
}

int umi_cmd_render(const umi_options *options)
{
    umi_atom_group *groups = NULL;
    umi_running running;
    char output[PATH_MAX];
    um_error error = {UM_OK, ""};
    umi_render_result result;
    int code = umi_running_start(&running, options);
    if (code != UMI_EXIT_OK) {
        return code;
    }
    umi_render_config config = {.directory = options->operands[0].text,
                                .input = options->input,
                                .output = output,
                                .force = options->force,
                                .n_groups = options->group.count,
                                .single = options->single_atoms,
                                .parallel = umi_running_parallel(&running),
                                .watch = running.watch};
    um_status status = read_groups(options, &groups, &error);
    config.groups = groups;
    if (status == UM_OK) {
        status = umi_output_wish_of(options, &config.format, &error);
    }
    if (status == UM_OK) {
        status = choose_output(options, output, &error);
    }
    if (status == UM_OK) {
        umi_progress_start(&running.progress, options, config.directory);
        status = umi_render(&config, &result, &error);
        umi_progress_finish(&running.progress);
    }
    if (status == UM_OK) {
        code = tell(options, &config, &result);
        umi_render_result_free(&result);
    } else {
        code = (int)umi_exit_code(status);
        if (status != UM_ERR_CANCELLED) {
            umi_log(UMI_LOG_ERROR, "%s", error.message);
        }
    }
    for (size_t i = 0; groups != NULL && i < options->group.count; i++) {
        umi_atom_group_free(&groups[i]);
    }
    umi_free(groups);
    umi_running_end(&running);
    return code;
}
