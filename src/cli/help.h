/* --help, made from the tables of commands and parameters. Lines have at most 80 columns. */
#ifndef UMI_CLI_HELP_H
#define UMI_CLI_HELP_H

#include "cli/commands.h"
#include "cli/params.h"

#include <stdio.h>

/* unmingle --help: 24 lines at most. */
void umi_help_overview(FILE *out);

/* unmingle COMMAND --help: the everyday options on a screen of 24 lines, and the names of the
 * others; with UMI_HELP_ALL a line for each. */
void umi_help_command(const umi_command *command, umi_help help, FILE *out);

/* "-o, --output DIR", as help and the man page name an option. */
void umi_help_option(const umi_param *param, char *text, size_t size);

/* "unmingle learn FILES... --label NAME -o DICT [options]" */
void umi_help_usage(const umi_command *command, char *text, size_t size);

#endif
