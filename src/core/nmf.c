#include "unmingle/nmf.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/nmf_internal.h"

#include <math.h>
#include <string.h>

enum { COMPONENTS_MAX = 4096, BINS_MAX = 1 << 20, ITERATIONS_MAX = 1000000, WORKERS_MAX = 1024 };

um_nmf_config um_nmf_config_default(void)
{
    um_nmf_config config = {0};
    config.n_channels = 1;
    config.divergence = UM_DIVERGENCE_KULLBACK_LEIBLER;
    config.update_gains = true;
    config.iterations = 200;
    config.check_every = 10;
    config.parallel = um_parallel_serial();
    return config;
}

#define BETA_MIN (-2.0)
#define BETA_MAX 4.0
#define PENALTY_MAX 1e6
#define HELD_OUT_MAX 0.9

static double beta_of(const um_nmf_config *c)
{
    switch (c->divergence) {
    case UM_DIVERGENCE_KULLBACK_LEIBLER:
        return 1.0;
    case UM_DIVERGENCE_EUCLIDEAN:
        return 2.0;
    case UM_DIVERGENCE_ITAKURA_SAITO:
        return 0.0;
    case UM_DIVERGENCE_BETA:
    default:
        return c->beta;
    }
}

static const umi_nmf_family *family_of(double beta, bool sparse)
{
    return sparse        ? &umi_nmf_kl_sparse
           : beta == 1.0 ? &umi_nmf_kl
           : beta == 2.0 ? &umi_nmf_euclidean
                         : &umi_nmf_beta;
}

static bool penalty_is_valid(double penalty)
{
    return penalty >= 0.0 && penalty <= PENALTY_MAX;
}

/* What is meant for one divergence only is refused with the others. */
static bool divergence_is_valid(const um_nmf_config *c)
{
    double beta = beta_of(c);
    bool kl = beta == 1.0;
    return (unsigned)c->divergence <= UM_DIVERGENCE_BETA && beta >= BETA_MIN && beta <= BETA_MAX &&
           (unsigned)c->solver <= UM_SOLVER_AUTO && (c->solver != UM_SOLVER_JOINT || kl) &&
           (c->held_out == 0.0 || (c->held_out > 0.0 && c->held_out < HELD_OUT_MAX && kl)) &&
           (!c->sparse || (kl && c->n_channels == 1)) && penalty_is_valid(c->sparsity_H) &&
           penalty_is_valid(c->sparsity_W) && penalty_is_valid(c->continuity_H);
}

static bool config_is_valid(const um_nmf_config *c)
{
    return c->n_frames >= 1 && c->n_bins >= 1 && c->n_bins <= BINS_MAX && c->n_channels >= 1 &&
           c->n_channels <= UMI_NMF_CHANNELS_MAX && c->n_components >= 1 &&
           c->n_components <= COMPONENTS_MAX && divergence_is_valid(c) &&
           (!c->sparse || (c->n_frames <= UINT32_MAX && c->n_values <= UINT32_MAX)) &&
           c->iterations <= ITERATIONS_MAX && c->tolerance >= 0.0 && c->tolerance < 1.0 &&
           (unsigned)c->precision <= UM_PRECISION_BF16 && c->check_every >= 1 &&
           c->parallel.n_workers >= 1 && c->parallel.n_workers <= WORKERS_MAX;
}

size_t umi_nmf_n_parts(size_t n_rows)
{
    enum { PART_FRAMES_MIN = 256 };
    size_t n = (n_rows + PART_FRAMES_MIN - 1) / PART_FRAMES_MIN;
    return n < 1 ? 1 : n > UMI_NMF_PARTS_MAX ? UMI_NMF_PARTS_MAX : n;
}

static bool part_init(umi_nmf_part *part, const um_nmf *nmf)
{
    size_t K = nmf->config.n_components;
    if (!nmf->config.sparse || part == &nmf->parts[0]) {
        part->N = umi_matrix_new(K, nmf->n_columns);
        if (part->N.data == NULL) {
            return false;
        }
    }
    part->activation_sum = umi_alloc(K, sizeof(double));
    if (nmf->family == &umi_nmf_euclidean) {
        part->HH = umi_matrix_new(K, K);
        if (part->HH.data == NULL) {
            return false;
        }
    }
    if (nmf->family == &umi_nmf_beta) {
        part->E = umi_matrix_new(K, nmf->n_columns);
        if (part->E.data == NULL) {
            return false;
        }
    }
    return part->activation_sum != NULL;
}

