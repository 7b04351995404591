#include "cli/completion.h"

#include "cli/commands.h"
#include "cli/params.h"

#include <string.h>

/* Where shells get the names of presets from, at the time of completing. */
#define PRESET_NAMES "unmingle presets 2>/dev/null | cut -d' ' -f1"

/* Text inside '...' of any of the shells, with `special` characters escaped by a backslash. */
static void print_escaped(const char *text, const char *special, FILE *out)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            fputs("'\\''", out);
        } else {
            fprintf(out, "%s%c", strchr(special, *p) != NULL ? "\\" : "", *p);
        }
    }
}

static void print_choices(const umi_param *param, FILE *out)
{
    for (size_t i = 0; param->choices[i] != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", param->choices[i]);
    }
}

/* True for the row that stands for all rows of its name. */
static bool is_first_of_name(const umi_param *param)
{
    return umi_param_find(param->name, UMI_EVERY_COMMAND) == param;
}

/* -- bash -------------------------------------------------------------------------------------- */

static void bash_values(FILE *out)
{
    size_t n;
    const umi_param *params = umi_params(&n);
    fputs("    case $before in\n", out);
    for (size_t i = 0; i < n; i++) {
        const umi_param *p = &params[i];
        if (p->kind == UMI_CHOICE && is_first_of_name(p)) {
            fprintf(out, "    --%s)\n        COMPREPLY=($(compgen -W '", p->name);
            print_choices(p, out);
            fputs("' -- \"$word\"))\n        return ;;\n", out);
        }
    }
    fputs("    --preset|show)\n"
          "        COMPREPLY=($(compgen -W \"$(" PRESET_NAMES ")\" -- \"$word\"))\n"
          "        return ;;\n",
          out);
    /* No words of ours: bash then offers files, by "complete -o default". */
    for (int with_files = 1; with_files >= 0; with_files--) {
        const char *separator = "    ";
        for (size_t i = 0; i < n; i++) {
            const umi_param *p = &params[i];
            bool takes_file = p->kind == UMI_PATH || p->kind == UMI_TEXT;
            if (p->kind == UMI_FLAG || p->kind == UMI_CHOICE || !is_first_of_name(p) ||
                strcmp(p->name, "preset") == 0 || takes_file != (with_files == 1)) {
                continue;
            }
            fprintf(out, "%s--%s", separator, p->name);
            separator = "|";
            if (p->letter != 0) {
                fprintf(out, "|-%c", p->letter);
            }
        }
        fputs(with_files ? ")\n        return ;;\n"
                         : ")\n        compopt +o default\n        return ;;\n",
              out);
    }
    fputs("    esac\n", out);
}

static void bash(FILE *out)
{
    size_t n_commands;
    size_t n;
    const umi_command *commands = umi_commands(&n_commands);
    const umi_param *params = umi_params(&n);
    fputs("# bash completion for unmingle, made by its build\n"
          "_unmingle()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W '",
          out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "%s ", commands[i].name);
    }
    fputs("--help --version' -- \"$word\"))\n        return\n    fi\n", out);
    bash_values(out);
    fputs("    case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "    %s)\n        options='", commands[i].name);
        for (size_t j = 0; j < n; j++) {
            if ((params[j].commands & commands[i].bit) != 0) {
                fprintf(out, "--%s ", params[j].name);
            }
        }
        fprintf(out, "--help'\n%s        ;;\n",
                commands[i].bit == UMI_PRESETS ? "        [[ $word == -* ]] || options=show\n"
                                               : "");
    }
    fputs("    esac\n"
          "    if [[ $word == -* || $options == show ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -o default -F _unmingle unmingle\n",
          out);
}

/* -- zsh --------------------------------------------------------------------------------------- */

