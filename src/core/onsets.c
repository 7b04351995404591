#include "core/onsets.h"

#include <math.h>

enum { STEPS_BEFORE = 5 };

static const double JUMP = 8.0;

/* Of the loudest step: softer onsets are noise, and 90 dB below it is silence. */
static const double LEAST = 1e-3, SILENCE = 1e-9;

static double mean_before(const float *power, size_t i)
{
    size_t first = i < STEPS_BEFORE ? 0 : i - STEPS_BEFORE;
    double sum = 0.0;
    for (size_t j = first; j < i; j++) {
        sum += (double)power[j];
    }
    return i > 0 ? sum / (double)(i - first) : 0.0;
}

size_t umi_onsets_find(const float *power, size_t n, size_t *onsets)
{
    double loudest = 0.0;
    for (size_t i = 0; i < n; i++) {
        loudest = fmax(loudest, (double)power[i]);
    }
    if (loudest <= 0.0) {
        return 0;
    }
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        double now = (double)power[i], floor = SILENCE * loudest;
        if (now > LEAST * loudest && now + floor > JUMP * (mean_before(power, i) + floor) &&
            (n_found == 0 || i >= onsets[n_found - 1] + UMI_ONSETS_APART)) {
            onsets[n_found++] = i;
        }
    }
    if (n_found == 0) {
        onsets[n_found++] = 0;
    }
    return n_found;
}
