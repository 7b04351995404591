/* The iteration: one pass over V a time, tile by tile, then the dictionary. */
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/parallel.h"
#include "core/progress.h"

#include <math.h>
#include <string.h>

typedef struct pass {
    um_nmf *nmf;
    um_cview V;
    size_t n_parts;
    bool update;         /* H, and the sums for W; else only the divergence */
    bool sum_dictionary; /* collect N */
    bool want_divergence;
} pass;

/* -- One tile ---------------------------------------------------------------------------------- */

/* H's columns times the factors that the last dictionary update left, so that H W stayed as it
 * was while the rows of W were brought back to the sum 1. */
static void apply_scale(const um_nmf *nmf, um_view H)
{
    for (size_t n = 0; n < H.rows; n++) {
        float *h = um_row(H, n);
        for (size_t k = 0; k < H.cols; k++) {
            h[k] = (float)((double)h[k] * nmf->scale[k]);
        }
    }
}

static void sum_activations(um_cview H, double *sums)
{
    for (size_t n = 0; n < H.rows; n++) {
        const float *h = um_crow(H, n);
        for (size_t k = 0; k < H.cols; k++) {
            sums[k] += (double)h[k];
        }
    }
}

/* sum V log(V / M) - V + M, from the ratio in scratch. Rows of D sum to 1, so the model's sum is
 * that of H. */
static double kl_divergence(const um_nmf *nmf, um_cview V, um_cview H,
                            const umi_tile_scratch *scratch)
{
    double total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        const float *h = um_crow(H, n);
        double frame = nmf->kernels.weighted_log(V.cols, v, scratch->R + n * scratch->R_stride);
        for (size_t f = 0; f < V.cols; f++) {
            frame -= (double)v[f];
        }
        for (size_t k = 0; k < H.cols; k++) {
            frame += (double)h[k];
        }
        total += frame;
    }
    return total;
}

static double euclidean_divergence(const um_nmf *nmf, um_cview V, um_cview H,
                                   const umi_tile_scratch *scratch)
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

/* N += H^T R for the components whose atom or gains are learned, in runs of neighbours. */
static void accumulate(const um_nmf *nmf, um_cview H, const float *R, size_t R_stride,
                       umi_nmf_part *part)
{
    bool gains = nmf->config.n_channels > 1 && nmf->config.update_gains;
    size_t K = H.cols;
    for (size_t k = 0; k < K;) {
        size_t end = k;
        while (end < K && (gains || !nmf->fixed[end])) {
            end++;
        }
        if (end > k) {
            nmf->kernels.accumulate(H.rows, nmf->n_columns, end - k, H.data + k, H.stride, R,
                                    R_stride, um_row(part->N, k), part->N.stride);
        }
        k = end + 1;
    }
}

static void kl_tile(const pass *p, um_cview V, um_view H, umi_nmf_part *part,
                    const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    um_cview D = um_const_view(nmf->D);
    umi_tile_ratio(&nmf->kernels, V, D, um_const_view(H), scratch);
    if (p->want_divergence) {
        part->divergence += kl_divergence(nmf, V, um_const_view(H), scratch);
    }
    if (p->update) {
        umi_tile_scale_activations(&nmf->kernels, D, H, scratch);
    }
    if (p->sum_dictionary) {
        umi_tile_ratio(&nmf->kernels, V, D, um_const_view(H), scratch);
        accumulate(nmf, um_const_view(H), scratch->R, scratch->R_stride, part);
        sum_activations(um_const_view(H), part->activation_sum);
    }
}

static void euclidean_tile(const pass *p, um_cview V, um_view H, umi_nmf_part *part,
                           const umi_tile_scratch *scratch)
{
    const um_nmf *nmf = p->nmf;
    if (p->want_divergence) {
        part->divergence += euclidean_divergence(nmf, V, um_const_view(H), scratch);
    }
    if (p->update) {
        umi_tile_euclidean_activations(&nmf->kernels, V, um_const_view(nmf->D),
                                       um_const_view(nmf->B), H, scratch);
    }
    if (p->sum_dictionary) {
        accumulate(nmf, um_const_view(H), V.data, V.stride, part);
        nmf->kernels.accumulate(H.rows, H.cols, H.cols, H.data, H.stride, H.data, H.stride,
                                part->HH.data, part->HH.stride);
    }
}

