#include "io/audio_reader.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/audio_file.h"
#include "io/audio_layout.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* An MP3's header counts whole MPEG frames, with or without the encoder's padding, and decoders
 * differ over both ends; what lacks less than two of them is whole. */
enum { MP3_SLACK = 2 * 1152 };

struct umi_audio_reader {
    umi_input_file file;
    umi_audio_layout layout;
    umi_decoder *decoder; /* NULL when there is not one frame */
    umi_audio_reader_options options;
    uint64_t position;        /* frames read in this pass */
    uint64_t not_finite;      /* in this pass */
    uint64_t most_not_finite; /* in any pass */
    bool has_ended;
    um_error early_end; /* with allow_truncated: what would have been the error */
    char warning[sizeof((um_error *)0)->message];
};

/* The recording ends here, early: an error, or, where allowed, an end with a warning. */
static um_status end_early(umi_audio_reader *reader, const um_error *found, um_error *error)
{
    reader->has_ended = true;
    if (!reader->options.allow_truncated) {
        return umi_error_set(error, found->status,
                             "%s; --allow-truncated, where a command has it, takes what is there",
                             found->message);
    }
    reader->early_end = *found;
    return UM_OK;
}

/* Fills *found when the header promises more frames than `there`; true when it does. */
static bool is_short(const umi_audio_reader *reader, uint64_t there, um_error *found)
{
    uint64_t declared = reader->layout.frames_declared;
    uint64_t slack = reader->layout.format.container == UMI_CONTAINER_MP3 ? MP3_SLACK : 0;
    if (declared == UMI_FRAMES_UNKNOWN || there >= declared || declared - there <= slack) {
        return false;
    }
    (void)umi_error_set(found, UM_ERR_DATA,
                        "%s: truncated: declared %" PRIu64 " frames, found %" PRIu64,
                        reader->file.name, declared, there);
    return true;
}

/* Puts the decoder at the first frame. */
static um_status start_decoder(umi_audio_reader *reader, um_error *error)
{
    umi_decoder_close(reader->decoder);
    reader->decoder = NULL;
    reader->position = 0;
    reader->not_finite = 0;
    reader->has_ended = reader->layout.frames_found == 0;
    return reader->has_ended
               ? UM_OK
               : umi_decoder_open(&reader->file, &reader->layout, &reader->decoder, error);
}

/* What can be told about the length before anything is decoded. */
static um_status check_length(umi_audio_reader *reader, um_error *error)
{
    um_error found = {0};
    uint64_t there = reader->layout.frames_found;
    bool early = false;
    if (there != UMI_FRAMES_UNKNOWN) {
        early = is_short(reader, there, &found);
    } else if (reader->layout.is_cut) {
        (void)umi_error_set(&found, UM_ERR_DATA, "%s: truncated: the last Ogg page is missing",
                            reader->file.name);
        early = true;
    }
    if (!early) {
        return UM_OK;
    }
    um_status status = end_early(reader, &found, error);
    reader->has_ended = there == 0; /* what is there is yet to be read */
    return status;
}

/* The last steps of opening: gives the reader out, or frees it. */
static um_status finish_open(umi_audio_reader *reader, um_status status, umi_audio_reader **out,
                             um_error *error)
{
    if (status == UM_OK) {
        status = start_decoder(reader, error);
    }
    if (status == UM_OK && !umi_audio_format_in_limits(&reader->layout.format)) {
        status = umi_error_set(error, UM_ERR_DATA, "%s: sample rate %.0f Hz, outside %d..%d",
                               reader->file.name, reader->layout.format.sample_rate, UMI_RATE_MIN,
                               UMI_RATE_MAX);
    }
    if (status == UM_OK) {
        status = check_length(reader, error);
    }
    if (status != UM_OK) {
        umi_audio_reader_free(reader);
        return status;
    }
    *out = reader;
    return UM_OK;
}

/* One without a file yet; NULL when memory is short. */
static umi_audio_reader *make_reader(const umi_audio_reader_options *options, um_error *error)
{
    umi_audio_reader *reader = umi_alloc(1, sizeof *reader);
    if (reader == NULL) {
        (void)umi_error_set(error, UM_ERR_MEMORY, "not enough memory");
        return NULL;
    }
    reader->options = *options;
    reader->file.descriptor = -1;
    return reader;
}

um_status umi_audio_reader_open(const char *path, const umi_audio_reader_options *options,
                                umi_audio_reader **out, um_error *error)
{
    *out = NULL;
    umi_audio_reader *reader = make_reader(options, error);
    if (reader == NULL) {
        return UM_ERR_MEMORY;
    }
    um_status status = umi_input_file_open(path, options->spool_directory, &reader->file, error);
    if (status == UM_OK) {
        status = umi_audio_layout_read(&reader->file, &reader->layout, error);
    }
    return finish_open(reader, status, out, error);
}

um_status umi_audio_reader_open_beside(const umi_audio_reader *first, umi_audio_reader **out,
                                       um_error *error)
{
    *out = NULL;
    umi_audio_reader *reader = make_reader(&first->options, error);
    if (reader == NULL) {
        return UM_ERR_MEMORY;
    }
    reader->layout = first->layout;
    return finish_open(reader, umi_input_file_duplicate(&first->file, &reader->file, error), out,
                       error);
}

