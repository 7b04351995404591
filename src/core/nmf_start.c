/* Start values: above zero everywhere, because a multiplicative update cannot leave zero. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/random.h"
#include "core/randomised_svd.h"

#include <math.h>

/* What NNDSVD's zeros are raised to, as a share of the mean of their factor. */
#define START_FLOOR 1e-4

static bool fits(const um_nmf *nmf, um_cview V)
{
    return nmf != NULL && !nmf->config.sparse && V.data != NULL && V.rows >= 1 &&
           V.rows <= nmf->H.rows && V.cols == nmf->n_columns && umi_tile_magnitudes_are_valid(V);
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

static void random_atom(um_nmf *nmf, size_t k, umi_random *random)
{
    float *w = um_row(nmf->W, k);
    for (size_t f = 0; f < nmf->config.n_bins; f++) {
        w[f] = (float)umi_random_start_value(random);
    }
    bool normalised = umi_row_normalise(w, nmf->config.n_bins);
    (void)normalised; /* its values are above zero */
}

void umi_nmf_start_random(um_nmf *nmf, size_t n_rows, double mean, uint64_t seed)
{
    umi_random random = umi_random_seeded(seed);
    size_t K = nmf->config.n_components;
    for (size_t k = 0; k < K; k++) {
        if (!nmf->fixed[k]) {
            random_atom(nmf, k, &random);
        }
    }
    /* Rows of D sum to 1, so the model's row sum is H's; start values have the mean 0.55. */
    double scale = mean * (double)nmf->n_columns / ((double)K * 0.55);
    for (size_t n = 0; n < n_rows; n++) {
        for (size_t k = 0; k < K; k++) {
            um_row(nmf->H, n)[k] = (float)(scale * (double)(float)umi_random_start_value(&random));
        }
    }
    umi_nmf_expand(nmf);
}

um_status um_nmf_start_random(um_nmf *nmf, um_cview V, uint64_t seed)
{
    if (!fits(nmf, V)) {
        return UM_ERR_ARGUMENT;
    }
    umi_nmf_start_random(nmf, V.rows, mean_of(V), seed);
    return UM_OK;
}

/* -- NNDSVD ------------------------------------------------------------------------------------ */

/* The singular pairs that NNDSVD starts from. */
typedef struct pairs {
    um_view U;  /* n_frames x r */
    um_view Vt; /* r x n_bins */
    float *s;   /* r */
} pairs;

static bool pairs_init(pairs *p, size_t n_frames, size_t n_bins, size_t r)
{
    size_t U_count, Vt_count;
    if (!umi_multiply(n_frames, r, &U_count) || !umi_multiply(r, n_bins, &Vt_count)) {
        return false;
    }
    p->U = um_view_of(umi_alloc(U_count, sizeof(float)), n_frames, r);
    p->Vt = um_view_of(umi_alloc(Vt_count, sizeof(float)), r, n_bins);
    p->s = umi_alloc(r, sizeof(float));
    return p->U.data != NULL && p->Vt.data != NULL && p->s != NULL;
}

static void pairs_free(pairs *p)
{
    umi_free(p->U.data);
    umi_free(p->Vt.data);
    umi_free(p->s);
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
    bool normalised = umi_row_normalise(w, F);
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
    size_t K = nmf->config.n_components;
    size_t smaller = V.rows < F ? V.rows : F;
    size_t r = K < smaller ? K : smaller;
    pairs p = {0};
    status = UM_ERR_MEMORY;
    if (pairs_init(&p, V.rows, F, r)) {
        status = umi_randomised_svd(V, nmf->config.n_channels, seed, p.U, p.s, p.Vt);
    }
    if (status == UM_OK) {
        for (size_t k = 0, j = 0; k < K && j < r; k++) {
            if (!nmf->fixed[k]) {
                start_component(nmf, V.rows, k, p.U.data + j, p.U.stride, um_row(p.Vt, j),
                                (double)nmf->config.n_channels * (double)p.s[j], level);
                j++;
            }
        }
        umi_nmf_expand(nmf);
    }
    pairs_free(&p);
    return status;
}
