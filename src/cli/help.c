#include "cli/help.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum {
    COLUMNS = 80,
    TEXT = 256,
    MIN_GAP = 2 /* blanks between the two columns */
};

static bool takes(const umi_command *command, const umi_param *param)
{
    return (param->commands & command->bit) != 0;
}

void umi_help_option(const umi_param *param, char *text, size_t size)
{
    char letter[8] = "";
    if (param->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", param->letter);
    }
    snprintf(text, size, "%s--%s%s%s", letter, param->name, param->metavar != NULL ? " " : "",
             param->metavar != NULL ? param->metavar : "");
}

void umi_help_usage(const umi_command *command, char *text, size_t size)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    snprintf(text, size, "unmingle %s", command->name);
    for (size_t i = 0; i < n; i++) {
        if (takes(command, &params[i]) && params[i].required) {
            size_t used = strlen(text);
            snprintf(text + used, size - used, " --%s %s", params[i].name, params[i].metavar);
            /* Operands belong to the label before them: show them behind it. */
            if (strcmp(params[i].name, "label") == 0) {
                used = strlen(text);
                snprintf(text + used, size - used, " %s", command->operands);
            }
        }
    }
    if (command->operands[0] != '\0' && umi_param_find("label", command->bit) == NULL) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, " %s", command->operands);
    }
    size_t used = strlen(text);
    snprintf(text + used, size - used, " [options]");
}

/* Help, then choices or range, then the built-in value: "sources to find, 2..64 [4]". */
static void describe(const umi_param *param, char *text, size_t size)
{
    char range[64];
    snprintf(text, size, "%s", param->help);
    if (param->choices != NULL) {
        for (size_t i = 0; param->choices[i] != NULL; i++) {
            size_t used = strlen(text);
            snprintf(text + used, size - used, "%s%s",
                     i == 0                          ? ": "
                     : param->choices[i + 1] == NULL ? " or "
                                                     : ", ",
                     param->choices[i]);
        }
    }
    umi_param_range(param, range, sizeof range);
    /* The range of a seed tells nobody anything. */
    if (range[0] != '\0' && param->max < 1e15) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, ", %s%s%s", range, param->unit != NULL ? " " : "",
                 param->unit != NULL ? param->unit : "");
    }
    if (umi_param_default(param) != NULL) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, " [%s]", umi_param_default(param));
    }
}

/* The width of the left column for what is shown. */
static int left_width(const umi_command *command, umi_help help)
{
    size_t n;
    size_t width = strlen("-h, --help[=all]");
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        char text[TEXT];
        umi_help_option(&params[i], text, sizeof text);
        if (takes(command, &params[i]) && (help == UMI_HELP_ALL || params[i].everyday) &&
            strlen(text) > width) {
            width = strlen(text);
        }
    }
    return (int)width + MIN_GAP;
}

/* The text in the right column, on as many lines as it needs. */
static void print_right(const char *text, int left, FILE *out)
{
    size_t room = COLUMNS - (size_t)left;
    while (strlen(text) > room) {
        size_t n = room;
        while (n > 0 && text[n] != ' ') {
            n--;
        }
        if (n == 0) {
            break; /* a single word: let it stick out */
        }
        fprintf(out, "%.*s\n%*s", (int)n, text, left, "");
        text += n + 1;
    }
    fprintf(out, "%s\n", text);
}

static void print_group(const umi_command *command, umi_group group, umi_help help, int width,
                        FILE *out)
{
    size_t n;
    bool titled = false;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        char option[TEXT];
        char text[TEXT];
        if (!takes(command, &params[i]) || params[i].group != group ||
            (help == UMI_HELP_EVERYDAY && !params[i].everyday)) {
            continue;
        }
        if (!titled) {
            fprintf(out, "%s\n", umi_group_title(group));
            titled = true;
        }
        umi_help_option(&params[i], option, sizeof option);
        describe(&params[i], text, sizeof text);
        fprintf(out, "  %-*s", width, option);
        print_right(text, 2 + width, out);
    }
}

/* The other options by name, wrapped at the right edge. */
static void print_others(const umi_command *command, FILE *out)
{
    size_t n;
    size_t column = 0;
    const umi_param *params = umi_params(&n);
    for (size_t i = 0; i < n; i++) {
        char option[TEXT];
        if (!takes(command, &params[i]) || params[i].everyday) {
            continue;
        }
        if (column == 0) {
            fprintf(out, "More ('unmingle %s --help=all' explains them)\n ", command->name);
            column = 1;
        }
        umi_help_option(&params[i], option, sizeof option);
        if (column + 1 + strlen(option) + 1 > COLUMNS) {
            fprintf(out, "\n ");
            column = 1;
        }
        fprintf(out, " %s", option);
        column += 1 + strlen(option);
        bool last = true;
        for (size_t j = i + 1; j < n; j++) {
            last = last && (!takes(command, &params[j]) || params[j].everyday);
        }
        fputs(last ? "\n" : ",", out);
        column++;
    }
}

void umi_help_command(const umi_command *command, umi_help help, FILE *out)
{
    char usage[TEXT];
    umi_help_usage(command, usage, sizeof usage);
    /* Two lines and no blank one: the whole of a help fits 24 lines, prompt included. */
    fprintf(out, "usage: %s\n%c%s.\n", usage, toupper((unsigned char)command->summary[0]),
            command->summary + 1);
    int width = left_width(command, help);
    for (int group = 0; group < UMI_N_GROUPS; group++) {
        print_group(command, (umi_group)group, help, width, out);
    }
    if (help == UMI_HELP_EVERYDAY) {
        print_others(command, out);
    }
    fputs("Examples\n", out);
    for (const char *line = command->examples; *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        fprintf(out, "  %.*s\n", length, line);
        line += length + 1;
    }
}

void umi_help_overview(FILE *out)
{
    size_t n;
    const umi_command *commands = umi_commands(&n);
    fputs("unmingle takes mixed sound apart: it learns the spectral parts of a recording\n"
          "and gives back its sources as audio that sums to the recording again.\n\n"
          "usage: unmingle COMMAND ...\n\n",
          out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\n"
          "Nothing known of the sources: four stems in song.wav.stems/\n"
          "  unmingle separate song.wav\n"
          "The drums are heard alone from 0:10 to 0:14: take them out, keep the rest\n"
          "  unmingle separate song.wav --learn drums=@0:10-0:14 --residual\n"
          "\n"
          "'unmingle COMMAND --help' tells its options, 'man unmingle' all the rest.\n",
          out);
}