static bool allocate(um_nmf *nmf)
{
    const um_nmf_config *c = &nmf->config;
    size_t K = c->n_components;
    nmf->W = umi_matrix_new(K, c->n_bins);
    nmf->G = umi_matrix_new(K, c->n_channels);
    nmf->D = c->n_channels == 1 ? nmf->W : umi_matrix_new(K, nmf->n_columns);
    nmf->H = umi_matrix_new(c->n_frames, K);
    nmf->fixed = umi_alloc(K, sizeof *nmf->fixed);
    nmf->weights = umi_alloc(K, sizeof *nmf->weights);
    nmf->scale = umi_alloc(K, sizeof *nmf->scale);
    nmf->curve = umi_alloc(c->iterations / c->check_every + 2, sizeof *nmf->curve);
    nmf->scratch = umi_alloc(c->parallel.n_workers, sizeof *nmf->scratch);
    if (nmf->W.data == NULL || nmf->G.data == NULL || nmf->D.data == NULL || nmf->H.data == NULL ||
        nmf->fixed == NULL || nmf->weights == NULL || nmf->scale == NULL || nmf->curve == NULL ||
        nmf->scratch == NULL) {
        return false;
    }
    if (c->continuity_H > 0.0 || (c->sparse && nmf->joint)) {
        nmf->H_before = umi_matrix_new(c->n_frames, K);
        if (nmf->H_before.data == NULL) {
            return false;
        }
    }
    if (c->sparse) {
        nmf->Wt = umi_matrix_new(c->n_bins, K);
        if (nmf->Wt.data == NULL || !umi_nmf_entries_init(nmf)) {
            return false;
        }
    }
    if (nmf->family == &umi_nmf_euclidean) {
        nmf->B = umi_matrix_new(K, K);
        nmf->E = umi_matrix_new(K, nmf->n_columns);
        if (nmf->B.data == NULL || nmf->E.data == NULL) {
            return false;
        }
    }
    if ((c->solver == UM_SOLVER_EXTRAPOLATED || c->solver == UM_SOLVER_AUTO) &&
        !umi_nmf_momentum_init(nmf)) {
        return false;
    }
    for (size_t w = 0; w < c->parallel.n_workers; w++) {
        /* Nothing of a sparse V is ever laid out over all columns. */
        if (!umi_tile_scratch_init(&nmf->scratch[w], c->sparse ? 0 : nmf->n_columns, K,
                                   nmf->family == &umi_nmf_beta)) {
            return false;
        }
    }
    for (size_t p = 0; p < umi_nmf_n_parts(c->n_frames); p++) {
        if (!part_init(&nmf->parts[p], nmf)) {
            return false;
        }
    }
    return true;
}

um_status um_nmf_new(const um_nmf_config *config, um_nmf **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || !config_is_valid(config)) {
        return UM_ERR_ARGUMENT;
    }
    um_nmf *nmf = umi_alloc(1, sizeof *nmf);
    if (nmf == NULL) {
        return UM_ERR_MEMORY;
    }
    nmf->config = *config;
    nmf->beta = beta_of(config);
    nmf->family = family_of(nmf->beta, config->sparse);
    nmf->joint = nmf->beta == 1.0 && config->solver != UM_SOLVER_MU;
    nmf->frame_step = 1;
    nmf->kernels = *umi_kernels_get();
    nmf->n_columns = config->n_channels * config->n_bins;
    /* Loops held back to less than AVX-512 are held back from bfloat16 too. */
    bool bf16 = config->precision == UM_PRECISION_BF16 && strcmp(nmf->kernels.name, "avx512") == 0;
    if (!allocate(nmf) || (bf16 && !umi_nmf_bf16_init(nmf, NULL))) {
        um_nmf_free(nmf);
        return UM_ERR_MEMORY;
    }
    for (size_t k = 0; k < config->n_components; k++) {
        nmf->weights[k] = 1.0;
        for (size_t f = 0; f < config->n_bins; f++) {
            um_row(nmf->W, k)[f] = 1.0f / (float)config->n_bins;
        }
        for (size_t c = 0; c < config->n_channels; c++) {
            um_row(nmf->G, k)[c] = 1.0f / (float)config->n_channels;
        }
    }
    umi_nmf_expand(nmf);
    *out = nmf;
    return UM_OK;
}

void um_nmf_free(um_nmf *nmf)
{
    if (nmf == NULL) {
        return;
    }
    for (size_t p = 0; p < UMI_NMF_PARTS_MAX; p++) {
        umi_free(nmf->parts[p].N.data);
        umi_free(nmf->parts[p].E.data);
        umi_free(nmf->parts[p].HH.data);
        umi_free(nmf->parts[p].activation_sum);
    }
    umi_nmf_bf16_free(nmf);
    umi_nmf_momentum_free(nmf);
    for (size_t w = 0; nmf->scratch != NULL && w < nmf->config.parallel.n_workers; w++) {
        umi_tile_scratch_free(&nmf->scratch[w]);
    }
    if (nmf->D.data != nmf->W.data) {
        umi_free(nmf->D.data);
    }
    umi_free(nmf->W.data);
    umi_free(nmf->G.data);
    umi_free(nmf->H.data);
    umi_free(nmf->H_before.data);
    umi_free(nmf->Wt.data);
    umi_nmf_entries_free(nmf);
    umi_free(nmf->B.data);
    umi_free(nmf->E.data);
    umi_free(nmf->fixed);
    umi_free(nmf->weights);
    umi_free(nmf->scale);
    umi_free(nmf->scratch);
    umi_free(nmf->curve);
    umi_free(nmf);
}

