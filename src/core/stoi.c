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

/* -- A segment --------------------------------------------------------------------------------- */

/* Takes the mean off n values that lie `stride` apart and scales them to norm 1; values that are
 * all the same become 0. */
static void normalise(double *values, size_t n, size_t stride)
{
    double mean = 0, energy = 0;
    for (size_t i = 0; i < n; i++) {
        mean += values[i * stride];
    }
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) {
        values[i * stride] -= mean;
        energy += values[i * stride] * values[i * stride];
    }
    double scale = energy > 0 ? 1 / sqrt(energy) : 0;
    for (size_t i = 0; i < n; i++) {
        values[i * stride] *= scale;
    }
}

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* clipped = y at the level of x, but not above what an SDR of -15 dB would leave. A comparison, for
 * fmin would hide what is not a number. */
static void clip(const double *x, const double *y, double *clipped)
{
    double energy = product(y, y, SEGMENT);
    double gain = energy > 0 ? sqrt(product(x, x, SEGMENT) / energy) : 0;
    double most = 1 + pow(10, 15.0 / 20);
    for (size_t m = 0; m < SEGMENT; m++) {
        clipped[m] = gain * y[m] > most * x[m] ? most * x[m] : gain * y[m];
    }
}

/* Adds the segment of the last frames. */
static void add_segment(um_stoi *stoi)
{
    double x[N_BANDS][SEGMENT], y[N_BANDS][SEGMENT], clipped[SEGMENT], sum = 0;
    for (size_t j = 0; j < N_BANDS; j++) {
        for (size_t m = 0; m < SEGMENT; m++) {
            x[j][m] = stoi->clean.levels[m][j];
            y[j][m] = stoi->processed.levels[m][j];
        }
        clip(x[j], y[j], clipped);
        normalise(x[j], SEGMENT, 1);
        normalise(y[j], SEGMENT, 1);
        normalise(clipped, SEGMENT, 1);
        sum += product(x[j], clipped, SEGMENT);
    }
    stoi->stoi_sum += sum / N_BANDS;
    for (size_t m = 0; m < SEGMENT; m++) {
        normalise(&x[0][m], N_BANDS, SEGMENT);
        normalise(&y[0][m], N_BANDS, SEGMENT);
    }
    stoi->estoi_sum += product(x[0], y[0], (size_t)N_BANDS * SEGMENT) / SEGMENT;
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
        const double *band = stoi->spectrum + 2 * stoi->edges[j];
        levels[j] = sqrt(product(band, band, 2 * (stoi->edges[j + 1] - stoi->edges[j])));
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
