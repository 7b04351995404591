/* The Kullback-Leibler divergence: everything comes from the ratio V / (H D). */
#include "core/nmf_internal.h"
#include "core/parallel.h"

#include <math.h>

/* sum V log(V / M) + M, from the ratio in scratch; -V is the pass's to add. Rows of D sum to 1, so
 * the model's sum is that of H. */
static double divergence(const um_nmf *nmf, um_cview V, um_cview H, const umi_tile_scratch *scratch)
{
    double total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        const float *h = um_crow(H, n);
        double frame =
            nmf->kernels.weighted_log(V.cols, um_crow(V, n), scratch->R + n * scratch->R_stride);
        for (size_t k = 0; k < H.cols; k++) {
            frame += (double)h[k];
        }
        total += frame;
    }
    return total;
}

/* R = V / (H D) for the rows of the tile, 1 where a cell is held out. */
static void ratio(const um_nmf *nmf, size_t first, um_cview V, um_cview H,
                  const umi_tile_scratch *scratch)
{
    umi_tile_ratio(&nmf->kernels, V, um_const_view(nmf->D), H, scratch);
    if (nmf->config.held_out > 0.0) {
        umi_nmf_hide(nmf, first, V, scratch);
    }
}

static void prepare(um_nmf *nmf)
{
    if (nmf->bf16 != NULL) {
        umi_nmf_bf16_prepare(nmf);
    }
}

static void tile(const umi_nmf_pass *p, size_t first, um_view H, umi_nmf_part *part,
                 const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    um_cview V = {um_crow(p->V, first), H.rows, p->V.cols, p->V.stride};
    bool joint = nmf->joint;
    if (p->measure || nmf->bf16 == NULL) {
        ratio(nmf, first, V, um_const_view(H), scratch);
    }
    if (p->measure) {
        part->divergence += divergence(nmf, V, um_const_view(H), scratch);
        if (nmf->config.held_out > 0.0) {
            part->divergence -= umi_nmf_measure_held_out(nmf, first, V, um_const_view(H), part);
        }
    }
    if (nmf->bf16 != NULL) {
        if (p->update) {
            umi_nmf_bf16_tile(p, first, H, part, scratch);
        }
        return;
    }
    if (p->learn && joint) {
        umi_nmf_accumulate(nmf, um_const_view(H), scratch->R, scratch->R_stride, part->N);
    }
    if (p->update) {
        nmf->kernels.project(H.rows, nmf->D.cols, nmf->D.rows, scratch->R, scratch->R_stride,
                             nmf->D.data, nmf->D.stride, scratch->P, scratch->P_stride);
        umi_nmf_update_activations(nmf, first, H, scratch->P, NULL, scratch->P_stride, 1.0);
    }
    if (p->learn && !joint) {
        ratio(nmf, first, V, um_const_view(H), scratch);
        umi_nmf_accumulate(nmf, um_const_view(H), scratch->R, scratch->R_stride, part->N);
    }
}

/* The spectrum of atom k. log |w|_2 is convex in log w, so that its tangent there, w^2 / |w|_2^2,
 * bounds the penalty of the atom from the right side. */
static void share_out(um_nmf *nmf, size_t k, const float *N, double mass)
{
    size_t F = nmf->config.n_bins;
    float *w = um_row(nmf->W, k);
    double sparsity = umi_nmf_sparsity_of_atom(nmf, k);
    if (nmf->config.n_channels == 1 && sparsity == 0.0) { /* the same without the detours */
        double scale = (double)um_row(nmf->G, k)[0] / mass;
        for (size_t f = 0; f < F; f++) {
            float share = (float)((double)w[f] * (double)N[f] * scale);
            w[f] = w[f] > 0.0f ? share : w[f];
        }
        return;
    }
    double squares = 0.0;
    for (size_t f = 0; f < F; f++) {
        squares += (double)w[f] * (double)w[f];
    }
    for (size_t f = 0; f < F; f++) {
        if (w[f] > 0.0f) {
            double share = umi_nmf_over_channels(nmf, k, N, f) + sparsity * (double)w[f] / squares;
            w[f] = (float)((double)w[f] * share / (mass + sparsity));
        }
    }
}

/* W G share out the mass that atom k explains, sum G W N; spectrum and gains are its margins, the
 * whole goes to H. With both learned at once this is the exact EM step of PLCA (Smaragdis, Raj
 * 2007), so the divergence does not rise. */
static void learn_atom(const umi_nmf_pass *p, size_t k)
{
    um_nmf *nmf = p->nmf;
    size_t C = nmf->config.n_channels;
    bool learn_gains = umi_nmf_learns_gains(nmf);
    if (nmf->fixed[k] && !learn_gains) {
        return;
    }
    umi_nmf_reduce_row(p, k);
    const float *N = um_row(nmf->parts[0].N, k);
    double activation_sum = nmf->parts[0].activation_sum[k];
    float *g = um_row(nmf->G, k);
    double gain_mass[UMI_NMF_CHANNELS_MAX];
    double mass = 0.0;
    for (size_t c = 0; c < C; c++) {
        gain_mass[c] = (double)g[c] * umi_nmf_over_bins(nmf, k, N, c);
        mass += gain_mass[c];
    }
    /* An atom that explains nothing, or whose activations died, stays as it is. */
    if (!isfinite(mass) || mass <= 0.0 || activation_sum <= 0.0) {
        return;
    }
    if (!nmf->fixed[k]) {
        share_out(nmf, k, N, mass);
    }
    for (size_t c = 0; learn_gains && c < C; c++) {
        g[c] = (float)(gain_mass[c] / mass);
    }
    if (!nmf->joint && !umi_nmf_penalises_activations(nmf)) {
        nmf->scale[k] = mass / activation_sum;
    }
}

static void learn_atom_task(void *argument, size_t k, size_t i_worker)
{
    (void)i_worker;
    unsigned before = umi_flush_denormals();
    learn_atom(argument, k);
    umi_restore_denormals(before);
}

static void dictionary(umi_nmf_pass *p)
{
    umi_parallel_run(&p->nmf->config.parallel, p->nmf->config.n_components, learn_atom_task, p);
}

const umi_nmf_family umi_nmf_kl = {prepare, tile, dictionary};
