#include "unmingle/nmfd.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/nmfd_internal.h"

#include <math.h>
#include <string.h>

enum {
    COMPONENTS_MAX = 4096,
    BINS_MAX = 1 << 20,
    ATOM_FRAMES_MAX = 64,
    ITERATIONS_MAX = 1000000,
    WORKERS_MAX = 1024
};

um_nmfd_config um_nmfd_config_default(void)
{
    um_nmfd_config config = {0};
    config.atom_frames = 8;
    config.iterations = 100;
    config.check_every = 10;
    config.parallel = um_parallel_serial();
    return config;
}

static bool config_is_valid(const um_nmfd_config *c)
{
    return c->n_frames >= 1 && c->n_bins >= 1 && c->n_bins <= BINS_MAX && c->n_components >= 1 &&
           c->n_components <= COMPONENTS_MAX && c->atom_frames >= 1 &&
           c->atom_frames <= ATOM_FRAMES_MAX && c->activation_iterations <= ITERATIONS_MAX &&
           c->iterations <= ITERATIONS_MAX && c->tolerance >= 0.0 && c->tolerance < 1.0 &&
           c->check_every >= 1 && c->parallel.n_workers >= 1 &&
           c->parallel.n_workers <= WORKERS_MAX;
}

/* n_frames + ahead rows of K floats without gaps. */
static float *rows_new(const um_nmfd_config *c, size_t ahead)
{
    size_t rows, count;
    if (__builtin_add_overflow(c->n_frames, ahead, &rows) ||
        !umi_multiply(rows, c->n_components, &count)) {
        return NULL;
    }
    return umi_alloc(count, sizeof(float));
}

static bool allocate(um_nmfd *nmfd)
{
    const um_nmfd_config *c = &nmfd->config;
    size_t K = c->n_components, T = c->atom_frames;
    size_t n_parts = umi_nmf_n_parts(c->n_frames);
    nmfd->W = umi_matrix_new(K, T * c->n_bins);
    nmfd->D = umi_matrix_new(T * K, c->n_bins);
    nmfd->frame_sum = umi_alloc(T * K, sizeof *nmfd->frame_sum);
    nmfd->inside = umi_alloc(T * K, sizeof *nmfd->inside);
    nmfd->onsets = umi_alloc(T * K, sizeof *nmfd->onsets);
    nmfd->H = rows_new(c, T - 1);
    nmfd->P = rows_new(c, n_parts * (T - 1));
    nmfd->fixed = umi_alloc(K, sizeof *nmfd->fixed);
    nmfd->curve = umi_alloc((c->activation_iterations + c->iterations) / c->check_every + 2,
                            sizeof *nmfd->curve);
    nmfd->scratch = umi_alloc(c->parallel.n_workers, sizeof *nmfd->scratch);
    if (nmfd->W.data == NULL || nmfd->D.data == NULL || nmfd->frame_sum == NULL ||
        nmfd->inside == NULL || nmfd->onsets == NULL || nmfd->H == NULL || nmfd->P == NULL ||
        nmfd->fixed == NULL || nmfd->curve == NULL || nmfd->scratch == NULL) {
        return false;
    }
    for (size_t w = 0; w < c->parallel.n_workers; w++) {
        if (!umi_tile_scratch_init(&nmfd->scratch[w], c->n_bins, T * K, false)) {
            return false;
        }
    }
    for (size_t i = 0; i < n_parts; i++) {
        umi_nmfd_part *part = &nmfd->parts[i];
        part->N = umi_matrix_new(T * K, c->n_bins);
        part->activation_sum = umi_alloc(K, sizeof *part->activation_sum);
        if (part->N.data == NULL || part->activation_sum == NULL) {
            return false;
        }
    }
    return true;
}

