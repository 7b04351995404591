/* The commands of the program. */
#ifndef UMI_CLI_COMMANDS_H
#define UMI_CLI_COMMANDS_H

#include "cli/options.h"

#include <stddef.h>

/* The name is that of the options' field: options->command tells who is being run. */
struct umi_command {
    const char *name;
    unsigned bit;                           /* in umi_param.commands */
    size_t min_operands;                    /* fewer are a usage error ... */
    size_t max_operands;                    /* ... and more */
    const char *operands;                   /* what they are: "IN..." */
    const char *summary;                    /* a line */
    const char *examples;                   /* lines, each ending in '\n' */
    const char *description;                /* for the man page: plain scdoc */
    const char *preset;                     /* that it takes when none is given, or NULL */
    unsigned also_presets_of;               /* commands whose presets it takes besides its own */
    int (*run)(const umi_options *options); /* returns an umi_exit */
};

const umi_command *umi_commands(size_t *n);

/* NULL for an unknown name. */
const umi_command *umi_command_find(const char *name);

/* One source file each, cmd_NAME.c. They tell of failures themselves, by log.h. */
int umi_cmd_separate(const umi_options *options);
int umi_cmd_render(const umi_options *options);
int umi_cmd_denoise(const umi_options *options);
int umi_cmd_devices(const umi_options *options);
int umi_cmd_live(const umi_options *options);
int umi_cmd_learn(const umi_options *options);
int umi_cmd_factor(const umi_options *options);
int umi_cmd_info(const umi_options *options);
int umi_cmd_plot(const umi_options *options);
int umi_cmd_score(const umi_options *options);
int umi_cmd_presets(const umi_options *options);

#endif
