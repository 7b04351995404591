#define _DEFAULT_SOURCE
#include "io/audio_writer.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/audio_file.h"
#include "io/audio_reader.h"
#include "io/file_error.h"
#include "io/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* Samples that are converted at once; at least one frame of UMI_CHANNELS_MAX. */
enum { BLOCK = 8192 };

struct umi_audio_writer {
    umi_encoder *encoder;
    int descriptor;
    umi_audio_format format; /* as it is stored */
    uint64_t n_frames;       /* written */
    uint64_t frames_max;     /* announced */
    uint64_t clipped;
    char *path;
    char name[UMI_DISPLAY_MAX];
    int32_t block[BLOCK];
};

/* 4 GiB, less than which a WAV's and an AIFF's sizes must be, with 1 KiB for the header. */
static const uint64_t short_bytes_max = 0xFFFFFFFF - 1024;

/* The format as the container stores it; false when it cannot. */
static bool choose_format(const umi_audio_writer_config *config, umi_audio_format *format)
{
    *format = config->format;
    if (!umi_audio_format_in_limits(format) || format->sample == UMI_SAMPLE_LOSSY) {
        return false;
    }
    if (format->sample == UMI_SAMPLE_U8 || format->sample == UMI_SAMPLE_S8) {
        bool is_unsigned =
            format->container == UMI_CONTAINER_WAV || format->container == UMI_CONTAINER_W64;
        format->sample = is_unsigned ? UMI_SAMPLE_U8 : UMI_SAMPLE_S8;
    }
    uint64_t frame_bytes = umi_sample_bytes(format->sample) * format->channels;
    bool is_long = config->n_frames > short_bytes_max / frame_bytes;
    switch (format->container) {
    case UMI_CONTAINER_FLAC:
        return format->channels <= 8 &&
               (format->sample == UMI_SAMPLE_S8 || format->sample == UMI_SAMPLE_S16 ||
                format->sample == UMI_SAMPLE_S24);
    case UMI_CONTAINER_WAV:
        /* libsndfile lets a plain WAV's sizes wrap round; its RF64 becomes plain when it stays
         * small, but with the extensible header that some old programs do not read. */
        format->container = is_long ? UMI_CONTAINER_RF64 : UMI_CONTAINER_WAV;
        return true;
    case UMI_CONTAINER_AIFF:
        return !is_long; /* it has no form for more */
    case UMI_CONTAINER_W64:
    case UMI_CONTAINER_AU:
    case UMI_CONTAINER_CAF:
        return true;
    case UMI_CONTAINER_RF64: /* what a long WAV becomes by itself */
    case UMI_CONTAINER_OGG:
    case UMI_CONTAINER_MP3:
        break;
    }
    return false;
}

static um_status write_failed(const umi_audio_writer *writer, int reason, um_error *error)
{
    um_status status = reason != 0 ? umi_status_of_writing(reason) : UM_ERR_IO;
    return umi_error_set(error, status, "%s: %s", writer->name,
                         reason != 0 ? strerror(reason) : "writing failed");
}

