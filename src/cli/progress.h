/* Long work's one line on standard error:
 *
 *      43 %, 0:16 left, 0:12 gone: song.wav: learning, divergence 1.234e+04
 *
 * On a terminal it is redrawn in place, at most 10 times a second. With --progress and no terminal
 * it is a line of its own, at most one a second, for programs to read. Otherwise nothing is shown,
 * but the work can be stopped by a signal all the same. For the main thread. */
#ifndef UMI_CLI_PROGRESS_H
#define UMI_CLI_PROGRESS_H

#include "cli/options.h"
#include "unmingle/progress.h"

#include <stdbool.h>
#include <stddef.h>

enum { UMI_PROGRESS_NAME = 256, UMI_PROGRESS_LINE = 512 };

typedef enum umi_progress_mode {
    UMI_PROGRESS_HIDDEN,
    UMI_PROGRESS_IN_PLACE,
    UMI_PROGRESS_LINES
} umi_progress_mode;

typedef struct umi_progress {
    umi_progress_mode mode;
    char name[UMI_PROGRESS_NAME]; /* what is worked on */
    const char *phase;            /* what is being done, for people: "learning"; NULL: not told */
    double from, to;              /* the share of the whole work that the phase is, in 0..1 */
    double started;               /* seconds on the clock */
    double shown;                 /* when the line was last drawn */
    double divergence;            /* the last one known, or NaN */
} umi_progress;

/* Begins the work on `name` (copied): the clock starts. The mode follows from --quiet, --progress
 * and whether standard error is a terminal. */
void umi_progress_start(umi_progress *progress, const umi_options *options, const char *name);

/* Work on another thing, or said otherwise; the clock goes on. */
void umi_progress_rename(umi_progress *progress, const char *name);

/* Now comes `phase` (a literal; NULL: none is told), which is the work from share `from` to `to`, 0
 * <= from <= to <= 1.
 */
void umi_progress_phase(umi_progress *progress, const char *phase, double from, double to);

/* To hand to the library; it lives as long as `progress`. Cancels when a signal was caught. */
um_progress umi_progress_callback(umi_progress *progress);

/* Takes the line away, however the work ended. What is to be said of it, log.h says. */
void umi_progress_finish(umi_progress *progress);

/* The same as a report at `now` seconds, but without the clock: true when the line is due again,
 * and then it is in `line`. */
bool umi_progress_line(umi_progress *progress, double done, double total, double divergence,
                       double now, char line[UMI_PROGRESS_LINE]);

/* 0:09, 12:34, 1:02:03. Negative or not finite: "?". */
void umi_format_duration(double seconds, char *text, size_t size);

#endif
