#include "cli/options.h"

#include "cli/commands.h"
#include "cli/nearest.h"
#include "cli/params.h"
#include "core/error.h"
#include "core/memory.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
    LONG_OPTION = 256, /* getopt's value of a parameter is this plus its row */
    MAX_PARAMS = 128,
    PARSING_ENDED = -1,
    OPERAND = 1
};

static void *field(umi_options *options, const umi_param *param)
{
    return (char *)options + param->offset;
}

/* Puts a value of row `i` in its place. `room` is for how many values a list has to have room. */
static um_status store(umi_options *options, size_t i, umi_value value, size_t room)
{
    size_t n_params;
    const umi_param *param = &umi_params(&n_params)[i];
    void *place = field(options, param);
    if (param->repeatable) {
        umi_texts *texts = place;
        if (texts->items == NULL) {
            texts->items = umi_alloc(room, sizeof *texts->items);
            if (texts->items == NULL) {
                return UM_ERR_MEMORY;
            }
        }
        texts->items[texts->count++] = value.text;
        return UM_OK;
    }
    switch (param->kind) {
    case UMI_FLAG:
        *(bool *)place = value.flag;
        break;
    case UMI_INTEGER:
    case UMI_SIZE:
        *(uint64_t *)place = value.integer;
        break;
    case UMI_REAL:
        *(double *)place = value.real;
        break;
    case UMI_CHOICE:
        *(unsigned *)place = value.choice;
        break;
    case UMI_TEXT:
    case UMI_PATH:
        *(const char **)place = value.text;
        break;
    }
    return UM_OK;
}

um_status umi_options_new(const umi_command *command, umi_options *options)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    memset(options, 0, sizeof *options);
    options->command = command;
    options->origins = umi_alloc(n, sizeof *options->origins);
    if (options->origins == NULL) {
        return UM_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        umi_value value;
        if ((params[i].commands & command->bit) != 0 && params[i].initial != NULL) {
            um_status status = umi_param_parse(&params[i], params[i].initial, &value, NULL);
            assert(status == UM_OK);
            status = status == UM_OK ? store(options, i, value, 1) : status;
            if (status != UM_OK) {
                return status;
            }
        }
    }
    return UM_OK;
}

void umi_options_free(umi_options *options)
{
    umi_preset_free(options->preset_file);
    umi_free(options->learn.items);
    umi_free(options->dictionary.items);
    umi_free(options->label.items);
    umi_free(options->group.items);
    umi_free(options->operands);
    umi_free(options->origins);
    memset(options, 0, sizeof *options);
}

um_status umi_options_take_preset(umi_options *options, umi_preset *preset, um_error *error)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    options->preset_file = preset;
    for (size_t i = 0; i < n; i++) {
        size_t n_values = umi_preset_count(preset, i);
        if (options->origins[i] == UMI_FROM_OPTION) {
            continue;
        }
        for (size_t j = 0; j < n_values; j++) {
            umi_value value;
            um_status status =
                umi_param_parse(&params[i], umi_preset_text(preset, i, j), &value, error);
            if (status == UM_OK && store(options, i, value, n_values) != UM_OK) {
                status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the preset");
            }
            if (status != UM_OK) {
                return status;
            }
            options->origins[i] = UMI_FROM_PRESET;
        }
    }
    return UM_OK;
}

umi_origin umi_options_origin(const umi_options *options, const char *name)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    const umi_param *param = umi_param_find(name, options->command->bit);
    assert(param != NULL);
    return (umi_origin)options->origins[param - params];
}

/* -- getopt ------------------------------------------------------------------------------------ */

typedef struct getopt_tables {
    struct option longs[MAX_PARAMS + 2];
    char shorts[2 * MAX_PARAMS + 4];
} getopt_tables;

