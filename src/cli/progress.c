#define _DEFAULT_SOURCE /* TIOCGWINSZ */

#include "cli/progress.h"

#include "cli/log.h"
#include "cli/signals.h"
#include "format/utf8.h"
#include "io/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Seconds between two drawings. */
static const double IN_PLACE_PERIOD = 0.1;
static const double LINES_PERIOD = 1.0;

/* Seconds of work that need no progress. */
static const double QUICK_WORK = 0.4;

/* Time left is a guess from the time gone: no guess before this much is done. */
static const double SHARE_TO_GUESS = 0.01;

void umi_format_duration(double seconds, char *text, size_t size)
{
    if (!(seconds >= 0) || seconds > 1e9) {
        snprintf(text, size, "?");
        return;
    }
    unsigned s = (unsigned)(seconds + 0.5);
    if (s < 3600) {
        snprintf(text, size, "%u:%02u", s / 60, s % 60);
    } else {
        snprintf(text, size, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    }
}

void umi_progress_start(umi_progress *progress, const umi_options *options, const char *name)
{
    memset(progress, 0, sizeof *progress);
    if (!options->quiet && isatty(STDERR_FILENO)) {
        progress->mode = UMI_PROGRESS_IN_PLACE;
    } else if (options->progress) {
        progress->mode = UMI_PROGRESS_LINES;
    }
    umi_progress_rename(progress, name);
    progress->started = umi_clock_now();
    /* Work that is over at once draws nothing on a terminal. */
    progress->shown =
        progress->mode == UMI_PROGRESS_IN_PLACE ? progress->started + QUICK_WORK : -INFINITY;
    umi_progress_phase(progress, "starting", 0, 1);
}

void umi_progress_rename(umi_progress *progress, const char *name)
{
    umi_utf8_printable(name, progress->name, sizeof progress->name);
}

void umi_progress_phase(umi_progress *progress, const char *phase, double from, double to)
{
    progress->phase = phase;
    progress->from = from;
    progress->to = to;
    progress->divergence = NAN;
}

bool umi_progress_line(umi_progress *progress, double done, double total, double divergence,
                       double now, char line[UMI_PROGRESS_LINE])
{
    char gone[32];
    char left[32];
    char value[48] = "";
    double period = progress->mode == UMI_PROGRESS_IN_PLACE ? IN_PLACE_PERIOD : LINES_PERIOD;
    if (!isnan(divergence)) {
        progress->divergence = divergence;
    }
    if (progress->mode == UMI_PROGRESS_HIDDEN || now - progress->shown < period) {
        return false;
    }
    progress->shown = now;
    double part = total > 0 ? fmin(fmax(done / total, 0), 1) : 0;
    double share = progress->from + part * (progress->to - progress->from);
    double elapsed = now - progress->started;
    umi_format_duration(elapsed, gone, sizeof gone);
    umi_format_duration(share >= SHARE_TO_GUESS ? elapsed * (1 - share) / share : NAN, left,
                        sizeof left);
    if (!isnan(progress->divergence)) {
        snprintf(value, sizeof value, ", divergence %.4g", progress->divergence);
    }
    /* What changes and matters most comes first: a narrow terminal cuts the end. */
    bool has_phase = progress->phase != NULL;
    snprintf(line, UMI_PROGRESS_LINE, "%3.0f %%, %s left, %s gone: %s%s%s%s", floor(100 * share),
             left, gone, progress->name, has_phase ? ": " : "", has_phase ? progress->phase : "",
             value);
    return true;
}

/* Cuts the line to the terminal's width, or the cursor could not go back to its start. Bytes are
 * counted for columns: at worst the line is cut early. */
static void fit_terminal(char *line)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
        strlen(line) < size.ws_col) {
        return;
    }
    size_t end = size.ws_col - 1;
    while (end > 0 && ((unsigned char)line[end] & 0xC0) == 0x80) {
        end--;
    }
    line[end] = '\0';
}

static bool report(void *user, double done, double total, double divergence)
{
    umi_progress *progress = user;
    char line[UMI_PROGRESS_LINE];
    if (umi_progress_line(progress, done, total, divergence, umi_clock_now(), line)) {
        if (progress->mode == UMI_PROGRESS_IN_PLACE) {
            fit_terminal(line);
            umi_log_status_line(line);
        } else {
            fprintf(stderr, "%s\n", line);
        }
    }
    return umi_signals_caught() == 0;
}

um_progress umi_progress_callback(umi_progress *progress)
{
    um_progress callback = {report, progress};
    return callback;
}

void umi_progress_finish(umi_progress *progress)
{
    if (progress->mode == UMI_PROGRESS_IN_PLACE) {
        umi_log_status_line("");
    }
    progress->mode = UMI_PROGRESS_HIDDEN;
}