/* One argument of _arguments: '(-o --output)'{-o,--output}'[folder]:DIR:_files' */
static void zsh_option(const umi_param *p, FILE *out)
{
    fputs("            ", out);
    if (p->letter != 0) {
        fprintf(out, "'(-%c --%s)'{-%c,--%s", p->letter, p->name, p->letter, p->name);
        fputs(p->kind == UMI_FLAG ? "}'[" : "=}'[", out);
    } else {
        fprintf(out, "'%s--%s%s[", p->repeatable ? "*" : "", p->name,
                p->kind == UMI_FLAG ? "" : "=");
    }
    print_escaped(p->help, "[]:\\", out);
    fputc(']', out);
    if (p->metavar != NULL) {
        fputc(':', out);
        print_escaped(p->metavar, "[]:\\", out);
        fputc(':', out);
    }
    if (p->kind == UMI_CHOICE) {
        fputc('(', out);
        print_choices(p, out);
        fputc(')', out);
    } else if (p->kind == UMI_PATH) {
        fputs("_files", out);
    } else if (strcmp(p->name, "preset") == 0) {
        fputs("_unmingle_presets", out);
    }
    fputs("' \\\n", out);
}

static void zsh(FILE *out)
{
    size_t n_commands;
    size_t n;
    const umi_command *commands = umi_commands(&n_commands);
    const umi_param *params = umi_params(&n);
    fputs("#compdef unmingle\n"
          "# zsh completion for unmingle, made by its build\n"
          "_unmingle_presets()\n{\n"
          "    local -a names=(${(f)\"$(" PRESET_NAMES ")\"})\n"
          "    _describe preset names\n}\n\n"
          "_unmingle()\n{\n"
          "    local -a commands=(\n",
          out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "        '%s:", commands[i].name);
        print_escaped(commands[i].summary, ":\\", out);
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe command commands\n        return\n    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n    ((CURRENT--))\n"
          "    case $command in\n",
          out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "    %s)\n        _arguments -s \\\n", commands[i].name);
        for (size_t j = 0; j < n; j++) {
            if ((params[j].commands & commands[i].bit) != 0) {
                zsh_option(&params[j], out);
            }
        }
        fputs("            '(- *)'{-h,--help}'[show the options]' \\\n", out);
        fputs(commands[i].bit == UMI_PRESETS ? "            '1::what:(show)' '2::preset:"
                                               "_unmingle_presets'\n"
                                             : "            '*:file:_files'\n",
              out);
        fputs("        ;;\n", out);
    }
    fputs("    esac\n}\n\n_unmingle \"$@\"\n", out);
}

/* -- fish -------------------------------------------------------------------------------------- */

static void fish_option(const umi_command *command, const umi_param *p, FILE *out)
{
    fprintf(out, "complete -c unmingle -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            p->name);
    if (p->letter != 0) {
        fprintf(out, " -s %c", p->letter);
    }
    if (p->kind == UMI_CHOICE) {
        fputs(" -x -a '", out);
        print_choices(p, out);
        fputc('\'', out);
    } else if (strcmp(p->name, "preset") == 0) {
        fputs(" -r -a '(unmingle presets 2>/dev/null | string split -f1 \" \")'", out);
    } else if (p->kind == UMI_PATH || p->kind == UMI_TEXT) {
        fputs(" -r", out);
    } else if (p->kind != UMI_FLAG) {
        fputs(" -x", out);
    }
    fputs(" -d \"", out);
    fputs(p->help, out); /* no help holds a character that is special in double quotes */
    fputs("\"\n", out);
}

static void fish(FILE *out)
{
    size_t n_commands;
    size_t n;
    const umi_command *commands = umi_commands(&n_commands);
    const umi_param *params = umi_params(&n);
    fputs("# fish completion for unmingle, made by its build\n"
          "complete -c unmingle -n __fish_use_subcommand -l version -d 'show the version'\n"
          "complete -c unmingle -s h -l help -d 'show the options'\n",
          out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "complete -c unmingle -n __fish_use_subcommand -f -a %s -d \"%s\"\n",
                commands[i].name, commands[i].summary);
        for (size_t j = 0; j < n; j++) {
            if ((params[j].commands & commands[i].bit) != 0) {
                fish_option(&commands[i], &params[j], out);
            }
        }
    }
    fputs("complete -c unmingle -n '__fish_seen_subcommand_from presets' -f -a show\n", out);
}

bool umi_completion_print(const char *shell, FILE *out)
{
    if (strcmp(shell, "bash") == 0) {
        bash(out);
    } else if (strcmp(shell, "zsh") == 0) {
        zsh(out);
    } else if (strcmp(shell, "fish") == 0) {
        fish(out);
    } else {
        return false;
    }
    return true;
}