static void fill_tables(unsigned command, getopt_tables *tables)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    assert(n <= MAX_PARAMS);
    struct option *option = tables->longs;
    /* '-': operands come in their place among the options; ':': we tell of a missing value. */
    char *letter = tables->shorts + sprintf(tables->shorts, "-:h");
    for (size_t i = 0; i < n; i++) {
        if ((params[i].commands & command) == 0) {
            continue;
        }
        bool flag = params[i].kind == UMI_FLAG;
        option->name = params[i].name;
        option->has_arg = !flag                  ? required_argument
                          : params[i].in_presets ? optional_argument
                                                 : no_argument;
        option->flag = NULL;
        option->val = LONG_OPTION + (int)i;
        option++;
        if (params[i].letter != 0) {
            letter += sprintf(letter, "%c%s", params[i].letter, flag ? "" : ":");
        }
    }
    *option++ = (struct option){"help", optional_argument, NULL, 'h'};
    *option = (struct option){NULL, 0, NULL, 0};
}

static um_status usage_error(const umi_options *options, um_error *error, const char *text)
{
    return umi_error_set(error, UM_ERR_ARGUMENT, "%s (see 'unmingle %s --help')", text,
                         options->command->name);
}

/* `argument` is "--name" or "--name=value" and no option of the command. */
static um_status unknown_option(const umi_options *options, const char *argument,
                                const getopt_tables *tables, um_error *error)
{
    const char *names[MAX_PARAMS + 1];
    size_t n_names = 0;
    char meant[256] = "";
    char text[512];
    size_t length = strcspn(argument + 2, "=");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1),
             argument + 2);
    for (const struct option *o = tables->longs; o->name != NULL; o++) {
        names[n_names++] = o->name;
        if (strncmp(o->name, name, strlen(name)) == 0) {
            size_t used = strlen(meant);
            snprintf(meant + used, sizeof meant - used, "%s--%s", used > 0 ? ", " : "", o->name);
        }
    }
    const umi_param *elsewhere = umi_param_find(name, UMI_EVERY_COMMAND);
    const char *nearest = umi_nearest(name, names, n_names);
    if (meant[0] != '\0') {
        snprintf(text, sizeof text, "--%s may be %s", name, meant);
    } else if (elsewhere != NULL) {
        snprintf(text, sizeof text, "--%s is no option of %s", name, options->command->name);
    } else if (nearest != NULL) {
        snprintf(text, sizeof text, "unknown option --%s; did you mean --%s?", name, nearest);
    } else {
        snprintf(text, sizeof text, "unknown option --%s", name);
    }
    return usage_error(options, error, text);
}

/* What getopt answered with '?' or ':'. */
static um_status getopt_error(const umi_options *options, int answer, char **argv,
                              const getopt_tables *tables, um_error *error)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    char text[256];
    if (answer == '?' && optopt == 0) {
        return unknown_option(options, argv[optind - 1], tables, error);
    }
    if (optopt >= LONG_OPTION) {
        const umi_param *param = &params[optopt - LONG_OPTION];
        snprintf(text, sizeof text, answer == ':' ? "--%s needs a value" : "--%s takes no value",
                 param->name);
    } else if (answer == ':') {
        snprintf(text, sizeof text, "-%c needs a value", optopt);
    } else {
        snprintf(text, sizeof text, "unknown option -%c", optopt);
    }
    return usage_error(options, error, text);
}

static size_t row_of_letter(int letter, unsigned command)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    size_t i = 0;
    while (params[i].letter != letter || (params[i].commands & command) == 0) {
        i++;
        assert(i < n);
    }
    return i;
}

static um_status take_option(umi_options *options, size_t i, const char *argument, size_t room,
                             um_error *error)
{
    size_t n;
    const umi_param *param = &umi_params(&n)[i];
    umi_value value = {.flag = true};
    if (param->kind != UMI_FLAG || argument != NULL) {
        um_error reason;
        um_status status = umi_param_parse(param, argument, &value, &reason);
        if (status != UM_OK) {
            return umi_error_set(error, status, "--%s: %s", param->name, reason.message);
        }
    }
    options->origins[i] = UMI_FROM_OPTION;
    if (store(options, i, value, room) != UM_OK) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the options");
    }
    return UM_OK;
}

static void take_operand(umi_options *options, const char *text)
{
    umi_operand *operand = &options->operands[options->n_operands++];
    operand->text = text;
    if (options->label.count > 0) {
        operand->label = options->label.items[options->label.count - 1];
    }
}

