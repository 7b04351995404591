#define _DEFAULT_SOURCE
#include "io/audio_file.h"

#include "core/error.h"
#include "core/memory.h"
#include "io/file_error.h"

#include <errno.h>
#include <sndfile.h>
#include <string.h>
#include <unistd.h>

/* Frames asked of libsndfile at once: some of its codecs count a request in 32 bits. */
enum { FRAMES_AT_ONCE = 16384 };

/* libsndfile's subtypes for the plain samples and the laws. */
static int subtype_of(umi_sample sample)
{
    switch (sample) {
    case UMI_SAMPLE_U8:
        return SF_FORMAT_PCM_U8;
    case UMI_SAMPLE_S8:
        return SF_FORMAT_PCM_S8;
    case UMI_SAMPLE_S16:
        return SF_FORMAT_PCM_16;
    case UMI_SAMPLE_S24:
        return SF_FORMAT_PCM_24;
    case UMI_SAMPLE_S32:
        return SF_FORMAT_PCM_32;
    case UMI_SAMPLE_FLOAT:
        return SF_FORMAT_FLOAT;
    case UMI_SAMPLE_DOUBLE:
        return SF_FORMAT_DOUBLE;
    case UMI_SAMPLE_ALAW:
        return SF_FORMAT_ALAW;
    case UMI_SAMPLE_ULAW:
        return SF_FORMAT_ULAW;
    case UMI_SAMPLE_LOSSY:
        break;
    }
    return 0;
}

/* libsndfile's name for a container that is written; 0 for the others. */
static int container_of(umi_container container)
{
    switch (container) {
    case UMI_CONTAINER_WAV:
        return SF_FORMAT_WAV;
    case UMI_CONTAINER_RF64:
        return SF_FORMAT_RF64;
    case UMI_CONTAINER_W64:
        return SF_FORMAT_W64;
    case UMI_CONTAINER_AIFF:
        return SF_FORMAT_AIFF;
    case UMI_CONTAINER_AU:
        return SF_FORMAT_AU;
    case UMI_CONTAINER_CAF:
        return SF_FORMAT_CAF;
    case UMI_CONTAINER_FLAC:
        return SF_FORMAT_FLAC;
    case UMI_CONTAINER_OGG:
    case UMI_CONTAINER_MP3:
        break;
    }
    return 0;
}

/* The new place in a stream of `length` bytes, or -1. */
static sf_count_t moved(sf_count_t position, sf_count_t length, sf_count_t offset, int whence)
{
    sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : length;
    sf_count_t place = -1;
    return __builtin_add_overflow(base, offset, &place) || place < 0 ? -1 : place;
}

/* -- Reading ----------------------------------------------------------------------------------- */

struct umi_decoder {
    SNDFILE *stream;
    const umi_input_file *file;
    sf_count_t offset; /* the window of the file that libsndfile is shown */
    sf_count_t length;
    sf_count_t position;
    bool hides_end;
    bool read_failed;
    bool is_damaged;
    size_t channels;
};

static sf_count_t window_length(void *user)
{
    const umi_decoder *decoder = user;
    return decoder->length;
}

static sf_count_t window_seek(sf_count_t offset, int whence, void *user)
{
    umi_decoder *decoder = user;
    sf_count_t place = moved(decoder->position, decoder->length, offset, whence);
    if (place < 0 || (whence == SEEK_END && decoder->hides_end)) {
        return -1;
    }
    decoder->position = place;
    return place;
}

static sf_count_t window_read(void *bytes, sf_count_t count, void *user)
{
    umi_decoder *decoder = user;
    sf_count_t left = decoder->length - decoder->position;
    if (count > left) {
        count = left;
    }
    if (count <= 0) {
        return 0;
    }
    size_t n_read = 0;
    if (!umi_input_file_read(decoder->file, (uint64_t)(decoder->offset + decoder->position), bytes,
                             (size_t)count, &n_read)) {
        decoder->read_failed = true;
    }
    decoder->position += (sf_count_t)n_read;
    return (sf_count_t)n_read;
}

static sf_count_t window_tell(void *user)
{
    const umi_decoder *decoder = user;
    return decoder->position;
}

