#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/number.h"
#include "cli/params.h"
#include "cli/preset_search.h"
#include "cli/presets.h"
#include "core/error.h"
#include "format/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_COLUMNS = 32, FIRST_LINE = 128 };

/* The first line of the file, when it is a comment: presets say there what they are for. */
static void read_summary(const char *path, char summary[FIRST_LINE])
{
    char line[FIRST_LINE];
    summary[0] = '\0';
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return;
    }
    if (fgets(line, sizeof line, file) != NULL && line[0] == '#') {
        line[strcspn(line, "\n")] = '\0';
        umi_utf8_printable(line + strspn(line, "# "), summary, FIRST_LINE);
    }
    fclose(file);
}

static int list_presets(void)
{
    umi_preset_folders folders;
    char **names;
    size_t n;
    umi_preset_folders_get(&folders);
    um_status status = umi_preset_names(&folders, &names, &n);
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "presets: %s", um_status_string(status));
        return (int)umi_exit_code(status);
    }
    for (size_t i = 0; i < n; i++) {
        char summary[FIRST_LINE];
        umi_preset *preset;
        um_error error;
        if (umi_preset_load(names[i], NULL, &preset, &error) != UM_OK) {
            umi_log(UMI_LOG_WARNING, "%s", error.message);
            continue;
        }
        read_summary(umi_preset_path(preset), summary);
        printf("%-12s %-9s %s\n", names[i], umi_preset_command(preset)->name, summary);
        umi_preset_free(preset);
    }
    if (n == 0) {
        umi_log(UMI_LOG_INFO, "no presets in %s", folders.paths[folders.count - 1]);
    }
    umi_preset_names_free(names, n);
    return UMI_EXIT_OK;
}

/* A text as libconfuse reads it back: in single quotes nothing but these two is special. */
static void print_quoted(const char *text)
{
    putchar('\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\') {
            putchar('\\');
        }
        putchar(*p);
    }
    putchar('\'');
}

static void print_list(const umi_param *param, const umi_texts *texts)
{
    printf("%s = {", param->name);
    for (size_t i = 0; i < texts->count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_quoted(texts->items[i]);
    }
    printf("}");
}

/* One setting: "key = value    # where from". Settings that are worked out from the recording are
 * comments, because no value would mean the same. */
static void print_setting(const umi_options *options, const umi_param *param, const char *origin)
{
    const void *place = (const char *)options + param->offset;
    char text[VALUE_COLUMNS * 2];
    char size[UMI_SIZE_TEXT];
    bool given = umi_options_origin(options, param->name) != UMI_BUILT_IN;
    if (!given && param->initial == NULL && param->kind != UMI_FLAG) {
        snprintf(text, sizeof text, "# %s: %s", param->name,
                 param->initial_words != NULL ? param->initial_words : "none");
        printf("%-*s # %s\n", VALUE_COLUMNS, text, origin);
        return;
    }
    if (param->repeatable) {
        print_list(param, place);
        printf(" # %s\n", origin);
        return;
    }
    switch (param->kind) {
    case UMI_FLAG:
        snprintf(text, sizeof text, "%s = %s", param->name, *(const bool *)place ? "yes" : "no");
        break;
    case UMI_INTEGER:
        if (param->word != NULL && *(const uint64_t *)place == 0) {
            snprintf(text, sizeof text, "%s = %s", param->name, param->word);
        } else {
            snprintf(text, sizeof text, "%s = %" PRIu64, param->name, *(const uint64_t *)place);
        }
        break;
    case UMI_SIZE:
        umi_format_size(*(const uint64_t *)place, size);
        snprintf(text, sizeof text, "%s = %s", param->name, size);
        break;
    case UMI_REAL:
        snprintf(text, sizeof text, "%s = %.15g", param->name, *(const double *)place);
        break;
    case UMI_CHOICE:
        snprintf(text, sizeof text, "%s = %s", param->name,
                 param->choices[*(const unsigned *)place]);
        break;
    case UMI_TEXT:
    case UMI_PATH:
        printf("%s = ", param->name);
        print_quoted(*(const char *const *)place);
        printf(" # %s\n", origin);
        return;
    }
    printf("%-*s # %s\n", VALUE_COLUMNS, text, origin);
}

static void print_settings(const umi_options *options, const umi_preset *preset, const char *name)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    printf("# unmingle %s --preset %s\n# %s\ncommand = %s\n", options->command->name, name,
           umi_preset_path(preset), options->command->name);
    for (size_t i = 0; i < n; i++) {
        char origin[64] = "built in";
        if ((params[i].commands & options->command->bit) == 0 || !params[i].in_presets) {
            continue;
        }
        if (umi_preset_count(preset, i) > 0) {
            snprintf(origin, sizeof origin, "preset, line %d", umi_preset_line(preset, i));
        }
        print_setting(options, &params[i], origin);
    }
}

static int show_preset(const char *name)
{
    umi_options options = {0};
    umi_preset *preset = NULL;
    um_error error;
    um_status status = umi_preset_load(name, NULL, &preset, &error);
    if (status == UM_OK && umi_options_new(umi_preset_command(preset), &options) != UM_OK) {
        status = umi_error_set(&error, UM_ERR_MEMORY, "%s: not enough memory", name);
        umi_preset_free(preset);
    }
    if (status == UM_OK) {
        status = umi_options_take_preset(&options, preset, &error);
    }
    if (status == UM_OK) {
        print_settings(&options, preset, name);
    }
    umi_options_free(&options);
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "%s", error.message);
    }
    return (int)umi_exit_code(status);
}

int umi_cmd_presets(const umi_options *options)
{
    const umi_operand *words = options->operands;
    if (options->n_operands == 0) {
        return list_presets();
    }
    if (options->n_operands == 2 && strcmp(words[0].text, "show") == 0) {
        return show_preset(words[1].text);
    }
    umi_log(UMI_LOG_ERROR, "give 'show NAME' or nothing (see 'unmingle presets --help')");
    return UMI_EXIT_USAGE;
}
