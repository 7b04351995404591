#include "unmingle/stoi.h"

#include "core/fft.h"
#include "core/memory.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { FRAME = 256, HOP = FRAME / 2, FFT_SIZE = 512, N_BANDS = 15, SEGMENT = 30 };

static const double PI = 3.14159265358979323846;

/* Centre of the lowest band, Hz. */
static const double LOWEST_HZ = 150;

/* -40 dB: frames whose energy is at most this share of the loudest one's are silence. */
static const double SILENCE = 1e-4;

/* The clean signal or the processed one. */
typedef struct side {
    double frame[FRAME];  /* samples that are gathered */
    double joined[FRAME]; /* the frames that were kept, overlapped and added: two hops, of
                             which the second still lacks the next frame's first half */
    double levels[SEGMENT][N_BANDS]; /* of the last frames, frame m in row m % SEGMENT */
} side;

struct um_stoi {
    umi_fft_double *fft;
    double *samples, *spectrum; /* of the FFT; samples past FRAME stay 0 */
    double window[FRAME];
    size_t edges[N_BANDS + 1]; /* band j is bins edges[j] .. edges[j + 1] - 1 */
    bool measuring;            /* the second pass has begun */
    double loudest;            /* energy of the clean signal's loudest frame */
    size_t n_gathered;         /* samples in `frame` of each signal */
    size_t n_kept;             /* frames that are no silence */
    side clean, processed;
    size_t n_segments;
    double stoi_sum, estoi_sum; /* over segments */
};

um_status um_stoi_new(um_stoi **out)
{
    *out = NULL;
    um_stoi *stoi = umi_alloc(1, sizeof *stoi);
    if (stoi == NULL) {
        return UM_ERR_MEMORY;
    }
    stoi->samples = umi_alloc(FFT_SIZE, sizeof(double));
    stoi->spectrum = umi_alloc(FFT_SIZE + 2, sizeof(double));
    if (stoi->samples == NULL || stoi->spectrum == NULL ||
        umi_fft_double_new(FFT_SIZE, &stoi->fft) != UM_OK) {
        um_stoi_free(stoi);
        return UM_ERR_MEMORY;
    }
    for (size_t t = 0; t < FRAME; t++) {
        stoi->window[t] = 0.5 - 0.5 * cos(2 * PI * (double)(t + 1) / (FRAME + 1));
    }
    /* Bands meet half-way on the scale of octaves, at the bin that is nearest. */
    for (size_t j = 0; j <= N_BANDS; j++) {
        double edge = LOWEST_HZ * pow(2, (2 * (double)j - 1) / 6);
        stoi->edges[j] = (size_t)lround(edge * FFT_SIZE / UM_STOI_RATE);
    }
    *out = stoi;
    return UM_OK;
}

void um_stoi_free(um_stoi *stoi)
{
    if (stoi == NULL) {
        return;
    }
    umi_fft_double_free(stoi->fft);
    umi_free(stoi->samples);
    umi_free(stoi->spectrum);
    umi_free(stoi);
}

/* -- A segment ---------------------------------------------------------------------------------
 * A segment's values are series that lie side by side: value i of series k at i * n_series + k.
 * Loops run over the series inside, whose sums do not wait for one another. */

enum { N_VALUES = SEGMENT * N_BANDS, MOST_SERIES = SEGMENT };

/* products[k] = sum over i of a's and b's values i of series k. */
static void multiply(const double *a, const double *b, size_t n_series, double *products)
{
    for (size_t k = 0; k < n_series; k++) {
        products[k] = 0;
    }
    for (size_t i = 0; i < N_VALUES; i += n_series) {
        for (size_t k = 0; k < n_series; k++) {
            products[k] += a[i + k] * b[i + k];
        }
    }
}

/* Takes its mean off every series and scales it to norm 1; one of equal values becomes 0. */
static void normalise(double *values, size_t n_series)
{
    double means[MOST_SERIES] = {0}, scales[MOST_SERIES];
    for (size_t i = 0; i < N_VALUES; i += n_series) {
        for (size_t k = 0; k < n_series; k++) {
            means[k] += values[i + k];
        }
    }
    for (size_t k = 0; k < n_series; k++) {
        means[k] /= (double)(N_VALUES / n_series);
    }
    for (size_t i = 0; i < N_VALUES; i += n_series) {
        for (size_t k = 0; k < n_series; k++) {
            values[i + k] -= means[k];
        }
    }
    multiply(values, values, n_series, scales);
    for (size_t k = 0; k < n_series; k++) {
        scales[k] = scales[k] > 0 ? 1 / sqrt(scales[k]) : 0;
    }
    for (size_t i = 0; i < N_VALUES; i += n_series) {
        for (size_t k = 0; k < n_series; k++) {
            values[i + k] *= scales[k];
        }
    }
}

/* Mean over the series of a's correlation with b; both are normalised. */
static double mean_correlation(const double *a, const double *b, size_t n_series)
{
    double products[MOST_SERIES], sum = 0;
    multiply(a, b, n_series, products);
    for (size_t k = 0; k < n_series; k++) {
        sum += products[k];
    }
    return sum / (double)n_series;
}

/* clipped = y, each band at the level of x, but not above what an SDR of -15 dB would leave. A
 * comparison, for fmin would hide what is not a number. */
