#include "job/atoms_remap.h"

#include "core/error.h"
#include "core/matrix.h"

#include <math.h>

static const double FLOOR = 1e-6;

/* The integral of the atom from bin 0 to x, in bins, straight lines between bins. */
static double integral(const float *atom, size_t n, double x)
{
    double sum = 0.0;
    size_t whole = (size_t)x;
    for (size_t f = 0; f < whole && f + 1 < n; f++) {
        sum += 0.5 * ((double)atom[f] + (double)atom[f + 1]);
    }
    if (whole + 1 < n) {
        double part = x - (double)whole, a = (double)atom[whole], b = (double)atom[whole + 1];
        sum += part * (a + 0.5 * part * (b - a));
    }
    return sum;
}

static double between(const float *atom, size_t n, double x)
{
    size_t whole = (size_t)x;
    if (whole + 1 >= n) {
        return (double)atom[n - 1];
    }
    double part = x - (double)whole;
    return (1.0 - part) * (double)atom[whole] + part * (double)atom[whole + 1];
}

/* The atom at bin x, in bins of its own, over a bin `width` of them wide. */
static double value_at(const float *atom, size_t n, double x, double width)
{
    if (width <= 1.0) {
        return between(atom, n, x);
    }
    double low = fmax(x - 0.5 * width, 0.0), high = fmin(x + 0.5 * width, (double)(n - 1));
    return high > low ? (integral(atom, n, high) - integral(atom, n, low)) / (high - low)
                      : between(atom, n, x);
}

um_status umi_atoms_remap(um_cview from, double from_hz, um_view to, double to_hz, um_error *error)
{
    double width = to_hz / from_hz;
    if (!(width <= UMI_REMAP_MAX && width >= 1.0 / UMI_REMAP_MAX)) {
        return umi_error_set(error, UM_ERR_CONFIG,
                             "atoms of bins %.2f Hz apart cannot stand for bins %.2f Hz apart",
                             from_hz, to_hz);
    }
    for (size_t k = 0; k < from.rows; k++) {
        const float *atom = um_crow(from, k);
        double mean = umi_matrix_sum(um_cview_of(atom, 1, from.cols)) / (double)from.cols;
        for (size_t f = 0; f < to.cols; f++) {
            double x = (double)f * width;
            double value = x <= (double)(from.cols - 1) ? value_at(atom, from.cols, x, width) : 0.0;
            um_row(to, k)[f] = (float)fmax(value, FLOOR * mean);
        }
        if (!umi_row_normalise(um_row(to, k), to.cols)) {
            return umi_error_set(error, UM_ERR_CONFIG, "atom %zu is all zero", k);
        }
    }
    return UM_OK;
}
