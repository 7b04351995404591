#include "io/picture.h"

#include "core/error.h"
#include "core/memory.h"
#include "format/utf8.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 1024 };

struct umi_picture {
    umi_picture_kind kind;
    cairo_surface_t *surface;
    cairo_t *cairo;
    unsigned char *bytes; /* of the file so far */
    size_t n_bytes, n_room;
};

/* Takes what cairo writes. */
static cairo_status_t append(void *user, const unsigned char *bytes, unsigned n)
{
    umi_picture *picture = user;
    if (n > picture->n_room - picture->n_bytes) {
        size_t room = 2 * picture->n_room + n;
        unsigned char *larger = umi_alloc(room, 1);
        if (larger == NULL) {
            return CAIRO_STATUS_NO_MEMORY;
        }
        if (picture->n_bytes > 0) {
            memcpy(larger, picture->bytes, picture->n_bytes);
        }
        umi_free(picture->bytes);
        picture->bytes = larger;
        picture->n_room = room;
    }
    memcpy(picture->bytes + picture->n_bytes, bytes, n);
    picture->n_bytes += n;
    return CAIRO_STATUS_SUCCESS;
}

static void set_colour(umi_picture *picture, umi_rgb colour)
{
    cairo_set_source_rgb(picture->cairo, (colour >> 16 & 0xFF) / 255.0,
                         (colour >> 8 & 0xFF) / 255.0, (colour & 0xFF) / 255.0);
}

/* Glyphs as the font draws them, not as they fit a screen best: both kinds of file look alike, and
 * nothing depends on how this machine's screen is set up. */
static void set_font_options(cairo_t *cairo)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
}

um_status umi_picture_new(umi_picture_kind kind, size_t width, size_t height, umi_rgb page,
                          umi_picture **out, um_error *error)
{
    *out = NULL;
    if (width == 0 || height == 0 || width > UMI_PICTURE_SIDE_MAX ||
        height > UMI_PICTURE_SIDE_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "a picture of %zu x %zu pixels: at most %d",
                             width, height, UMI_PICTURE_SIDE_MAX);
    }
    umi_picture *picture = umi_alloc(1, sizeof *picture);
    if (picture == NULL) {
        goto fail;
    }
    picture->kind = kind;
    if (kind == UMI_PICTURE_SVG) {
        picture->surface =
            cairo_svg_surface_create_for_stream(append, picture, (double)width, (double)height);
        cairo_svg_surface_set_document_unit(picture->surface, CAIRO_SVG_UNIT_PX);
    } else {
        picture->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    }
    picture->cairo = cairo_create(picture->surface);
    if (cairo_status(picture->cairo) != CAIRO_STATUS_SUCCESS) {
        goto fail;
    }
    set_font_options(picture->cairo);
    umi_picture_rectangle(picture, (umi_box){0, 0, (double)width, (double)height}, page);
    *out = picture;
    return UM_OK;

fail:
    umi_picture_free(picture);
    return umi_error_set(error, UM_ERR_MEMORY, "not enough memory for a picture");
}

void umi_picture_free(umi_picture *picture)
{
    if (picture != NULL) {
        cairo_destroy(picture->cairo); /* NULL is fine, too */
        cairo_surface_destroy(picture->surface);
        umi_free(picture->bytes);
        umi_free(picture);
    }
}

void umi_picture_rectangle(umi_picture *picture, umi_box box, umi_rgb colour)
{
    set_colour(picture, colour);
    cairo_rectangle(picture->cairo, box.x, box.y, box.width, box.height);
    cairo_fill(picture->cairo);
}

static void trace(umi_picture *picture, const umi_point *points, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cairo_line_to(picture->cairo, points[i].x, points[i].y);
    }
}

void umi_picture_shape(umi_picture *picture, const umi_point *points, size_t n, umi_rgb colour)
{
    set_colour(picture, colour);
    trace(picture, points, n);
    cairo_close_path(picture->cairo);
    cairo_fill(picture->cairo);
}

void umi_picture_line(umi_picture *picture, const umi_point *points, size_t n, double width,
                      umi_rgb colour)
{
    set_colour(picture, colour);
    cairo_set_line_width(picture->cairo, width);
    cairo_set_line_join(picture->cairo, CAIRO_LINE_JOIN_ROUND);
    trace(picture, points, n);
    cairo_stroke(picture->cairo);
}

