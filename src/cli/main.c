#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/log.h"
#include "cli/man.h"
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/params.h"
#include "cli/signals.h"
#include "core/blas.h"
#include "unmingle/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COMMANDS = 32 };

static int fail(const um_error *error)
{
    umi_log(UMI_LOG_ERROR, "%s", error->message);
    return (int)umi_exit_code(error->status);
}

/* Output that was lost on the way (a full disk behind >) must not end with 0. */
static int flush_output(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        umi_log(UMI_LOG_ERROR, "standard output: %s", strerror(errno));
        return code == UMI_EXIT_OK ? UMI_EXIT_IO : code;
    }
    return code;
}

static int unknown_command(const char *name)
{
    size_t n;
    const char *names[MAX_COMMANDS];
    const umi_command *commands = umi_commands(&n);
    for (size_t i = 0; i < n; i++) {
        names[i] = commands[i].name;
    }
    const char *nearest = umi_nearest(name, names, n);
    if (nearest != NULL) {
        umi_log(UMI_LOG_ERROR, "unknown command %s; did you mean %s? (see 'unmingle --help')", name,
                nearest);
    } else {
        umi_log(UMI_LOG_ERROR, "unknown command %s (see 'unmingle --help')", name);
    }
    return UMI_EXIT_USAGE;
}

/* --cpu; the environment's UNMINGLE_CPU is there for tests of programs that only call this one. */
static int limit_cpu(const umi_options *options)
{
    const char *level = umi_cpu_choices[options->cpu];
    const char *tested = getenv("UNMINGLE_CPU");
    if (strcmp(level, "auto") == 0 && tested != NULL) {
        level = tested;
    }
    if (um_cpu_limit(level) != UM_OK) {
        umi_log(UMI_LOG_ERROR, "UNMINGLE_CPU: '%s' is no level", level);
        return UMI_EXIT_USAGE;
    }
    return UMI_EXIT_OK;
}

static int run_command(const umi_command *command, int argc, char **argv)
{
    umi_options options;
    um_error error = {UM_OK, ""};
    um_status status = umi_options_new(command, &options);
    int code = (int)umi_exit_code(status);
    if (status != UM_OK) {
        umi_log(UMI_LOG_ERROR, "not enough memory for the options");
        goto done;
    }
    status = umi_options_parse(&options, argc, argv, &error);
    if (status != UM_OK) {
        code = fail(&error);
        goto done;
    }
    if (options.help != UMI_HELP_NONE) {
        umi_help_command(command, options.help, stdout);
        goto done;
    }
    umi_log_set_level(options.quiet     ? UMI_LOG_ERROR
                      : options.verbose ? UMI_LOG_DETAIL
                                        : UMI_LOG_INFO);
    code = limit_cpu(&options);
    if (code == UMI_EXIT_OK) {
        umi_signals_install();
        umi_blas_single_thread();
        code = command->run(&options);
    }
done:
    umi_options_free(&options);
    return code;
}

/* The arguments that are not a command. The build calls the two --print ones to make the man page
 * and the completions; they are not in the help. */
static int run_global(int argc, char **argv)
{
    const umi_command *command = argc > 2 ? umi_command_find(argv[2]) : NULL;
    if (strcmp(argv[1], "help") == 0 && command != NULL) {
        umi_help_command(command, UMI_HELP_EVERYDAY, stdout);
    } else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
               strcmp(argv[1], "help") == 0) {
        umi_help_overview(stdout);
    } else if (strcmp(argv[1], "--version") == 0) {
        puts("unmingle " UNMINGLE_VERSION);
    } else if (strcmp(argv[1], "--print-man") == 0) {
        umi_man_fill(stdin, stdout);
    } else if (strcmp(argv[1], "--print-completion") == 0 && argc == 3 &&
               umi_completion_print(argv[2], stdout)) {
        return UMI_EXIT_OK;
    } else if (argv[1][0] == '-') {
        umi_log(UMI_LOG_ERROR,
                "unknown option %s; options of a command come behind it (see 'unmingle --help')",
                argv[1]);
        return UMI_EXIT_USAGE;
    } else {
        return unknown_command(argv[1]);
    }
    return UMI_EXIT_OK;
}

/* A file that is opened later must not get the number of a standard stream that was closed before
 * the start, or messages would go into it. What stands in fails as the closed stream would. */
static void reserve_standard_streams(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0) {
            (void)!open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
        }
    }
}

int main(int argc, char **argv)
{
    int code;
    reserve_standard_streams();
    if (argc < 2) {
        umi_help_overview(stderr);
        return UMI_EXIT_USAGE;
    }
    const umi_command *command = umi_command_find(argv[1]);
    if (command != NULL) {
        code = run_command(command, argc - 1, argv + 1);
    } else {
        code = run_global(argc, argv);
    }
    code = flush_output(code);
    umi_signals_raise_again();
    return code;
}
