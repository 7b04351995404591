/* The Euclidean divergence: products with V itself, and with H^T H and D D^T in place of a model.
 */
#include "core/nmf_internal.h"

/* D D^T, which the update of H divides by. */
static void prepare(um_nmf *nmf)
{
    nmf->kernels.project(nmf->D.rows, nmf->D.cols, nmf->D.rows, nmf->D.data, nmf->D.stride,
                         nmf->D.data, nmf->D.stride, nmf->B.data, nmf->B.stride);
}

static double divergence(const um_nmf *nmf, um_cview V, um_cview H, const umi_tile_scratch *scratch)
{
    nmf->kernels.model(H.rows, nmf->D.cols, nmf->D.rows, H.data, H.stride, nmf->D.data,
                       nmf->D.stride, scratch->R, scratch->R_stride);
    double total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        const float *x = scratch->R + n * scratch->R_stride;
        for (size_t f = 0; f < V.cols; f++) {
            double difference = (double)v[f] - (double)x[f];
            total += 0.5 * difference * difference;
        }
    }
    return total;
}

static void tile(const umi_nmf_pass *p, size_t first, um_view H, umi_nmf_part *part,
                 const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    const umi_kernels *kernels = &nmf->kernels;
    um_cview V = {um_crow(p->V, first), H.rows, p->V.cols, p->V.stride};
    if (p->measure) {
        part->divergence += divergence(nmf, V, um_const_view(H), scratch);
    }
    if (p->update) {
        kernels->project(V.rows, V.cols, nmf->D.rows, V.data, V.stride, nmf->D.data, nmf->D.stride,
                         scratch->P, scratch->P_stride);
        kernels->model(H.rows, nmf->B.cols, nmf->B.rows, H.data, H.stride, nmf->B.data,
                       nmf->B.stride, scratch->Q, scratch->P_stride);
        umi_nmf_update_activations(nmf, first, H, scratch->P, scratch->Q, scratch->P_stride, 1.0);
    }
    if (p->learn) {
        umi_nmf_accumulate(nmf, um_const_view(H), V.data, V.stride, part->N);
        kernels->accumulate(H.rows, H.cols, H.cols, H.data, H.stride, H.data, H.stride,
                            part->HH.data, part->HH.stride);
    }
}

/* E = (H^T H) D, for D as it is now. */
static void denominator(um_nmf *nmf)
{
    umi_nmf_expand(nmf);
    nmf->kernels.model(nmf->D.rows, nmf->D.cols, nmf->D.rows, nmf->parts[0].HH.data,
                       nmf->parts[0].HH.stride, nmf->D.data, nmf->D.stride, nmf->E.data,
                       nmf->E.stride);
}

/* Multiplies W by (H^T V) / (H^T H W), summed over channels with their gains; then the gains, with
 * the new W. */
static void dictionary(umi_nmf_pass *p)
{
    um_nmf *nmf = p->nmf;
    size_t K = nmf->config.n_components;
    for (size_t k = 0; k < K; k++) {
        umi_nmf_reduce_row(p, k);
    }
    um_view HH = nmf->parts[0].HH;
    for (size_t i = 1; i < p->n_parts; i++) {
        for (size_t j = 0; j < K * HH.stride; j++) {
            HH.data[j] += nmf->parts[i].HH.data[j];
        }
    }
    denominator(nmf);
    for (size_t k = 0; k < K; k++) {
        umi_nmf_learn_spectrum(nmf, k, um_row(nmf->parts[0].N, k), um_row(nmf->E, k), 1.0);
    }
    if (umi_nmf_learns_gains(nmf)) {
        denominator(nmf);
        for (size_t k = 0; k < K; k++) {
            umi_nmf_learn_gains(nmf, k, um_row(nmf->parts[0].N, k), um_row(nmf->E, k), 1.0);
        }
    }
    for (size_t k = 0; k < K; k++) {
        umi_nmf_normalise_atom(nmf, k);
    }
}

const umi_nmf_family umi_nmf_euclidean = {prepare, tile, dictionary};
