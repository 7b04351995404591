#include "unmingle/denoiser.h"

#include "core/denoiser_internal.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/stack.h"

#include <math.h>
#include <string.h>

enum { NOISE_ITERATIONS = 40, NOISE_SEED = 1 };

/* Of a section's frames: those that count as noise, and those that tell how loud it is. Noise is
 * nearly as loud in the quietest fiftieth as in the quietest tenth; speech without noise is not. */
static const double QUIET_SHARE = 0.1, QUIETEST_SHARE = 0.02;

/* Of the L1 norm of the activations of speech: without it speech takes the noise, too. */
static const float SPARSITY = 0.1f;

/* Standard deviation, in seconds, of the mean that the noise as it goes along is. */
static const double FLOOR_SECONDS = 0.4;

um_denoiser_config um_denoiser_config_default(void)
{
    um_denoiser_config config = {.n_frames = 2048, .frame_rate = 62.5};
    return config;
}

/* -- Making one -------------------------------------------------------------------------------- */

static bool config_is_valid(const um_denoiser_config *c, um_cview speech)
{
    return c->n_bins >= 16 && c->n_bins <= 4096 && c->n_frames >= 1 && c->n_frames <= 65536 &&
           c->frame_rate >= 1.0 && c->frame_rate <= 10000.0 && speech.rows >= 1 &&
           speech.rows <= 4096 && speech.cols == UM_DENOISER_STACKED * c->n_bins &&
           umi_matrix_is_non_negative(speech, true);
}

static bool part_init(umi_denoiser_part *part, const um_denoiser *d, size_t n_atoms)
{
    part->n_atoms = n_atoms;
    part->stride = umi_padded(n_atoms);
    part->D = umi_matrix_new(d->n_stacked * part->stride, d->config.n_bins);
    part->H = umi_matrix_new(d->config.n_frames + d->n_stacked - 1, part->stride);
    return part->D.data != NULL && part->H.data != NULL;
}

static bool noise_init(umi_noise *noise, size_t columns, size_t n_bins)
{
    noise->atoms = umi_matrix_new(UMI_NOISE_ATOMS + 1, columns);
    noise->mean = umi_alloc(n_bins, sizeof(float));
    return noise->atoms.data != NULL && noise->mean != NULL;
}

static um_status make_nmf(um_denoiser *d)
{
    um_nmf_config config = um_nmf_config_default();
    config.n_frames = UMI_NOISE_FRAMES_MAX;
    config.n_bins = d->frames.cols;
    config.n_components = UMI_NOISE_ATOMS;
    config.iterations = NOISE_ITERATIONS;
    config.check_every = NOISE_ITERATIONS;
    return um_nmf_new(&config, &d->nmf);
}

static bool allocate(um_denoiser *d)
{
    size_t n_bins = d->config.n_bins, n_frames = d->config.n_frames;
    size_t columns = d->n_stacked * n_bins;
    if (!umi_bands_init(&d->bands, n_bins)) {
        return false;
    }
    d->band_stride = umi_padded(d->bands.n_bands);
    d->speech = umi_matrix_new(d->n_speech, columns);
    d->frames = umi_matrix_new(UMI_NOISE_FRAMES_MAX, columns);
    d->row = umi_alloc(n_bins, sizeof(float));
    d->share = umi_alloc(n_bins, sizeof(float));
    d->weights = umi_alloc(n_bins, sizeof(float));
    d->W = umi_matrix_new(d->n_atoms, d->n_stacked * d->band_stride);
    d->shrinkage = umi_alloc(d->n_atoms, sizeof(float));
    d->V = umi_matrix_new(n_frames + d->n_stacked - 1, d->band_stride);
    d->H = umi_matrix_new(UMI_TILE_FRAMES, d->n_atoms);
    d->S = umi_matrix_new(UMI_TILE_FRAMES, n_bins);
    d->N = umi_matrix_new(UMI_TILE_FRAMES, n_bins);
    d->quiet = umi_alloc(n_frames, sizeof *d->quiet);
    d->levels = umi_alloc(n_bins, sizeof(double));
    if (!noise_init(&d->profile, columns, n_bins) || !noise_init(&d->found, columns, n_bins) ||
        d->speech.data == NULL || d->frames.data == NULL || d->row == NULL || d->share == NULL ||
        d->weights == NULL || d->W.data == NULL || d->shrinkage == NULL || d->V.data == NULL ||
        d->H.data == NULL || d->S.data == NULL || d->N.data == NULL || d->quiet == NULL ||
        d->levels == NULL || !umi_tile_scratch_init(&d->scratch, d->W.cols, d->n_atoms, false) ||
        !part_init(&d->speech_part, d, d->n_speech) ||
        !part_init(&d->noise_part, d, d->n_atoms - d->n_speech)) {
        return false;
    }
    if (d->config.fast) {
        return true;
    }
    d->C = umi_matrix_new(d->V.rows, d->band_stride);
    d->first = umi_matrix_new(n_frames, n_bins);
    d->R = umi_matrix_new(n_frames, n_bins);
    return d->C.data != NULL && d->first.data != NULL && d->R.data != NULL &&
           umi_noise_floor_init(&d->floor, FLOOR_SECONDS * d->config.frame_rate, n_frames);
}

