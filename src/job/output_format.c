#include "job/output_format.h"

#include "core/error.h"
#include "io/text.h"

#include <stdio.h>

enum { FLAC_CHANNELS_MAX = 8 };

um_status umi_output_format_fit(umi_audio_format *format, const char *name, const umi_watch *watch,
                                um_error *error)
{
    if (format->sample == UMI_SAMPLE_LOSSY) {
        format->sample = UMI_SAMPLE_S24;
    }
    if (format->container != UMI_CONTAINER_FLAC) {
        return UM_OK;
    }
    if (umi_sample_bits(format->sample) == 0 || format->sample == UMI_SAMPLE_S32) {
        char warning[UMI_DISPLAY_MAX + 100];
        (void)snprintf(warning, sizeof warning,
                       "%s: FLAC holds at most 24 bits, which is what is written", name);
        umi_watch_warn(watch, warning);
        format->sample = UMI_SAMPLE_S24;
    } else if (format->sample == UMI_SAMPLE_ALAW || format->sample == UMI_SAMPLE_ULAW) {
        format->sample = UMI_SAMPLE_S16;
    }
    if (format->channels > FLAC_CHANNELS_MAX) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "%s: has %zu channels, and FLAC holds at most %d; WAV holds all", name,
                             format->channels, FLAC_CHANNELS_MAX);
    }
    return UM_OK;
}

um_status umi_output_format_choose(const umi_output_wish *wish, const umi_recording *recording,
                                   const umi_watch *watch, umi_audio_format *format,
                                   um_error *error)
{
    *format = recording->format;
    format->container = wish->container;
    if (!wish->keep_sample) {
        format->sample = wish->sample;
    }
    return umi_output_format_fit(format, umi_audio_reader_name(recording->reader), watch, error);
}
