/* What a name on the command line stands for. */
#ifndef UMI_JOB_INPUT_KIND_H
#define UMI_JOB_INPUT_KIND_H

typedef enum umi_input_kind {
    UMI_INPUT_RECORDING, /* or nothing that is known: its reader tells what is wrong */
    UMI_INPUT_DICTIONARY,
    UMI_INPUT_FOLDER
} umi_input_kind;

/* A dictionary is known by its name, or by what a safetensors file starts with: a length of at most
 * 1 MiB and a brace. No recording starts so. "-" is a recording. */
umi_input_kind umi_input_kind_of(const char *path);

#endif
