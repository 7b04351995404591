#include "unmingle/separator.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/separator_internal.h"

#include <math.h>
#include <string.h>

enum { BATCH_FRAMES_MAX = 128, BATCH_BYTES = 16 << 20 };

um_separator_config um_separator_config_default(void)
{
    um_separator_config config = {0};
    config.stft = um_stft_config_default();
    config.n_channels = 1;
    config.iterations = 50;
    config.exponent = 1.5;
    config.parallel = um_parallel_serial();
    return config;
}

/* -- Making one -------------------------------------------------------------------------------- */

static um_status check_config(const um_separator_config *c, um_error *error)
{
    if (c->n_channels < 1 || c->n_channels > 64) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu channels: 1 to 64 are possible",
                             c->n_channels);
    }
    if (c->n_sources < 1 || c->n_sources > 4096) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu sources: 1 to 4096 are possible",
                             c->n_sources);
    }
    if (c->iterations < 1 || c->iterations > 100000) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu iterations: 1 to 100000 are possible",
                             c->iterations);
    }
    if (!(c->exponent >= 0.1 && c->exponent <= 10.0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "mask exponent %g: 0.1 to 10 are possible",
                             c->exponent);
    }
    if (c->parallel.n_workers < 1 || c->parallel.n_workers > 1024) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu workers: 1 to 1024 are possible",
                             c->parallel.n_workers);
    }
    return UM_OK;
}

/* Writes atom times gains, scaled to sum to 1; false when that cannot be. */
static bool expand_atom(const float *atom, const float *gains, size_t n_bins, size_t n_channels,
                        float *row)
{
    double sum = 0.0;
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t f = 0; f < n_bins; f++) {
            double value = (double)atom[f] * (double)gains[c];
            if (!(atom[f] >= 0.0f && gains[c] >= 0.0f) || !isfinite(value)) {
                return false;
            }
            sum += value;
        }
    }
    if (!(sum > 0.0)) {
        return false;
    }
    for (size_t c = 0; c < n_channels; c++) {
        for (size_t f = 0; f < n_bins; f++) {
            row[c * n_bins + f] = (float)((double)atom[f] * (double)gains[c] / sum);
        }
    }
    return true;
}

/* Fills D, source by source. */
static um_status copy_dictionary(um_separator *s, um_cview atoms, um_cview gains,
                                 const size_t *source_of, um_error *error)
{
    size_t row = 0;
    for (size_t source = 0; source < s->config.n_sources; source++) {
        s->first_of[source] = row;
        for (size_t k = 0; k < atoms.rows; k++) {
            if (source_of[k] != source) {
                continue;
            }
            if (!expand_atom(um_crow(atoms, k), um_crow(gains, k), s->n_bins, gains.cols,
                             um_row(s->D, row))) {
                return umi_error_set(error, UM_ERR_ARGUMENT,
                                     "atom %zu or its gains: negative, not finite or all zero", k);
            }
            row++;
        }
        if (row == s->first_of[source] && source + 1 < s->config.n_sources) {
            return umi_error_set(error, UM_ERR_ARGUMENT, "source %zu has no atom", source);
        }
    }
    s->first_of[s->config.n_sources] = row;
    if (row != atoms.rows) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "an atom belongs to no source");
    }
    return UM_OK;
}

static float *floats_new(size_t a, size_t b, size_t c)
{
    size_t ab, abc;
    return umi_multiply(a, b, &ab) && umi_multiply(ab, c, &abc) ? umi_alloc(abc, sizeof(float))
                                                                : NULL;
}

static bool allocate_streams(um_separator *s)
{
    size_t C = s->config.n_channels;
    size_t n_syntheses = (s->config.n_sources - 1) * C;
    s->analyses = umi_alloc(C, sizeof(um_analysis *));
    s->syntheses = umi_alloc(n_syntheses, sizeof(um_synthesis *));
    if (s->analyses == NULL || s->syntheses == NULL) {
        return false;
    }
    for (size_t c = 0; c < C; c++) {
        if (um_analysis_new(s->stft, &s->analyses[c]) != UM_OK) {
            return false;
        }
    }
    for (size_t i = 0; i < n_syntheses; i++) {
        if (um_synthesis_new(s->stft, &s->syntheses[i]) != UM_OK) {
            return false;
        }
    }
    return true;
}

static bool allocate(um_separator *s, size_t n_components)
{
    size_t C = s->config.n_channels;
    size_t n_masked = s->config.n_sources - 1;
    size_t stride = umi_padded(s->n_columns);
    s->D = (um_view){floats_new(n_components, stride, 1), n_components, s->n_columns, stride};
    s->V = (um_view){floats_new(s->n_frames, stride, 1), s->n_frames, s->n_columns, stride};
    s->H = (um_view){floats_new(s->n_frames, umi_padded(n_components), 1), s->n_frames,
                     n_components, umi_padded(n_components)};
    s->X = floats_new(s->n_frames, s->n_columns, 2);
    s->Y = floats_new(n_masked * s->n_frames, s->n_columns, 2);
    s->fifo_size = (s->n_frames + 1) * s->hop;
    s->fifo = floats_new(n_masked, s->fifo_size, C);
    s->delayed = floats_new(s->delay, C, 1);
    s->first_of = umi_alloc(s->config.n_sources + 1, sizeof(size_t));
    s->workers = umi_alloc(s->config.parallel.n_workers, sizeof *s->workers);
    if (s->D.data == NULL || s->V.data == NULL || s->H.data == NULL || s->X == NULL ||
        s->Y == NULL || s->fifo == NULL || s->delayed == NULL || s->first_of == NULL ||
        s->workers == NULL) {
        return false;
    }
    for (size_t w = 0; w < s->config.parallel.n_workers; w++) {
        umi_separator_worker *next = &s->workers[w];
        next->models = floats_new(s->config.n_sources, UMI_MASK_FRAMES, stride);
        if (next->models == NULL ||
            !umi_tile_scratch_init(&next->tile, s->n_columns, n_components, false)) {
            return false;
        }
    }
    return allocate_streams(s);
}