/* -- One pass ---------------------------------------------------------------------------------- */

static void clear(um_view M)
{
    if (M.data != NULL) {
        memset(M.data, 0, M.rows * M.stride * sizeof(float));
    }
}

static void pass_part(void *argument, size_t i_part, size_t i_worker)
{
    const pass *p = argument;
    um_nmf *nmf = p->nmf;
    umi_nmf_part *part = &nmf->parts[i_part];
    unsigned before = umi_flush_denormals();
    part->divergence = 0.0;
    if (p->sum_dictionary) {
        clear(part->N);
        clear(part->HH);
        memset(part->activation_sum, 0, nmf->config.n_components * sizeof(double));
    }
    size_t n_tiles = (p->V.rows + UMI_TILE_FRAMES - 1) / UMI_TILE_FRAMES;
    size_t end = (i_part + 1) * n_tiles / p->n_parts;
    for (size_t t = i_part * n_tiles / p->n_parts; t < end; t++) {
        size_t first = t * UMI_TILE_FRAMES;
        size_t left = p->V.rows - first;
        size_t rows = left < UMI_TILE_FRAMES ? left : UMI_TILE_FRAMES;
        um_cview V = {um_crow(p->V, first), rows, p->V.cols, p->V.stride};
        um_view H = {um_row(nmf->H, first), rows, nmf->H.cols, nmf->H.stride};
        apply_scale(nmf, H);
        if (nmf->config.divergence == UM_DIVERGENCE_KULLBACK_LEIBLER) {
            kl_tile(p, V, H, part, &nmf->scratch[i_worker]);
        } else {
            euclidean_tile(p, V, H, part, &nmf->scratch[i_worker]);
        }
    }
    umi_restore_denormals(before);
}

static double run_pass(pass *p)
{
    umi_parallel_run(&p->nmf->config.parallel, p->n_parts, pass_part, p);
    double divergence = 0.0;
    for (size_t i = 0; i < p->n_parts; i++) {
        divergence += p->nmf->parts[i].divergence;
    }
    for (size_t k = 0; k < p->nmf->config.n_components; k++) {
        p->nmf->scale[k] = 1.0;
    }
    return divergence;
}

/* -- The dictionary ---------------------------------------------------------------------------- */

/* Adds row k of every part's N to the first part's. */
static void reduce_row(const pass *p, size_t k)
{
    float *sum = um_row(p->nmf->parts[0].N, k);
    for (size_t i = 1; i < p->n_parts; i++) {
        const float *n = um_row(p->nmf->parts[i].N, k);
        for (size_t f = 0; f < p->nmf->n_columns; f++) {
            sum[f] += n[f];
        }
        p->nmf->parts[0].activation_sum[k] += p->nmf->parts[i].activation_sum[k];
    }
}

/* In both sums a weight of 0 leaves out its term: where no atom has anything to say the ratio is
 * huge, and its sum over many frames may be infinite. */

/* sum over channels of gain * S, at bin f: S is one row of n_channels * n_bins. */
static double over_channels(const um_nmf *nmf, size_t k, const float *S, size_t f)
{
    double sum = 0.0;
    for (size_t c = 0; c < nmf->config.n_channels; c++) {
        double gain = (double)um_row(nmf->G, k)[c];
        sum += gain > 0.0 ? gain * (double)S[c * nmf->config.n_bins + f] : 0.0;
    }
    return sum;
}

/* sum over bins of W S, in channel c. */
static double over_bins(const um_nmf *nmf, size_t k, const float *S, size_t c)
{
    const float *w = um_row(nmf->W, k);
    double sum = 0.0;
    for (size_t f = 0; f < nmf->config.n_bins; f++) {
        sum += w[f] > 0.0f ? (double)w[f] * (double)S[c * nmf->config.n_bins + f] : 0.0;
    }
    return sum;
}

