#include "unmingle/matrix_mask.h"

#include "core/hermitian.h"
#include "core/matrix.h"
#include "core/memory.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Bins that one call of a pass works on: what they need stays in the nearest cache. */
enum { BINS = 128 };

static const double DIAGONAL = 1e-4;

struct um_matrix_mask {
    size_t n_sources, n_channels, n_bins;
    um_view R; /* n_sources x n_channels^2 n_bins */
};

/* -- Covariances ------------------------------------------------------------------------------- */

static size_t plane(size_t n_channels, size_t i, size_t j)
{
    return i * n_channels + j;
}

void um_covariance_add(const float *spectrum, size_t n_channels, size_t n_bins, double *sums)
{
    for (size_t i = 0; i < n_channels; i++) {
        for (size_t j = i; j < n_channels; j++) {
            const float *x = spectrum + 2 * i * n_bins, *y = spectrum + 2 * j * n_bins;
            double *real = sums + plane(n_channels, i, j) * n_bins;
            double *imaginary = sums + plane(n_channels, j, i) * n_bins;
            for (size_t f = 0; f < n_bins; f++) {
                double a = (double)x[2 * f], b = (double)x[2 * f + 1];
                double c = (double)y[2 * f], d = (double)y[2 * f + 1];
                real[f] += a * c + b * d;
                if (i != j) {
                    imaginary[f] += b * c - a * d;
                }
            }
        }
    }
}

void um_covariance_finish(const double *sums, size_t n_channels, size_t n_bins, float *covariance)
{
    size_t n_planes = n_channels * n_channels;
    for (size_t f = 0; f < n_bins; f++) {
        double trace = 0.0;
        for (size_t i = 0; i < n_channels; i++) {
            trace += sums[plane(n_channels, i, i) * n_bins + f];
        }
        bool heard = trace > 0.0;
        for (size_t p = 0; p < n_planes; p++) {
            bool on_diagonal = p % (n_channels + 1) == 0;
            double flat = on_diagonal ? 1.0 / (double)n_channels : 0.0;
            double value = heard ? sums[p * n_bins + f] / trace : flat;
            covariance[p * n_bins + f] = (float)(value + (on_diagonal ? DIAGONAL : 0.0));
        }
    }
}

/* -- Masks ------------------------------------------------------------------------------------- */

static bool covariances_are_valid(um_cview R, size_t n_channels)
{
    size_t n_planes = n_channels * n_channels, n_bins = R.cols / n_planes;
    for (size_t s = 0; s < R.rows; s++) {
        const float *row = um_crow(R, s);
        for (size_t i = 0; i < R.cols; i++) {
            bool on_diagonal = i / n_bins % (n_channels + 1) == 0;
            if (!isfinite(row[i]) || (on_diagonal && !(row[i] > 0.0f))) {
                return false;
            }
        }
    }
    return true;
}

static double complex entry(const um_matrix_mask *m, size_t s, size_t f, size_t i, size_t j)
{
    const float *R = um_row(m->R, s) + f;
    size_t C = m->n_channels;
    if (i == j) {
        return (double)R[plane(C, i, i) * m->n_bins];
    }
    size_t low = i < j ? i : j, high = i < j ? j : i;
    double imaginary = (double)R[plane(C, high, low) * m->n_bins];
    return (double)R[plane(C, low, high) * m->n_bins] + I * (i < j ? imaginary : -imaginary);
}

static void read_lower(const um_matrix_mask *m, size_t s, size_t f, umi_hermitian A)
{
    for (size_t row = 0; row < m->n_channels; row++) {
        for (size_t column = 0; column <= row; column++) {
            A[row][column] = entry(m, s, f, row, column);
        }
    }
}

static bool all_definite(const um_matrix_mask *m)
{
    bool definite = true;
    for (size_t i = 0; i < m->n_sources * m->n_bins && definite; i++) {
        umi_hermitian A;
        read_lower(m, i / m->n_bins, i % m->n_bins, A);
        definite = umi_hermitian_factorise(m->n_channels, A);
    }
    return definite;
}

