#include "job/plot_masks.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/plot_bands.h"
#include "unmingle/mask.h"

#include <math.h>

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to plot masks");
}

static float *models_of(const umi_plot_masks *masks, size_t source, size_t column)
{
    return masks->shares + (source * masks->columns + column) * masks->rows;
}

/* Adds what the atoms stand for to the models of their sources. */
static um_status add_atoms(const um_dictionary *dictionary, const umi_atom_order *order,
                           const umi_plot_activations *activations, umi_plot_masks *masks,
                           um_error *error)
{
    size_t F = um_dictionary_n_bins(dictionary), rows = masks->rows;
    float *bins = umi_alloc(F, sizeof *bins), *bands = umi_alloc(rows, sizeof *bands);
    um_status status = bins == NULL || bands == NULL ? out_of_memory(error) : UM_OK;
    for (size_t i = 0; status == UM_OK && i < order->n_atoms; i++) {
        const umi_placed_atom *atom = &order->atoms[i];
        const float *H = um_row(activations->H, atom->atom);
        umi_atom_mean_frame(dictionary, atom->atom, bins);
        umi_plot_bands(bins, F, dictionary->sample_rate / 2 / (double)(F > 1 ? F - 1 : 1),
                       &masks->scale, bands, rows);
        for (size_t c = 0; c < masks->columns; c++) {
            float *models = models_of(masks, atom->source, c);
            for (size_t r = 0; r < rows; r++) {
                models[r] += H[c] * bands[r];
            }
        }
    }
    umi_free(bins);
    umi_free(bands);
    return status;
}

/* How visible each point is, 0..1, by the level of all models together. */
static um_status measure_levels(const umi_plot_masks *masks, double unit, float **levels,
                                um_error *error)
{
    size_t n = masks->columns * masks->rows;
    float loudest = 0;
    float *level = *levels = umi_alloc(n, sizeof *level);
    if (level == NULL) {
        return out_of_memory(error);
    }
    for (size_t s = 0; s < masks->n_sources; s++) {
        for (size_t i = 0; i < n; i++) {
            level[i] += masks->shares[s * n + i];
            loudest = fmaxf(loudest, level[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        double decibels = level[i] > 0 ? unit * log10((double)(level[i] / loudest)) : -INFINITY;
        level[i] = (float)fmin(fmax(2 + 2 * decibels / UMI_MASK_RANGE, 0), 1);
    }
    return UM_OK;
}

um_status umi_plot_masks_make(const um_dictionary *dictionary, const umi_atom_order *order,
                              const umi_plot_activations *activations, double exponent, size_t rows,
                              umi_plot_masks *masks, um_error *error)
{
    size_t columns = activations->H.cols, n = columns * rows;
    float *levels = NULL;
    *masks = (umi_plot_masks){order->n_sources, columns, rows,
                              umi_alloc(order->n_sources * n, sizeof(float)),
                              umi_frequency_scale_of(dictionary->sample_rate)};
    um_status status = masks->shares == NULL
                           ? out_of_memory(error)
                           : add_atoms(dictionary, order, activations, masks, error);
    if (status == UM_OK) {
        status = measure_levels(masks, 20 / dictionary->exponent, &levels, error);
    }
    if (status == UM_OK) {
        status = um_mask_ratio(masks->shares, n, order->n_sources, n, exponent);
    }
    for (size_t s = 0; status == UM_OK && s < order->n_sources; s++) {
        for (size_t i = 0; i < n; i++) {
            masks->shares[s * n + i] *= levels[i];
        }
    }
    umi_free(levels);
    if (status != UM_OK) {
        umi_plot_masks_free(masks);
    }
    return status;
}

void umi_plot_masks_free(umi_plot_masks *masks)
{
    umi_free(masks->shares);
    *masks = (umi_plot_masks){0};
}

um_status umi_plot_masks_draw(const umi_plot_masks *masks, size_t source, const umi_plot *plot,
                              umi_box box, um_error *error)
{
    size_t columns = masks->columns, rows = masks->rows;
    umi_rgb colour = umi_plot_source_colour(&plot->colours, source);
    umi_rgb *pixels = umi_alloc(columns * rows, sizeof *pixels);
    if (pixels == NULL) {
        return out_of_memory(error);
    }
    for (size_t c = 0; c < columns; c++) {
        const float *shares = models_of(masks, source, c);
        for (size_t r = 0; r < rows; r++) {
            pixels[(rows - 1 - r) * columns + c] =
                umi_plot_mix(plot->colours.page, colour, (double)shares[r]);
        }
    }
    umi_picture_image(plot->picture, box, pixels, columns, rows);
    umi_free(pixels);
    return UM_OK;
}
