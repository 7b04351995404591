/* Start values: above zero everywhere, because a multiplicative update cannot leave zero. */
#include "core/blas.h"
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/random.h"

#include <math.h>

/* Further columns of the range finder, and rounds of power iteration: the defaults of Halko,
 * Martinsson and Tropp for spectra that fall slowly. */
enum { OVERSAMPLING = 10, POWER_ROUNDS = 4 };

/* What NNDSVD's zeros are raised to, as a share of the mean of their factor. */
#define START_FLOOR 1e-4

static bool fits(const um_nmf *nmf, um_cview V)
{
    return nmf != NULL && V.data != NULL && V.rows >= 1 && V.rows <= nmf->H.rows &&
           V.cols == nmf->n_columns && umi_tile_magnitudes_are_valid(V);
}

static double mean_of(um_cview V)
{
    double sum = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        for (size_t f = 0; f < V.cols; f++) {
            sum += (double)v[f];
        }
    }
    return sum / ((double)V.rows * (double)V.cols);
}

/* In 0.1..1. */
static float above_floor(umi_random *random)
{
    return (float)(0.1 + 0.9 * umi_random_uniform(random));
}

static void random_atom(um_nmf *nmf, size_t k, umi_random *random)
{
    float *w = um_row(nmf->W, k);
    for (size_t f = 0; f < nmf->config.n_bins; f++) {
        w[f] = above_floor(random);
    }
    bool normalised = umi_nmf_normalise_row(w, nmf->config.n_bins);
    (void)normalised; /* its values are above zero */
}

um_status um_nmf_start_random(um_nmf *nmf, um_cview V, uint64_t seed)
{
    if (!fits(nmf, V)) {
        return UM_ERR_ARGUMENT;
    }
    umi_random random = umi_random_seeded(seed);
    size_t K = nmf->config.n_components;
    for (size_t k = 0; k < K; k++) {
        if (!nmf->fixed[k]) {
            random_atom(nmf, k, &random);
        }
    }
    /* Rows of D sum to 1, so the model's row sum is H's; above_floor has the mean 0.55. */
    double scale = mean_of(V) * (double)V.cols / ((double)K * 0.55);
    for (size_t n = 0; n < V.rows; n++) {
        for (size_t k = 0; k < K; k++) {
            um_row(nmf->H, n)[k] = (float)(scale * (double)above_floor(&random));
        }
    }
    umi_nmf_expand(nmf);
    return UM_OK;
}

/* -- NNDSVD ------------------------------------------------------------------------------------ */

/* Channel c of V. */
static um_cview channel_of(const um_nmf *nmf, um_cview V, size_t c)
{
    um_cview channel = {V.data + c * nmf->config.n_bins, V.rows, nmf->config.n_bins, V.stride};
    return channel;
}

/* Y = A op(X), with A the mean of V over channels, which is never formed. */
static void mean_times(const um_nmf *nmf, um_cview V, bool transpose, um_cview X, um_view Y)
{
    size_t C = nmf->config.n_channels;
    for (size_t c = 0; c < C; c++) {
        umi_sgemm(1.0f / (float)C, channel_of(nmf, V, c), transpose, X, false, c == 0 ? 0.0f : 1.0f,
                  Y);
    }
}

/* Work matrices of the randomised SVD with L columns. */
typedef struct svd_work {
    um_view Q;  /* n_frames x L: orthonormal, spans what A maps to */
    um_view Z;  /* n_bins x L: A^T Q */
    um_view Zt; /* L x n_bins */
    um_view U;  /* L x L */
    um_view Vt; /* L x n_bins */
    float *s;   /* L */
} svd_work;

static bool matrix_init(um_view *M, size_t rows, size_t cols)
{
    size_t count;
    *M = um_view_of(NULL, rows, cols);
    if (umi_multiply(rows, cols, &count)) {
        M->data = umi_alloc(count, sizeof(float));
    }
    return M->data != NULL;
}

static bool svd_work_init(svd_work *work, size_t n_frames, size_t n_bins, size_t L)
{
    bool whole = matrix_init(&work->Q, n_frames, L);
    whole = matrix_init(&work->Z, n_bins, L) && whole;
    whole = matrix_init(&work->Zt, L, n_bins) && whole;
    whole = matrix_init(&work->U, L, L) && whole;
    whole = matrix_init(&work->Vt, L, n_bins) && whole;
    work->s = umi_alloc(L, sizeof(float));
    return whole && work->s != NULL;
}

static void svd_work_free(svd_work *work)
{
    umi_free(work->Q.data);
    umi_free(work->Z.data);
    umi_free(work->Zt.data);
    umi_free(work->U.data);
    umi_free(work->Vt.data);
    umi_free(work->s);
}

