#include "job/atoms_remap.h"

#include "core/error.h"
#include "core/matrix.h"

#include <math.h>

/* Bins as many times as wide or narrow, frequencies as many times as high, are another sound. */
static const double RATIO_MAX = 16.0;

/* Of an atom's mean: its values where nothing is known of it. */
static const double UNKNOWN = 1e-4;

static double square(float x)
{
    return (double)x * (double)x;
}

/* Mean of w^2 over the band a..b, in bins: bin i reaches from i - 1/2 to i + 1/2, and what lies
 * outside of the n bins is 0. */
static double mean_power(const float *w, size_t n, double a, double b)
{
    a = fmax(a, 0.0); /* the lowest bin is half a bin wide */
    double end = fmin(b, (double)n - 0.5);
    double sum = 0.0;
    for (double at = a; at < end;) {
        size_t i = (size_t)floor(at + 0.5);
        double next = fmin((double)i + 0.5, end);
        sum += square(w[i < n ? i : n - 1]) * (next - at);
        at = next;
    }
    return sum / (b - a);
}

static double power_at(const float *w, size_t n, double at)
{
    size_t i = (size_t)at;
    if (i + 1 >= n) {
        return i < n ? square(w[i]) : 0.0;
    }
    double share = at - (double)i;
    return (1.0 - share) * square(w[i]) + share * square(w[i + 1]);
}

/* `ratio`: width of a new bin in old ones. */
static void remap_frame(const float *w, size_t n, double ratio, float *out, size_t n_out)
{
    double sum = 0.0;
    for (size_t f = 0; f < n_out; f++) {
        double at = (double)f * ratio;
        double power =
            ratio > 1.0 ? mean_power(w, n, at - ratio / 2, at + ratio / 2) : power_at(w, n, at);
        out[f] = (float)sqrt(power);
        sum += (double)out[f];
    }
    float unknown = (float)(UNKNOWN * sum / (double)n_out);
    for (size_t f = n_out; f-- > 0 && (double)f * ratio > (double)(n - 1);) {
        out[f] = fmaxf(out[f], unknown);
    }
}

um_status umi_atoms_remap(um_cview W, size_t n_frames, umi_bin_grid from, umi_bin_grid to,
                          const char *name, um_view out, um_error *error)
{
    double old_width = from.sample_rate / (double)from.fft_size;
    double width = to.sample_rate / (double)to.fft_size;
    size_t n = W.cols / n_frames, n_out = out.cols / n_frames;
    double ratio = width / old_width;
    if (!(ratio <= RATIO_MAX && ratio >= 1.0 / RATIO_MAX)) {
        return umi_error_set(error, UM_ERR_CONFIG,
                             "%s: its bins are %.4g Hz apart, and %.4g Hz are wanted: too far from "
                             "each other; learn it with a window nearer to that",
                             name, old_width, width);
    }
    double old_top = old_width * (double)(n - 1), top = width * (double)(n_out - 1);
    if (!(top <= RATIO_MAX * old_top)) {
        return umi_error_set(error, UM_ERR_CONFIG,
                             "%s: its atoms end at %.0f Hz, and %.0f Hz are wanted; learn it at a "
                             "higher sample rate",
                             name, old_top, top);
    }
    for (size_t k = 0; k < W.rows; k++) {
        for (size_t t = 0; t < n_frames; t++) {
            remap_frame(um_crow(W, k) + t * n, n, ratio, um_row(out, k) + t * n_out, n_out);
        }
        if (!umi_row_normalise(um_row(out, k), out.cols)) {
            return umi_error_set(error, UM_ERR_CONFIG,
                                 "%s: atom %zu has nothing below %.0f Hz, where it is wanted; its "
                                 "own transform reaches to %.0f Hz",
                                 name, k, top, old_top);
        }
    }
    return UM_OK;
}
