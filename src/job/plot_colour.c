#include "job/plot_colour.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* One of sRGB's values, 0..255, from a linear one (IEC 61966-2-1). */
static umi_rgb encode(double linear)
{
    double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
    return (umi_rgb)lrint(255 * fmin(fmax(value, 0), 1));
}

/* The inverse of CIELAB's curve. */
static double uncurve(double t)
{
    return t > 6.0 / 29 ? t * t * t : 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0 / 29);
}

/* CIELAB, white point D65, by XYZ to sRGB. */
static umi_rgb from_lab(double lightness, double a, double b)
{
    double fy = (lightness + 16) / 116;
    double X = 0.95047 * uncurve(fy + a / 500);
    double Y = uncurve(fy);
    double Z = 1.08883 * uncurve(fy - b / 200);
    umi_rgb red = encode(3.2404542 * X - 1.5371385 * Y - 0.4985314 * Z);
    umi_rgb green = encode(-0.9692660 * X + 1.8760108 * Y + 0.0415560 * Z);
    umi_rgb blue = encode(0.0556434 * X - 0.2040259 * Y + 1.0572252 * Z);
    return red << 16 | green << 8 | blue;
}

static umi_rgb on_helix(double u)
{
    double chroma = 68 * sin(pi * u);
    double hue = pi * (285.0 / 180 + u);
    return from_lab(100 * u, chroma * cos(hue), chroma * sin(hue));
}

umi_plot_colours umi_plot_colours_of(bool dark)
{
    if (dark) {
        return (umi_plot_colours){on_helix(0.07), 0xEEEBF0, 0xB0ABB5, 0x57525C, 0.07, 0.97, 0.3};
    }
    return (umi_plot_colours){on_helix(1), 0x1A181C, 0x5A565E, 0xC2BFC5, 1, 0.08, 0};
}

umi_rgb umi_plot_level_colour(const umi_plot_colours *colours, double share)
{
    double within = fmin(fmax(share, 0), 1);
    return on_helix(colours->from + (colours->to - colours->from) * within);
}

umi_rgb umi_plot_source_colour(const umi_plot_colours *colours, size_t source)
{
    static const umi_rgb table[] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                    0xE69F00, 0x56B4E9, 0x8C8C8C};
    umi_rgb colour = table[source % (sizeof table / sizeof *table)];
    return umi_plot_mix(colour, colours->ink, colours->lift);
}

umi_rgb umi_plot_mix(umi_rgb from, umi_rgb to, double share)
{
    umi_rgb mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        double a = from >> shift & 0xFF, b = to >> shift & 0xFF;
        mixed |= (umi_rgb)lrint(a + (b - a) * share) << shift;
    }
    return mixed;
}