um_status umi_decoder_open(const umi_input_file *file, umi_audio_layout *layout, umi_decoder **out,
                           um_error *error)
{
    static SF_VIRTUAL_IO window = {window_length, window_seek, window_read, NULL, window_tell};
    umi_audio_format *format = &layout->format;
    bool is_plain = layout->frames_found != UMI_FRAMES_UNKNOWN;
    SF_INFO info = {0};
    *out = NULL;
    umi_decoder *decoder = umi_alloc(1, sizeof *decoder);
    if (decoder == NULL) {
        return umi_error_set(error, UM_ERR_MEMORY, "%s: not enough memory", file->name);
    }
    decoder->file = file;
    decoder->offset = (sf_count_t)layout->offset;
    decoder->length = (sf_count_t)layout->n_bytes;
    decoder->channels = format->channels;
    /* From the stream's length libmpg123 guesses how many frames an MP3 without a Xing header has,
     * and libsndfile ends there, be there more or not. Without a length it reads to the end. */
    decoder->hides_end = format->container == UMI_CONTAINER_MP3;
    if (is_plain) {
        info.format = SF_FORMAT_RAW | subtype_of(format->sample) |
                      (layout->big_endian ? SF_ENDIAN_BIG : SF_ENDIAN_LITTLE);
        info.channels = (int)format->channels;
        info.samplerate = (int)format->sample_rate;
    }
    decoder->stream = sf_open_virtual(&window, SFM_READ, &info, decoder);
    if (decoder->stream == NULL || info.channels != (int)format->channels || info.frames < 0) {
        bool read_failed = decoder->read_failed;
        umi_decoder_close(decoder);
        return read_failed ? umi_error_set(error, UM_ERR_IO, "%s: cannot be read", file->name)
                           : umi_error_set(error, UM_ERR_DATA, "%s: damaged %s stream", file->name,
                                           umi_container_name(format->container));
    }
    if (!is_plain) {
        format->sample_rate = info.samplerate;
        layout->frames_declared =
            info.frames == SF_COUNT_MAX ? UMI_FRAMES_UNKNOWN : (uint64_t)info.frames;
    }
    *out = decoder;
    return UM_OK;
}

void umi_decoder_close(umi_decoder *decoder)
{
    if (decoder != NULL && decoder->stream != NULL) {
        (void)sf_close(decoder->stream);
    }
    umi_free(decoder);
}

/* Takes note of a call's outcome; true when there is a reason to go on. */
static bool took(umi_decoder *decoder, sf_count_t n)
{
    /* libsndfile clears its error at the next call, so it is kept here. */
    decoder->is_damaged = decoder->is_damaged || sf_error(decoder->stream) != SF_ERR_NO_ERROR;
    return n > 0 && !decoder->is_damaged && !decoder->read_failed;
}

static sf_count_t at_once(size_t n_frames)
{
    return n_frames < FRAMES_AT_ONCE ? (sf_count_t)n_frames : FRAMES_AT_ONCE;
}

size_t umi_decoder_read_float(umi_decoder *decoder, float *samples, size_t n_frames)
{
    size_t done = 0;
    while (done < n_frames && !decoder->is_damaged && !decoder->read_failed) {
        sf_count_t n = sf_readf_float(decoder->stream, samples + done * decoder->channels,
                                      at_once(n_frames - done));
        done += n > 0 ? (size_t)n : 0;
        if (!took(decoder, n)) {
            break;
        }
    }
    return done;
}

size_t umi_decoder_read_int(umi_decoder *decoder, int32_t *samples, size_t n_frames)
{
    size_t done = 0;
    while (done < n_frames && !decoder->is_damaged && !decoder->read_failed) {
        sf_count_t n = sf_readf_int(decoder->stream, samples + done * decoder->channels,
                                    at_once(n_frames - done));
        done += n > 0 ? (size_t)n : 0;
        if (!took(decoder, n)) {
            break;
        }
    }
    return done;
}

um_status umi_decoder_status(const umi_decoder *decoder)
{
    return decoder->read_failed ? UM_ERR_IO : decoder->is_damaged ? UM_ERR_DATA : UM_OK;
}

/* -- Writing ----------------------------------------------------------------------------------- */

struct umi_encoder {
    SNDFILE *stream;
    int descriptor;
    sf_count_t length;
    sf_count_t position;
    int reason; /* errno of the first write that failed */
    bool failed;
    bool has_frames;
};

static sf_count_t output_length(void *user)
{
    const umi_encoder *encoder = user;
    return encoder->length;
}

