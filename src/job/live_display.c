#include "job/live_display.h"

#include "core/memory.h"
#include "job/thread.h"

#include <math.h>
#include <string.h>

static const double FRAMES_A_SECOND = 40.0;

/* What is gathered for one frame: maxima of power. */
typedef struct gathered {
    double bands[UMI_LIVE_BANDS];
    double activations[UMI_LIVE_ATOMS_MAX];
    size_t n_atoms;
    double in, out, levels[UMI_LIVE_SOURCES_MAX]; /* of samples */
    size_t n_sources, n_samples;
} gathered;

struct umi_live_display {
    double rate, full_scale;
    size_t n_bins, n_channels;
    size_t first[UMI_LIVE_BANDS], end[UMI_LIVE_BANDS]; /* bins of a band */
    gathered now;
    umi_lock *lock; /* of the frame */
    umi_live_frame frame;
};

umi_live_display *umi_live_display_new(double rate, size_t fft_size, size_t n_channels,
                                       double full_scale)
{
    umi_live_display *d = umi_alloc(1, sizeof *d);
    if (d == NULL) {
        return NULL;
    }
    d->lock = umi_lock_new();
    if (d->lock == NULL) {
        umi_free(d);
        return NULL;
    }
    d->rate = rate;
    d->full_scale = full_scale;
    d->n_bins = fft_size / 2 + 1;
    d->n_channels = n_channels;
    double high = fmin(UMI_LIVE_HIGH_HZ, rate / 2.0), step = log(high / UMI_LIVE_LOW_HZ);
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        double from = UMI_LIVE_LOW_HZ * exp(step * (double)b / UMI_LIVE_BANDS);
        double to = UMI_LIVE_LOW_HZ * exp(step * ((double)b + 1.0) / UMI_LIVE_BANDS);
        /* Low bands are narrower than bins: each has the nearest. */
        d->first[b] = (size_t)rint(from * (double)fft_size / rate);
        size_t end = (size_t)rint(to * (double)fft_size / rate);
        d->first[b] = d->first[b] < d->n_bins ? d->first[b] : d->n_bins - 1;
        d->end[b] = end > d->first[b] ? end : d->first[b] + 1;
        d->end[b] = d->end[b] < d->n_bins ? d->end[b] : d->n_bins;
    }
    return d;
}

void umi_live_display_free(umi_live_display *d)
{
    if (d != NULL) {
        umi_lock_free(d->lock);
        umi_free(d);
    }
}

/* dB above -90, of a power whose full scale is 1. */
static uint8_t byte_of(double power)
{
    double level = 255.0 / 90.0 * (10.0 * log10(power + 1e-12) + 90.0);
    return (uint8_t)(level < 0.0 ? 0.0 : level > 255.0 ? 255.0 : rint(level));
}

static double power_of(um_cview x)
{
    double sum = 0.0;
    for (size_t t = 0; t < x.rows; t++) {
        for (size_t c = 0; c < x.cols; c++) {
            sum += (double)um_crow(x, t)[c] * (double)um_crow(x, t)[c];
        }
    }
    return x.cols > 0 ? sum / (double)x.cols : 0.0;
}

void umi_live_display_sound(umi_live_display *d, um_cview in, um_cview out, const um_view *sources,
                            size_t n_sources)
{
    d->now.in += power_of(in);
    d->now.out += power_of(out);
    d->now.n_samples += in.rows;
    d->now.n_sources = n_sources;
    for (size_t i = 0; i < n_sources; i++) {
        d->now.levels[i] += power_of(um_const_view(sources[i]));
    }
}

/* The largest squared magnitude of each band, over the channels, raised into `bands`. */
static void raise_bands(const umi_live_display *d, const float *v, size_t n_channels, double scale,
                        double *bands)
{
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        for (size_t c = 0; c < n_channels; c++) {
            for (size_t f = d->first[b]; f < d->end[b]; f++) {
                double value = scale * (double)v[c * d->n_bins + f];
                bands[b] = fmax(bands[b], value * value);
            }
        }
    }
}

static void publish(umi_live_display *d)
{
    if (!umi_lock_enter_within(d->lock, 0.0)) {
        return; /* a reader is at it: the next one then */
    }
    umi_live_frame *f = &d->frame;
    f->number++;
    f->n_sources = d->now.n_sources;
    f->n_atoms = d->now.n_atoms;
    double n = (double)d->now.n_samples;
    f->in = byte_of(d->now.in / n);
    f->out = byte_of(d->now.out / n);
    for (size_t i = 0; i < f->n_sources; i++) {
        f->levels[i] = byte_of(d->now.levels[i] / n);
    }
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        f->bands[b] = byte_of(d->now.bands[b]);
    }
    for (size_t k = 0; k < f->n_atoms; k++) {
        f->activations[k] = byte_of(d->now.activations[k]);
    }
    umi_lock_leave(d->lock);
    memset(&d->now, 0, sizeof d->now);
}

void umi_live_display_frames(umi_live_display *d, um_cview V, um_cview H)
{
    /* A sum of magnitudes says little about loudness; that of some dozen bins beside each other,
     * which a partial is, is near to its peak. */
    double bin = 1.0 / d->full_scale, atom = bin / 16.0;
    d->now.n_atoms = H.cols < UMI_LIVE_ATOMS_MAX ? H.cols : UMI_LIVE_ATOMS_MAX;
    for (size_t t = 0; t < V.rows; t++) {
        raise_bands(d, um_crow(V, t), d->n_channels, bin, d->now.bands);
        for (size_t k = 0; k < d->now.n_atoms; k++) {
            double h = atom * (double)um_crow(H, t)[k];
            d->now.activations[k] = fmax(d->now.activations[k], h * h);
        }
    }
    if ((double)d->now.n_samples >= d->rate / FRAMES_A_SECOND) {
        publish(d);
    }
}

bool umi_live_display_newest(umi_live_display *d, uint64_t after, umi_live_frame *frame)
{
    umi_lock_enter(d->lock);
    bool newer = d->frame.number > after;
    if (newer) {
        *frame = d->frame;
    }
    umi_lock_leave(d->lock);
    return newer;
}

void umi_live_display_atom(const umi_live_display *d, const float *atom,
                           uint8_t bands[UMI_LIVE_BANDS])
{
    double power[UMI_LIVE_BANDS] = {0.0}, peak = 0.0;
    raise_bands(d, atom, 1, 1.0, power);
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        peak = fmax(peak, power[b]);
    }
    for (size_t b = 0; b < UMI_LIVE_BANDS; b++) {
        bands[b] = peak > 0.0 ? byte_of(power[b] / peak) : 0;
    }
}