um_status um_nmfd_new(const um_nmfd_config *config, um_nmfd **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || !config_is_valid(config)) {
        return UM_ERR_ARGUMENT;
    }
    um_nmfd *nmfd = umi_alloc(1, sizeof *nmfd);
    if (nmfd == NULL) {
        return UM_ERR_MEMORY;
    }
    nmfd->config = *config;
    nmfd->kernels = *umi_kernels_get();
    if (!allocate(nmfd)) {
        um_nmfd_free(nmfd);
        return UM_ERR_MEMORY;
    }
    for (size_t k = 0; k < config->n_components; k++) {
        for (size_t i = 0; i < nmfd->W.cols; i++) {
            um_row(nmfd->W, k)[i] = 1.0f / (float)nmfd->W.cols;
        }
        umi_nmfd_expand(nmfd, k);
    }
    *out = nmfd;
    return UM_OK;
}

void um_nmfd_free(um_nmfd *nmfd)
{
    if (nmfd == NULL) {
        return;
    }
    for (size_t i = 0; i < UMI_NMF_PARTS_MAX; i++) {
        umi_free(nmfd->parts[i].N.data);
        umi_free(nmfd->parts[i].activation_sum);
    }
    for (size_t w = 0; nmfd->scratch != NULL && w < nmfd->config.parallel.n_workers; w++) {
        umi_tile_scratch_free(&nmfd->scratch[w]);
    }
    umi_free(nmfd->W.data);
    umi_free(nmfd->D.data);
    umi_free(nmfd->frame_sum);
    umi_free(nmfd->inside);
    umi_free(nmfd->onsets);
    umi_free(nmfd->H);
    umi_free(nmfd->P);
    umi_free(nmfd->fixed);
    umi_free(nmfd->curve);
    umi_free(nmfd->scratch);
    umi_free(nmfd);
}

void umi_nmfd_expand(um_nmfd *nmfd, size_t k)
{
    size_t F = nmfd->config.n_bins, K = nmfd->config.n_components, T = nmfd->config.atom_frames;
    double inside = 0.0;
    for (size_t tau = 0; tau < T; tau++) {
        const float *w = um_row(nmfd->W, k) + tau * F;
        size_t row = (T - 1 - tau) * K + k;
        double sum = 0.0;
        for (size_t f = 0; f < F; f++) {
            sum += (double)w[f];
        }
        memcpy(um_row(nmfd->D, row), w, F * sizeof *w);
        inside += sum;
        nmfd->frame_sum[row] = sum;
        nmfd->inside[tau * K + k] = inside;
    }
}

/* -- Start values ------------------------------------------------------------------------------ */

um_status um_nmfd_set_atoms(um_nmfd *nmfd, size_t first, um_cview W, bool fixed)
{
    if (nmfd == NULL || first > nmfd->W.rows || W.rows > nmfd->W.rows - first ||
        W.cols != nmfd->W.cols || !umi_matrix_is_non_negative(W, true)) {
        return UM_ERR_ARGUMENT;
    }
    umi_matrix_copy_rows(nmfd->W, first, W);
    for (size_t k = first; k < first + W.rows; k++) {
        bool normalised = umi_row_normalise(um_row(nmfd->W, k), W.cols);
        (void)normalised; /* its sum is above zero */
        nmfd->fixed[k] = fixed;
        umi_nmfd_expand(nmfd, k);
    }
    return UM_OK;
}

um_status um_nmfd_set_activations(um_nmfd *nmfd, um_cview H)
{
    if (nmfd == NULL || H.rows > nmfd->config.n_frames || H.cols != nmfd->config.n_components ||
        !umi_matrix_is_non_negative(H, false)) {
        return UM_ERR_ARGUMENT;
    }
    for (size_t n = 0; n < H.rows; n++) {
        memcpy(umi_nmfd_activations(nmfd, n), um_crow(H, n), H.cols * sizeof(float));
    }
    return UM_OK;
}

/* -- Results ----------------------------------------------------------------------------------- */

um_cview um_nmfd_activations(const um_nmfd *nmfd)
{
    return um_cview_of(umi_nmfd_activations(nmfd, 0), nmfd->n_rows, nmfd->config.n_components);
}

um_cview um_nmfd_atoms(const um_nmfd *nmfd)
{
    return um_const_view(nmfd->W);
}

const double *um_nmfd_curve(const um_nmfd *nmfd, size_t *n_values)
{
    *n_values = nmfd->n_curve;
    return nmfd->curve;
}

size_t um_nmfd_iterations(const um_nmfd *nmfd)
{
    return nmfd->iterations;
}