static um_status check_labels(const umi_options *options, um_error *error)
{
    char text[256];
    if (options->n_operands > 0 && options->operands[0].label == NULL && !options->learn_speech) {
        if (options->label.count == 0) {
            return usage_error(options, error, "--label NAME is missing, or --speech");
        }
        snprintf(text, sizeof text, "%.200s stands before the first --label",
                 options->operands[0].text);
        return usage_error(options, error, text);
    }
    for (size_t i = 0; i < options->label.count; i++) {
        bool used = false;
        for (size_t j = 0; j < options->n_operands; j++) {
            used = used || options->operands[j].label == options->label.items[i];
        }
        if (!used) {
            snprintf(text, sizeof text, "no files after --label %.200s", options->label.items[i]);
            return usage_error(options, error, text);
        }
    }
    return UM_OK;
}

/* What has to be there, once all is read. */
static um_status check_presence(const umi_options *options, um_error *error)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    const umi_command *command = options->command;
    char text[256];
    for (size_t i = 0; i < n; i++) {
        if ((params[i].commands & command->bit) != 0 && params[i].required &&
            options->origins[i] == UMI_BUILT_IN &&
            (params[i].or_else == NULL ||
             umi_options_origin(options, params[i].or_else) == UMI_BUILT_IN)) {
            snprintf(text, sizeof text, "--%s %s is missing", params[i].name, params[i].metavar);
            return usage_error(options, error, text);
        }
    }
    if (options->n_operands < command->min_operands) {
        snprintf(text, sizeof text, "%s is missing", command->operands);
        return usage_error(options, error, text);
    }
    if (options->n_operands > command->max_operands) {
        snprintf(text, sizeof text, "'%.200s' is one argument too many",
                 options->operands[command->max_operands].text);
        return usage_error(options, error, text);
    }
    return umi_param_find("label", command->bit) != NULL ? check_labels(options, error) : UM_OK;
}

/* No option is a blank, so what begins with "- " is the name of a file; getopt would refuse it. */
static bool is_dashed_name(const char *argument)
{
    return argument[0] == '-' && argument[1] == ' ';
}

um_status umi_options_parse(umi_options *options, int argc, char **argv, um_error *error)
{
    getopt_tables tables;
    um_status status = UM_OK;
    size_t room = (size_t)argc;
    fill_tables(options->command->bit, &tables);
    options->operands = umi_alloc(room, sizeof *options->operands);
    if (options->operands == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the options");
    }
    while (argc > 1 && is_dashed_name(argv[1])) { /* getopt passes over its first argument */
        take_operand(options, argv[1]);
        argc--;
        argv++;
    }
    optind = 0; /* GNU: begin anew */
    opterr = 0;
    for (;;) {
        if (optind > 0 && optind < argc && is_dashed_name(argv[optind])) {
            take_operand(options, argv[optind++]);
            continue;
        }
        optopt = 0;
        int answer = getopt_long(argc, argv, tables.shorts, tables.longs, NULL);
        if (answer == PARSING_ENDED) {
            break;
        }
        if (answer == '?' || answer == ':') {
            return getopt_error(options, answer, argv, &tables, error);
        }
        if (answer == 'h') {
            if (optarg != NULL && strcmp(optarg, "all") != 0) {
                return usage_error(options, error, "--help takes no value but 'all'");
            }
            options->help = optarg != NULL ? UMI_HELP_ALL : UMI_HELP_EVERYDAY;
            return UM_OK;
        }
        if (answer == OPERAND) {
            take_operand(options, optarg);
            continue;
        }
        size_t row = answer >= LONG_OPTION ? (size_t)(answer - LONG_OPTION)
                                           : row_of_letter(answer, options->command->bit);
        status = take_option(options, row, optarg, room, error);
        if (status != UM_OK) {
            return status;
        }
    }
    while (optind < argc) { /* behind "--" */
        take_operand(options, argv[optind++]);
    }
    status = check_presence(options, error);
    const char *name = options->preset != NULL ? options->preset : options->command->preset;
    if (status == UM_OK && name != NULL) {
        umi_preset *preset;
        status = umi_preset_load(name, options->command, &preset, error);
        if (status == UM_OK) {
            status = umi_options_take_preset(options, preset, error);
        }
    }
    return status;
}