um_status um_matrix_mask_new(um_cview covariances, size_t n_channels, um_matrix_mask **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (covariances.data == NULL || covariances.rows < 1 || n_channels < 1 ||
        n_channels > UMI_HERMITIAN_MAX || covariances.cols < 1 ||
        covariances.cols % (n_channels * n_channels) != 0 ||
        covariances.stride < covariances.cols || !covariances_are_valid(covariances, n_channels)) {
        return UM_ERR_ARGUMENT;
    }
    um_matrix_mask *m = umi_alloc(1, sizeof *m);
    if (m == NULL) {
        return UM_ERR_MEMORY;
    }
    m->n_sources = covariances.rows;
    m->n_channels = n_channels;
    m->n_bins = covariances.cols / (n_channels * n_channels);
    m->R = um_view_of(umi_alloc(covariances.rows * covariances.cols, sizeof(float)),
                      covariances.rows, covariances.cols);
    if (m->R.data == NULL) {
        um_matrix_mask_free(m);
        return UM_ERR_MEMORY;
    }
    umi_matrix_copy_rows(m->R, 0, covariances);
    if (!all_definite(m)) {
        um_matrix_mask_free(m);
        return UM_ERR_ARGUMENT;
    }
    *out = m;
    return UM_OK;
}

void um_matrix_mask_free(um_matrix_mask *m)
{
    if (m == NULL) {
        return;
    }
    umi_free(m->R.data);
    umi_free(m);
}

/* -- Two channels: stereo, which is nearly all there is, in vectors along the bins --------------
 */

typedef struct stereo_point {
    double left_re[BINS], left_im[BINS], right_re[BINS], right_im[BINS]; /* (sum m_j R_j)^-1 x */
} stereo_point;

static void solve_stereo(const um_matrix_mask *m, const float *shares, size_t shares_stride,
                         const float *spectrum, size_t first, size_t n, stereo_point *z)
{
    double ll[BINS] = {0}, rr[BINS] = {0}, re[BINS] = {0}, im[BINS] = {0};
    for (size_t s = 0; s < m->n_sources; s++) {
        const float *R = um_row(m->R, s) + first;
        const float *share = shares + s * shares_stride + first;
        for (size_t f = 0; f < n; f++) {
            double w = (double)share[f];
            ll[f] += w * (double)R[f];
            re[f] += w * (double)R[m->n_bins + f];
            im[f] += w * (double)R[2 * m->n_bins + f];
            rr[f] += w * (double)R[3 * m->n_bins + f];
        }
    }
    const float *left = spectrum + 2 * first, *right = spectrum + 2 * (m->n_bins + first);
    for (size_t f = 0; f < n; f++) {
        double scale = 1.0 / (ll[f] * rr[f] - re[f] * re[f] - im[f] * im[f]);
        double a = (double)left[2 * f], b = (double)left[2 * f + 1];
        double c = (double)right[2 * f], d = (double)right[2 * f + 1];
        z->left_re[f] = scale * (rr[f] * a - (re[f] * c - im[f] * d));
        z->left_im[f] = scale * (rr[f] * b - (re[f] * d + im[f] * c));
        z->right_re[f] = scale * (ll[f] * c - (re[f] * a + im[f] * b));
        z->right_im[f] = scale * (ll[f] * d - (re[f] * b - im[f] * a));
    }
}

static void apply_stereo(const um_matrix_mask *m, const float *shares, size_t shares_stride,
                         const float *spectrum, size_t n_masked, float *masked,
                         size_t masked_stride)
{
    stereo_point z;
    for (size_t first = 0; first < m->n_bins; first += BINS) {
        size_t n = m->n_bins - first < BINS ? m->n_bins - first : BINS;
        solve_stereo(m, shares, shares_stride, spectrum, first, n, &z);
        for (size_t s = 0; s < n_masked; s++) {
            const float *R = um_row(m->R, s) + first;
            const float *share = shares + s * shares_stride + first;
            float *left = masked + s * masked_stride + 2 * first;
            float *right = left + 2 * m->n_bins;
            for (size_t f = 0; f < n; f++) {
                double w = (double)share[f];
                double ll = w * (double)R[f], re = w * (double)R[m->n_bins + f];
                double im = w * (double)R[2 * m->n_bins + f];
                double rr = w * (double)R[3 * m->n_bins + f];
                left[2 * f] = (float)(ll * z.left_re[f] + re * z.right_re[f] - im * z.right_im[f]);
                left[2 * f + 1] =
                    (float)(ll * z.left_im[f] + re * z.right_im[f] + im * z.right_re[f]);
                right[2 * f] = (float)(re * z.left_re[f] + im * z.left_im[f] + rr * z.right_re[f]);
                right[2 * f + 1] =
                    (float)(re * z.left_im[f] - im * z.left_re[f] + rr * z.right_im[f]);
            }
        }
    }
}

