/* One pass over V, tile by tile in a fixed number of parts, and what the dictionaries of all
 * divergences are made with. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/nmf_internal.h"
#include "core/parallel.h"

#include <math.h>
#include <string.h>

bool umi_nmf_learns_gains(const um_nmf *nmf)
{
    return nmf->config.n_channels > 1 && nmf->config.update_gains;
}

bool umi_nmf_learns_dictionary(const um_nmf *nmf)
{
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        if (!nmf->fixed[k]) {
            return true;
        }
    }
    return umi_nmf_learns_gains(nmf);
}

/* -- The pass ---------------------------------------------------------------------------------- */

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

bool umi_nmf_next_learned(const um_nmf *nmf, size_t from, size_t *begin, size_t *end)
{
    bool gains = umi_nmf_learns_gains(nmf);
    size_t K = nmf->config.n_components;
    while (from < K && !gains && nmf->fixed[from]) {
        from++;
    }
    *begin = from;
    while (from < K && (gains || !nmf->fixed[from])) {
        from++;
    }
    *end = from;
    return *begin < *end;
}

void umi_nmf_accumulate(const um_nmf *nmf, um_cview H, const float *X, size_t X_stride, um_view M)
{
    size_t begin, end = 0;
    while (umi_nmf_next_learned(nmf, end, &begin, &end)) {
        nmf->kernels.accumulate(H.rows, nmf->n_columns, end - begin, H.data + begin, H.stride, X,
                                X_stride, um_row(M, begin), M.stride);
    }
}

static void clear(um_view M)
{
    if (M.data != NULL) {
        memset(M.data, 0, M.rows * M.stride * sizeof(float));
    }
}

static void pass_part(void *argument, size_t i_part, size_t i_worker)
{
    const umi_nmf_pass *p = argument;
    um_nmf *nmf = p->nmf;
    umi_nmf_part *part = &nmf->parts[i_part];
    unsigned before = umi_flush_denormals();
    part->divergence = part->penalty = part->held_out = 0.0;
    part->n_held_out = 0;
    if (p->learn) {
        clear(part->N);
        clear(part->E);
        clear(part->HH);
        memset(part->activation_sum, 0, nmf->config.n_components * sizeof(double));
    }
    size_t n_tiles = (p->V.rows + UMI_TILE_FRAMES - 1) / UMI_TILE_FRAMES;
    size_t end = (i_part + 1) * n_tiles / p->n_parts;
    for (size_t t = i_part * n_tiles / p->n_parts; t < end; t++) {
        size_t first = t * UMI_TILE_FRAMES;
        size_t left = p->V.rows - first;
        size_t rows = left < UMI_TILE_FRAMES ? left : UMI_TILE_FRAMES;
        um_view H = {um_row(nmf->H, first), rows, nmf->H.cols, nmf->H.stride};
        apply_scale(nmf, H);
        if (p->measure) {
            part->penalty += umi_nmf_activations_penalty(nmf, first, um_const_view(H));
        }
        if (p->update) {
            umi_nmf_momentum_enter(nmf, um_const_view(H), i_worker);
        }
        nmf->family->tile(p, first, H, part, &nmf->scratch[i_worker]);
        if (p->learn) {
            sum_activations(um_const_view(H), part->activation_sum);
        }
        if (p->update) {
            umi_nmf_momentum_leave(nmf, first, H, i_worker);
        }
    }
    umi_restore_denormals(before);
}

/* The update of a tile looks at its neighbours as they were, not as another task left them. */
static void keep_activations(um_nmf *nmf, size_t n_rows)
{
    if (nmf->H_before.data != NULL) {
        memcpy(nmf->H_before.data, nmf->H.data, n_rows * nmf->H.stride * sizeof(float));
    }
}

double umi_nmf_pass_run(umi_nmf_pass *p)
{
    um_nmf *nmf = p->nmf;
    keep_activations(nmf, p->V.rows);
    if (nmf->family->prepare != NULL) {
        nmf->family->prepare(nmf);
    }
    double objective = p->measure ? umi_nmf_atoms_penalty(nmf) : 0.0;
    umi_parallel_run(&nmf->config.parallel, p->n_parts, pass_part, p);
    /* The one term of the sum over cells that never changes is left to this place. */
    nmf->divergence = nmf->family == &umi_nmf_kl ? -nmf->sum : 0.0;
    nmf->held_out = 0.0;
    nmf->n_held_out = 0;
    for (size_t i = 0; i < p->n_parts; i++) {
        nmf->divergence += nmf->parts[i].divergence;
        objective += nmf->parts[i].penalty;
        nmf->held_out += nmf->parts[i].held_out;
        nmf->n_held_out += nmf->parts[i].n_held_out;
    }
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        nmf->scale[k] = 1.0;
    }
    return objective + nmf->divergence;
}

/* -- The dictionary ---------------------------------------------------------------------------- */

static void add_row(float *sum, const float *row, size_t n)
{
    for (size_t f = 0; f < n; f++) {
        sum[f] += row[f];
    }
}

