#include "unmingle/harmonic_atoms.h"

#include "core/stft.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double PI = 3.14159265358979323846;
static const double PITCH_MIN = -48.0, PITCH_MAX = 192.0;

enum { PARTIALS_MAX = 1000 };

um_harmonic_atoms_config um_harmonic_atoms_config_default(void)
{
    return (um_harmonic_atoms_config){
        .sample_rate = 0.0,
        .lowest_pitch = 21.0,
        .highest_pitch = 108.0,
        .pitch_step = 1.0,
        .n_partials = 40,
        .decay = 1.0,
        .floor = 0.0,
    };
}

static double frequency_of(double pitch)
{
    return 440.0 * exp2((pitch - 69.0) / 12.0);
}

/* Each comparison is false for NaN. */
static bool config_is_valid(const um_harmonic_atoms_config *c)
{
    return c != NULL && c->sample_rate > 0.0 && isfinite(c->sample_rate) &&
           c->lowest_pitch >= PITCH_MIN && c->highest_pitch >= c->lowest_pitch &&
           c->highest_pitch <= PITCH_MAX && frequency_of(c->highest_pitch) < c->sample_rate / 2.0 &&
           c->pitch_step >= 0.01 && c->pitch_step <= 12.0 && c->n_partials >= 1 &&
           c->n_partials <= PARTIALS_MAX && c->decay >= 0.0 && c->decay <= 10.0 &&
           c->floor >= 0.0 && c->floor <= 1.0;
}

size_t um_harmonic_atoms_count(const um_harmonic_atoms_config *config)
{
    if (!config_is_valid(config)) {
        return 0;
    }
    /* A range of whole steps ends on its last atom, however its quotient is rounded. */
    double steps = (config->highest_pitch - config->lowest_pitch) / config->pitch_step;
    return (size_t)floor(steps + 1e-6) + 1;
}

/* -- The main lobe ----------------------------------------------------------------------------- */

/* A window's transform moves with distances in units of sample_rate / length: so many points to
 * each keep the error of straight lines between them below 0.1 % of the peak. */
enum { POINTS_PER_UNIT = 32, UNITS_MAX = 16, POINTS_MAX = UNITS_MAX * POINTS_PER_UNIT };

typedef struct lobe {
    double value[POINTS_MAX + 1]; /* of the magnitude, 1 at the centre */
    size_t n;                     /* points before the lobe's end */
    double points_per_bin;
} lobe;

/* Magnitude of the window's transform at `unit` sample_rate / length from its centre. */
static double window_transform(const um_stft *stft, double unit)
{
    double re = 0.0, im = 0.0;
    for (size_t t = 0; t < stft->length; t++) {
        double phase = 2.0 * PI * unit * (double)t / (double)stft->length;
        re += (double)stft->analysis_window[t] * cos(phase);
        im += (double)stft->analysis_window[t] * sin(phase);
    }
    return hypot(re, im);
}

/* The lobe ends at the first minimum, which is 0 for most windows. */
static void measure_lobe(const um_stft *stft, lobe *l)
{
    double peak = window_transform(stft, 0.0);
    l->value[0] = 1.0;
    l->n = 1;
    while (l->n <= POINTS_MAX) {
        double unit = (double)l->n / POINTS_PER_UNIT;
        l->value[l->n] = window_transform(stft, unit) / peak;
        if (l->value[l->n] > l->value[l->n - 1]) {
            break;
        }
        l->n++;
    }
    l->points_per_bin = POINTS_PER_UNIT * (double)stft->length / (double)stft->fft_size;
}

static double lobe_at(const lobe *l, double bins)
{
    double point = fabs(bins) * l->points_per_bin;
    if (point >= (double)(l->n - 1)) {
        return 0.0;
    }
    size_t i = (size_t)point;
    return l->value[i] + (point - (double)i) * (l->value[i + 1] - l->value[i]);
}

/* -- Combs ------------------------------------------------------------------------------------- */

static void add_partial(const lobe *l, double centre, double gain, float *w, size_t n_bins)
{
    double half_width = (double)(l->n - 1) / l->points_per_bin;
    double first = fmax(ceil(centre - half_width), 0.0);
    double last = fmin(floor(centre + half_width), (double)(n_bins - 1));
    for (double bin = first; bin <= last; bin += 1.0) {
        w[(size_t)bin] += (float)(gain * lobe_at(l, bin - centre));
    }
}

/* Scales the row to sum to 1, the floor included. */
static void finish_row(float *w, size_t n_bins, double floor_share)
{
    double sum = 0.0;
    for (size_t b = 0; b < n_bins; b++) {
        sum += (double)w[b];
    }
    for (size_t b = 0; b < n_bins; b++) {
        double share = (double)w[b] / sum + floor_share / (double)n_bins;
        w[b] = (float)(share / (1.0 + floor_share));
    }
}

um_status um_harmonic_atoms_fill(const um_harmonic_atoms_config *config, const um_stft *stft,
                                 um_view W)
{
    if (stft == NULL || !config_is_valid(config) || W.data == NULL || W.stride < W.cols ||
        W.rows != um_harmonic_atoms_count(config) || W.cols != um_stft_n_bins(stft)) {
        return UM_ERR_ARGUMENT;
    }
    lobe l;
    measure_lobe(stft, &l);
    for (size_t k = 0; k < W.rows; k++) {
        double f0 = frequency_of(config->lowest_pitch + (double)k * config->pitch_step);
        float *w = um_row(W, k);
        memset(w, 0, W.cols * sizeof *w);
        for (size_t h = 1; h <= config->n_partials; h++) {
            double frequency = (double)h * f0;
            if (frequency >= config->sample_rate / 2.0) {
                break;
            }
            double centre = frequency * (double)stft->fft_size / config->sample_rate;
            add_partial(&l, centre, pow((double)h, -config->decay), w, W.cols);
        }
        finish_row(w, W.cols, config->floor);
    }
    return UM_OK;
}
