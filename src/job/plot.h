/* The job of `plot`: a picture of a recording, a dictionary, or a folder that `separate` made. */
#ifndef UMI_JOB_PLOT_H
#define UMI_JOB_PLOT_H

#include "io/audio_reader.h"
#include "job/watch.h"
#include "unmingle/parallel.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { UMI_PLOT_WIDTH_MIN = 600, UMI_PLOT_WIDTH_MAX = 8000 };

typedef struct umi_plot_config {
    const char *input;  /* a file or a folder; "-": a recording on standard input */
    const char *output; /* ends in .png or .svg */
    bool force;         /* take the place of a file that is there */
    size_t width;       /* pixels, UMI_PLOT_WIDTH_MIN.._MAX */
    bool dark;          /* for dark pages */
    umi_audio_reader_options reader;
    um_parallel parallel;
    umi_watch watch;
} umi_plot_config;

/* Draws. UM_ERR_ARGUMENT for another ending; UM_ERR_CREATE, and what the readers of recordings and
 * dictionaries say; then nothing is left behind. */
um_status umi_plot_run(const umi_plot_config *config, um_error *error) UM_MUST_USE;

#endif
