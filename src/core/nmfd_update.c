/* The iteration: one pass over V a time, tile by tile, then the atoms, then their activations.
 *
 * Frame n adds its row of R D^T to the numerators of H[n - T + 1] .. H[n], so neighbours couple.
 * While a pass runs H stays as it is, and every part has numerators of its own, T - 1 rows of them
 * ahead of its first frame. In P the parts lie one behind another, so that the rows ahead of a
 * part are where the last rows of the part before it end: they are added to those after the pass.
 */
#include "core/memory.h"
#include "core/nmfd_internal.h"
#include "core/parallel.h"
#include "core/progress.h"

#include <math.h>
#include <string.h>

/* An onset whose frames inside V hold less than this share of the atom has no say: its activation
 * stays. It keeps H finite, which could else grow a million times louder than any sound. */
static const double LEAST_INSIDE = 1e-6;

typedef struct pass {
    um_nmfd *nmfd;
    um_cview V;
    size_t n_parts;
    bool update;      /* collect P */
    bool learn_atoms; /* collect N */
    bool want_divergence;
} pass;

/* First frame of a part; that of part n_parts is the end of V. */
static size_t part_begin(const pass *p, size_t i_part)
{
    size_t n_tiles = (p->V.rows + UMI_TILE_FRAMES - 1) / UMI_TILE_FRAMES;
    size_t begin = i_part * n_tiles / p->n_parts * UMI_TILE_FRAMES;
    return begin < p->V.rows ? begin : p->V.rows;
}

/* The T K numerators that frame n of a part adds to: those of the T frames up to n. The last K are
 * those of n itself. */
static float *numerators(const um_nmfd *nmfd, size_t i_part, size_t n)
{
    const um_nmfd_config *c = &nmfd->config;
    return nmfd->P + (n + i_part * (c->atom_frames - 1)) * c->n_components;
}

/* -- One tile ---------------------------------------------------------------------------------- */

/* sum V log(V / M) - V + M, from the ratio in scratch. */
static double kl_divergence(const um_nmfd *nmfd, um_cview V, um_cview H,
                            const umi_tile_scratch *scratch)
{
    double total = 0.0;
    for (size_t n = 0; n < V.rows; n++) {
        const float *v = um_crow(V, n);
        const float *h = um_crow(H, n);
        double frame = nmfd->kernels.weighted_log(V.cols, v, scratch->R + n * scratch->R_stride);
        for (size_t f = 0; f < V.cols; f++) {
            frame -= (double)v[f];
        }
        for (size_t i = 0; i < H.cols; i++) {
            frame += (double)h[i] * nmfd->frame_sum[i];
        }
        total += frame;
    }
    return total;
}

static void add_numerators(const um_nmfd *nmfd, size_t i_part, size_t first, size_t rows,
                           const umi_tile_scratch *scratch)
{
    nmfd->kernels.project(rows, nmfd->D.cols, nmfd->D.rows, scratch->R, scratch->R_stride,
                          nmfd->D.data, nmfd->D.stride, scratch->P, scratch->P_stride);
    for (size_t n = 0; n < rows; n++) {
        const float *p = scratch->P + n * scratch->P_stride;
        float *sum = numerators(nmfd, i_part, first + n);
        for (size_t i = 0; i < nmfd->D.rows; i++) {
            sum[i] += p[i];
        }
    }
}

/* N += h~^T R for the atoms that are learned, in runs of neighbours. */
static void accumulate(const um_nmfd *nmfd, um_cview H, const umi_tile_scratch *scratch,
                       umi_nmfd_part *part)
{
    size_t K = nmfd->config.n_components;
    for (size_t i = 0; i < H.cols;) {
        size_t end = i;
        while (end < H.cols && !nmfd->fixed[end % K]) {
            end++;
        }
        if (end > i) {
            nmfd->kernels.accumulate(H.rows, nmfd->D.cols, end - i, H.data + i, H.stride,
                                     scratch->R, scratch->R_stride, um_row(part->N, i),
                                     part->N.stride);
        }
        i = end + 1;
    }
}

/* Sums H over those frames of the tile that have T - 1 more behind them in V. */
static void sum_activations(const pass *p, size_t first, size_t rows, double *sums)
{
    size_t K = p->nmfd->config.n_components, behind = p->nmfd->config.atom_frames - 1;
    for (size_t n = first; n < first + rows && n + behind < p->V.rows; n++) {
        const float *h = umi_nmfd_activations(p->nmfd, n);
        for (size_t k = 0; k < K; k++) {
            sums[k] += (double)h[k];
        }
    }
}

/* -- One pass ---------------------------------------------------------------------------------- */

