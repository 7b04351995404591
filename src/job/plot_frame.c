#include "job/plot_frame.h"

#include "format/utf8.h"

#include <stdio.h>
#include <string.h>

/* Of ticks, and from them to their labels; of the legend's bar, and from the box to it. */
static const double tick_length = 4, label_gap = 4, bar_gap = 12, bar_width = 12;
static const double patch = 10; /* of colour, before a name */

enum { LEGEND_STEPS = 128, TEXT_SIZE = 512 };

static void stroke(const umi_plot *plot, double x0, double y0, double x1, double y1)
{
    const umi_point points[] = {{x0, y0}, {x1, y1}};
    umi_picture_line(plot->picture, points, 2, 1, plot->colours.rule);
}

void umi_plot_outline(const umi_plot *plot, umi_box box)
{
    double left = box.x - 0.5, top = box.y - 0.5;
    double right = box.x + box.width + 0.5, bottom = box.y + box.height + 0.5;
    const umi_point points[] = {
        {left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}};
    umi_picture_line(plot->picture, points, 5, 1, plot->colours.rule);
}

void umi_plot_grid(const umi_plot *plot, umi_box box, const umi_ticks *ticks)
{
    umi_rgb colour = umi_plot_mix(plot->colours.page, plot->colours.rule, 0.5);
    for (size_t i = 0; i < ticks->n; i++) {
        double x = box.x + box.width * ticks->ticks[i].place;
        const umi_point points[] = {{x, box.y}, {x, box.y + box.height}};
        umi_picture_line(plot->picture, points, 2, 1, colour);
    }
}

void umi_plot_note(const umi_plot *plot, double x, double y, const char *text, umi_align align)
{
    umi_text_style style = {UMI_TICK_SIZE, plot->colours.quiet, align, false};
    umi_picture_text(plot->picture, x, y, text, &style);
}

void umi_plot_axis_left(const umi_plot *plot, umi_box box, const umi_ticks *ticks)
{
    for (size_t i = 0; i < ticks->n; i++) {
        double y = box.y + box.height * (1 - ticks->ticks[i].place);
        stroke(plot, box.x - 1 - tick_length, y, box.x - 1, y);
        umi_plot_note(plot, box.x - 1 - tick_length - label_gap, y + 0.36 * UMI_TICK_SIZE,
                      ticks->ticks[i].text, UMI_ALIGN_RIGHT);
    }
    umi_plot_note(plot, box.x - 1 - tick_length - label_gap, box.y - 10, ticks->unit,
                  UMI_ALIGN_RIGHT);
}

void umi_plot_axis_below(const umi_plot *plot, umi_box box, const umi_ticks *ticks)
{
    double bottom = box.y + box.height + 1;
    double baseline = bottom + tick_length + UMI_TICK_SIZE;
    umi_text_style style = {UMI_TICK_SIZE, plot->colours.quiet, UMI_ALIGN_RIGHT, false};
    double unit = umi_picture_text_width(plot->picture, ticks->unit, &style) + 8;
    /* The unit is at the end of the axis that the ticks leave free. */
    bool first = ticks->n > 0 && ticks->ticks[0].place * box.width > unit + UMI_LABEL_ALONG / 2;
    double free = box.x + box.width - (first ? -UMI_LABEL_ALONG : unit);
    for (size_t i = 0; i < ticks->n; i++) {
        const umi_tick *tick = &ticks->ticks[i];
        double x = box.x + box.width * tick->place;
        double half = 0.5 * umi_picture_text_width(plot->picture, tick->text, &style);
        stroke(plot, x, bottom, x, bottom + tick_length);
        if (x + half <= free) {
            umi_plot_note(plot, x, baseline, tick->text, UMI_ALIGN_CENTRE);
        }
    }
    umi_plot_note(plot, first ? box.x : box.x + box.width, baseline, ticks->unit,
                  first ? UMI_ALIGN_LEFT : UMI_ALIGN_RIGHT);
}

void umi_plot_legend(const umi_plot *plot, umi_box box, double low, double high)
{
    umi_rgb pixels[LEGEND_STEPS];
    umi_ticks ticks;
    umi_box bar = {box.x + box.width + bar_gap, box.y, bar_width, box.height};
    for (size_t i = 0; i < LEGEND_STEPS; i++) {
        double share = 1 - ((double)i + 0.5) / LEGEND_STEPS;
        pixels[i] = umi_plot_level_colour(&plot->colours, share);
    }
    for (size_t i = 0; i < LEGEND_STEPS; i++) {
        double top = bar.height * (double)i / LEGEND_STEPS;
        /* To the bottom: what the next step covers leaves no seam between them. */
        umi_picture_rectangle(
            plot->picture, (umi_box){bar.x, bar.y + top, bar.width, bar.height - top}, pixels[i]);
    }
    umi_plot_outline(plot, bar);
    umi_level_ticks(low, high, bar.height, &ticks);
    double right = bar.x + bar.width + 1;
    for (size_t i = 0; i < ticks.n; i++) {
        double y = bar.y + bar.height * (1 - ticks.ticks[i].place);
        stroke(plot, right, y, right + tick_length, y);
        umi_plot_note(plot, right + tick_length + label_gap, y + 0.36 * UMI_TICK_SIZE,
                      ticks.ticks[i].text, UMI_ALIGN_LEFT);
    }
    umi_plot_note(plot, right + tick_length + label_gap, box.y - 10, ticks.unit, UMI_ALIGN_LEFT);
}

/* Takes characters away until the text fits. */
static void write_fitted(const umi_plot *plot, double x, double y, const char *text, double width,
                         const umi_text_style *style)
{
    char shown[TEXT_SIZE], fitted[TEXT_SIZE + 4];
    umi_utf8_printable(text, shown, sizeof shown);
    snprintf(fitted, sizeof fitted, "%s", shown);
    size_t n = strlen(shown);
    while (n > 0 && umi_picture_text_width(plot->picture, fitted, style) > width) {
        do {
            n--;
        } while (n > 0 && (shown[n] & 0xC0) == 0x80);
        snprintf(fitted, sizeof fitted, "%.*s...", (int)n, shown);
    }
    umi_picture_text(plot->picture, x, y, fitted, style);
}

void umi_plot_head(const umi_plot *plot, double x, double right, double y, const char *title,
                   const char *note)
{
    umi_text_style style = {UMI_TITLE_SIZE, plot->colours.ink, UMI_ALIGN_LEFT, true};
    umi_text_style small = {UMI_TICK_SIZE, plot->colours.quiet, UMI_ALIGN_RIGHT, false};
    double taken = umi_picture_text_width(plot->picture, note, &small) + 2 * UMI_TITLE_SIZE;
    umi_picture_text(plot->picture, right, y, note, &small);
    write_fitted(plot, x, y, title, right - taken - x, &style);
}

void umi_plot_name(const umi_plot *plot, double x, double y, const char *text, double width)
{
    umi_text_style style = {UMI_NAME_SIZE, plot->colours.ink, UMI_ALIGN_LEFT, false};
    write_fitted(plot, x, y, text, width, &style);
}

void umi_plot_source_name(const umi_plot *plot, double x, double y, double width, size_t source,
                          const char *name)
{
    umi_picture_rectangle(plot->picture, (umi_box){x, y - patch, patch, patch},
                          umi_plot_source_colour(&plot->colours, source));
    umi_plot_name(plot, x + 1.6 * patch, y, name, width - 1.6 * patch);
}
