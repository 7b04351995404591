/* The spectrogram of a recording, as large as its picture whatever the recording's length. */
#ifndef UMI_JOB_PLOT_SPECTROGRAM_H
#define UMI_JOB_PLOT_SPECTROGRAM_H

#include "job/plot_colour.h"
#include "job/plot_scale.h"
#include "job/recording.h"
#include "unmingle/parallel.h"

/* dB of colours: what is so far below the loudest is drawn as silence. */
enum { UMI_PLOT_RANGE = 70 };

typedef struct umi_spectrogram {
    size_t columns, rows; /* column c is the share c / columns .. (c + 1) / columns of the time */
    float *levels;        /* columns x rows, dB, from the lowest frequency on; 0 dB is a sine of
                             full scale. -INFINITY is silence. */
    double loudest;       /* dB; -INFINITY for all silent */
    umi_frequency_scale scale;
    double seconds;
} umi_spectrogram;

/* Measures so many columns and rows, each at least 1. A column has the mean power of its frames, of
 * all channels; a row is as in plot_bands.h. The window is umi_transform's, the hop as short as the
 * columns ask for. Takes memory of columns x rows and no more for a longer recording. What
 * umi_frame_walk says. */
um_status umi_spectrogram_measure(umi_recording *recording, size_t columns, size_t rows,
                                  const um_parallel *parallel, const um_progress *progress,
                                  umi_spectrogram *spectrogram, um_error *error) UM_MUST_USE;

/* An empty one (all zero) is fine. */
void umi_spectrogram_free(umi_spectrogram *spectrogram);

/* The loudest level on the legend: a multiple of 5 dB. */
double umi_spectrogram_top(const umi_spectrogram *spectrogram);

/* Fills the box. UM_ERR_MEMORY. */
um_status umi_spectrogram_draw(const umi_spectrogram *spectrogram, umi_picture *picture,
                               umi_box box, const umi_plot_colours *colours,
                               um_error *error) UM_MUST_USE;

#endif
