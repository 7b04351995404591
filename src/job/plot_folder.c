#include "job/plot_pages.h"

#include "job/plot_atom_shape.h"
#include "job/plot_masks.h"
#include "job/plot_rows.h"
#include "job/plot_spectrogram.h"

#include <math.h>
#include <stdio.h>

/* Two columns: spectra at the left; what goes over time at the right, one axis of time for all of
 * it. From the top down the recording, the atoms with their activations, the masks. */

static const double spectra_share = 0.24, spectrogram_share = 0.18, rows_share = 0.42,
                    mask_share = 0.085, section_gap = 34, mask_gap = 14;
static const double note_below = 34; /* the top of a part */

enum { MASKS_MAX = 16 }; /* sources; of more there is no masks' part */

typedef struct page {
    umi_plot plot;
    const umi_plot_config *config;
    umi_kept_result kept;
    umi_atom_order order;
    umi_plot_activations activations;
    umi_plot_masks masks;
    umi_spectrogram spectrogram; /* no levels: the recording was not found */
    char described[96];          /* the recording */
    umi_box left, right;         /* columns; as high as the part at hand */
    size_t sharp;
    um_error *error;
} page;

/* -- What is drawn ----------------------------------------------------------------------------- */

static um_status measure_recording(page *p, umi_recording *recording)
{
    double height = rint(spectrogram_share * (double)p->config->width);
    umi_watch_phase(&p->config->watch, "analysing", 0.3, 0.9);
    return umi_spectrogram_measure(recording, p->sharp * (size_t)p->right.width,
                                   p->sharp * (size_t)height, &p->config->parallel,
                                   p->config->watch.progress, &p->spectrogram, p->error);
}

/* The recording may have been moved, changed or deleted since: then the page goes without. */
static um_status look_for_recording(page *p)
{
    const umi_watch *watch = &p->config->watch;
    umi_audio_reader_options options = {true, false, NULL};
    umi_recording_origin found = {0};
    umi_recording recording = {0};
    um_error reason = {UM_OK, ""};
    const char *path = p->kept.origin.path;
    if (path == NULL) {
        return UM_OK;
    }
    umi_watch_phase(watch, "reading", 0, 0.3);
    um_status status = umi_recording_origin_of(path, &found, &reason);
    if (status == UM_OK) {
        status = umi_recording_open(path, &options, watch->progress, &recording, &reason);
    }
    if (status == UM_OK) {
        status = umi_kept_result_check(&p->kept, p->config->input, &found, &recording, &reason);
    }
    umi_recording_origin_free(&found);
    if (status == UM_OK) {
        umi_plot_describe(&recording, p->described, sizeof p->described);
        status = measure_recording(p, &recording);
    } else if (status == UM_ERR_CANCELLED || status == UM_ERR_MEMORY) {
        *p->error = reason;
    } else {
        char text[sizeof reason.message + 64];
        snprintf(text, sizeof text, "%s; the picture goes without the recording", reason.message);
        umi_watch_warn(watch, text);
        status = UM_OK;
    }
    umi_recording_close(&recording);
    return status;
}

static um_status load(page *p)
{
    size_t columns = p->sharp * (size_t)p->right.width;
    size_t rows = p->sharp * (size_t)rint(mask_share * (double)p->config->width);
    um_status status = umi_kept_result_open(p->config->input, &p->kept, p->error);
    if (status == UM_OK) {
        status = umi_atom_order_make(p->kept.atoms, &p->order, p->error);
    }
    if (status == UM_OK) {
        status = look_for_recording(p);
    }
    if (status == UM_OK) {
        status = umi_plot_activations_read(&p->kept, columns, &p->activations, p->error);
    }
    if (status == UM_OK && p->order.n_sources <= MASKS_MAX) {
        status = umi_plot_masks_make(p->kept.atoms, &p->order, &p->activations, p->kept.exponent,
                                     rows, &p->masks, p->error);
    }
    return status;
}

/* -- The parts --------------------------------------------------------------------------------- */

/* Goes on below, a part of this height. */
static void go_on(page *p, double gap, double height)
{
    p->left.y += p->left.height + gap;
    p->right.y = p->left.y;
    p->left.height = p->right.height = height;
}

static void draw_frequencies(page *p, const umi_frequency_scale *scale, bool with_unit)
{
    umi_ticks ticks;
    umi_frequency_ticks(scale, p->right.height, UMI_LABEL_UP, &ticks);
    ticks.unit = with_unit ? ticks.unit : "";
    umi_plot_outline(&p->plot, p->right);
    umi_plot_axis_left(&p->plot, p->right, &ticks);
}

