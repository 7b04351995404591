#include "cli/man.h"

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/params.h"

#include <string.h>

enum { LINE = 1024 };

static void print_synopsis(FILE *out)
{
    size_t n;
    const umi_command *commands = umi_commands(&n);
    for (size_t i = 0; i < n; i++) {
        char usage[LINE];
        umi_help_usage(&commands[i], usage, sizeof usage);
        /* "++" breaks the line. Bold for the two words that are typed as they stand. */
        size_t typed = strlen("unmingle ") + strlen(commands[i].name);
        fprintf(out, "*%.*s*%s%s\n", (int)typed, usage, usage + typed, i + 1 < n ? "++" : "");
    }
}

static void print_commands(FILE *out)
{
    size_t n;
    const umi_command *commands = umi_commands(&n);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s## unmingle %s\n\n%s\n\n", i > 0 ? "\n" : "", commands[i].name,
                commands[i].description);
        for (const char *line = commands[i].examples; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            /* A literal block: nothing in it is markup. */
            fprintf(out, "%s%.*s\n", line == commands[i].examples ? "```\n" : "", (int)length,
                    line);
            line += length + 1;
        }
        fputs("```\n", out);
    }
}

/* "*-o*, *--output* _DIR_" */
static void print_option(const umi_param *param, FILE *out)
{
    if (param->letter != 0) {
        fprintf(out, "*-%c*, ", param->letter);
    }
    fprintf(out, "*--%s*", param->name);
    if (param->metavar != NULL) {
        fprintf(out, " _%s_", param->metavar);
    }
    fputc('\n', out);
}

/* What a program could know of a value, after what people should know of it. */
static void print_facts(const umi_param *param, FILE *out)
{
    char range[64];
    size_t n;
    const umi_command *commands = umi_commands(&n);
    if (param->choices != NULL) {
        fputs(" One of", out);
        for (size_t i = 0; param->choices[i] != NULL; i++) {
            fprintf(out, "%s *%s*", i > 0 ? "," : "", param->choices[i]);
        }
        fputc('.', out);
    }
    umi_param_range(param, range, sizeof range);
    if (range[0] != '\0') {
        fprintf(out, " Range %s%s%s.", range, param->unit != NULL ? " " : "",
                param->unit != NULL ? param->unit : "");
    }
    if (umi_param_default(param) != NULL) {
        fprintf(out, " Default %s.", umi_param_default(param));
    }
    fputs(" (", out);
    const char *separator = "";
    for (size_t i = 0; i < n; i++) {
        if ((param->commands & commands[i].bit) != 0) {
            fprintf(out, "%s%s", separator, commands[i].name);
            separator = ", ";
        }
    }
    fputs(")\n", out);
}

static void print_options(FILE *out)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    for (int group = 0; group < UMI_N_GROUPS; group++) {
        fprintf(out, "%s## %s\n", group > 0 ? "\n" : "", umi_group_title((umi_group)group));
        for (size_t i = 0; i < n; i++) {
            if (params[i].group == (umi_group)group) {
                fputc('\n', out);
                print_option(&params[i], out);
                fprintf(out, "\t%s", params[i].detail);
                print_facts(&params[i], out);
            }
        }
    }
}

void umi_man_fill(FILE *in, FILE *out)
{
    char line[LINE];
    while (fgets(line, sizeof line, in) != NULL) {
        if (strcmp(line, "@SYNOPSIS@\n") == 0) {
            print_synopsis(out);
        } else if (strcmp(line, "@COMMANDS@\n") == 0) {
            print_commands(out);
        } else if (strcmp(line, "@OPTIONS@\n") == 0) {
            print_options(out);
        } else {
            fputs(line, out);
        }
    }
}
