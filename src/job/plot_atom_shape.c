#include "job/plot_atom_shape.h"

#include "core/error.h"
#include "core/memory.h"
#include "job/plot_atom_order.h"
#include "job/plot_bands.h"

#include <math.h>

/* More than a shape needs on any page: its places, and its points with two below for the fill. */
enum { PLACES_MAX = 1024, PIXELS_A_POINT = 2 };

struct umi_atom_shapes {
    const um_dictionary *dictionary;
    umi_frequency_scale scale;
    double bin_hertz;
    float *bins; /* of one frame */
    float places[PLACES_MAX];
    umi_point points[PLACES_MAX + 2];
    umi_rgb pixels[PLACES_MAX * UM_DICTIONARY_FRAMES_MAX];
};

um_status umi_atom_shapes_new(const um_dictionary *dictionary, umi_atom_shapes **out,
                              um_error *error)
{
    size_t F = um_dictionary_n_bins(dictionary);
    umi_atom_shapes *shapes = umi_alloc(1, sizeof *shapes);
    float *bins = umi_alloc(F, sizeof *bins);
    *out = NULL;
    if (shapes == NULL || bins == NULL) {
        umi_free(shapes);
        umi_free(bins);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory to draw atoms");
    }
    shapes->dictionary = dictionary;
    shapes->scale = umi_frequency_scale_of(dictionary->sample_rate);
    shapes->bin_hertz = dictionary->sample_rate / 2 / (double)(F > 1 ? F - 1 : 1);
    shapes->bins = bins;
    *out = shapes;
    return UM_OK;
}

void umi_atom_shapes_free(umi_atom_shapes *shapes)
{
    if (shapes != NULL) {
        umi_free(shapes->bins);
        umi_free(shapes);
    }
}

const umi_frequency_scale *umi_atom_shapes_scale(const umi_atom_shapes *shapes)
{
    return &shapes->scale;
}

/* How far a value is from the bottom of the range, the largest one being at its top: 0..1. */
static double height_of(const umi_atom_shapes *shapes, float value, float largest)
{
    double level = value > 0 ? 20 / shapes->dictionary->exponent * log10((double)(value / largest))
                             : -UMI_ATOM_RANGE;
    return fmax(0, 1 + level / UMI_ATOM_RANGE);
}

static size_t count_places(double pixels, double pixels_a_place)
{
    return (size_t)fmin(fmax(2, pixels / pixels_a_place), PLACES_MAX);
}

/* The heights of the mean frame at n places. */
static void measure_heights(umi_atom_shapes *shapes, size_t atom, size_t n, double *heights)
{
    float largest = 0;
    umi_atom_mean_frame(shapes->dictionary, atom, shapes->bins);
    umi_plot_bands(shapes->bins, um_dictionary_n_bins(shapes->dictionary), shapes->bin_hertz,
                   &shapes->scale, shapes->places, n);
    for (size_t i = 0; i < n; i++) {
        largest = fmaxf(largest, shapes->places[i]);
    }
    for (size_t i = 0; i < n; i++) {
        heights[i] = largest > 0 ? height_of(shapes, shapes->places[i], largest) : 0;
    }
}

void umi_atom_ridge(umi_atom_shapes *shapes, const umi_plot *plot, umi_box box, size_t atom,
                    umi_rgb colour)
{
    size_t n = count_places(box.width, PIXELS_A_POINT);
    double bottom = box.y + box.height, heights[PLACES_MAX];
    measure_heights(shapes, atom, n, heights);
    shapes->points[0] = (umi_point){box.x, bottom};
    for (size_t i = 0; i < n; i++) {
        double x = box.x + box.width * ((double)i + 0.5) / (double)n;
        shapes->points[i + 1] = (umi_point){x, bottom - box.height * heights[i]};
    }
    shapes->points[n + 1] = (umi_point){box.x + box.width, bottom};
    umi_picture_shape(plot->picture, shapes->points, n + 2,
                      umi_plot_mix(plot->colours.page, colour, 0.4));
    umi_picture_line(plot->picture, shapes->points, n + 2, 1, colour);
}

void umi_atom_bar(umi_atom_shapes *shapes, const umi_plot *plot, umi_box box, size_t atom,
                  umi_rgb colour)
{
    size_t n = count_places(box.width, 1);
    double heights[PLACES_MAX];
    measure_heights(shapes, atom, n, heights);
    for (size_t i = 0; i < n; i++) {
        shapes->pixels[i] = umi_plot_mix(plot->colours.page, colour, heights[i]);
    }
    umi_picture_image(plot->picture, box, shapes->pixels, n, 1);
}

void umi_atom_cell(umi_atom_shapes *shapes, const umi_plot *plot, umi_box box, size_t atom,
                   umi_rgb colour)
{
    size_t n = count_places(box.height, 1);
    size_t F = um_dictionary_n_bins(shapes->dictionary), T = shapes->dictionary->n_frames;
    const float *frames = um_row(shapes->dictionary->W, atom);
    float largest = 0;
    for (size_t i = 0; i < T * F; i++) {
        largest = fmaxf(largest, frames[i]);
    }
    for (size_t t = 0; t < T; t++) {
        umi_plot_bands(frames + t * F, F, shapes->bin_hertz, &shapes->scale, shapes->places, n);
        for (size_t i = 0; i < n; i++) {
            double share = height_of(shapes, shapes->places[i], largest);
            shapes->pixels[(n - 1 - i) * T + t] = umi_plot_mix(plot->colours.page, colour, share);
        }
    }
    umi_picture_image(plot->picture, box, shapes->pixels, T, n);
}
