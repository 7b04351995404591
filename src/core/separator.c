#include "unmingle/separator.h"

#include "core/error.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/separator_batch.h"
#include "core/separator_internal.h"

#include <math.h>
#include <string.h>

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
    if (c->iterations < 1 || c->iterations > 100000 || c->refit_iterations > 100000) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu iterations: 1 to 100000 are possible",
                             c->iterations < 1 || c->iterations > 100000 ? c->iterations
                                                                         : c->refit_iterations);
    }
    if (!(c->exponent >= 0.1 && c->exponent <= 10.0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "mask exponent %g: 0.1 to 10 are possible",
                             c->exponent);
    }
    if (c->onset_frames > 65 || (c->onset_frames > 0 && c->onset_frames % 2 == 0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu frames of onsets: odd numbers up to 65",
                             c->onset_frames);
    }
    if (c->guide.median_frames > 127 || c->guide.median_bins > 127) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "medians of %zu frames, %zu bins: up to 127",
                             c->guide.median_frames, c->guide.median_bins);
    }
    if (!(c->guide.weight >= 0.0 && c->guide.weight <= 1.0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "weight %g of the guide: 0 to 1 are possible",
                             c->guide.weight);
    }
    if (c->n_components_max > 4096) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu atoms: up to 4096 are possible",
                             c->n_components_max);
    }
    if (c->parallel.n_workers < 1 || c->parallel.n_workers > 1024) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%zu workers: 1 to 1024 are possible",
                             c->parallel.n_workers);
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
    size_t n_syntheses = (s->n_sources - 1) * C;
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

static bool couples_frames(const um_separator *s)
{
    const um_separator_config *c = &s->config;
    return c->onset_frames > 0 || (c->guide.weight > 0.0 && c->guide.repetition == NULL);
}

static bool allocate_worker(const um_separator *s, umi_separator_worker *w)
{
    const um_separator_dictionary *d = s->own;
    bool refits = s->config.refit_iterations > 0;
    size_t stride = s->V.stride;
    w->models = floats_new(s->n_sources, s->mask_frames, stride);
    w->unexplained = floats_new(stride, 1, 1);
    if (s->config.guide.weight > 0.0) {
        w->guided = umi_matrix_new(s->mask_frames, s->n_points);
        w->guiding = floats_new(umi_separator_guide_floats(s, s->mask_frames), 1, 1);
        if (w->guided.data == NULL || w->guiding == NULL) {
            return false;
        }
    }
    w->masked = refits ? floats_new(s->n_sources, s->n_columns, 2) : NULL;
    w->estimates = refits ? floats_new(s->n_sources, UMI_SEPARATOR_TASK_FRAMES, stride) : NULL;
    return w->models != NULL && w->unexplained != NULL &&
           (!refits || (w->masked != NULL && w->estimates != NULL)) &&
           umi_tile_scratch_init(&w->tile, s->n_points, s->n_activations_max, false) &&
           (d->shifted == NULL || umi_shifted_tile_init(&w->shifted, UMI_SEPARATOR_TASK_FRAMES,
                                                        s->n_columns, s->n_activations_max));
}

static bool allocate(um_separator *s)
{
    size_t n_activations = s->n_activations_max;
    size_t C = s->config.n_channels;
    size_t n_masked = s->n_sources - 1;
    size_t stride = umi_padded(s->n_points);
    size_t n_frames = s->n_frames + 2 * s->halo;
    s->V = (um_view){floats_new(n_frames, stride, 1), n_frames, s->n_points, stride};
    s->H = (um_view){floats_new(n_frames, umi_padded(n_activations), 1), n_frames, n_activations,
                     umi_padded(n_activations)};
    s->X = floats_new(n_frames, s->n_columns, 2);
    s->Y = floats_new(n_masked * s->n_frames, s->n_columns, 2);
    s->fifo_size = s->hop + s->n_late * s->hop + s->n_frames * s->hop;
    s->fifo = floats_new(n_masked, s->fifo_size, C);
    s->delayed = floats_new(s->delay, C, 1);
    s->column = floats_new(n_frames, 1, 1);
    s->workers = umi_alloc(s->config.parallel.n_workers, sizeof *s->workers);
    if (s->V.data == NULL || s->H.data == NULL || s->X == NULL || s->Y == NULL || s->fifo == NULL ||
        s->delayed == NULL || s->column == NULL || s->workers == NULL) {
        return false;
    }
    if (s->own->atom_frames > 1 && umi_separator_convolutive_init(s) != UM_OK) {
        return false;
    }
    for (size_t w = 0; w < s->config.parallel.n_workers; w++) {
        if (!allocate_worker(s, &s->workers[w])) {
            return false;
        }
    }
    return allocate_streams(s);
}