/* A ~ (Q U) diag(s) Vt. */
static um_status randomised_svd(const um_nmf *nmf, um_cview V, umi_random *random, svd_work *work)
{
    for (size_t f = 0; f < work->Z.rows; f++) {
        for (size_t l = 0; l < work->Z.cols; l++) {
            um_row(work->Z, f)[l] = (float)umi_random_normal(random);
        }
    }
    for (int round = 0; round <= POWER_ROUNDS; round++) {
        mean_times(nmf, V, false, um_const_view(work->Z), work->Q);
        um_status status = umi_orthonormalise(work->Q);
        if (status != UM_OK) {
            return status;
        }
        mean_times(nmf, V, true, um_const_view(work->Q), work->Z);
    }
    for (size_t f = 0; f < work->Z.rows; f++) {
        for (size_t l = 0; l < work->Z.cols; l++) {
            um_row(work->Zt, l)[f] = um_row(work->Z, f)[l];
        }
    }
    return umi_svd(work->Zt, work->U, work->s, work->Vt);
}

/* Norm of the positive (sign 1) or negative (sign -1) part of n values. */
static double part_norm(const float *x, size_t stride, size_t n, float sign)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double part = (double)(sign * x[i * stride]);
        sum += part > 0.0 ? part * part : 0.0;
    }
    return sqrt(sum);
}

/* y = floor + scale * positive part of sign * x. */
static void write_part(const float *x, size_t x_stride, size_t n, float sign, double scale,
                       float floor, float *y, size_t y_stride)
{
    for (size_t i = 0; i < n; i++) {
        float part = sign * x[i * x_stride];
        y[i * y_stride] = floor + (part > 0.0f ? (float)(scale * (double)part) : 0.0f);
    }
}

static double part_sum(const float *x, size_t n, float sign)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double part = (double)(sign * x[i]);
        sum += part > 0.0 ? part : 0.0;
    }
    return sum;
}

/* Component k from a singular pair u, s, v: the part, positive or negative, with the larger product
 * of norms, the atom scaled to sum to 1. u is n_frames values, `u_stride` apart; level is the mean
 * that activations will have. */
static void start_component(um_nmf *nmf, size_t n_frames, size_t k, const float *u, size_t u_stride,
                            const float *v, double s, double level)
{
    size_t F = nmf->config.n_bins;
    double positive = part_norm(u, u_stride, n_frames, 1.0f) * part_norm(v, 1, F, 1.0f);
    double negative = part_norm(u, u_stride, n_frames, -1.0f) * part_norm(v, 1, F, -1.0f);
    float sign = positive >= negative ? 1.0f : -1.0f;
    /* s u v+ of unit norms is s times the larger product; dividing v by its sum multiplies u. */
    double v_norm = fmax(part_norm(v, 1, F, sign), 1e-30);
    double u_norm = fmax(part_norm(u, u_stride, n_frames, sign), 1e-30);
    double v_sum = fmax(part_sum(v, F, sign), 1e-30);
    double scale = s * fmax(positive, negative) * v_sum / (v_norm * u_norm);
    float *w = um_row(nmf->W, k);
    write_part(v, 1, F, sign, 1.0 / v_sum, (float)(START_FLOOR / (double)F), w, 1);
    write_part(u, u_stride, n_frames, sign, scale, (float)(START_FLOOR * level), nmf->H.data + k,
               nmf->H.stride);
    bool normalised = umi_nmf_normalise_row(w, F);
    (void)normalised; /* the floor is above zero */
}

um_status um_nmf_start_nndsvd(um_nmf *nmf, um_cview V, uint64_t seed)
{
    um_status status = um_nmf_start_random(nmf, V, seed);
    if (status != UM_OK) {
        return status;
    }
    double mean = mean_of(V);
    if (mean <= 0.0) {
        return UM_OK; /* nothing to decompose: any start will do */
    }
    /* Activations explain the sum over channels, while what is decomposed is the mean. */
    double level = mean * (double)V.cols / (double)nmf->config.n_components;
    size_t F = nmf->config.n_bins;
    size_t smaller = V.rows < F ? V.rows : F;
    size_t wanted = nmf->config.n_components + OVERSAMPLING;
    size_t L = wanted < smaller ? wanted : smaller;
    umi_random random = umi_random_seeded(seed);
    svd_work work = {0};
    um_view QU = {0};
    if (!svd_work_init(&work, V.rows, F, L) || !matrix_init(&QU, V.rows, L)) {
        status = UM_ERR_MEMORY;
    } else {
        status = randomised_svd(nmf, V, &random, &work);
    }
    if (status == UM_OK) {
        umi_sgemm(1.0f, um_const_view(work.Q), false, um_const_view(work.U), false, 0.0f, QU);
        size_t j = 0;
        for (size_t k = 0; k < nmf->config.n_components && j < L; k++) {
            if (!nmf->fixed[k]) {
                start_component(nmf, V.rows, k, QU.data + j, QU.stride, um_row(work.Vt, j),
                                (double)nmf->config.n_channels * (double)work.s[j], level);
                j++;
            }
        }
        umi_nmf_expand(nmf);
    }
    umi_free(QU.data);
    svd_work_free(&work);
    return status;
}
