#include "job/plot.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/input_file.h"
#include "io/output_file.h"
#include "io/text.h"
#include "job/input_kind.h"
#include "job/plot_pages.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { SHARP_WIDTH_MAX = 2400 };

const char *umi_plot_title_of(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    while (n > 0 && path[n - 1] != '/') {
        n--;
    }
    return strcmp(path, "-") == 0 ? "standard input" : path + n;
}

size_t umi_plot_sharpness(const umi_plot_config *config, umi_picture_kind kind)
{
    return kind == UMI_PICTURE_SVG && config->width <= SHARP_WIDTH_MAX ? 2 : 1;
}

um_status umi_plot_begin(const umi_plot_config *config, umi_picture_kind kind, double height,
                         umi_plot *plot, um_error *error)
{
    char shown[UMI_DISPLAY_MAX];
    if (height > UMI_PICTURE_SIDE_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: too many atoms for one picture, which would be %.0f pixels high",
                             umi_display_name(config->input, shown, sizeof shown), height);
    }
    plot->colours = umi_plot_colours_of(config->dark);
    return umi_picture_new(kind, config->width, (size_t)ceil(height), plot->colours.page,
                           &plot->picture, error);
}

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && strcasecmp(path + n - m, ending) == 0;
}

static um_status kind_of_output(const char *path, umi_picture_kind *kind, um_error *error)
{
    char shown[UMI_DISPLAY_MAX];
    *kind = ends_in(path, ".svg") ? UMI_PICTURE_SVG : UMI_PICTURE_PNG;
    return ends_in(path, ".svg") || ends_in(path, ".png")
               ? UM_OK
               : umi_error_set(error, UM_ERR_ARGUMENT,
                               "%s: the name of a picture ends in .png or .svg",
                               umi_display_name(path, shown, sizeof shown));
}

/* What is read may not be replaced, not even by --force. */
static um_status check_apart(const umi_plot_config *config, um_error *error)
{
    char shown[UMI_DISPLAY_MAX];
    umi_file_identity input, output;
    bool same = umi_file_identify(config->input, &input) &&
                umi_file_identify(config->output, &output) &&
                umi_file_identity_equal(input, output);
    return same ? umi_error_set(error, UM_ERR_ARGUMENT, "%s: is the input, and would be replaced",
                                umi_display_name(config->output, shown, sizeof shown))
                : UM_OK;
}

static um_status draw(const umi_plot_config *config, umi_picture_kind kind, umi_picture **picture,
                      um_error *error)
{
    switch (umi_input_kind_of(config->input)) {
    case UMI_INPUT_FOLDER:
        return umi_plot_folder_page(config, kind, picture, error);
    case UMI_INPUT_DICTIONARY:
        return umi_plot_dictionary_page(config, kind, picture, error);
    default:
        return umi_plot_recording_page(config, kind, picture, error);
    }
}

um_status umi_plot_run(const umi_plot_config *config, um_error *error)
{
    umi_picture_kind kind;
    umi_picture *picture = NULL;
    umi_output_file *output = NULL;
    unsigned char *bytes = NULL;
    size_t n_bytes;
    um_status status = kind_of_output(config->output, &kind, error);
    if (status == UM_OK) {
        status = check_apart(config, error);
    }
    if (status == UM_OK) {
        status = umi_output_file_begin(config->output, config->force, &output, error);
    }
    if (status == UM_OK) {
        status = draw(config, kind, &picture, error);
    }
    if (status == UM_OK) {
        status = umi_picture_finish(picture, &bytes, &n_bytes, error);
    }
    if (status == UM_OK) {
        status = umi_output_file_write(output, bytes, n_bytes, error);
    }
    if (status == UM_OK) {
        status = umi_output_file_commit(output, error);
    }
    umi_free(bytes);
    umi_picture_free(picture);
    umi_output_file_free(output); /* what was not committed is removed */
    return status;
}