/* Every source but the last must be able to sound, and all must fit the transform. */
static um_status check_dictionary(const um_separator *s, um_error *error)
{
    const um_separator_dictionary *d = s->own;
    if (d->atom_frames > 1 && s->config.refit_iterations > 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "a refit of atoms that last several frames");
    }
    const um_separator_guide *guide = &s->config.guide;
    if ((guide->weight > 0.0 || s->config.onset_frames > 0) &&
        (d->n_sources != 2 || d->matrices != NULL || d->atom_frames > 1 ||
         s->config.refit_iterations > 0)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "a guide, or onsets, are for two sources and ratio masks");
    }
    if (d->n_bins != s->n_bins || (d->atom_frames == 1 && d->n_channels != s->config.n_channels)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "atoms of %zu bins, gains of %zu channels: %zu and %zu are needed",
                             d->n_bins, d->n_channels, s->n_bins, s->config.n_channels);
    }
    for (size_t i = 0; i + 1 < d->n_sources; i++) {
        if (d->first_of[i] == d->first_of[i + 1]) {
            return umi_error_set(error, UM_ERR_ARGUMENT, "source %zu has no atom", i);
        }
    }
    return UM_OK;
}

/* From the settings, the transform and the dictionary. */
static void take_sizes(um_separator *s)
{
    s->n_sources = s->own->n_sources;
    s->n_activations_max = umi_separator_n_activations(s->own);
    if (s->config.n_components_max > s->n_activations_max) {
        s->n_activations_max = s->config.n_components_max;
    }
    s->n_points = s->own->atom_frames > 1 ? s->n_bins : s->n_columns;
    umi_separator_batch batch =
        umi_separator_batch_of(s->n_columns, s->n_sources, s->own->atom_frames, couples_frames(s));
    s->n_frames = batch.n_frames;
    s->halo = batch.halo;
    s->n_late = umi_separator_batch_late(batch);
    s->delay += s->n_late * s->hop;
    s->mask_frames = s->own->shifted != NULL ? UMI_SEPARATOR_TASK_FRAMES : UMI_MASK_FRAMES;
}

um_status um_separator_new(const um_separator_config *config,
                           const um_separator_dictionary_config *dictionary, um_separator **out,
                           um_error *error)
{
    if (out == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "no place for the separator");
    }
    *out = NULL;
    if (config == NULL) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "no settings");
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
    status = um_separator_dictionary_new(dictionary, &s->own, error);
    if (status == UM_OK) {
        status = check_dictionary(s, error);
    }
    if (status != UM_OK) {
        goto fail;
    }
    take_sizes(s);
    if (!allocate(s)) {
        status = umi_error_set(error, UM_ERR_MEMORY, "not enough memory for the separator");
        goto fail;
    }
    s->dictionary = s->own;
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
    size_t n_syntheses = (s->n_sources - 1) * s->config.n_channels;
    for (size_t i = 0; s->syntheses != NULL && i < n_syntheses; i++) {
        um_synthesis_free(s->syntheses[i]);
    }
    for (size_t w = 0; s->workers != NULL && w < s->config.parallel.n_workers; w++) {
        umi_tile_scratch_free(&s->workers[w].tile);
        umi_shifted_tile_free(&s->workers[w].shifted);
        umi_free(s->workers[w].models);
        umi_free(s->workers[w].unexplained);
        umi_free(s->workers[w].guided.data);
        umi_free(s->workers[w].guiding);
        umi_free(s->workers[w].masked);
        umi_free(s->workers[w].estimates);
    }
    um_stft_free(s->stft);
    um_separator_dictionary_free(s->own);
    umi_free(s->analyses);
    umi_free(s->syntheses);
    umi_free(s->workers);
    um_nmfd_free(s->nmfd);
    umi_free(s->start.data);
    umi_free(s->windows);
    umi_free(s->column);
    umi_free(s->V.data);
    umi_free(s->H.data);
    umi_free(s->X);
    umi_free(s->Y);
    umi_free(s->fifo);
    umi_free(s->delayed);
    umi_free(s);
}

um_status um_separator_use(um_separator *s, const um_separator_dictionary *dictionary)
{
    if (s == NULL || dictionary == NULL || dictionary->n_bins != s->n_bins ||
        dictionary->n_channels != s->config.n_channels || dictionary->n_sources != s->n_sources ||
        umi_separator_n_activations(dictionary) > s->n_activations_max ||
        (dictionary->shifted != NULL && s->own->shifted == NULL) ||
        (dictionary->matrices != NULL && s->own->matrices == NULL) ||
        (dictionary != s->own && (dictionary->atom_frames > 1 || s->own->atom_frames > 1))) {
        return UM_ERR_ARGUMENT;
    }
    s->dictionary = dictionary;
    s->n_batch_frames = 0;
    return UM_OK;
}

size_t um_separator_frames(const um_separator *s, um_cview *V, um_cview *H)
{
    *V = (um_cview){s->V.data, s->n_batch_frames, s->n_points, s->V.stride};
    *H = (um_cview){s->H.data, s->n_batch_frames, umi_separator_n_activations(s->dictionary),
                    s->H.stride};
    return s->n_batch_frames;
}

size_t um_separator_delay(const um_separator *separator)
{
    return separator->delay;
}

void um_separator_reset(um_separator *s)
{
    size_t C = s->config.n_channels;
    size_t n_masked = s->n_sources - 1;
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
    s->fifo_n = s->hop - 1 + s->n_late * s->hop;
    s->n_before = s->n_held = 0;
    memset(s->delayed, 0, s->delay * C * sizeof(float));
    s->delayed_at = 0;
}