/* Kullback-Leibler: W G share out the mass that atom k explains, sum G W N; spectrum and gains are
 * its margins, the whole goes to H. With both learned at once this is the exact EM step of PLCA
 * (Smaragdis, Raj 2007), so the divergence does not rise. */
static void learn_kl_atom(const pass *p, size_t k)
{
    um_nmf *nmf = p->nmf;
    size_t C = nmf->config.n_channels;
    bool learn_gains = C > 1 && nmf->config.update_gains;
    if (nmf->fixed[k] && !learn_gains) {
        return;
    }
    reduce_row(p, k);
    const float *N = um_row(nmf->parts[0].N, k);
    double activation_sum = nmf->parts[0].activation_sum[k];
    float *w = um_row(nmf->W, k);
    float *g = um_row(nmf->G, k);
    double gain_mass[UMI_NMF_CHANNELS_MAX];
    double mass = 0.0;
    for (size_t c = 0; c < C; c++) {
        gain_mass[c] = (double)g[c] * over_bins(nmf, k, N, c);
        mass += gain_mass[c];
    }
    /* An atom that explains nothing, or whose activations died, stays as it is. */
    if (!isfinite(mass) || mass <= 0.0 || activation_sum <= 0.0) {
        return;
    }
    if (!nmf->fixed[k]) {
        for (size_t f = 0; f < nmf->config.n_bins; f++) {
            if (w[f] > 0.0f) {
                w[f] = (float)((double)w[f] * over_channels(nmf, k, N, f) / mass);
            }
        }
    }
    for (size_t c = 0; learn_gains && c < C; c++) {
        g[c] = (float)(gain_mass[c] / mass);
    }
    nmf->scale[k] = mass / activation_sum;
}

static void kl_atom(void *argument, size_t k, size_t i_worker)
{
    (void)i_worker;
    unsigned before = umi_flush_denormals();
    learn_kl_atom(argument, k);
    umi_restore_denormals(before);
}

/* Euclidean: multiplies W by (H^T V) / (H^T H W), summed over channels with their gains. */
static void euclidean_spectra(um_nmf *nmf)
{
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        float *w = um_row(nmf->W, k);
        for (size_t f = 0; !nmf->fixed[k] && f < nmf->config.n_bins; f++) {
            double down = over_channels(nmf, k, um_row(nmf->E, k), f);
            double up = over_channels(nmf, k, um_row(nmf->parts[0].N, k), f);
            w[f] = down > 0.0 ? (float)((double)w[f] * up / down) : w[f];
        }
    }
}

static void euclidean_gains(um_nmf *nmf)
{
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        float *g = um_row(nmf->G, k);
        for (size_t c = 0; c < nmf->config.n_channels; c++) {
            double down = over_bins(nmf, k, um_row(nmf->E, k), c);
            double up = over_bins(nmf, k, um_row(nmf->parts[0].N, k), c);
            g[c] = down > 0.0 ? (float)((double)g[c] * up / down) : g[c];
        }
    }
}

/* E = (H^T H) D, for D as it is now. */
static void euclidean_denominator(um_nmf *nmf)
{
    umi_nmf_expand(nmf);
    nmf->kernels.model(nmf->D.rows, nmf->D.cols, nmf->D.rows, nmf->parts[0].HH.data,
                       nmf->parts[0].HH.stride, nmf->D.data, nmf->D.stride, nmf->E.data,
                       nmf->E.stride);
}

/* Brings the row to the sum 1 and returns the sum it had; a row that died stays, and gives 1. */
static double normalised_by(float *row, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)row[i];
    }
    return umi_nmf_normalise_row(row, n) ? sum : 1.0;
}

