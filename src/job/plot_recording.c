#include "job/plot_pages.h"

#include "job/plot_spectrogram.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void umi_plot_describe(const umi_recording *recording, char *text, size_t size)
{
    double rate = recording->format.sample_rate, seconds = (double)recording->n_frames / rate;
    size_t channels = recording->format.channels;
    int n = seconds < 60 ? snprintf(text, size, "%.3g s", seconds)
                         : snprintf(text, size, "%" PRIu64 ":%02u min", (uint64_t)seconds / 60,
                                    (unsigned)((uint64_t)seconds % 60));
    if (channels > 2) {
        snprintf(text + n, size - (size_t)n, ", %.6g kHz, %zu channels", rate / 1000, channels);
    } else {
        snprintf(text + n, size - (size_t)n, ", %.6g kHz, %s", rate / 1000,
                 channels == 1 ? "mono" : "stereo");
    }
}

static um_status draw(const umi_plot_config *config, umi_picture_kind kind,
                      const umi_recording *recording, const umi_spectrogram *spectrogram,
                      umi_box box, umi_picture **out, um_error *error)
{
    umi_plot plot;
    umi_ticks ticks;
    char text[128];
    um_status status = umi_plot_begin(
        config, kind, box.y + box.height + UMI_ROOM_BELOW + UMI_PAGE_MARGIN, &plot, error);
    if (status != UM_OK) {
        return status;
    }
    status = umi_spectrogram_draw(spectrogram, plot.picture, box, &plot.colours, error);
    if (status != UM_OK) {
        umi_picture_free(plot.picture);
        return status;
    }
    umi_plot_outline(&plot, box);
    umi_frequency_ticks(&spectrogram->scale, box.height, UMI_LABEL_UP, &ticks);
    umi_plot_axis_left(&plot, box, &ticks);
    if (spectrogram->seconds > 0) {
        umi_time_ticks(spectrogram->seconds, box.width, &ticks);
        umi_plot_axis_below(&plot, box, &ticks);
    }
    double top = umi_spectrogram_top(spectrogram);
    umi_plot_legend(&plot, box, top - UMI_PLOT_RANGE, top);
    umi_plot_describe(recording, text, sizeof text);
    umi_plot_head(&plot, box.x, box.x + box.width, UMI_PAGE_TITLE - 22,
                  umi_plot_title_of(config->input), text);
    *out = plot.picture;
    return UM_OK;
}

um_status umi_plot_recording_page(const umi_plot_config *config, umi_picture_kind kind,
                                  umi_picture **out, um_error *error)
{
    umi_recording recording;
    umi_spectrogram spectrogram;
    umi_box box = {UMI_ROOM_LEFT, UMI_PAGE_TITLE,
                   (double)config->width - UMI_ROOM_LEFT - UMI_ROOM_LEGEND,
                   rint(0.36 * (double)config->width)};
    size_t sharp = umi_plot_sharpness(config, kind);
    *out = NULL;
    umi_watch_phase(&config->watch, "reading", 0, 0.2);
    um_status status = umi_recording_open(config->input, &config->reader, config->watch.progress,
                                          &recording, error);
    if (status != UM_OK) {
        return status;
    }
    umi_recording_warn(&recording, &config->watch);
    umi_watch_phase(&config->watch, "analysing", 0.2, 1);
    status =
        umi_spectrogram_measure(&recording, sharp * (size_t)box.width, sharp * (size_t)box.height,
                                &config->parallel, config->watch.progress, &spectrogram, error);
    if (status == UM_OK) {
        status = draw(config, kind, &recording, &spectrogram, box, out, error);
        umi_spectrogram_free(&spectrogram);
    }
    if (status == UM_OK) {
        status = umi_audio_reader_check_unchanged(recording.reader, error);
    }
    if (status != UM_OK) {
        umi_picture_free(*out);
        *out = NULL;
    }
    umi_recording_close(&recording);
    return status;
}