void umi_audio_reader_free(umi_audio_reader *reader)
{
    if (reader != NULL) {
        umi_decoder_close(reader->decoder);
        umi_input_file_close(&reader->file);
        umi_free(reader);
    }
}

const umi_audio_format *umi_audio_reader_format(const umi_audio_reader *reader)
{
    return &reader->layout.format;
}

const char *umi_audio_reader_name(const umi_audio_reader *reader)
{
    return reader->file.name;
}

umi_file_identity umi_audio_reader_identity(const umi_audio_reader *reader)
{
    return reader->file.identity;
}

uint64_t umi_audio_reader_frames(const umi_audio_reader *reader)
{
    return reader->layout.frames_found != UMI_FRAMES_UNKNOWN ? reader->layout.frames_found
                                                             : reader->layout.frames_declared;
}

/* After a read that came back with `n_read` of `n_frames`: the end, and of what kind. */
static um_status finish_read(umi_audio_reader *reader, size_t n_read, size_t n_frames,
                             um_error *error)
{
    reader->position += n_read;
    if (n_read == n_frames) {
        return UM_OK;
    }
    const char *name = reader->file.name;
    um_error found = {0};
    um_status status = umi_decoder_status(reader->decoder);
    bool early = false;
    if (status == UM_ERR_IO) {
        return umi_error_set(error, UM_ERR_IO, "%s: reading failed", name);
    }
    if (status != UM_OK) {
        (void)umi_error_set(&found, UM_ERR_DATA, "%s: damaged after %" PRIu64 " frames", name,
                            reader->position);
        early = true;
    } else if (reader->layout.frames_found != UMI_FRAMES_UNKNOWN) {
        /* Plain samples were all there when the file was opened. */
        early = reader->position < reader->layout.frames_found;
        (void)umi_error_set(&found, UM_ERR_CHANGED, "%s: became shorter while it was read", name);
    } else if (reader->early_end.status == UM_OK) {
        early = is_short(reader, reader->position, &found);
    }
    reader->has_ended = true;
    if (!early) {
        return UM_OK;
    }
    /* A file that somebody is writing to is no damaged file: say so. */
    status = umi_input_file_check_unchanged(&reader->file, error);
    return status == UM_OK ? end_early(reader, &found, error) : status;
}

/* Puts 0 for what is no number and counts it. */
static um_status replace_not_finite(umi_audio_reader *reader, float *samples, size_t n,
                                    um_error *error)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(samples[i])) {
            samples[i] = 0;
            count++;
        }
    }
    reader->not_finite += count;
    if (reader->not_finite > reader->most_not_finite) {
        reader->most_not_finite = reader->not_finite;
    }
    if (count > 0 && reader->options.strict) {
        return umi_error_set(error, UM_ERR_DATA, "%s: holds values that are NaN or infinite",
                             reader->file.name);
    }
    return UM_OK;
}

um_status umi_audio_reader_read_float(umi_audio_reader *reader, float *samples, size_t n_frames,
                                      size_t *n_read, um_error *error)
{
    *n_read = 0;
    if (reader->has_ended || n_frames == 0) {
        return UM_OK;
    }
    size_t n = umi_decoder_read_float(reader->decoder, samples, n_frames);
    um_status status = finish_read(reader, n, n_frames, error);
    if (status == UM_OK && umi_sample_bits(reader->layout.format.sample) == 0) {
        status = replace_not_finite(reader, samples, n * reader->layout.format.channels, error);
    }
    *n_read = status == UM_OK ? n : 0;
    return status;
}

um_status umi_audio_reader_read_int(umi_audio_reader *reader, int32_t *samples, size_t n_frames,
                                    size_t *n_read, um_error *error)
{
    unsigned bits = umi_sample_bits(reader->layout.format.sample);
    *n_read = 0;
    if (bits == 0) {
        return umi_error_set(error, UM_ERR_ARGUMENT, "%s: %s samples are no integers",
                             reader->file.name, umi_sample_name(reader->layout.format.sample));
    }
    if (reader->has_ended || n_frames == 0) {
        return UM_OK;
    }
    size_t n = umi_decoder_read_int(reader->decoder, samples, n_frames);
    um_status status = finish_read(reader, n, n_frames, error);
    for (size_t i = 0; i < n * reader->layout.format.channels; i++) {
        samples[i] >>= 32 - bits; /* arithmetic in gcc and clang */
    }
    *n_read = status == UM_OK ? n : 0;
    return status;
}

um_status umi_audio_reader_rewind(umi_audio_reader *reader, um_error *error)
{
    /* A new decoder, not a seek: codecs with a memory give other bits after a seek. */
    return start_decoder(reader, error);
}

um_status umi_audio_reader_check_unchanged(const umi_audio_reader *reader, um_error *error)
{
    return umi_input_file_check_unchanged(&reader->file, error);
}

uint64_t umi_audio_reader_not_finite(const umi_audio_reader *reader)
{
    return reader->most_not_finite;
}

const char *umi_audio_reader_warning(umi_audio_reader *reader, size_t i)
{
    if (reader->early_end.status != UM_OK && i-- == 0) {
        return reader->early_end.message;
    }
    if (reader->most_not_finite > 0 && i == 0) {
        snprintf(reader->warning, sizeof reader->warning,
                 "%s: %" PRIu64 " values that were NaN or infinite are read as 0",
                 reader->file.name, reader->most_not_finite);
        return reader->warning;
    }
    return NULL;
}
