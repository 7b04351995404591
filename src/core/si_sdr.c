#include "unmingle/si_sdr.h"

#include <math.h>
#include <stdbool.h>

/* The energy that is added on both sides of a ratio, and to |s|^2 where it divides. */
static const double TINY_ENERGY = 1e-12;

double um_energy_ratio(double signal, double error)
{
    return 10 * log10((signal + TINY_ENERGY) / (error + TINY_ENERGY));
}

static bool same_shape(um_cview a, um_cview b)
{
    return a.rows == b.rows && a.cols == b.cols;
}

um_status um_sdr(um_cview reference, um_cview estimate, double *result)
{
    if (!same_shape(reference, estimate)) {
        return UM_ERR_ARGUMENT;
    }
    double signal = 0, error = 0;
    for (size_t t = 0; t < reference.rows; t++) {
        const float *s = um_crow(reference, t), *e = um_crow(estimate, t);
        for (size_t c = 0; c < reference.cols; c++) {
            double difference = (double)s[c] - (double)e[c];
            signal += (double)s[c] * (double)s[c];
            error += difference * difference;
        }
    }
    *result = um_energy_ratio(signal, error);
    return UM_OK;
}

um_status um_si_sdr_correlate(um_si_sdr_sums *sums, um_cview reference, um_cview estimate)
{
    if (!same_shape(reference, estimate)) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t t = 0; t < reference.rows; t++) {
        const float *s = um_crow(reference, t), *e = um_crow(estimate, t);
        for (size_t c = 0; c < reference.cols; c++) {
            sums->reference_energy += (double)s[c] * (double)s[c];
            sums->correlation += (double)s[c] * (double)e[c];
        }
    }
    return UM_OK;
}

/* The error could be had from the first pass's sums as |e|^2 - <s, e>^2 / |s|^2, but that
 * difference of near equals drowns in rounding for good estimates: hence the second pass. */
um_status um_si_sdr_measure(um_si_sdr_sums *sums, um_cview reference, um_cview estimate)
{
    if (!same_shape(reference, estimate)) {
        return UM_ERR_ARGUMENT;
    }
    double gain = sums->correlation / (sums->reference_energy + TINY_ENERGY);
    for (size_t t = 0; t < reference.rows; t++) {
        const float *s = um_crow(reference, t), *e = um_crow(estimate, t);
        for (size_t c = 0; c < reference.cols; c++) {
            double target = gain * (double)s[c], error = (double)e[c] - target;
            sums->target_energy += target * target;
            sums->error_energy += error * error;
        }
    }
    return UM_OK;
}

double um_si_sdr_result(const um_si_sdr_sums *sums)
{
    return um_energy_ratio(sums->target_energy, sums->error_energy);
}

um_status um_si_sdr(um_cview reference, um_cview estimate, double *result)
{
    um_si_sdr_sums sums = {0};
    um_status status = um_si_sdr_correlate(&sums, reference, estimate);
    if (status == UM_OK) {
        status = um_si_sdr_measure(&sums, reference, estimate);
    }
    if (status == UM_OK) {
        *result = um_si_sdr_result(&sums);
    }
    return status;
}
