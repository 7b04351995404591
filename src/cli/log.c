#include "cli/log.h"

#include "format/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

enum { MESSAGE = 2048 };

static umi_log_level log_level = UMI_LOG_INFO;
static bool status_line_is_open;

void umi_log_set_level(umi_log_level level)
{
    log_level = level;
}

void umi_log(umi_log_level level, const char *format, ...)
{
    char text[MESSAGE];
    char shown[MESSAGE];
    if (level > log_level) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    umi_utf8_printable(text, shown, sizeof shown);
    umi_log_status_line("");
    fprintf(stderr, "unmingle: %s%s\n", level == UMI_LOG_WARNING ? "warning: " : "", shown);
}

void umi_log_status_line(const char *text)
{
    if (text[0] == '\0' && !status_line_is_open) {
        return;
    }
    /* Back to the first column, and clear to the end (ECMA-48 EL). One write, so that it does not
     * flicker. */
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    status_line_is_open = text[0] != '\0';
}