/* Makes the font of `style` the current one; cairo takes nothing but UTF-8, hence the copy. */
static double measure(umi_picture *picture, const char *text, const umi_text_style *style,
                      char shown[TEXT_SIZE])
{
    cairo_text_extents_t extents;
    umi_utf8_printable(text, shown, TEXT_SIZE);
    cairo_select_font_face(picture->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           style->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(picture->cairo, style->size);
    cairo_text_extents(picture->cairo, shown, &extents);
    return extents.x_advance;
}

void umi_picture_text(umi_picture *picture, double x, double y, const char *text,
                      const umi_text_style *style)
{
    char shown[TEXT_SIZE];
    double width = measure(picture, text, style, shown);
    set_colour(picture, style->colour);
    cairo_move_to(picture->cairo, x - width * 0.5 * (double)style->align, y);
    cairo_show_text(picture->cairo, shown);
    cairo_new_path(picture->cairo);
}

double umi_picture_text_width(umi_picture *picture, const char *text, const umi_text_style *style)
{
    char shown[TEXT_SIZE];
    return measure(picture, text, style, shown);
}

/* How many pixels stand for one of `n` that fill `length`. An SVG file cannot say that edges are to
 * stay hard, so there a pixel that is larger than the page's is given as several. */
static size_t repeats(const umi_picture *picture, size_t n, double length)
{
    return picture->kind == UMI_PICTURE_SVG && (double)n < length
               ? (size_t)ceil(2 * length / (double)n)
               : 1;
}

static void copy_pixels(cairo_surface_t *image, const umi_rgb *pixels, size_t columns, size_t rows,
                        size_t across, size_t down)
{
    unsigned char *data = cairo_image_surface_get_data(image);
    size_t stride = (size_t)cairo_image_surface_get_stride(image);
    for (size_t r = 0; r < rows * down; r++) {
        const umi_rgb *from = pixels + r / down * columns;
        for (size_t c = 0; c < columns * across; c++) {
            memcpy(data + r * stride + c * sizeof *from, &from[c / across], sizeof *from);
        }
    }
    cairo_surface_mark_dirty(image);
}

void umi_picture_image(umi_picture *picture, umi_box box, const umi_rgb *pixels, size_t columns,
                       size_t rows)
{
    size_t across = repeats(picture, columns, box.width);
    size_t down = repeats(picture, rows, box.height);
    double width = (double)(columns * across), height = (double)(rows * down);
    cairo_surface_t *image =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    if (cairo_surface_status(image) == CAIRO_STATUS_SUCCESS) {
        copy_pixels(image, pixels, columns, rows, across, down);
    }
    cairo_save(picture->cairo);
    cairo_translate(picture->cairo, box.x, box.y);
    cairo_scale(picture->cairo, box.width / width, box.height / height);
    /* An image without memory passes its failure on to the picture. */
    cairo_set_source_surface(picture->cairo, image, 0, 0);
    if (width < box.width || height < box.height) {
        cairo_pattern_set_filter(cairo_get_source(picture->cairo), CAIRO_FILTER_NEAREST);
    }
    cairo_rectangle(picture->cairo, 0, 0, width, height);
    cairo_fill(picture->cairo);
    cairo_restore(picture->cairo);
    cairo_surface_destroy(image);
}

/* Bytes of the name that begins here, up to its number, when it is one that cairo numbers by a
 * counter of the whole process; else 0. */
static size_t counted_name(const char *text)
{
    static const char *const names[] = {"\"image", "#image", "\"surface"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(text, names[i], n) == 0) {
            return n;
        }
    }
    return 0;
}

/* Counts these names from the page's own on, which came first: so the same calls give the same
 * bytes, whatever was drawn before. Numbers, and with them the text, become no longer. */
static void renumber(char *svg)
{
    const char *page = strstr(svg, "id=\"surface"), *from = svg;
    unsigned long long first = page != NULL ? strtoull(page + 11, NULL, 10) : 0;
    char *to = svg;
    while (*from != '\0') {
        size_t n = counted_name(from);
        if (n == 0) {
            *to++ = *from++;
            continue;
        }
        char *end, digits[24];
        int n_digits =
            snprintf(digits, sizeof digits, "%llu", strtoull(from + n, &end, 10) - first);
        memmove(to, from, n);
        memcpy(to + n, digits, (size_t)n_digits);
        to += n + (size_t)n_digits;
        from = end;
    }
    *to = '\0';
}

static cairo_status_t finish_svg(umi_picture *picture)
{
    cairo_surface_finish(picture->surface);
    cairo_status_t status = cairo_surface_status(picture->surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = append(picture, (const unsigned char *)"", 1);
    }
    if (status == CAIRO_STATUS_SUCCESS) {
        renumber((char *)picture->bytes);
        picture->n_bytes = strlen((char *)picture->bytes);
    }
    return status;
}

um_status umi_picture_finish(umi_picture *picture, unsigned char **bytes, size_t *n_bytes,
                             um_error *error)
{
    cairo_status_t status = cairo_status(picture->cairo);
    *bytes = NULL;
    *n_bytes = 0;
    if (status == CAIRO_STATUS_SUCCESS && picture->kind == UMI_PICTURE_PNG) {
        status = cairo_surface_write_to_png_stream(picture->surface, append, picture);
    } else if (status == CAIRO_STATUS_SUCCESS) {
        status = finish_svg(picture);
    }
    if (status != CAIRO_STATUS_SUCCESS) {
        return umi_error_set(error,
                             status == CAIRO_STATUS_NO_MEMORY ? UM_ERR_MEMORY : UM_ERR_INTERNAL,
                             "cannot draw a picture: %s", cairo_status_to_string(status));
    }
    *bytes = picture->bytes;
    *n_bytes = picture->n_bytes;
    picture->bytes = NULL;
    return UM_OK;
}