void umi_nmf_expand(um_nmf *nmf)
{
    size_t F = nmf->config.n_bins;
    if (nmf->config.sparse) {
        umi_nmf_transpose_atoms(nmf);
    }
    if (nmf->config.n_channels == 1) {
        return; /* D is W */
    }
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        const float *w = um_row(nmf->W, k);
        for (size_t c = 0; c < nmf->config.n_channels; c++) {
            float gain = um_row(nmf->G, k)[c];
            float *d = um_row(nmf->D, k) + c * F;
            for (size_t f = 0; f < F; f++) {
                d[f] = gain * w[f];
            }
        }
    }
}

um_status um_nmf_set_atoms(um_nmf *nmf, size_t first, um_cview W, bool fixed)
{
    if (nmf == NULL || first > nmf->W.rows || W.rows > nmf->W.rows - first ||
        W.cols != nmf->W.cols || !umi_matrix_is_non_negative(W, true)) {
        return UM_ERR_ARGUMENT;
    }
    umi_matrix_copy_rows(nmf->W, first, W);
    for (size_t k = first; k < first + W.rows; k++) {
        if (!umi_row_normalise(um_row(nmf->W, k), nmf->W.cols)) {
            return UM_ERR_ARGUMENT;
        }
        nmf->fixed[k] = fixed;
    }
    umi_nmf_expand(nmf);
    return UM_OK;
}

um_status um_nmf_set_gains(um_nmf *nmf, um_cview gains)
{
    if (nmf == NULL || gains.rows != nmf->G.rows || gains.cols != nmf->G.cols ||
        !umi_matrix_is_non_negative(gains, true)) {
        return UM_ERR_ARGUMENT;
    }
    umi_matrix_copy_rows(nmf->G, 0, gains);
    for (size_t k = 0; k < nmf->G.rows; k++) {
        if (!umi_row_normalise(um_row(nmf->G, k), nmf->G.cols)) {
            return UM_ERR_ARGUMENT;
        }
    }
    umi_nmf_expand(nmf);
    return UM_OK;
}

um_status um_nmf_set_activations(um_nmf *nmf, um_cview H)
{
    if (nmf == NULL || H.rows > nmf->H.rows || H.cols != nmf->H.cols ||
        !umi_matrix_is_non_negative(H, false)) {
        return UM_ERR_ARGUMENT;
    }
    umi_matrix_copy_rows(nmf->H, 0, H);
    return UM_OK;
}

um_status um_nmf_set_weights(um_nmf *nmf, const double *weights)
{
    if (nmf == NULL || weights == NULL) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t k = 0; k < nmf->config.n_components; k++) {
        if (!isfinite(weights[k]) || weights[k] < 0.0) {
            return UM_ERR_ARGUMENT;
        }
    }
    memcpy(nmf->weights, weights, nmf->config.n_components * sizeof *weights);
    return UM_OK;
}

um_cview um_nmf_activations(const um_nmf *nmf)
{
    um_cview H = um_const_view(nmf->H);
    H.rows = nmf->n_rows;
    return H;
}

um_cview um_nmf_atoms(const um_nmf *nmf)
{
    return um_const_view(nmf->W);
}

um_cview um_nmf_gains(const um_nmf *nmf)
{
    return um_const_view(nmf->G);
}

const double *um_nmf_curve(const um_nmf *nmf, size_t *n_values)
{
    *n_values = nmf->n_curve;
    return nmf->curve;
}

size_t um_nmf_curve_iteration(const um_nmf *nmf, size_t i)
{
    return i + 1 < nmf->n_curve ? nmf->curve_start + i * nmf->config.check_every : nmf->iterations;
}

size_t um_nmf_iterations(const um_nmf *nmf)
{
    return nmf->iterations;
}

double um_nmf_divergence(const um_nmf *nmf)
{
    return nmf->divergence;
}

double um_nmf_held_out(const um_nmf *nmf, size_t *n_cells)
{
    *n_cells = nmf->n_held_out;
    return nmf->held_out;
}

um_precision um_nmf_precision(const um_nmf *nmf)
{
    return nmf->bf16 != NULL ? UM_PRECISION_BF16 : UM_PRECISION_FP32;
}
