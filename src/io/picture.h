/* Pictures: shapes, images and text on a page, as the bytes of a PNG or SVG file.
 *
 * Lengths are pixels of 1/96 inch, x to the right and y downwards from the top left corner. Nothing
 * but _new and _finish tells of failures: what cannot be drawn makes _finish fail. The same calls
 * give the same bytes wherever the fonts are the same. An object belongs to one thread at a time.
 */
#ifndef UMI_IO_PICTURE_H
#define UMI_IO_PICTURE_H

#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UMI_PICTURE_SIDE_MAX = 32000 }; /* pixels, of a page and of an image */

typedef enum umi_picture_kind { UMI_PICTURE_PNG, UMI_PICTURE_SVG } umi_picture_kind;

typedef uint32_t umi_rgb; /* 0xRRGGBB, sRGB */

typedef struct umi_point {
    double x, y;
} umi_point;

typedef struct umi_box {
    double x, y, width, height;
} umi_box;

typedef enum umi_align { UMI_ALIGN_LEFT, UMI_ALIGN_CENTRE, UMI_ALIGN_RIGHT } umi_align;

typedef struct umi_text_style {
    double size; /* of the font, pixels */
    umi_rgb colour;
    umi_align align; /* which part of the text is at its x */
    bool bold;
} umi_text_style;

typedef struct umi_picture umi_picture;

/* A page of whole pixels, 1..UMI_PICTURE_SIDE_MAX, of one colour. UM_ERR_ARGUMENT, UM_ERR_MEMORY;
 * then *out is NULL. */
um_status umi_picture_new(umi_picture_kind kind, size_t width, size_t height, umi_rgb page,
                          umi_picture **out, um_error *error) UM_MUST_USE;
void umi_picture_free(umi_picture *picture); /* NULL is fine */

void umi_picture_rectangle(umi_picture *picture, umi_box box, umi_rgb colour);

/* A polygon of n >= 3 points, filled; a line through n >= 2. */
void umi_picture_shape(umi_picture *picture, const umi_point *points, size_t n, umi_rgb colour);
void umi_picture_line(umi_picture *picture, const umi_point *points, size_t n, double width,
                      umi_rgb colour);

/* Text in UTF-8, y being its baseline. What is not UTF-8 is shown as '?'. */
void umi_picture_text(umi_picture *picture, double x, double y, const char *text,
                      const umi_text_style *style);
double umi_picture_text_width(umi_picture *picture, const char *text, const umi_text_style *style);

/* Fills the box with an image of rows x columns, the first row on top. Its pixels keep hard edges
 * where they are larger than the page's. */
void umi_picture_image(umi_picture *picture, umi_box box, const umi_rgb *pixels, size_t columns,
                       size_t rows);

/* The file: n_bytes in *bytes, umi_free. Nothing but _free may follow. UM_ERR_MEMORY;
 * UM_ERR_INTERNAL when something could not be drawn. */
um_status umi_picture_finish(umi_picture *picture, unsigned char **bytes, size_t *n_bytes,
                             um_error *error) UM_MUST_USE;

#endif
