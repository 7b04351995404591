/* Files that are what they say; what no page can be; nothing but the drawing decides the bytes. */
#define _DEFAULT_SOURCE
#include "io/picture.h"

#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct file {
    unsigned char *bytes;
    size_t n;
} file;

static umi_picture *begin(umi_picture_kind kind, size_t width, size_t height)
{
    umi_picture *picture;
    assert_int_equal(umi_picture_new(kind, width, height, 0xFFFFFF, &picture, NULL), UM_OK);
    return picture;
}

static file finish(umi_picture *picture)
{
    file f;
    um_error error = {UM_OK, ""};
    assert_int_equal(umi_picture_finish(picture, &f.bytes, &f.n, &error), UM_OK);
    assert_string_equal(error.message, "");
    umi_picture_free(picture);
    return f;
}

static file draw(umi_picture_kind kind)
{
    static const umi_rgb pixels[] = {0xFF0000, 0x00FF00, 0x0000FF, 0x123456, 0, 0xFFFFFF};
    static const umi_point points[] = {{1, 1}, {30, 5}, {20, 40}};
    umi_text_style style = {12, 0x333333, UMI_ALIGN_CENTRE, true};
    umi_picture *picture = begin(kind, 300, 200);
    umi_picture_rectangle(picture, (umi_box){10, 10, 50.5, 20}, 0x00AAFF);
    umi_picture_shape(picture, points, 3, 0x808080);
    umi_picture_line(picture, points, 3, 1.5, 0);
    umi_picture_image(picture, (umi_box){100, 100, 90, 60}, pixels, 3, 2);
    umi_picture_text(picture, 150, 50,
                     "B\xC3\xA4"
                     "ffchen \xE2\x88\x92 5",
                     &style);
    return finish(picture);
}

static size_t big_endian(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

static void a_png_has_its_size(void **state)
{
    (void)state;
    file f = draw(UMI_PICTURE_PNG);
    assert_memory_equal(f.bytes, "\x89PNG\r\n\x1A\n", 8);
    assert_memory_equal(f.bytes + 12, "IHDR", 4);
    assert_int_equal(big_endian(f.bytes + 16), 300);
    assert_int_equal(big_endian(f.bytes + 20), 200);
    assert_memory_equal(f.bytes + f.n - 8, "IEND", 4);
    umi_free(f.bytes);
}

static void an_svg_is_whole_and_has_its_size(void **state)
{
    (void)state;
    file f = draw(UMI_PICTURE_SVG);
    char *text = malloc(f.n + 1);
    memcpy(text, f.bytes, f.n);
    text[f.n] = '\0';
    assert_non_null(strstr(text, "width=\"300px\" height=\"200px\""));
    assert_non_null(strstr(text, "data:image/png;base64,"));
    assert_memory_equal(f.bytes + f.n - 7, "</svg>\n", 7);
    free(text);
    umi_free(f.bytes);
}

static void the_same_drawing_gives_the_same_png(void **state)
{
    (void)state;
    file one = draw(UMI_PICTURE_PNG), other = draw(UMI_PICTURE_PNG);
    assert_int_equal(one.n, other.n);
    assert_memory_equal(one.bytes, other.bytes, one.n);
    umi_free(one.bytes);
    umi_free(other.bytes);
}

static void text_is_as_wide_as_it_is_long(void **state)
{
    (void)state;
    umi_picture *picture = begin(UMI_PICTURE_PNG, 10, 10);
    umi_text_style small = {10, 0, UMI_ALIGN_LEFT, false}, large = {20, 0, UMI_ALIGN_LEFT, false};
    double once = umi_picture_text_width(picture, "spectrum", &small);
    double twice = umi_picture_text_width(picture, "spectrumspectrum", &small);
    assert_true(once > 20 && once < 80);
    assert_true(twice > 1.9 * once && twice < 2.1 * once);
    double doubled = umi_picture_text_width(picture, "spectrum", &large);
    assert_true(doubled > 1.9 * once && doubled < 2.1 * once);
    umi_picture_free(picture);
}

static void text_that_is_none_spoils_nothing(void **state)
{
    (void)state;
    umi_picture *picture = begin(UMI_PICTURE_PNG, 100, 100);
    umi_text_style style = {12, 0, UMI_ALIGN_LEFT, false};
    char many[5000];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    umi_picture_text(picture, 0, 20, "\xFF\xC0\x80 \x1B[2J", &style);
    umi_picture_text(picture, 0, 20, "", &style);
    umi_picture_text(picture, 0, 20, many, &style);
    umi_free(finish(picture).bytes);
}

static void sizes_that_are_none(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{0, 5}, {5, 0}, {UMI_PICTURE_SIDE_MAX + 1, 5}, {5, SIZE_MAX}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        umi_picture *picture = (umi_picture *)&sizes;
        um_error error;
        assert_int_equal(
            umi_picture_new(UMI_PICTURE_PNG, sizes[i][0], sizes[i][1], 0, &picture, &error),
            UM_ERR_ARGUMENT);
        assert_null(picture);
        assert_non_null(strstr(error.message, "32000"));
    }
    umi_picture_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_png_has_its_size),
        cmocka_unit_test(an_svg_is_whole_and_has_its_size),
        cmocka_unit_test(the_same_drawing_gives_the_same_png),
        cmocka_unit_test(text_is_as_wide_as_it_is_long),
        cmocka_unit_test(text_that_is_none_spoils_nothing),
        cmocka_unit_test(sizes_that_are_none),
    };
    return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
