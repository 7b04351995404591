#include "core/place.h"

#include "core/hermitian.h"

#include <math.h>

/* Of the power iteration. Where it converges slowly no direction stands out, and the share says so.
 */
enum { ITERATIONS = 50 };

typedef double complex matrix[UMI_PLACE_CHANNELS_MAX][UMI_PLACE_CHANNELS_MAX];

static double sum_of(const double *values, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

static void sum_bins(const double *sums, size_t n_channels, size_t n_bins, matrix A)
{
    for (size_t i = 0; i < n_channels; i++) {
        for (size_t j = i; j < n_channels; j++) {
            double real = sum_of(sums + (i * n_channels + j) * n_bins, n_bins);
            double imaginary = i < j ? sum_of(sums + (j * n_channels + i) * n_bins, n_bins) : 0.0;
            A[i][j] = real + I * imaginary;
            A[j][i] = conj(A[i][j]);
        }
    }
}

static double length_of(const double complex *x, size_t n)
{
    double squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        squares += creal(x[i] * conj(x[i]));
    }
    return sqrt(squares);
}

umi_place umi_place_of(const double *sums, size_t n_channels, size_t n_bins)
{
    matrix A;
    umi_place place = {{0}, 0.0};
    double trace = 0.0;
    size_t loudest = 0;
    sum_bins(sums, n_channels, n_bins, A);
    for (size_t i = 0; i < n_channels; i++) {
        trace += creal(A[i][i]);
        loudest = creal(A[i][i]) > creal(A[loudest][loudest]) ? i : loudest;
    }
    if (!(trace > 0.0)) {
        return place;
    }
    /* A column of the matrix: nothing of the direction that is looked for can be missing in it. */
    double complex x[UMI_PLACE_CHANNELS_MAX];
    double length = 0.0;
    for (size_t i = 0; i < n_channels; i++) {
        x[i] = A[i][loudest];
    }
    for (size_t n = 0; n <= ITERATIONS; n++) {
        length = length_of(x, n_channels);
        for (size_t i = 0; i < n_channels; i++) {
            place.direction[i] = x[i] / length;
        }
        for (size_t i = 0; i < n_channels; i++) {
            x[i] = 0.0;
            for (size_t j = 0; j < n_channels; j++) {
                x[i] += A[i][j] * place.direction[j];
            }
        }
    }
    place.share = fmin(length_of(x, n_channels) / trace, 1.0);
    return place;
}

double umi_place_angle(const umi_place *a, const umi_place *b, size_t n_channels)
{
    double complex product = 0.0;
    for (size_t i = 0; i < n_channels; i++) {
        product += conj(a->direction[i]) * b->direction[i];
    }
    return acos(fmin(cabs(product), 1.0)) * 180.0 / acos(-1.0);
}

/* The lower half of R at a bin. */
static void covariance_at(const float *covariance, size_t n_channels, size_t n_bins, size_t f,
                          umi_hermitian R)
{
    for (size_t i = 0; i < n_channels; i++) {
        for (size_t j = 0; j <= i; j++) {
            double real = (double)covariance[(j * n_channels + i) * n_bins + f];
            double imaginary = i != j ? (double)covariance[(i * n_channels + j) * n_bins + f] : 0.0;
            R[i][j] = real - I * imaginary;
        }
    }
}

void umi_place_fit_add(umi_place_fit *fit, const float *covariance, const float *spectrum,
                       size_t n_channels, size_t n_bins)
{
    for (size_t f = 0; f < n_bins; f++) {
        double complex x[UMI_PLACE_CHANNELS_MAX], z[UMI_PLACE_CHANNELS_MAX];
        for (size_t c = 0; c < n_channels; c++) {
            const float *value = spectrum + 2 * (c * n_bins + f);
            x[c] = (double)value[0] + I * (double)value[1];
            z[c] = x[c];
        }
        double length = length_of(x, n_channels);
        if (!(length > 0.0)) {
            continue;
        }
        umi_hermitian R;
        double quotient = 0.0, log_determinant = 0.0;
        covariance_at(covariance, n_channels, n_bins, f, R);
        (void)umi_hermitian_factorise(n_channels, R); /* definite, as covariances are */
        umi_hermitian_solve(n_channels, R, z);
        for (size_t c = 0; c < n_channels; c++) {
            quotient += creal(conj(x[c]) * z[c]);
            log_determinant += 2.0 * log(creal(R[c][c]));
        }
        quotient /= length * length;
        fit->sum -= length * (log_determinant + (double)n_channels * log(quotient));
        fit->weight += length;
    }
}