static sf_count_t output_seek(sf_count_t offset, int whence, void *user)
{
    umi_encoder *encoder = user;
    sf_count_t place = moved(encoder->position, encoder->length, offset, whence);
    if (place >= 0) {
        encoder->position = place;
    }
    return place;
}

static sf_count_t output_read(void *bytes, sf_count_t count, void *user)
{
    /* libsndfile wants to read back what it wrote in some modes, none of which is used here. */
    (void)bytes;
    (void)count;
    (void)user;
    return 0;
}

static sf_count_t output_write(const void *bytes, sf_count_t count, void *user)
{
    umi_encoder *encoder = user;
    sf_count_t done = 0;
    /* After a failure nothing more is written: the file is lost, and the first reason counts. */
    while (done < count && !encoder->failed) {
        ssize_t n = pwrite(encoder->descriptor, (const char *)bytes + done, (size_t)(count - done),
                           encoder->position);
        if (n > 0) {
            done += n;
            encoder->position += n;
        } else if (n == 0 || errno != EINTR) {
            encoder->failed = true;
            encoder->reason = n == 0 ? EIO : errno;
        }
    }
    if (encoder->position > encoder->length) {
        encoder->length = encoder->position;
    }
    return done;
}

static sf_count_t output_tell(void *user)
{
    const umi_encoder *encoder = user;
    return encoder->position;
}

um_status umi_encoder_open(int descriptor, const umi_audio_format *format, umi_encoder **out,
                           int *reason)
{
    static SF_VIRTUAL_IO output = {output_length, output_seek, output_read, output_write,
                                   output_tell};
    SF_INFO info = {.samplerate = (int)format->sample_rate,
                    .channels = (int)format->channels,
                    .format = container_of(format->container) | subtype_of(format->sample)};
    *out = NULL;
    *reason = 0;
    if (!sf_format_check(&info)) {
        return UM_ERR_ARGUMENT;
    }
    umi_encoder *encoder = umi_alloc(1, sizeof *encoder);
    if (encoder == NULL) {
        return UM_ERR_MEMORY;
    }
    encoder->descriptor = descriptor;
    encoder->stream = sf_open_virtual(&output, SFM_WRITE, &info, encoder);
    if (encoder->stream == NULL) {
        *reason = encoder->reason;
        umi_free(encoder);
        return *reason != 0 ? umi_status_of_writing(*reason) : UM_ERR_ARGUMENT;
    }
    /* The PEAK chunk of float files holds the time of day: the same run would give other bytes. */
    (void)sf_command(encoder->stream, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
    if (format->container == UMI_CONTAINER_RF64) {
        (void)sf_command(encoder->stream, SFC_RF64_AUTO_DOWNGRADE, NULL, SF_TRUE);
    }
    *out = encoder;
    return UM_OK;
}

/* Takes note of a call's outcome. */
static bool put(umi_encoder *encoder, sf_count_t written, size_t n_frames)
{
    if (written != (sf_count_t)n_frames || sf_error(encoder->stream) != SF_ERR_NO_ERROR) {
        encoder->failed = true;
    }
    encoder->has_frames = encoder->has_frames || n_frames > 0;
    return !encoder->failed;
}

bool umi_encoder_write_float(umi_encoder *encoder, const float *samples, size_t n_frames)
{
    return put(encoder, sf_writef_float(encoder->stream, samples, (sf_count_t)n_frames), n_frames);
}

bool umi_encoder_write_int(umi_encoder *encoder, const int32_t *samples, size_t n_frames)
{
    return put(encoder, sf_writef_int(encoder->stream, samples, (sf_count_t)n_frames), n_frames);
}

bool umi_encoder_update_header(umi_encoder *encoder)
{
    (void)sf_command(encoder->stream, SFC_UPDATE_HEADER_NOW, NULL, 0);
    return put(encoder, 0, 0);
}

int umi_encoder_reason(const umi_encoder *encoder)
{
    return encoder->reason;
}

bool umi_encoder_close(umi_encoder *encoder, int *reason)
{
    *reason = 0;
    if (encoder == NULL) {
        return true;
    }
    if (!encoder->has_frames) {
        /* libsndfile puts off a FLAC's header until the first frame: one of none would be empty. */
        (void)sf_command(encoder->stream, SFC_UPDATE_HEADER_NOW, NULL, 0);
    }
    bool ok = sf_close(encoder->stream) == SF_ERR_NO_ERROR && !encoder->failed;
    *reason = encoder->reason;
    umi_free(encoder);
    return ok;
}