static void clear_part(const pass *p, size_t i_part)
{
    const um_nmfd *nmfd = p->nmfd;
    umi_nmfd_part *part = &p->nmfd->parts[i_part];
    part->divergence = 0.0;
    if (p->update) {
        const float *end = numerators(nmfd, i_part + 1, part_begin(p, i_part + 1));
        float *begin = numerators(nmfd, i_part, part_begin(p, i_part));
        memset(begin, 0, (size_t)(end - begin) * sizeof *begin);
    }
    if (p->learn_atoms) {
        memset(part->N.data, 0, part->N.rows * part->N.stride * sizeof(float));
        memset(part->activation_sum, 0, nmfd->config.n_components * sizeof(double));
    }
}

static void pass_part(void *argument, size_t i_part, size_t i_worker)
{
    const pass *p = argument;
    um_nmfd *nmfd = p->nmfd;
    umi_nmfd_part *part = &nmfd->parts[i_part];
    const umi_tile_scratch *scratch = &nmfd->scratch[i_worker];
    unsigned before = umi_flush_denormals();
    clear_part(p, i_part);
    size_t end = part_begin(p, i_part + 1);
    for (size_t first = part_begin(p, i_part); first < end; first += UMI_TILE_FRAMES) {
        size_t rows = end - first < UMI_TILE_FRAMES ? end - first : UMI_TILE_FRAMES;
        size_t K = nmfd->config.n_components;
        um_cview V = {um_crow(p->V, first), rows, p->V.cols, p->V.stride};
        um_cview H = {nmfd->H + first * K, rows, nmfd->D.rows, K};
        umi_tile_ratio(&nmfd->kernels, V, um_const_view(nmfd->D), H, scratch);
        if (p->want_divergence) {
            part->divergence += kl_divergence(nmfd, V, H, scratch);
        }
        if (p->update) {
            add_numerators(nmfd, i_part, first, rows, scratch);
        }
        if (p->learn_atoms) {
            accumulate(nmfd, H, scratch, part);
            sum_activations(p, first, rows, part->activation_sum);
        }
    }
    umi_restore_denormals(before);
}

/* Adds what each part has ahead of its first frame to the part before. From the last part on, so
 * that it reaches past a part that is shorter than an atom. */
static void join_numerators(const pass *p)
{
    size_t ahead = (p->nmfd->config.atom_frames - 1) * p->nmfd->config.n_components;
    for (size_t i = p->n_parts - 1; i > 0; i--) {
        const float *from = numerators(p->nmfd, i, part_begin(p, i));
        float *to = numerators(p->nmfd, i, part_begin(p, i)) - ahead;
        for (size_t j = 0; j < ahead; j++) {
            to[j] += from[j];
        }
    }
}

/* Returns the divergence, when it is wanted. */
static double run_pass(pass *p)
{
    umi_parallel_run(&p->nmfd->config.parallel, p->n_parts, pass_part, p);
    if (p->update) {
        join_numerators(p);
    }
    double divergence = 0.0;
    for (size_t i = 0; i < p->n_parts; i++) {
        divergence += p->nmfd->parts[i].divergence;
    }
    return divergence;
}

/* -- Atoms ------------------------------------------------------------------------------------- */

/* Fills `onsets`: the later a frame of an atom, the fewer onsets bring it inside V. */
static void sum_onsets(const pass *p)
{
    const um_nmfd *nmfd = p->nmfd;
    size_t K = nmfd->config.n_components, T = nmfd->config.atom_frames;
    for (size_t k = 0; k < K; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < p->n_parts; i++) {
            sum += nmfd->parts[i].activation_sum[k];
        }
        for (size_t tau = T; tau-- > 0;) {
            /* The sum so far has the n < V.rows - tau - 1; rows before the first hold zeros. */
            if (tau + 1 < T) {
                sum += (double)nmfd->H[(T - 1 + p->V.rows - 1 - tau) * K + k];
            }
            nmfd->onsets[tau * K + k] = sum;
        }
    }
}

/* Adds row i of every part's N to the first part's. */
static const float *reduced_row(const pass *p, size_t i)
{
    float *sum = um_row(p->nmfd->parts[0].N, i);
    for (size_t j = 1; j < p->n_parts; j++) {
        const float *n = um_row(p->nmfd->parts[j].N, i);
        for (size_t f = 0; f < p->nmfd->D.cols; f++) {
            sum[f] += n[f];
        }
    }
    return sum;
}

/* The new value of w, before the atom is scaled. A frame that no onset brings inside V stays; and
 * where w is 0 the numerator may be infinite, the ratio being huge where no atom has a say. */
static double learned(float w, float numerator, double onsets)
{
    if (!(onsets > 0.0)) {
        return (double)w;
    }
    return w > 0.0f ? (double)w * (double)numerator / onsets : 0.0;
}

