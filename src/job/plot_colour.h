/* The colours of plots: of the page, of levels, of sources.
 *
 * Levels run from the page's colour, silence, to ink: from light to dark on a light page, which is
 * good in print, the other way on a dark one. They follow a helix in CIELAB (CIE 15) with an even
 * rise in lightness,
 *     L* = 100 u,   C* = 68 sin(pi u),   h = 285 deg + 180 deg u,   u = 0..1
 * In the a*b*-plane that is a circle through the grey axis, run through at constant speed: equal
 * steps of level are equal steps of colour (CIE 1976 difference) and of lightness alone, so that
 * those who see fewer colours, and grey copies, lose nothing. All of it lies within sRGB. */
#ifndef UMI_JOB_PLOT_COLOUR_H
#define UMI_JOB_PLOT_COLOUR_H

#include "io/picture.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct umi_plot_colours {
    umi_rgb page;
    umi_rgb ink;     /* titles and names */
    umi_rgb quiet;   /* ticks and what explains */
    umi_rgb rule;    /* frames and hairlines */
    double from, to; /* u of silence and of the loudest */
    double lift;     /* how far sources' colours go towards ink */
} umi_plot_colours;

umi_plot_colours umi_plot_colours_of(bool dark);

/* The colour at place `share` of the levels; outside 0..1 counts as the end there. */
umi_rgb umi_plot_level_colour(const umi_plot_colours *colours, double share);

/* Of source 0, 1, ...; after the seventh they begin again. Six of Okabe and Ito's, which people see
 * apart whatever their colour vision, those first that stand out from light and dark pages, and a
 * grey; brighter on a dark page. */
umi_rgb umi_plot_source_colour(const umi_plot_colours *colours, size_t source);

/* What is `share`, 0..1, of the way from one colour to the other. */
umi_rgb umi_plot_mix(umi_rgb from, umi_rgb to, double share);

#endif
