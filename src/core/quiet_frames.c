#include "core/quiet_frames.h"

#include <math.h>
#include <stdlib.h>

/* Of the mean of V: what keeps bins that are empty from deciding. */
static const double LEVEL_FLOOR = 0.02;

/* Of the mean energy: below is silence. */
static const double SILENCE = 1e-9;

/* Fills levels with what each bin's square is divided by; returns the mean of V. */
static double usual_levels(um_cview V, double *levels)
{
    double sum = 0.0;
    for (size_t f = 0; f < V.cols; f++) {
        levels[f] = 0.0;
    }
    for (size_t t = 0; t < V.rows; t++) {
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)um_crow(V, t)[f];
        }
    }
    double mean = sum / ((double)V.rows * (double)V.cols);
    for (size_t t = 0; t < V.rows && mean > 0.0; t++) {
        for (size_t f = 0; f < V.cols; f++) {
            levels[f] += (double)logf(um_crow(V, t)[f] / (float)mean + 1e-4f);
        }
    }
    for (size_t f = 0; f < V.cols; f++) {
        levels[f] = mean * (exp(levels[f] / (double)V.rows) + LEVEL_FLOOR);
    }
    return mean;
}

static double frame_energy(const float *v, const double *levels, size_t n)
{
    double energy = 0.0;
    for (size_t f = 0; f < n; f++) {
        energy += (double)v[f] * (double)v[f] / levels[f];
    }
    return energy;
}

/* Equal energies by time, so that the order is the same everywhere. */
static int compare_frames(const void *a, const void *b)
{
    const umi_quiet_frame *x = a, *y = b;
    if (x->energy != y->energy) {
        return x->energy < y->energy ? -1 : 1;
    }
    return x->t < y->t ? -1 : x->t > y->t;
}

size_t umi_quiet_frames(um_cview V, umi_quiet_frame *frames, double *levels)
{
    if (V.rows == 0 || usual_levels(V, levels) == 0.0) {
        return 0;
    }
    double sum = 0.0;
    for (size_t t = 0; t < V.rows; t++) {
        frames[t] = (umi_quiet_frame){frame_energy(um_crow(V, t), levels, V.cols), t};
        sum += frames[t].energy;
    }
    double silence = SILENCE * sum / (double)V.rows;
    size_t n = 0;
    for (size_t t = 0; t < V.rows; t++) {
        if (frames[t].energy > silence) {
            frames[n++] = frames[t];
        }
    }
    qsort(frames, n, sizeof *frames, compare_frames);
    return n;
}
