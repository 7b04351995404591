/* Presets: files of `key = value`, the keys being long options.
 *
 *     # Chamber music: long windows, many atoms.
 *     command = separate
 *     window = 8192
 *     atoms = 40
 *     dictionary = {"strings.safetensors", "piano.safetensors"}
 *
 * The first line tells the command, and no other takes the preset. Types, ranges and messages are
 * those of its options. `#` starts a comment. A key that is unknown, set twice or not for presets
 * is an error, and so is a reference to the environment ("${HOME}"): a preset means the same
 * everywhere. */
#ifndef UMI_CLI_PRESETS_H
#define UMI_CLI_PRESETS_H

#include "unmingle/status.h"

#include <stddef.h>

typedef struct umi_preset umi_preset;
typedef struct umi_command umi_command;

/* Loads for the command `wanted`, or for whichever the preset is for when that is NULL. `name` is a
 * path when it holds a '/' or ends in ".conf". Otherwise it is looked for as NAME.conf in the
 * folders of preset_search.h. UM_ERR_CONFIG: not found, for another command, or not sound, with
 * file and line ("presets/x.conf:12: atoms: 0 is outside 1..4096"); UM_ERR_PERMISSION, UM_ERR_IO,
 * UM_ERR_MEMORY. */
um_status umi_preset_load(const char *name, const umi_command *wanted, umi_preset **out,
                          um_error *error) UM_MUST_USE;

/* The same from `text`; `path` stands for the file in messages and gives the folder of relative
 * paths. */
um_status umi_preset_parse(const char *text, const char *path, const umi_command *wanted,
                           umi_preset **out, um_error *error) UM_MUST_USE;
void umi_preset_free(umi_preset *preset);

/* What it is for. */
const umi_command *umi_preset_command(const umi_preset *preset);

/* The file. */
const char *umi_preset_path(const umi_preset *preset);

/* What the preset says of row `i_param` of the table: how many values, each, and the line of the
 * first. 0 values for rows of other commands. */
size_t umi_preset_count(const umi_preset *preset, size_t i_param);
const char *umi_preset_text(const umi_preset *preset, size_t i_param, size_t i_value);
int umi_preset_line(const umi_preset *preset, size_t i_param);

#endif
