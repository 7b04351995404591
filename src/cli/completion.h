/* Completions for the shells, made from the tables of commands and parameters. */
#ifndef UMI_CLI_COMPLETION_H
#define UMI_CLI_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* shell: "bash", "zsh" or "fish"; false for another. */
bool umi_completion_print(const char *shell, FILE *out);

#endif