static um_status create(umi_audio_writer *writer, um_error *error)
{
    const umi_audio_format *format = &writer->format;
    writer->descriptor =
        open(writer->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (writer->descriptor < 0) {
        return umi_error_set(error, umi_status_of_writing(errno), "%s: cannot be created: %s",
                             writer->name, strerror(errno));
    }
    int reason = 0;
    um_status status = umi_encoder_open(writer->descriptor, format, &writer->encoder, &reason);
    if (status == UM_ERR_ARGUMENT) {
        return umi_error_set(error, status, "%s: %s cannot hold %zu channels of %s at %.0f Hz",
                             writer->name, umi_container_name(format->container), format->channels,
                             umi_sample_name(format->sample), format->sample_rate);
    }
    if (status == UM_ERR_MEMORY) {
        return umi_error_set(error, status, "%s: not enough memory", writer->name);
    }
    return status == UM_OK ? UM_OK : write_failed(writer, reason, error);
}

um_status umi_audio_writer_new(const umi_audio_writer_config *config, umi_audio_writer **out,
                               um_error *error)
{
    *out = NULL;
    umi_audio_writer *writer = umi_alloc(1, sizeof *writer);
    size_t path_size = strlen(config->path) + 1;
    if (writer == NULL || (writer->path = umi_alloc(path_size, 1)) == NULL) {
        umi_free(writer);
        return umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
    }
    memcpy(writer->path, config->path, path_size);
    const char *shown = config->shown_path != NULL ? config->shown_path : config->path;
    umi_display_name(shown, writer->name, sizeof writer->name);
    writer->descriptor = -1;
    writer->frames_max = config->n_frames;
    um_status status = UM_OK;
    if (!choose_format(config, &writer->format)) {
        status = umi_error_set(error, UM_ERR_ARGUMENT, "%s: %s cannot hold %zu channels of %s%s",
                               writer->name, umi_container_name(config->format.container),
                               config->format.channels, umi_sample_name(config->format.sample),
                               config->format.container == UMI_CONTAINER_AIFF
                                   ? ", or that many frames of it; W64 and CAF hold more"
                                   : "");
    } else {
        status = create(writer, error);
    }
    if (status != UM_OK) {
        umi_audio_writer_free(writer);
        return status;
    }
    *out = writer;
    return UM_OK;
}

void umi_audio_writer_free(umi_audio_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    int reason = 0;
    (void)umi_encoder_close(writer->encoder, &reason);
    if (writer->descriptor >= 0) {
        (void)close(writer->descriptor);
    }
    umi_free(writer->path);
    umi_free(writer);
}

/* Left-justified in 32 bits, clipped to `bits`. */
static int32_t justify(umi_audio_writer *writer, double value, unsigned bits, double limit)
{
    if (!(value >= -limit && value <= limit - 1)) {
        writer->clipped++;
        value = value > 0 ? limit - 1 : value < 0 ? -limit : 0;
    }
    return (int32_t)((uint32_t)(int32_t)value << (32 - bits));
}

/* Counts the frames to come; what was announced as short may not grow past a WAV's sizes. */
static um_status announce(umi_audio_writer *writer, size_t n_frames, um_error *error)
{
    assert(writer->encoder != NULL);
    if (n_frames > writer->frames_max - writer->n_frames) {
        return umi_error_set(error, UM_ERR_INTERNAL, "%s: more frames than were announced",
                             writer->name);
    }
    writer->n_frames += n_frames;
    return UM_OK;
}

/* Writes n_frames by way of the block; `integers` or `floats` is NULL. */
static um_status write_block_by_block(umi_audio_writer *writer, const int32_t *integers,
                                      const float *floats, size_t n_frames, um_error *error)
{
    size_t channels = writer->format.channels;
    unsigned bits = umi_sample_bits(writer->format.sample);
    double limit = ldexp(1, (int)bits - 1);
    size_t frames_at_once = BLOCK / channels;
    for (size_t done = 0; done < n_frames; done += frames_at_once) {
        size_t n = n_frames - done < frames_at_once ? n_frames - done : frames_at_once;
        size_t first = done * channels;
        for (size_t i = 0; i < n * channels; i++) {
            double value = integers != NULL ? integers[first + i] : rint(floats[first + i] * limit);
            writer->block[i] = justify(writer, value, bits, limit);
        }
        if (!umi_encoder_write_int(writer->encoder, writer->block, n)) {
            return write_failed(writer, umi_encoder_reason(writer->encoder), error);
        }
    }
    return UM_OK;
}

um_status umi_audio_writer_write_float(umi_audio_writer *writer, const float *samples,
                                       size_t n_frames, um_error *error)
{
    um_status status = announce(writer, n_frames, error);
    if (status != UM_OK || n_frames == 0) {
        return status;
    }
    if (umi_sample_bits(writer->format.sample) != 0) {
        return write_block_by_block(writer, NULL, samples, n_frames, error);
    }
    return umi_encoder_write_float(writer->encoder, samples, n_frames)
               ? UM_OK
               : write_failed(writer, umi_encoder_reason(writer->encoder), error);
}

um_status umi_audio_writer_write_int(umi_audio_writer *writer, const int32_t *samples,
                                     size_t n_frames, um_error *error)
{
    if (umi_sample_bits(writer->format.sample) == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: %s samples are no integers", writer->name,
                             umi_sample_name(writer->format.sample));
    }
    um_status status = announce(writer, n_frames, error);
    if (status != UM_OK || n_frames == 0) {
        return status;
    }
    return write_block_by_block(writer, samples, NULL, n_frames, error);
}

um_status umi_audio_writer_update(umi_audio_writer *writer, um_error *error)
{
    return umi_encoder_update_header(writer->encoder)
               ? UM_OK
               : write_failed(writer, umi_encoder_reason(writer->encoder), error);
}

uint64_t umi_audio_writer_clipped(const umi_audio_writer *writer)
{
    return writer->clipped;
}

/* Opens what was written as anybody else would. */
static um_status check_written(const umi_audio_writer *writer, um_error *error)
{
    umi_audio_reader_options options = {.strict = true};
    umi_audio_reader *reader = NULL;
    um_error why = {0};
    um_status status = umi_audio_reader_open(writer->path, &options, &reader, &why);
    if (status == UM_OK) {
        const umi_audio_format *found = umi_audio_reader_format(reader);
        uint64_t frames = umi_audio_reader_frames(reader);
        /* FLAC has no other way to say 0 frames than the one that means unknown. */
        bool same_frames =
            frames == writer->n_frames || (frames == UMI_FRAMES_UNKNOWN && writer->n_frames == 0);
        if (!same_frames || found->sample != writer->format.sample ||
            found->channels != writer->format.channels ||
            found->sample_rate != writer->format.sample_rate) {
            status = UM_ERR_IO;
        }
    }
    umi_audio_reader_free(reader);
    if (status == UM_ERR_MEMORY) {
        return umi_error_set(error, status, "%s: not enough memory", writer->name);
    }
    return status == UM_OK
               ? UM_OK
               : umi_error_set(error, UM_ERR_IO,
                               "%s: is not what was written when it is read again", writer->name);
}

um_status umi_audio_writer_finish(umi_audio_writer *writer, um_error *error)
{
    int reason = 0;
    bool ok = umi_encoder_close(writer->encoder, &reason);
    writer->encoder = NULL;
    if (ok && fsync(writer->descriptor) != 0) {
        ok = false;
        reason = errno;
    }
    /* Network file systems report some failures no earlier than here. */
    if (close(writer->descriptor) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    writer->descriptor = -1;
    return ok ? check_written(writer, error) : write_failed(writer, reason, error);
}
