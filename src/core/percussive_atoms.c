#include "unmingle/percussive_atoms.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double PI = 3.14159265358979323846;

um_percussive_atoms_config um_percussive_atoms_config_default(void)
{
    return (um_percussive_atoms_config){
        .sample_rate = 0.0,
        .lowest_frequency = 60.0,
        .highest_frequency = 8000.0,
        .width = 2.0,
        .floor = 0.001,
    };
}

/* Each comparison is false for NaN. */
static bool config_is_valid(const um_percussive_atoms_config *c)
{
    return c != NULL && c->sample_rate > 0.0 && isfinite(c->sample_rate) &&
           c->lowest_frequency >= 0.1 && c->highest_frequency >= c->lowest_frequency &&
           c->highest_frequency <= c->sample_rate / 2.0 && c->width >= 0.1 && c->width <= 20.0 &&
           c->floor >= 0.0 && c->floor <= 1.0;
}

/* Writes the band round the bin `centre`, which need not be whole, and returns its sum. The bin of
 * frequency 0 is infinitely far from every centre. */
static double write_band(double centre, double width, float *w, size_t n_bins)
{
    double sum = 0.0;
    w[0] = 0.0F;
    for (size_t b = 1; b < n_bins; b++) {
        double distance = fabs(log2((double)b / centre));
        w[b] = distance < width ? (float)(0.5 + 0.5 * cos(PI * distance / width)) : 0.0F;
        sum += (double)w[b];
    }
    return sum;
}

um_status um_percussive_atoms_fill(const um_percussive_atoms_config *config, um_view W)
{
    if (!config_is_valid(config) || W.data == NULL || W.rows < 1 || W.cols < 2 ||
        W.stride < W.cols) {
        return UM_ERR_ARGUMENT;
    }
    double octaves = log2(config->highest_frequency / config->lowest_frequency);
    double bins_per_hz = 2.0 * (double)(W.cols - 1) / config->sample_rate;
    for (size_t k = 0; k < W.rows; k++) {
        double along = W.rows > 1 ? (double)k / (double)(W.rows - 1) : 0.5;
        double centre = config->lowest_frequency * exp2(along * octaves) * bins_per_hz;
        float *w = um_row(W, k);
        double sum = write_band(centre, config->width, w, W.cols);
        if (!(sum > 0.0)) {
            /* Rounding may put the highest centre past the last bin. */
            w[(size_t)fmin(round(centre), (double)(W.cols - 1))] = 1.0F;
            sum = 1.0;
        }
        for (size_t b = 0; b < W.cols; b++) {
            double share = (double)w[b] / sum + config->floor / (double)W.cols;
            w[b] = (float)(share / (1.0 + config->floor));
        }
    }
    return UM_OK;
}
