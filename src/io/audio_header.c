#include "io/audio_header.h"

#include "core/error.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

um_status umi_layout_bytes(const umi_input_file *file, uint64_t offset, unsigned char *bytes,
                           size_t n, um_error *error)
{
    size_t n_read = 0;
    if (!umi_input_file_read(file, offset, bytes, n, &n_read)) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    if (n_read < n) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the file ends within its header", file->name);
    }
    return UM_OK;
}

void umi_layout_measure(const umi_input_file *file, umi_audio_layout *layout,
                        uint64_t declared_bytes)
{
    uint64_t frame_bytes = umi_sample_bytes(layout->format.sample) * layout->format.channels;
    assert(frame_bytes > 0);
    uint64_t there = layout->offset < file->size ? file->size - layout->offset : 0;
    layout->n_bytes = declared_bytes < there ? declared_bytes : there;
    layout->n_bytes -= layout->n_bytes % frame_bytes;
    layout->frames_found = layout->n_bytes / frame_bytes;
    layout->frames_declared =
        declared_bytes == UINT64_MAX ? UMI_FRAMES_UNKNOWN : declared_bytes / frame_bytes;
}

um_status umi_layout_check(const umi_input_file *file, const umi_audio_layout *layout,
                           um_error *error)
{
    const umi_audio_format *format = &layout->format;
    if (format->channels < 1 || format->channels > UMI_CHANNELS_MAX) {
        return umi_error_set(error, UM_ERR_DATA, "%s: %zu channels, outside 1..%d", file->name,
                             format->channels, UMI_CHANNELS_MAX);
    }
    if (!umi_audio_format_in_limits(format)) {
        return umi_error_set(error, UM_ERR_DATA, "%s: sample rate %.0f Hz, outside %d..%d",
                             file->name, format->sample_rate, UMI_RATE_MIN, UMI_RATE_MAX);
    }
    return UM_OK;
}