static um_status draw_recording(page *p)
{
    um_status status = umi_spectrogram_draw(&p->spectrogram, p->plot.picture, p->right,
                                            &p->plot.colours, p->error);
    double top = umi_spectrogram_top(&p->spectrogram);
    draw_frequencies(p, &p->spectrogram.scale, true);
    umi_plot_legend(&p->plot, p->right, top - UMI_PLOT_RANGE, top);
    umi_plot_name(&p->plot, p->left.x, p->left.y + UMI_NAME_SIZE,
                  umi_plot_title_of(p->kept.origin.path), p->left.width);
    umi_plot_note(&p->plot, p->left.x, p->left.y + note_below, p->described, UMI_ALIGN_LEFT);
    return status;
}

/* The label of a source, by the first of its atoms. */
static const char *label_of(const page *p, size_t source)
{
    size_t i = 0;
    while (p->order.atoms[i].source != source) {
        i++;
    }
    return p->kept.atoms->labels[p->order.atoms[i].atom];
}

static um_status draw_masks(page *p)
{
    umi_ticks ticks;
    um_status status = UM_OK;
    for (size_t s = 0; status == UM_OK && s < p->masks.n_sources; s++) {
        go_on(p, s == 0 ? section_gap + UMI_ROOM_BELOW : mask_gap,
              rint(mask_share * (double)p->config->width));
        status = umi_plot_masks_draw(&p->masks, s, &p->plot, p->right, p->error);
        draw_frequencies(p, &p->masks.scale, s == 0);
        umi_plot_source_name(&p->plot, p->left.x, p->left.y + UMI_NAME_SIZE, p->left.width, s,
                             label_of(p, s));
        umi_plot_note(&p->plot, p->left.x, p->left.y + note_below, "share of the sound",
                      UMI_ALIGN_LEFT);
    }
    if (status == UM_OK && p->masks.n_sources > 0 && p->activations.seconds > 0) {
        umi_time_ticks(p->activations.seconds, p->right.width, &ticks);
        umi_plot_axis_below(&p->plot, p->right, &ticks);
    }
    return status;
}

static double height_of_page(const page *p, double rows)
{
    double width = (double)p->config->width, masks = (double)p->masks.n_sources;
    double height = UMI_PAGE_TITLE + rows + UMI_ROOM_BELOW + UMI_PAGE_MARGIN;
    if (p->spectrogram.levels != NULL) {
        height += rint(spectrogram_share * width);
    }
    if (masks > 0) {
        height += section_gap + masks * rint(mask_share * width) + mask_gap * (masks - 1) +
                  UMI_ROOM_BELOW;
    }
    return height;
}

static um_status draw(page *p, umi_picture_kind kind)
{
    const umi_plot_config *c = p->config;
    char text[96];
    double width = (double)c->width;
    double rows = umi_plot_rows_height(&p->order, rint(rows_share * width));
    um_status status = umi_plot_begin(c, kind, height_of_page(p, rows), &p->plot, p->error);
    if (status != UM_OK) {
        return status;
    }
    snprintf(text, sizeof text, "colours: atoms %d dB, activations %d dB", UMI_ATOM_RANGE,
             UMI_STRIP_RANGE);
    umi_plot_head(&p->plot, p->left.x, p->right.x + p->right.width, UMI_PAGE_TITLE - 22,
                  umi_plot_title_of(c->input), text);
    go_on(p, UMI_PAGE_TITLE, 0);
    if (p->spectrogram.levels != NULL) {
        p->left.height = p->right.height = rint(spectrogram_share * width);
        status = draw_recording(p);
    }
    go_on(p, 0, rows);
    if (status == UM_OK) {
        status = umi_plot_rows(&p->plot, p->left, p->right, p->kept.atoms, &p->order,
                               &p->activations, p->error);
    }
    return status == UM_OK ? draw_masks(p) : status;
}

um_status umi_plot_folder_page(const umi_plot_config *config, umi_picture_kind kind,
                               umi_picture **out, um_error *error)
{
    double width = (double)config->width;
    page p = {.config = config, .error = error};
    p.sharp = umi_plot_sharpness(config, kind);
    p.left = (umi_box){UMI_PAGE_MARGIN, 0, rint(spectra_share * width), 0};
    p.right.x = p.left.x + p.left.width + UMI_PAGE_MARGIN + UMI_ROOM_LEFT;
    p.right.width = width - UMI_ROOM_LEGEND - p.right.x;
    *out = NULL;
    um_status status = load(&p);
    if (status == UM_OK) {
        status = draw(&p, kind);
    }
    if (status == UM_OK) {
        *out = p.plot.picture;
    } else {
        umi_picture_free(p.plot.picture);
    }
    umi_spectrogram_free(&p.spectrogram);
    umi_plot_masks_free(&p.masks);
    umi_plot_activations_free(&p.activations);
    umi_atom_order_free(&p.order);
    umi_kept_result_close(&p.kept);
    return status;
}