/* Copies the frames of the atoms that are used; false when these are all zero. */
static bool copy_speech(um_denoiser *d, um_cview speech)
{
    size_t first = (UM_DENOISER_STACKED - d->n_stacked) / 2 * d->config.n_bins;
    for (size_t k = 0; k < d->n_speech; k++) {
        memcpy(um_row(d->speech, k), um_crow(speech, k) + first, d->speech.cols * sizeof(float));
        if (!umi_row_normalise(um_row(d->speech, k), d->speech.cols)) {
            return false;
        }
    }
    for (size_t k = 0; k < d->n_atoms; k++) {
        d->shrinkage[k] = k < d->n_speech ? 1.0f / (1.0f + SPARSITY) : 1.0f;
    }
    return true;
}

um_status um_denoiser_new(const um_denoiser_config *config, um_cview speech, um_denoiser **out)
{
    if (out == NULL) {
        return UM_ERR_ARGUMENT;
    }
    *out = NULL;
    if (config == NULL || speech.data == NULL || !config_is_valid(config, speech)) {
        return UM_ERR_ARGUMENT;
    }
    um_denoiser *d = umi_alloc(1, sizeof *d);
    if (d == NULL) {
        return UM_ERR_MEMORY;
    }
    um_status status = UM_ERR_MEMORY;
    d->config = *config;
    d->kernels = *umi_kernels_get();
    d->n_stacked = config->fast ? 1 : UM_DENOISER_STACKED;
    d->n_speech = speech.rows;
    d->n_atoms = speech.rows + UMI_NOISE_ATOMS + 1;
    if (!allocate(d)) {
        goto fail;
    }
    status = make_nmf(d);
    if (status != UM_OK) {
        goto fail;
    }
    if (!copy_speech(d, speech)) {
        status = UM_ERR_ARGUMENT;
        goto fail;
    }
    *out = d;
    return UM_OK;
fail:
    um_denoiser_free(d);
    return status;
}

void um_denoiser_free(um_denoiser *d)
{
    if (d == NULL) {
        return;
    }
    umi_bands_free(&d->bands);
    umi_noise_floor_free(&d->floor);
    umi_tile_scratch_free(&d->scratch);
    um_nmf_free(d->nmf);
    float *blocks[] = {d->speech.data,
                       d->profile.atoms.data,
                       d->profile.mean,
                       d->found.atoms.data,
                       d->found.mean,
                       d->frames.data,
                       d->row,
                       d->share,
                       d->weights,
                       d->W.data,
                       d->shrinkage,
                       d->V.data,
                       d->C.data,
                       d->H.data,
                       d->S.data,
                       d->N.data,
                       d->first.data,
                       d->R.data,
                       d->speech_part.D.data,
                       d->speech_part.H.data,
                       d->noise_part.D.data,
                       d->noise_part.H.data};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        umi_free(blocks[i]);
    }
    umi_free(d->quiet);
    umi_free(d->levels);
    umi_free(d);
}

/* -- The noise --------------------------------------------------------------------------------- */

