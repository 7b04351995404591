/* The scales of plots: where a frequency or a time lies, and where its axis has ticks. */
#ifndef UMI_JOB_PLOT_SCALE_H
#define UMI_JOB_PLOT_SCALE_H

#include <stddef.h>

enum { UMI_TICKS_MAX = 32, UMI_TICK_TEXT = 24 };

/* Pixels of a label, along an axis that goes up and along one that goes to the right. */
enum { UMI_LABEL_UP = 14, UMI_LABEL_ALONG = 28 };

typedef struct umi_tick {
    double place; /* share of the axis, 0..1 */
    char text[UMI_TICK_TEXT];
} umi_tick;

typedef struct umi_ticks {
    umi_tick ticks[UMI_TICKS_MAX];
    size_t n;
    const char *unit;
} umi_ticks;

/* Frequencies lie evenly by their logarithm, as pitches are heard. */
typedef struct umi_frequency_scale {
    double low, high; /* Hz, 0 < low < high */
} umi_frequency_scale;

/* From 30 Hz to half of the sample rate, which is at least 1000 Hz. */
umi_frequency_scale umi_frequency_scale_of(double sample_rate);

double umi_frequency_at(const umi_frequency_scale *scale, double place);
double umi_frequency_place(const umi_frequency_scale *scale, double hertz);

/* 50, 100, 200, 500, 1k and so on, or 100, 1k and 10k alone, on an axis of so many pixels, of which
 * a label takes `label`. */
void umi_frequency_ticks(const umi_frequency_scale *scale, double pixels, double label,
                         umi_ticks *ticks);

/* From 0 to so many seconds, above 0: seconds, minutes or hours by its length. */
void umi_time_ticks(double seconds, double pixels, umi_ticks *ticks);

/* From `low` to `high` dBFS (0 is a sine of full scale), in steps of 5, 10 or 20. */
void umi_level_ticks(double low, double high, double pixels, umi_ticks *ticks);

#endif
