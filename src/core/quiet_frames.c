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

static int compare_energies(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The k-th smallest of the energies above `silence`, k from 1; they are sorted by it. */
static double kth_smallest(double *energies, size_t n, double silence, size_t k)
{
    qsort(energies, n, sizeof *energies, compare_energies);
    size_t first = 0;
    while (first < n && energies[first] <= silence) {
        first++;
    }
    if (first == n) {
        return -1.0;
    }
    return energies[first + k <= n ? first + k - 1 : n - 1];
}

static double frame_energy(const float *v, const double *levels, size_t n)
{
    double energy = 0.0;
    for (size_t f = 0; f < n; f++) {
        energy += (double)v[f] * (double)v[f] / levels[f];
    }
    return energy;
}

size_t umi_quiet_frames(um_cview V, double share, size_t least, size_t *frames, double *energies,
                        double *levels)
{
    if (V.rows == 0 || usual_levels(V, levels) == 0.0) {
        return 0;
    }
    double sum = 0.0;
    for (size_t t = 0; t < V.rows; t++) {
        energies[t] = frame_energy(um_crow(V, t), levels, V.cols);
        sum += energies[t];
    }
    size_t wanted = (size_t)(share * (double)V.rows);
    wanted = wanted < least ? least : wanted;
    double silence = SILENCE * sum / (double)V.rows;
    double limit = kth_smallest(energies, V.rows, silence, wanted);
    size_t n = 0;
    for (size_t t = 0; t < V.rows && n < wanted; t++) {
        double energy = frame_energy(um_crow(V, t), levels, V.cols);
        if (energy > silence && energy <= limit) {
            frames[n++] = t;
        }
    }
    return n;
}