static void clip(const double *x, const double *y, double *clipped)
{
    double gains[N_BANDS], energies[N_BANDS], most = 1 + pow(10, 15.0 / 20);
    multiply(x, x, N_BANDS, gains);
    multiply(y, y, N_BANDS, energies);
    for (size_t j = 0; j < N_BANDS; j++) {
        gains[j] = energies[j] > 0 ? sqrt(gains[j] / energies[j]) : 0;
    }
    for (size_t i = 0; i < N_VALUES; i += N_BANDS) {
        for (size_t j = 0; j < N_BANDS; j++) {
            double level = gains[j] * y[i + j], limit = most * x[i + j];
            clipped[i + j] = level > limit ? limit : level;
        }
    }
}

/* From a series a band to a series a frame. */
static void transpose(const double *bands, double *frames)
{
    for (size_t m = 0; m < SEGMENT; m++) {
        for (size_t j = 0; j < N_BANDS; j++) {
            frames[j * SEGMENT + m] = bands[m * N_BANDS + j];
        }
    }
}

/* Adds the segment of the last frames. */
static void add_segment(um_stoi *stoi)
{
    double x[N_VALUES], y[N_VALUES], clipped[N_VALUES], x_frames[N_VALUES], y_frames[N_VALUES];
    memcpy(x, stoi->clean.levels, sizeof x);
    memcpy(y, stoi->processed.levels, sizeof y);
    clip(x, y, clipped);
    normalise(x, N_BANDS);
    normalise(y, N_BANDS);
    normalise(clipped, N_BANDS);
    stoi->stoi_sum += mean_correlation(x, clipped, N_BANDS);
    transpose(x, x_frames);
    transpose(y, y_frames);
    normalise(x_frames, SEGMENT);
    normalise(y_frames, SEGMENT);
    stoi->estoi_sum += mean_correlation(x_frames, y_frames, SEGMENT);
    stoi->n_segments++;
}

/* -- Frames ------------------------------------------------------------------------------------ */

/* Writes the levels of the bands in joined sound. */
static void analyse(um_stoi *stoi, const double *joined, double *levels)
{
    for (size_t t = 0; t < FRAME; t++) {
        stoi->samples[t] = stoi->window[t] * joined[t];
    }
    umi_fft_double_forward(stoi->fft, stoi->samples, stoi->spectrum);
    for (size_t j = 0; j < N_BANDS; j++) {
        double energy = 0;
        for (size_t f = 2 * stoi->edges[j]; f < 2 * stoi->edges[j + 1]; f++) {
            energy += stoi->spectrum[f] * stoi->spectrum[f];
        }
        levels[j] = sqrt(energy);
    }
}

/* Appends the frame that was gathered to the joined sound; once that holds a whole frame of its
 * own, as it does from the second call on, finds the levels of it. */
static void join(um_stoi *stoi, side *s)
{
    for (size_t t = 0; t < HOP; t++) {
        s->joined[HOP + t] += stoi->window[t] * s->frame[t];
    }
    if (stoi->n_kept > 0) {
        analyse(stoi, s->joined, s->levels[(stoi->n_kept - 1) % SEGMENT]);
    }
    for (size_t t = 0; t < HOP; t++) {
        s->joined[t] = s->joined[HOP + t];
        s->joined[HOP + t] = stoi->window[HOP + t] * s->frame[HOP + t];
    }
}

/* Deals with the frame that was gathered. */
static void take_frame(um_stoi *stoi)
{
    double energy = 0;
    for (size_t t = 0; t < FRAME; t++) {
        double value = stoi->window[t] * stoi->clean.frame[t];
        energy += value * value;
    }
    if (!stoi->measuring) {
        stoi->loudest = energy > stoi->loudest ? energy : stoi->loudest;
        return;
    }
    /* What is not a number is no silence: it shall be seen in the figures. */
    if (energy <= SILENCE * stoi->loudest) {
        return;
    }
    join(stoi, &stoi->clean);
    join(stoi, &stoi->processed);
    if (stoi->n_kept >= SEGMENT) {
        add_segment(stoi);
    }
    stoi->n_kept++;
}

/* A full frame waits for one sample more, since a signal's last frame is not one. Without
 * `processed`, its frame is left alone. */
static void gather(um_stoi *stoi, um_cview clean, const um_cview *processed)
{
    for (size_t t = 0; t < clean.rows; t++) {
        if (stoi->n_gathered == FRAME) {
            take_frame(stoi);
            memcpy(stoi->clean.frame, stoi->clean.frame + HOP, HOP * sizeof(double));
            memcpy(stoi->processed.frame, stoi->processed.frame + HOP, HOP * sizeof(double));
            stoi->n_gathered = HOP;
        }
        stoi->clean.frame[stoi->n_gathered] = (double)*um_crow(clean, t);
        if (processed != NULL) {
            stoi->processed.frame[stoi->n_gathered] = (double)*um_crow(*processed, t);
        }
        stoi->n_gathered++;
    }
}

um_status um_stoi_survey(um_stoi *stoi, um_cview clean)
{
    if (clean.cols != 1 || stoi->measuring) {
        return UM_ERR_ARGUMENT;
    }
    gather(stoi, clean, NULL);
    return UM_OK;
}

um_status um_stoi_measure(um_stoi *stoi, um_cview clean, um_cview processed)
{
    if (clean.cols != 1 || processed.cols != 1 || clean.rows != processed.rows) {
        return UM_ERR_ARGUMENT;
    }
    if (!stoi->measuring) {
        stoi->measuring = true;
        stoi->n_gathered = 0;
    }
    gather(stoi, clean, &processed);
    return UM_OK;
}

um_stoi_figures um_stoi_result(const um_stoi *stoi)
{
    if (stoi->n_segments == 0) {
        return (um_stoi_figures){NAN, NAN};
    }
    double n = (double)stoi->n_segments;
    return (um_stoi_figures){stoi->stoi_sum / n, stoi->estoi_sum / n};
}