static void learn_atom(void *argument, size_t k, size_t i_worker)
{
    const pass *p = argument;
    um_nmfd *nmfd = p->nmfd;
    size_t F = nmfd->config.n_bins, K = nmfd->config.n_components, T = nmfd->config.atom_frames;
    (void)i_worker;
    if (nmfd->fixed[k]) {
        return;
    }
    unsigned before = umi_flush_denormals();
    float *w = um_row(nmfd->W, k);
    double sum = 0.0;
    for (size_t tau = 0; tau < T; tau++) {
        const float *n = reduced_row(p, (T - 1 - tau) * K + k);
        for (size_t f = 0; f < F; f++) {
            sum += learned(w[tau * F + f], n[f], nmfd->onsets[tau * K + k]);
        }
    }
    /* An atom that explains nothing stays as it is. */
    if (isfinite(sum) && sum > 0.0) {
        for (size_t tau = 0; tau < T; tau++) {
            const float *n = um_row(nmfd->parts[0].N, (T - 1 - tau) * K + k);
            double onsets = nmfd->onsets[tau * K + k];
            for (size_t f = 0; f < F; f++) {
                w[tau * F + f] = (float)(learned(w[tau * F + f], n[f], onsets) / sum);
            }
        }
        umi_nmfd_expand(nmfd, k);
    }
    umi_restore_denormals(before);
}

/* -- Activations ------------------------------------------------------------------------------- */

static void update_part(void *argument, size_t i_part, size_t i_worker)
{
    const pass *p = argument;
    const um_nmfd *nmfd = p->nmfd;
    size_t K = nmfd->config.n_components, T = nmfd->config.atom_frames;
    (void)i_worker;
    unsigned before = umi_flush_denormals();
    size_t end = part_begin(p, i_part + 1);
    for (size_t n = part_begin(p, i_part); n < end; n++) {
        size_t left = p->V.rows - n;
        const double *inside = nmfd->inside + ((left < T ? left : T) - 1) * K;
        const float *numerator = numerators(nmfd, i_part, n) + (T - 1) * K;
        float *h = umi_nmfd_activations(nmfd, n);
        for (size_t k = 0; k < K; k++) {
            if (inside[k] > LEAST_INSIDE) {
                h[k] = (float)((double)h[k] * (double)numerator[k] / inside[k]);
            }
        }
    }
    umi_restore_denormals(before);
}

/* -- The run ----------------------------------------------------------------------------------- */

static void update(pass *p)
{
    const um_parallel *parallel = &p->nmfd->config.parallel;
    if (p->learn_atoms) {
        sum_onsets(p);
        umi_parallel_run(parallel, p->nmfd->config.n_components, learn_atom, p);
    }
    umi_parallel_run(parallel, p->n_parts, update_part, p);
}

static bool has_free_atoms(const um_nmfd *nmfd)
{
    for (size_t k = 0; k < nmfd->config.n_components; k++) {
        if (!nmfd->fixed[k]) {
            return true;
        }
    }
    return false;
}

/* Whether the last value of the curve, taken after `iterations`, fell too little to go on. */
static bool has_converged(const um_nmfd *nmfd)
{
    const um_nmfd_config *c = &nmfd->config;
    size_t n = nmfd->n_curve;
    return c->tolerance > 0.0 && n > 1 &&
           nmfd->iterations >= c->activation_iterations + c->check_every &&
           nmfd->curve[n - 2] - nmfd->curve[n - 1] < c->tolerance * nmfd->curve[0];
}

um_status um_nmfd_run(um_nmfd *nmfd, um_cview V, const um_progress *progress)
{
    if (nmfd == NULL || V.data == NULL || V.rows > nmfd->config.n_frames ||
        V.cols != nmfd->config.n_bins || !umi_tile_magnitudes_are_valid(V)) {
        return UM_ERR_ARGUMENT;
    }
    const um_nmfd_config *c = &nmfd->config;
    size_t most = c->activation_iterations + c->iterations;
    um_status status = UM_OK;
    pass p = {nmfd, V, umi_nmf_n_parts(V.rows), true, false, false};
    bool has_free = has_free_atoms(nmfd);
    bool converged = false;
    nmfd->n_rows = V.rows;
    nmfd->n_curve = 0;
    nmfd->iterations = 0;
    while (nmfd->iterations < most && !converged && status == UM_OK) {
        p.learn_atoms = has_free && nmfd->iterations >= c->activation_iterations;
        p.want_divergence = nmfd->iterations % c->check_every == 0;
        double divergence = run_pass(&p);
        if (p.want_divergence) {
            nmfd->curve[nmfd->n_curve++] = divergence;
            converged = has_converged(nmfd);
        }
        update(&p);
        nmfd->iterations++;
        if (!umi_progress_report(progress, (double)nmfd->iterations, (double)most,
                                 nmfd->curve[nmfd->n_curve - 1])) {
            status = UM_ERR_CANCELLED;
        }
    }
    /* Tells how near the model came. */
    p.update = p.learn_atoms = false;
    p.want_divergence = true;
    nmfd->curve[nmfd->n_curve++] = run_pass(&p);
    return status;
}
