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

#endif
