/* What stands round a plot: its outline, axes, the legend of its levels, titles. */
#ifndef UMI_JOB_PLOT_FRAME_H
#define UMI_JOB_PLOT_FRAME_H

#include "job/plot_colour.h"
#include "job/plot_scale.h"

/* Sizes of text, pixels. */
enum { UMI_TITLE_SIZE = 16, UMI_NAME_SIZE = 13, UMI_TICK_SIZE = 12 };

/* Room that axes and legend take beside a box. */
enum { UMI_ROOM_LEFT = 48, UMI_ROOM_BELOW = 26, UMI_ROOM_LEGEND = 74 };

/* Where things are drawn, and how. */
typedef struct umi_plot {
    umi_picture *picture;
    umi_plot_colours colours;
} umi_plot;

void umi_plot_outline(const umi_plot *plot, umi_box box);

/* Ticks from the bottom up, left of the box, or from left to right below it; the unit is at an
 * end of the axis. */
void umi_plot_axis_left(const umi_plot *plot, umi_box box, const umi_ticks *ticks);
void umi_plot_axis_below(const umi_plot *plot, umi_box box, const umi_ticks *ticks);

/* Faint lines from the bottom to the top of the box, to read its ticks below by. */
void umi_plot_grid(const umi_plot *plot, umi_box box, const umi_ticks *ticks);

/* The colours of levels from `low` to `high` dB, right of the box. */
void umi_plot_legend(const umi_plot *plot, umi_box box, double low, double high);

/* Text at its baseline y: what explains. */
void umi_plot_note(const umi_plot *plot, double x, double y, const char *text, umi_align align);

/* A page's head, from x to `right`: its title and, at the right end, what explains. */
void umi_plot_head(const umi_plot *plot, double x, double right, double y, const char *title,
                   const char *note);

/* A name, whose end is left out beyond `width`; and that of a source after a patch of its colour.
 */
void umi_plot_name(const umi_plot *plot, double x, double y, const char *text, double width);
void umi_plot_source_name(const umi_plot *plot, double x, double y, double width, size_t source,
                          const char *name);

#endif