static bool section_is_valid(const um_denoiser *d, um_cview V)
{
    return d != NULL && V.cols == d->config.n_bins && umi_tile_magnitudes_are_valid(V);
}

/* Frame t and its neighbours become row n of the noise's frames. */
static void take_frame(um_denoiser *d, um_cview V, size_t t, size_t n)
{
    umi_stack_frame(V, t, d->n_stacked, um_row(d->frames, n));
}

/* Fills the mean and its atom; false when all is silence. */
static bool take_mean(um_denoiser *d, size_t n_frames, umi_noise *noise)
{
    size_t n_bins = d->config.n_bins, middle = d->n_stacked / 2 * n_bins;
    float *mean = um_row(noise->atoms, UMI_NOISE_ATOMS);
    for (size_t f = 0; f < d->frames.cols; f++) {
        double sum = 0.0;
        for (size_t n = 0; n < n_frames; n++) {
            sum += (double)um_row(d->frames, n)[f];
        }
        mean[f] = (float)(sum / (double)n_frames);
    }
    memcpy(noise->mean, mean + middle, n_bins * sizeof(float));
    return umi_row_normalise(mean, d->frames.cols);
}

/* Learns from the first n_frames rows of d->frames. */
static um_status learn_noise(um_denoiser *d, size_t n_frames, umi_noise *noise)
{
    noise->is_there = n_frames > 0 && take_mean(d, n_frames, noise);
    if (!noise->is_there) {
        return UM_OK;
    }
    um_cview V = {d->frames.data, n_frames, d->frames.cols, d->frames.stride};
    um_status status = um_nmf_start_random(d->nmf, V, NOISE_SEED);
    if (status == UM_OK) {
        status = um_nmf_run(d->nmf, V, NULL);
    }
    if (status == UM_OK) {
        umi_matrix_copy_rows(noise->atoms, 0, um_nmf_atoms(d->nmf));
    }
    return status;
}

um_status umi_denoiser_learn_found(um_denoiser *d)
{
    size_t n = d->n_quiet;
    d->n_quiet = 0;
    return n > 0 ? learn_noise(d, n, &d->found) : UM_OK;
}

/* `wanted`, but `least` at least, as far as there are so many. */
static size_t at_least(double wanted, size_t least, size_t there)
{
    size_t n = (size_t)wanted < least ? least : (size_t)wanted;
    return n < there ? n : there;
}

/* The mean of V^2 over the rows that the first n of `frames` are. */
static double mean_power(um_cview V, const umi_quiet_frame *frames, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += umi_matrix_power(um_cview_of(um_crow(V, frames[i].t), 1, V.cols));
    }
    return n > 0 ? sum / (double)n : 0.0;
}

um_status um_denoiser_set_noise(um_denoiser *d, um_cview V)
{
    if (!section_is_valid(d, V)) {
        return UM_ERR_ARGUMENT;
    }
    size_t n = V.rows < UMI_NOISE_FRAMES_MAX ? V.rows : UMI_NOISE_FRAMES_MAX;
    for (size_t i = 0; i < n; i++) {
        take_frame(d, V, i * V.rows / n, i);
    }
    d->n_quiet = 0;
    d->found.is_there = false;
    d->has_profile = true;
    d->profile.power = V.rows > 0 ? umi_matrix_power(V) : 0.0;
    return learn_noise(d, n, &d->profile);
}

um_status um_denoiser_find_noise(um_denoiser *d, um_cview V)
{
    if (!section_is_valid(d, V) || V.rows > d->config.n_frames) {
        return UM_ERR_ARGUMENT;
    }
    size_t there = umi_quiet_frames(V, d->quiet, d->levels);
    size_t found = at_least(QUIET_SHARE * (double)V.rows, 8, there);
    size_t n = found < UMI_NOISE_FRAMES_MAX ? found : UMI_NOISE_FRAMES_MAX;
    for (size_t i = 0; i < n; i++) {
        take_frame(d, V, d->quiet[i * found / n].t, i);
    }
    d->n_quiet = n;
    d->found.is_there = false;
    d->found.power = mean_power(V, d->quiet, at_least(QUIETEST_SHARE * (double)V.rows, 4, there));
    return UM_OK;
}
