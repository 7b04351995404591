#include "cli/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static umi_log_level log_level = UMI_LOG_INFO;
static bool status_line_is_open;

void umi_log_set_level(umi_log_level level)
{
    log_level = level;
}

umi_log_level umi_log_get_level(void)
{
    return log_level;
}

void umi_log_make_printable(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7F) {
            *p = '?';
        } else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0) {
            /* U+0080..U+009F in UTF-8: some terminals obey them as they do ESC. */
            p[0] = '?';
            p[1] = '?';
        }
    }
}

void umi_log(umi_log_level level, const char *format, ...)
{
    char text[2048];
    if (level > log_level) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    umi_log_make_printable(text);
    umi_log_status_line("");
    fprintf(stderr, "unmingle: %s%s\n", level == UMI_LOG_WARNING ? "warning: " : "", text);
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
