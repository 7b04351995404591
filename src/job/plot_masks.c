#include "job/plot_masks.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/plot_bands.h"
#include "job/shift_list.h"
#include "unmingle/mask.h"

#include <math.h>
#include <stddef.h>

static um_status out_of_memory(um_error *error)
{
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to plot masks");
}

static float *models_of(const umi_plot_masks *masks, size_t source, size_t column)
{
    return masks->shares + (source * masks->columns + column) * masks->rows;
}

/* Adds one frame of an atom, at the strengths H, `later` columns later and `higher` rows higher. */
static void add_frame(umi_plot_masks *masks, size_t source, const float *bands, const float *H,
                      size_t later, ptrdiff_t higher)
{
    size_t rows = masks->rows;
    size_t down = higher < 0 ? (size_t)-higher : 0, up = higher > 0 ? (size_t)higher : 0;
    for (size_t c = later; c < masks->columns; c++) {
        float strength = H[c - later];
        float *models = models_of(masks, source, c);
        for (size_t r = down; strength > 0 && r + up < rows; r++) {
            models[r - down + up] += strength * bands[r];
        }
    }
}

/* Rows that each pitch of the atoms is higher than their own. */
static void measure_pitches(const umi_plot_masks *masks, size_t n_pitches, ptrdiff_t *higher)
{
    double shifts[UMI_SHIFT_LIST_MAX];
    double octaves = log2(masks->scale.high / masks->scale.low);
    size_t n = umi_shift_list_fill(n_pitches - 1, shifts);
    higher[0] = 0;
    for (size_t i = 0; i < n; i++) {
        higher[i + 1] = (ptrdiff_t)lrint(shifts[i] / 12 / octaves * (double)masks->rows);
    }
}

/* Adds what the atoms stand for to the models of their sources. */
static um_status add_atoms(const um_dictionary *dictionary, const umi_atom_order *order,
                           const umi_plot_activations *activations, umi_plot_masks *masks,
                           um_error *error)
{
    size_t F = um_dictionary_n_bins(dictionary);
    double bin_hertz = dictionary->sample_rate / 2 / (double)(F > 1 ? F - 1 : 1);
    double hop = (double)dictionary->stft.window.hop / dictionary->sample_rate;
    double columns_a_hop =
        activations->seconds > 0 ? hop / activations->seconds * (double)masks->columns : 0;
    ptrdiff_t higher[UMI_SHIFT_LIST_MAX + 1];
    float *bands = umi_alloc(masks->rows, sizeof *bands);
    if (bands == NULL) {
        return out_of_memory(error);
    }
    measure_pitches(masks, activations->n_pitches, higher);
    for (size_t i = 0; i < order->n_atoms; i++) {
        const umi_placed_atom *atom = &order->atoms[i];
        for (size_t t = 0; t < dictionary->n_frames; t++) {
            size_t later = (size_t)rint((double)t * columns_a_hop);
            umi_plot_bands(um_row(dictionary->W, atom->atom) + t * F, F, bin_hertz, &masks->scale,
                           bands, masks->rows);
            for (size_t p = 0; p < activations->n_pitches; p++) {
                add_frame(masks, atom->source, bands,
                          umi_plot_activations_row(activations, atom->atom, p), later, higher[p]);
            }
        }
    }
    umi_free(bands);
    return UM_OK;
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