/* -- Any number of channels, bin by bin -------------------------------------------------------- */

/* tr(R_i R_j^-1), L being the factor of R_j. */
static double trace_of_quotient(const um_matrix_mask *m, size_t i, size_t f, umi_hermitian L)
{
    double trace = 0.0;
    for (size_t column = 0; column < m->n_channels; column++) {
        double complex z[UMI_HERMITIAN_MAX];
        for (size_t row = 0; row < m->n_channels; row++) {
            z[row] = entry(m, i, f, row, column);
        }
        umi_hermitian_solve(m->n_channels, L, z);
        trace += creal(z[column]);
    }
    return trace;
}

void um_matrix_mask_distinctness(const um_matrix_mask *m, float *distinctness)
{
    size_t n_pairs = m->n_sources * (m->n_sources - 1);
    for (size_t f = 0; f < m->n_bins; f++) {
        double sum = 0.0;
        for (size_t j = 0; j < m->n_sources; j++) {
            umi_hermitian L;
            read_lower(m, j, f, L);
            (void)umi_hermitian_factorise(m->n_channels, L); /* known to be definite */
            for (size_t i = 0; i < m->n_sources; i++) {
                double k = i != j ? trace_of_quotient(m, i, f, L) / (double)m->n_channels : 1.0;
                sum += k > 1.0 ? (k - 1.0) / (k + 9.0) : 0.0;
            }
        }
        distinctness[f] = n_pairs > 0 ? (float)(sum / (double)n_pairs) : 0.0f;
    }
}

static void apply_bin(const um_matrix_mask *m, const float *shares, size_t shares_stride,
                      const float *spectrum, size_t n_masked, float *masked, size_t masked_stride,
                      size_t f)
{
    size_t C = m->n_channels;
    umi_hermitian A;
    double complex z[UMI_HERMITIAN_MAX];
    for (size_t i = 0; i < C; i++) {
        const float *x = spectrum + 2 * (i * m->n_bins + f);
        z[i] = (double)x[0] + I * (double)x[1];
        for (size_t j = 0; j <= i; j++) {
            A[i][j] = 0.0;
            for (size_t s = 0; s < m->n_sources; s++) {
                A[i][j] += (double)shares[s * shares_stride + f] * entry(m, s, f, i, j);
            }
        }
    }
    (void)umi_hermitian_factorise(C, A); /* a sum of definite matrices is one */
    umi_hermitian_solve(C, A, z);
    for (size_t s = 0; s < n_masked; s++) {
        for (size_t i = 0; i < C; i++) {
            double complex sum = 0.0;
            for (size_t j = 0; j < C; j++) {
                sum += entry(m, s, f, i, j) * z[j];
            }
            sum *= (double)shares[s * shares_stride + f];
            float *y = masked + s * masked_stride + 2 * (i * m->n_bins + f);
            y[0] = (float)creal(sum);
            y[1] = (float)cimag(sum);
        }
    }
}

void um_matrix_mask_apply(const um_matrix_mask *m, const float *shares, size_t shares_stride,
                          const float *spectrum, size_t n_masked, float *masked,
                          size_t masked_stride)
{
    if (m->n_channels == 2) {
        apply_stereo(m, shares, shares_stride, spectrum, n_masked, masked, masked_stride);
        return;
    }
    for (size_t f = 0; f < m->n_bins; f++) {
        apply_bin(m, shares, shares_stride, spectrum, n_masked, masked, masked_stride, f);
    }
}
