/* The pages that `plot` makes, one a kind of input: each lays out what the plot_*.h draw. */
#ifndef UMI_JOB_PLOT_PAGES_H
#define UMI_JOB_PLOT_PAGES_H

#include "io/picture.h"
#include "job/plot.h"
#include "job/plot_frame.h"
#include "job/recording.h"

/* Space round a page, and above a plot for its title. */
enum { UMI_PAGE_MARGIN = 16, UMI_PAGE_TITLE = 52 };

/* Each begins a picture of `kind` and draws all of it. On failure *out is NULL. */
um_status umi_plot_recording_page(const umi_plot_config *config, umi_picture_kind kind,
                                  umi_picture **out, um_error *error) UM_MUST_USE;
um_status umi_plot_dictionary_page(const umi_plot_config *config, umi_picture_kind kind,
                                   umi_picture **out, um_error *error) UM_MUST_USE;
um_status umi_plot_folder_page(const umi_plot_config *config, umi_picture_kind kind,
                               umi_picture **out, um_error *error) UM_MUST_USE;

/* "12.6 s, 44.1 kHz, stereo" */
void umi_plot_describe(const umi_recording *recording, char *text, size_t size);

/* Pixels of an image for each of the page's, one way: more where pages are scaled for print, unless
 * they are wide anyhow. */
size_t umi_plot_sharpness(const umi_plot_config *config, umi_picture_kind kind);

/* Begins the picture of a page of this height. UM_ERR_ARGUMENT when no picture can be so high,
 * UM_ERR_MEMORY. */
um_status umi_plot_begin(const umi_plot_config *config, umi_picture_kind kind, double height,
                         umi_plot *plot, um_error *error) UM_MUST_USE;

/* The last part of a path, for titles. */
const char *umi_plot_title_of(const char *path);

#endif
