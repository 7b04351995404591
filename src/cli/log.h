/* What the program says, on standard error: "unmingle: message", a line each. Standard output is
 * for data. Control characters in a message (a newline in a file's name, an escape sequence) and
 * bytes that are no UTF-8 are shown as '?', so that a message stays one line and cannot play with
 * the terminal.
 * For the main thread. */
#ifndef UMI_CLI_LOG_H
#define UMI_CLI_LOG_H

#include <stddef.h>

typedef enum umi_log_level {
    UMI_LOG_ERROR,   /* why it failed; all that -q leaves */
    UMI_LOG_WARNING, /* it goes on, but look at this */
    UMI_LOG_INFO,    /* what was done; the default */
    UMI_LOG_DETAIL   /* with -v */
} umi_log_level;

/* Messages above `level` are dropped from now on. */
void umi_log_set_level(umi_log_level level);

/* A warning says so: "unmingle: warning: song.wav: ...". */
void umi_log(umi_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces the line that changes at the bottom of a terminal; "" takes it away. Messages go above
 * it: they take it away first, and whoever draws it draws it again. */
void umi_log_status_line(const char *text);

#endif