void umi_nmf_reduce_row(const umi_nmf_pass *p, size_t k)
{
    const umi_nmf_part *first = &p->nmf->parts[0];
    for (size_t i = 1; i < p->n_parts; i++) {
        const umi_nmf_part *part = &p->nmf->parts[i];
        if (part->N.data != NULL) {
            add_row(um_row(first->N, k), um_row(part->N, k), p->nmf->n_columns);
        }
        if (first->E.data != NULL) {
            add_row(um_row(first->E, k), um_row(part->E, k), p->nmf->n_columns);
        }
        first->activation_sum[k] += part->activation_sum[k];
    }
}

double umi_nmf_over_channels(const um_nmf *nmf, size_t k, const float *S, size_t f)
{
    double sum = 0.0;
    for (size_t c = 0; c < nmf->config.n_channels; c++) {
        double gain = (double)um_row(nmf->G, k)[c];
        sum += gain > 0.0 ? gain * (double)S[c * nmf->config.n_bins + f] : 0.0;
    }
    return sum;
}

double umi_nmf_over_bins(const um_nmf *nmf, size_t k, const float *S, size_t c)
{
    enum { LANES = 8 }; /* so that no addition waits for the one before */
    const size_t F = nmf->config.n_bins;
    const float *w = um_row(nmf->W, k), *s = S + c * F;
    double lanes[LANES] = {0};
    size_t f = 0;
    for (; f + LANES <= F; f += LANES) {
        for (size_t i = 0; i < LANES; i++) {
            lanes[i] += w[f + i] > 0.0f ? (double)w[f + i] * (double)s[f + i] : 0.0;
        }
    }
    for (; f < F; f++) {
        lanes[0] += w[f] > 0.0f ? (double)w[f] * (double)s[f] : 0.0;
    }
    double sum = 0.0;
    for (size_t i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    return sum;
}

/* value * (up / down)^power; a cell that nothing speaks about stays. */
static float stepped(float value, double up, double down, double power)
{
    if (!(down > 0.0) || !isfinite(up) || !isfinite(down)) {
        return value;
    }
    double ratio = up / down;
    return (float)((double)value * (power == 1.0 ? ratio : pow(ratio, power)));
}

void umi_nmf_learn_spectrum(um_nmf *nmf, size_t k, const float *N, const float *E, double power)
{
    if (nmf->fixed[k]) {
        return;
    }
    size_t F = nmf->config.n_bins;
    float *w = um_row(nmf->W, k);
    double sum_up = 0.0, sum_down = 0.0, squares = 0.0;
    for (size_t f = 0; f < F; f++) {
        squares += (double)w[f] * (double)w[f];
    }
    /* Where H's scale is bound the atom may only turn, not grow: the gradient loses its part along
     * the atom (Eggert, Koerner 2004; Le Roux, Weninger, Hershey 2015, for the sum 1). */
    if (umi_nmf_penalises_activations(nmf)) {
        for (size_t c = 0; c < nmf->config.n_channels; c++) {
            double gain = (double)um_row(nmf->G, k)[c];
            sum_up += gain * umi_nmf_over_bins(nmf, k, N, c);
            sum_down += gain * umi_nmf_over_bins(nmf, k, E, c);
        }
    }
    double sparsity = umi_nmf_sparsity_of_atom(nmf, k);
    for (size_t f = 0; f < F; f++) {
        double up = umi_nmf_over_channels(nmf, k, N, f) + sum_down;
        double down = umi_nmf_over_channels(nmf, k, E, f) + sum_up;
        /* The gradient of log(|w|_1 / |w|_2) is 1 / |w|_1 - w / |w|_2^2. */
        w[f] = stepped(w[f], up + sparsity * (double)w[f] / squares, down + sparsity, power);
    }
}

void umi_nmf_learn_gains(um_nmf *nmf, size_t k, const float *N, const float *E, double power)
{
    size_t C = nmf->config.n_channels;
    float *g = um_row(nmf->G, k);
    double up[UMI_NMF_CHANNELS_MAX], down[UMI_NMF_CHANNELS_MAX];
    double sum_up = 0.0, sum_down = 0.0;
    for (size_t c = 0; c < C; c++) {
        up[c] = umi_nmf_over_bins(nmf, k, N, c);
        down[c] = umi_nmf_over_bins(nmf, k, E, c);
        sum_up += (double)g[c] * up[c];
        sum_down += (double)g[c] * down[c];
    }
    bool turn = umi_nmf_penalises_activations(nmf); /* as for the spectrum */
    for (size_t c = 0; c < C; c++) {
        g[c] =
            stepped(g[c], up[c] + (turn ? sum_down : 0.0), down[c] + (turn ? sum_up : 0.0), power);
    }
}

/* Brings the row to the sum 1 and returns the sum it had; a row that died stays, and gives 1. */
static double normalised_by(float *row, size_t n)
{
    double sum = umi_matrix_sum(um_cview_of(row, 1, n));
    return umi_row_normalise(row, n) ? sum : 1.0;
}

void umi_nmf_normalise_atom(um_nmf *nmf, size_t k)
{
    /* Only what was learned is scaled: a fixed atom would change by a rounding error. */
    double scale = nmf->fixed[k] ? 1.0 : normalised_by(um_row(nmf->W, k), nmf->config.n_bins);
    if (umi_nmf_learns_gains(nmf)) {
        scale *= normalised_by(um_row(nmf->G, k), nmf->config.n_channels);
    }
    nmf->scale[k] = umi_nmf_penalises_activations(nmf) ? 1.0 : scale;
}
