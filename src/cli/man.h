/* The man page, made from the tables of commands and parameters. */
#ifndef UMI_CLI_MAN_H
#define UMI_CLI_MAN_H

#include <stdio.h>

/* Writes the whole page as scdoc source; the build pipes it to scdoc. */
void umi_man_print(FILE *out);

#endif
