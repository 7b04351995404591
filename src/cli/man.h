/* The parts of the man page that are made from the tables of commands and parameters. */
#ifndef UMI_CLI_MAN_H
#define UMI_CLI_MAN_H

#include <stdio.h>

/* Copies scdoc source, with the lines "@SYNOPSIS@", "@COMMANDS@" and "@OPTIONS@" replaced by what
 * the tables say. The build runs it over unmingle.1.scd and pipes it to scdoc. */
void umi_man_fill(FILE *in, FILE *out);

#endif