static void euclidean_dictionary(const pass *p)
{
    um_nmf *nmf = p->nmf;
    size_t K = nmf->config.n_components;
    bool learn_gains = nmf->config.n_channels > 1 && nmf->config.update_gains;
    for (size_t k = 0; k < K; k++) {
        reduce_row(p, k);
    }
    for (size_t i = 1; i < p->n_parts; i++) {
        for (size_t j = 0; j < K * nmf->parts[0].HH.stride; j++) {
            nmf->parts[0].HH.data[j] += nmf->parts[i].HH.data[j];
        }
    }
    euclidean_denominator(nmf);
    euclidean_spectra(nmf);
    if (learn_gains) {
        euclidean_denominator(nmf);
        euclidean_gains(nmf);
    }
    /* Only what was learned is scaled: a fixed atom would change by a rounding error. */
    for (size_t k = 0; k < K; k++) {
        double scale = nmf->fixed[k] ? 1.0 : normalised_by(um_row(nmf->W, k), nmf->config.n_bins);
        if (learn_gains) {
            scale *= normalised_by(um_row(nmf->G, k), nmf->config.n_channels);
        }
        nmf->scale[k] = scale;
    }
}

static void update_dictionary(pass *p)
{
    um_nmf *nmf = p->nmf;
    if (nmf->config.divergence == UM_DIVERGENCE_KULLBACK_LEIBLER) {
        umi_parallel_run(&nmf->config.parallel, nmf->config.n_components, kl_atom, p);
    } else {
        euclidean_dictionary(p);
    }
    umi_nmf_expand(nmf);
}

/* -- The run ----------------------------------------------------------------------------------- */

static bool learns_dictionary(const um_nmf *nmf)
{
    if (nmf->config.n_channels > 1 && nmf->config.update_gains) {
        return true;
    }
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        if (!nmf->fixed[k]) {
            return true;
        }
    }
    return false;
}

/* D D^T, which the Euclidean update of H divides by. */
static void prepare_pass(um_nmf *nmf)
{
    if (nmf->config.divergence == UM_DIVERGENCE_EUCLIDEAN) {
        nmf->kernels.project(nmf->D.rows, nmf->D.cols, nmf->D.rows, nmf->D.data, nmf->D.stride,
                             nmf->D.data, nmf->D.stride, nmf->B.data, nmf->B.stride);
    }
}

um_status um_nmf_run(um_nmf *nmf, um_cview V, const um_progress *progress)
{
    if (nmf == NULL || V.data == NULL || V.rows > nmf->H.rows || V.cols != nmf->n_columns ||
        !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    const um_nmf_config *c = &nmf->config;
    um_status status = UM_OK;
    pass p = {nmf, V, umi_nmf_n_parts(V.rows), true, learns_dictionary(nmf), false};
    nmf->n_rows = V.rows;
    nmf->n_curve = 0;
    nmf->iterations = 0;
    for (size_t k = 0; k < c->n_components; k++) {
        nmf->scale[k] = 1.0;
    }
    bool converged = false;
    while (nmf->iterations < c->iterations && !converged && status == UM_OK) {
        prepare_pass(nmf);
        p.want_divergence = nmf->iterations % c->check_every == 0;
        double divergence = run_pass(&p);
        if (p.sum_dictionary) {
            update_dictionary(&p);
        }
        if (p.want_divergence) {
            nmf->curve[nmf->n_curve++] = divergence;
            converged = c->tolerance > 0.0 && nmf->n_curve > 1 &&
                        nmf->curve[nmf->n_curve - 2] - divergence < c->tolerance * nmf->curve[0];
        }
        nmf->iterations++;
        if (!umi_progress_report(progress, (double)nmf->iterations, (double)c->iterations,
                                 nmf->curve[nmf->n_curve - 1])) {
            status = UM_ERR_CANCELLED;
        }
    }
    /* Brings H up to date with the last dictionary, and tells how near the model came. */
    p.update = p.sum_dictionary = false;
    p.want_divergence = true;
    nmf->curve[nmf->n_curve++] = run_pass(&p);
    return status;
}