/* Frames a batch: whole tiles, within a bounded amount of memory. */
static size_t batch_frames(const um_separator *s)
{
    size_t frame_bytes = s->n_columns * (2 * s->config.n_sources + 1) * sizeof(float);
    size_t n = BATCH_BYTES / frame_bytes;
    n = n > BATCH_FRAMES_MAX ? BATCH_FRAMES_MAX : n;
    return n >= UMI_TILE_FRAMES ? n / UMI_TILE_FRAMES * UMI_TILE_FRAMES : n < 1 ? 1 : n;
}

um_status um_separator_new(const um_separator_config *config, um_cview atoms, um_cview gains,
                           const size_t *source_of, um_separator **out, um_error *error)
{
    if (out == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "no place for the separator");
    }
    *out = NULL;
    if (config == NULL || atoms.data == NULL || gains.data == NULL || source_of == NULL ||
        atoms.stride < atoms.cols || gains.stride < gains.cols) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "no settings, or no dictionary");
    }
    um_status status = check_config(config, error);
    if (status != UM_OK) {
        return status;
    }
    um_separator *s = umi_alloc(1, sizeof *s);
    if (s == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the separator");
    }
    s->config = *config;
    s->kernels = *umi_kernels_get();
    status = um_stft_new(&config->stft, &s->stft, error);
    if (status != UM_OK) {
        goto fail;
    }
    s->hop = um_stft_hop(s->stft);
    s->delay = um_stft_synthesis_length(s->stft) - 1;
    s->n_bins = um_stft_n_bins(s->stft);
    s->n_columns = s->n_bins * config->n_channels;
    if (atoms.rows < 1 || atoms.rows > 4096 || atoms.cols != s->n_bins ||
        gains.rows != atoms.rows || gains.cols != config->n_channels) {
        status = umi_error_set(error, UM_ERR_ARGUMENT,
                               "atoms of %zu bins, gains of %zu channels: %zu and %zu are needed",
                               atoms.cols, gains.cols, s->n_bins, config->n_channels);
        goto fail;
    }
    s->n_frames = batch_frames(s);
    if (!allocate(s, atoms.rows)) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the separator");
        goto fail;
    }
    status = copy_dictionary(s, atoms, gains, source_of, error);
    if (status != UM_OK) {
        goto fail;
    }
    um_separator_reset(s);
    *out = s;
    return UM_OK;
fail:
    um_separator_free(s);
    return status;
}

void um_separator_free(um_separator *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t c = 0; s->analyses != NULL && c < s->config.n_channels; c++) {
        um_analysis_free(s->analyses[c]);
    }
    size_t n_syntheses = (s->config.n_sources - 1) * s->config.n_channels;
    for (size_t i = 0; s->syntheses != NULL && i < n_syntheses; i++) {
        um_synthesis_free(s->syntheses[i]);
    }
    for (size_t w = 0; s->workers != NULL && w < s->config.parallel.n_workers; w++) {
        umi_tile_scratch_free(&s->workers[w].tile);
        umi_free(s->workers[w].models);
    }
    um_stft_free(s->stft);
    umi_free(s->analyses);
    umi_free(s->syntheses);
    umi_free(s->workers);
    umi_free(s->first_of);
    umi_free(s->D.data);
    umi_free(s->V.data);
    umi_free(s->H.data);
    umi_free(s->X);
    umi_free(s->Y);
    umi_free(s->fifo);
    umi_free(s->delayed);
    umi_free(s);
}

size_t um_separator_delay(const um_separator *separator)
{
    return separator->delay;
}

void um_separator_reset(um_separator *s)
{
    size_t C = s->config.n_channels;
    size_t n_masked = s->config.n_sources - 1;
    for (size_t c = 0; c < C; c++) {
        um_analysis_reset(s->analyses[c]);
    }
    for (size_t i = 0; i < n_masked * C; i++) {
        um_synthesis_reset(s->syntheses[i]);
    }
    /* A frame gives hop samples at once, when its last one came: so many less one must be there
     * before, for every sample to be answered by one. */
    memset(s->fifo, 0, n_masked * s->fifo_size * C * sizeof(float));
    s->fifo_first = 0;
    s->fifo_n = s->hop - 1;
    memset(s->delayed, 0, s->delay * C * sizeof(float));
    s->delayed_at = 0;
}
