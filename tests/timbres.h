/* Two sources that differ in timbre, for tests that take sound apart: "low" hums, "high" rings. */
#ifndef TIMBRES_H
#define TIMBRES_H

#include <math.h>
#include <stddef.h>

enum { TIMBRES_RATE = 8000 };

typedef enum timbre { TIMBRE_LOW, TIMBRE_HIGH } timbre;

/* Sample i: three partials, in notes that swell and fade at a pace of their own. Below 0.4. */
static inline double timbre_sample(timbre which, size_t i)
{
    static const double base[2] = {200.0, 2600.0}, step[2] = {200.0, 430.0}, pace[2] = {3.1, 4.7};
    const double pi = 3.14159265358979;
    double t = (double)i / TIMBRES_RATE;
    double sum = 0.0;
    for (int partial = 0; partial < 3; partial++) {
        sum += sin(2 * pi * (base[which] + partial * step[which]) * t) / (1.0 + partial);
    }
    double swell = sin(pi * pace[which] * t);
    return 0.2 * sum * swell * swell;
}

/* How far `estimate`, every n_channels-th of its values, is from source `which`: the ratio of the
 * source's energy to that of the error, in dB. */
static inline double timbre_sdr(timbre which, const float *estimate, size_t n_frames,
                                size_t n_channels)
{
    double source = 0.0, error = 0.0;
    for (size_t i = 0; i < n_frames; i++) {
        double value = timbre_sample(which, i);
        double difference = value - (double)estimate[i * n_channels];
        source += value * value;
        error += difference * difference;
    }
    return 10.0 * log10(source / error);
}

#endif
