/* Any beta-divergence, Itakura and Saito's among them. With M = H D the numerator of an update is
 * A = V M^(b-2), the denominator B = M^(b-1); a power of their ratio makes it a majorisation-
 * minimisation step, which never raises the divergence (Fevotte, Idier 2011).
 *
 * Everything is in units of V's mean: u cancels out of A D^T / B D^T, and no power of a quiet or
 * loud recording leaves the range of float. */
#include "core/nmf_internal.h"

#include <math.h>

/* Smallest V, as a share of the largest, where a V of 0 would be infinitely far from any model. */
#define V_FLOOR 1e-6f

/* Smallest model value, in units of the mean, whose powers are taken: M^(b-2) V stays below the
 * largest float for any V that may come. */
static float model_floor(double beta)
{
    return beta < 0.0 ? 1e-7f : 1e-12f;
}

static double exponent(double beta)
{
    return beta < 1.0 ? 1.0 / (2.0 - beta) : beta > 2.0 ? 1.0 / (beta - 1.0) : 1.0;
}

static bool is_silent(const float *v, size_t n)
{
    for (size_t f = 0; f < n; f++) {
        if (v[f] > 0.0f) {
            return false;
        }
    }
    return true;
}

/* One term of the divergence of v from m, both above 0 where b <= 0. */
static double term(double beta, double v, double m)
{
    if (beta == 0.0) {
        return v / m - log(v / m) - 1.0;
    }
    return (pow(v, beta) + (beta - 1.0) * pow(m, beta) - beta * v * pow(m, beta - 1.0)) /
           (beta * (beta - 1.0));
}

static umi_beta_terms terms_of(const um_nmf *nmf)
{
    float unit = (float)(1.0 / nmf->mean);
    umi_beta_terms terms = {(float)(nmf->beta - 2.0), unit,
                            nmf->beta <= 0.0 ? V_FLOOR * nmf->largest * unit : 0.0f,
                            model_floor(nmf->beta)};
    return terms;
}

static double row_divergence(const um_nmf *nmf, const float *v, const float *model)
{
    umi_beta_terms t = terms_of(nmf);
    double total = 0.0;
    for (size_t f = 0; f < nmf->n_columns; f++) {
        total += term(nmf->beta, (double)fmaxf(v[f] * t.unit, t.V_floor),
                      (double)fmaxf(model[f] * t.unit, t.model_floor));
    }
    return total * pow(nmf->mean, nmf->beta);
}

/* A in scratch->S, B in scratch->R, for the rows of H; measures when asked to. Silent frames have
 * nothing to say: zeros, and activations of zero. */
static void terms(const umi_nmf_pass *p, size_t first, um_cview H, double *divergence,
                  const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    const umi_beta_terms beta_terms = terms_of(nmf);
    nmf->kernels.model(H.rows, nmf->D.cols, nmf->D.rows, H.data, H.stride, nmf->D.data,
                       nmf->D.stride, scratch->R, scratch->R_stride);
    for (size_t n = 0; n < H.rows; n++) {
        const float *v = um_crow(p->V, first + n);
        float *up = scratch->S + n * scratch->R_stride;
        float *down = scratch->R + n * scratch->R_stride;
        if (is_silent(v, nmf->n_columns)) {
            for (size_t f = 0; f < nmf->n_columns; f++) {
                up[f] = 0.0f;
                down[f] = 0.0f;
            }
            continue;
        }
        if (divergence != NULL) {
            *divergence += row_divergence(nmf, v, down);
        }
        nmf->kernels.beta_terms(nmf->n_columns, &beta_terms, v, up, down);
    }
}

static void silence(const umi_nmf_pass *p, size_t first, um_view H)
{
    for (size_t n = 0; n < H.rows; n++) {
        if (is_silent(um_crow(p->V, first + n), p->V.cols)) {
            for (size_t k = 0; k < H.cols; k++) {
                um_row(H, n)[k] = 0.0f;
            }
        }
    }
}

static void tile(const umi_nmf_pass *p, size_t first, um_view H, umi_nmf_part *part,
                 const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    terms(p, first, um_const_view(H), p->measure ? &part->divergence : NULL, scratch);
    if (p->update) {
        nmf->kernels.project(H.rows, nmf->D.cols, nmf->D.rows, scratch->S, scratch->R_stride,
                             nmf->D.data, nmf->D.stride, scratch->P, scratch->P_stride);
        nmf->kernels.project(H.rows, nmf->D.cols, nmf->D.rows, scratch->R, scratch->R_stride,
                             nmf->D.data, nmf->D.stride, scratch->Q, scratch->P_stride);
        umi_nmf_update_activations(nmf, first, H, scratch->P, scratch->Q, scratch->P_stride,
                                   exponent(nmf->beta));
        silence(p, first, H);
    }
    if (p->learn) {
        terms(p, first, um_const_view(H), NULL, scratch);
        umi_nmf_accumulate(nmf, um_const_view(H), scratch->S, scratch->R_stride, part->N);
        umi_nmf_accumulate(nmf, um_const_view(H), scratch->R, scratch->R_stride, part->E);
    }
}

/* With more than one channel spectra and gains take turns: one ratio serves only one of them. */
static void dictionary(umi_nmf_pass *p)
{
    um_nmf *nmf = p->nmf;
    bool gains = umi_nmf_learns_gains(nmf) && nmf->iterations % 2 == 1;
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        if (nmf->fixed[k] && !umi_nmf_learns_gains(nmf)) {
            continue;
        }
        umi_nmf_reduce_row(p, k);
        const float *N = um_row(nmf->parts[0].N, k), *E = um_row(nmf->parts[0].E, k);
        if (gains) {
            umi_nmf_learn_gains(nmf, k, N, E, exponent(nmf->beta));
        } else {
            umi_nmf_learn_spectrum(nmf, k, N, E, exponent(nmf->beta));
        }
        umi_nmf_normalise_atom(nmf, k);
    }
}

const umi_nmf_family umi_nmf_beta = {NULL, tile, dictionary};
