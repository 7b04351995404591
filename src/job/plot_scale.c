#include "job/plot_scale.h"

#include <math.h>
#include <stdio.h>

/* Pixels that a tick's label takes, with the gap to the next one. */
static const double time_gap = 64, level_gap = 36;

umi_frequency_scale umi_frequency_scale_of(double sample_rate)
{
    return (umi_frequency_scale){30, sample_rate / 2};
}

double umi_frequency_at(const umi_frequency_scale *scale, double place)
{
    return scale->low * pow(scale->high / scale->low, place);
}

double umi_frequency_place(const umi_frequency_scale *scale, double hertz)
{
    return log(hertz / scale->low) / log(scale->high / scale->low);
}

static umi_tick *add(umi_ticks *ticks, double place)
{
    umi_tick *tick = &ticks->ticks[ticks->n];
    ticks->n += ticks->n + 1 < UMI_TICKS_MAX;
    tick->place = place;
    return tick;
}

void umi_frequency_ticks(const umi_frequency_scale *scale, double pixels, double label,
                         umi_ticks *ticks)
{
    static const double digits[] = {1, 2, 5};
    double decades = log10(scale->high / scale->low);
    /* An octave is the smallest step; where that is too narrow, decades alone are told. */
    size_t step = pixels / decades * log10(2) < label ? 3 : 1;
    *ticks = (umi_ticks){.unit = "Hz"};
    for (int decade = -3; decade <= 6; decade++) {
        for (size_t d = 0; d < 3; d += step) {
            double hertz = digits[d] * pow(10, decade);
            if (hertz < scale->low * 0.999 || hertz > scale->high * 1.001) {
                continue;
            }
            umi_tick *tick = add(ticks, umi_frequency_place(scale, hertz));
            if (decade >= 3) {
                snprintf(tick->text, sizeof tick->text, "%gk", hertz / 1000);
            } else {
                snprintf(tick->text, sizeof tick->text, "%g", hertz);
            }
        }
    }
}

static void write_time(double seconds, double total, double step, umi_tick *tick)
{
    unsigned long whole = (unsigned long)rint(seconds);
    if (total < 60) {
        snprintf(tick->text, sizeof tick->text, "%.*f",
                 step < 0.01  ? 3
                 : step < 0.1 ? 2
                              : step < 1,
                 seconds);
    } else if (total < 3600) {
        snprintf(tick->text, sizeof tick->text, "%lu:%02lu", whole / 60, whole % 60);
    } else {
        snprintf(tick->text, sizeof tick->text, "%lu:%02lu", whole / 3600, whole / 60 % 60);
    }
}

void umi_time_ticks(double seconds, double pixels, umi_ticks *ticks)
{
    static const double steps[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05,  0.1,   0.2,   0.5,
                                   1,     2,     5,     10,   15,   30,    60,    120,   300,
                                   600,   900,   1800,  3600, 7200, 14400, 21600, 43200, 86400};
    size_t n_steps = sizeof steps / sizeof *steps;
    double wanted = fmax(seconds * time_gap / pixels, seconds / (UMI_TICKS_MAX - 2));
    size_t i = 0;
    while (i + 1 < n_steps && (steps[i] < wanted || (seconds >= 3600 && steps[i] < 60) ||
                               (seconds >= 60 && steps[i] < 1))) {
        i++;
    }
    double step = steps[i] * fmax(1, ceil(wanted / steps[i]));
    *ticks = (umi_ticks){.unit = seconds < 60 ? "s" : seconds < 3600 ? "min:s" : "h:min"};
    for (size_t k = 0; (double)k * step <= seconds * (1 + 1e-9); k++) {
        double at = (double)k * step;
        write_time(at, seconds, step, add(ticks, at / seconds));
    }
}

void umi_level_ticks(double low, double high, double pixels, umi_ticks *ticks)
{
    double wanted = (high - low) * level_gap / pixels;
    double step = wanted <= 5 ? 5 : wanted <= 10 ? 10 : 20;
    *ticks = (umi_ticks){.unit = "dBFS"};
    for (double level = ceil(low / step) * step; level <= high; level += step) {
        umi_tick *tick = add(ticks, (level - low) / (high - low));
        snprintf(tick->text, sizeof tick->text, "%.0f", level + 0.0); /* no -0 */
    }
}
