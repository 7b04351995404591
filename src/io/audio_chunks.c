#include "io/audio_chunks.h"

#include "core/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* How a container writes the head of a chunk. */
typedef struct chunk_style {
    size_t head_size;   /* bytes: the name, then the size */
    size_t name_size;   /* 4, or 16 for W64's GUIDs, which start with 4 letters */
    bool big_endian;    /* the size */
    bool size_has_head; /* the size counts the head too */
    uint64_t alignment; /* of every chunk's start */
} chunk_style;

static const chunk_style wav_style = {8, 4, false, false, 2};
static const chunk_style w64_style = {24, 16, false, true, 8};
static const chunk_style aiff_style = {8, 4, true, false, 2};
static const chunk_style caf_style = {12, 4, true, false, 1};

typedef struct chunk {
    char name[5];
    uint64_t offset; /* of its body */
    uint64_t size;   /* of its body, as declared */
} chunk;

/* A recording has a handful of chunks; a file of zeros has one every few bytes. */
enum { CHUNKS_MAX = 4096 };

typedef struct chunk_walk {
    const umi_input_file *file;
    const chunk_style *style;
    uint64_t at; /* the head of the next chunk */
    size_t n_seen;
} chunk_walk;

/* The last 12 bytes of every W64 chunk's GUID but the first. */
static const unsigned char w64_tail[12] = {0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1,
                                           0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A};

/* The next chunk, or false at the end of the file. A chunk may declare more than the file holds:
 * then it is the last one. */
static bool next_chunk(chunk_walk *walk, chunk *next)
{
    unsigned char head[24];
    const chunk_style *style = walk->style;
    size_t n = 0;
    if (walk->n_seen++ == CHUNKS_MAX || walk->at >= walk->file->size ||
        !umi_input_file_read(walk->file, walk->at, head, style->head_size, &n) ||
        n < style->head_size) {
        return false;
    }
    memcpy(next->name, head, 4);
    next->name[4] = '\0';
    if (style->name_size == 16 && memcmp(head + 4, w64_tail, sizeof w64_tail) != 0) {
        next->name[0] = '\0';
    }
    const unsigned char *size = head + style->name_size;
    size_t size_bytes = style->head_size - style->name_size;
    next->size = style->big_endian ? umi_big(size, size_bytes) : umi_little(size, size_bytes);
    next->offset = walk->at + style->head_size;
    if (style->size_has_head) {
        /* Sizes below the head's own wrap round to "unknown"; sox writes 24 - 1 into pipes. */
        next->size -= style->head_size;
    }
    uint64_t left = walk->file->size - next->offset;
    if (next->size > left) {
        walk->at = walk->file->size;
    } else {
        uint64_t end = next->offset + next->size;
        walk->at = end + (style->alignment - end % style->alignment) % style->alignment;
    }
    return true;
}

/* Integer samples of so many bytes; false when nobody has such. */
static bool integer_of_bytes(uint64_t bytes, umi_sample one_byte, umi_sample *sample)
{
    const umi_sample by_size[] = {one_byte, UMI_SAMPLE_S16, UMI_SAMPLE_S24, UMI_SAMPLE_S32};
    if (bytes < 1 || bytes > 4) {
        return false;
    }
    *sample = by_size[bytes - 1];
    return true;
}

static bool float_of_bytes(uint64_t bytes, umi_sample *sample)
{
    *sample = bytes == 8 ? UMI_SAMPLE_DOUBLE : UMI_SAMPLE_FLOAT;
    return bytes == 4 || bytes == 8;
}

static um_status refuse_codec(const umi_input_file *file, const char *what, um_error *error)
{
    return umi_error_set(error, UM_ERR_DATA, "%s: %s is not read (PCM, float, A-law and u-law are)",
                         file->name, what);
}

static um_status missing(const umi_input_file *file, const char *what, um_error *error)
{
    return umi_error_set(error, UM_ERR_DATA, "%s: no %s", file->name, what);
}

/* -- WAV, RF64, W64 ---------------------------------------------------------------------------- */

enum { TAG_PCM = 1, TAG_FLOAT = 3, TAG_ALAW = 6, TAG_ULAW = 7, TAG_EXTENSIBLE = 0xFFFE };

/* Bytes of one sample: the block size a channel where that makes sense, since 20 bits may lie in 3
 * bytes and 24 bits in 4, always left-justified. */
static uint64_t wav_sample_bytes(uint64_t channels, uint64_t block, uint64_t bits)
{
    if (block % channels == 0 && block / channels >= 1 && block / channels <= 8) {
        return block / channels;
    }
    return (bits + 7) / 8;
}

static um_status read_fmt(const umi_input_file *file, const chunk *fmt, umi_audio_layout *layout,
                          um_error *error)
{
    unsigned char b[40] = {0};
    if (fmt->size < 16) {
        return missing(file, "whole format chunk", error);
    }
    size_t n = fmt->size < sizeof b ? (size_t)fmt->size : sizeof b;
    um_status status = umi_layout_bytes(file, fmt->offset, b, n, error);
    if (status != UM_OK) {
        return status;
    }
    uint64_t tag = umi_little(b, 2);
    if (tag == TAG_EXTENSIBLE && n == sizeof b) {
        tag = umi_little(b + 24, 2); /* the first bytes of the GUID are the old tag */
    }
    layout->format.channels = (size_t)umi_little(b + 2, 2);
    layout->format.sample_rate = (double)umi_little(b + 4, 4);
    status = umi_layout_check(file, layout, error);
    if (status != UM_OK) {
        return status;
    }
    uint64_t bytes =
        wav_sample_bytes(layout->format.channels, umi_little(b + 12, 2), umi_little(b + 14, 2));
    umi_sample *sample = &layout->format.sample;
    bool known = true;
    if (tag == TAG_PCM) {
        known = integer_of_bytes(bytes, UMI_SAMPLE_U8, sample);
    } else if (tag == TAG_FLOAT) {
        known = float_of_bytes(bytes, sample);
    } else if (tag == TAG_ALAW || tag == TAG_ULAW) {
        *sample = tag == TAG_ALAW ? UMI_SAMPLE_ALAW : UMI_SAMPLE_ULAW;
        known = bytes == 1;
    } else {
        known = false;
    }
    if (!known) {
        char what[64];
        snprintf(what, sizeof what, "WAV format 0x%" PRIx64 " with %" PRIu64 " bytes a sample", tag,
                 bytes);
        return refuse_codec(file, what, error);
    }
    return UM_OK;
}

/* Sizes that programs write when they cannot go back to fill in the true one: most all ones, sox
 * 0x7FFFF000, arecord 0x7FFFFF00 or 0x80000000. */
static bool is_streamed_size(uint64_t size)
{
    return size == 0xFFFFFFFF || size == 0x7FFFFFFF || size == 0x7FFFF000 || size == 0x7FFFFF00 ||
           size == 0x80000000;
}

um_status umi_layout_read_wav(const umi_input_file *file, umi_audio_layout *layout, um_error *error)
{
    unsigned char head[12];
    um_status status = umi_layout_bytes(file, 0, head, sizeof head, error);
    bool is_rf64 = status == UM_OK && memcmp(head, "RIFF", 4) != 0;
    bool has_format = false;
    uint64_t data_size_64 = UINT64_MAX; /* RF64: the true size, from the ds64 chunk */
    chunk_walk walk = {file, &wav_style, 12, 0};
    chunk next;
    layout->format.container = is_rf64 ? UMI_CONTAINER_RF64 : UMI_CONTAINER_WAV;
    while (status == UM_OK && next_chunk(&walk, &next)) {
        if (strcmp(next.name, "ds64") == 0) {
            unsigned char sizes[16];
            status = umi_layout_bytes(file, next.offset, sizes, sizeof sizes, error);
            data_size_64 = umi_little(sizes + 8, 8);
        } else if (strcmp(next.name, "fmt ") == 0 && !has_format) {
            status = read_fmt(file, &next, layout, error);
            has_format = true;
        } else if (strcmp(next.name, "data") == 0) {
            if (!has_format) {
                return missing(file, "format chunk before the samples", error);
            }
            uint64_t size = is_rf64 && next.size == 0xFFFFFFFF ? data_size_64 : next.size;
            /* A recorder that was cut off leaves 0 for this size and for the whole. */
            bool unfinished = size == 0 && umi_little(head + 4, 4) + 8 < next.offset;
            if (unfinished || (!is_rf64 && is_streamed_size(size))) {
                size = UINT64_MAX;
            }
            layout->offset = next.offset;
            umi_layout_measure(file, layout, size);
            return UM_OK;
        }
    }
    return status == UM_OK ? missing(file, "samples in this WAV file", error) : status;
}

um_status umi_layout_read_w64(const umi_input_file *file, umi_audio_layout *layout, um_error *error)
{
    um_status status = UM_OK;
    bool has_format = false;
    /* "riff" GUID and size, then the "wave" GUID */
    chunk_walk walk = {file, &w64_style, 40, 0};
    chunk next;
    layout->format.container = UMI_CONTAINER_W64;
    while (status == UM_OK && next_chunk(&walk, &next)) {
        if (strcmp(next.name, "fmt ") == 0 && !has_format) {
            status = read_fmt(file, &next, layout, error);
            has_format = true;
        } else if (strcmp(next.name, "data") == 0) {
            if (!has_format) {
                return missing(file, "format chunk before the samples", error);
            }
            layout->offset = next.offset;
            umi_layout_measure(file, layout,
                               next.size >= (UINT64_C(1) << 61) ? UINT64_MAX : next.size);
            return UM_OK;
        }
    }
    return status == UM_OK ? missing(file, "samples in this W64 file", error) : status;
}

/* -- AIFF -------------------------------------------------------------------------------------- */

/* A non-negative 80-bit extended float, rounded to a whole number; 0 for what is no rate. */
static double extended_to_rate(const unsigned char *b)
{
    int exponent = (int)umi_big(b, 2) - 16383 - 63;
    if (exponent > 0 || exponent < -63) {
        return 0;
    }
    return floor(ldexp((double)umi_big(b + 2, 8), exponent) + 0.5);
}

/* The codecs of AIFF-C that hold plain samples. Bytes 0: as the COMM chunk says. */
static const struct aiff_codec {
    char name[5];
    bool little_endian;
    bool is_float;
    uint64_t bytes;
    umi_sample law; /* for the two laws */
} aiff_codecs[] = {
    {"NONE", false, false, 0, 0},
    {"twos", false, false, 0, 0},
    {"sowt", true, false, 0, 0},
    {"in24", false, false, 3, 0},
    {"in32", false, false, 4, 0},
    {"42ni", true, false, 3, 0},
    {"23ni", true, false, 4, 0},
    {"fl32", false, true, 4, 0},
    {"FL32", false, true, 4, 0},
    {"fl64", false, true, 8, 0},
    {"FL64", false, true, 8, 0},
    {"alaw", false, false, 0, UMI_SAMPLE_ALAW},
    {"ALAW", false, false, 0, UMI_SAMPLE_ALAW},
    {"ulaw", false, false, 0, UMI_SAMPLE_ULAW},
    {"ULAW", false, false, 0, UMI_SAMPLE_ULAW},
};

/* Fills the format, and *frames from the COMM chunk. */
static um_status read_comm(const umi_input_file *file, const chunk *comm, bool is_aifc,
                           umi_audio_layout *layout, uint64_t *frames, um_error *error)
{
    unsigned char b[22] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0NONE";
    size_t n = is_aifc ? 22 : 18;
    if (comm->size < n) {
        return missing(file, "whole COMM chunk", error);
    }
    um_status status = umi_layout_bytes(file, comm->offset, b, n, error);
    if (status != UM_OK) {
        return status;
    }
    layout->format.channels = (size_t)umi_big(b, 2);
    layout->format.sample_rate = extended_to_rate(b + 8);
    *frames = umi_big(b + 2, 4);
    status = umi_layout_check(file, layout, error);
    if (status != UM_OK) {
        return status;
    }
    const size_t n_codecs = sizeof aiff_codecs / sizeof aiff_codecs[0];
    size_t i = 0;
    while (i < n_codecs && memcmp(aiff_codecs[i].name, b + 18, 4) != 0) {
        i++;
    }
    if (i == n_codecs) {
        return refuse_codec(file, "this compressed AIFF-C", error);
    }
    const struct aiff_codec *codec = &aiff_codecs[i];
    uint64_t bytes = codec->bytes != 0 ? codec->bytes : (umi_big(b + 6, 2) + 7) / 8;
    layout->big_endian = !codec->little_endian;
    bool known = true;
    if (codec->law != 0) {
        layout->format.sample = codec->law;
    } else if (codec->is_float) {
        known = float_of_bytes(bytes, &layout->format.sample);
    } else {
        known = integer_of_bytes(bytes, UMI_SAMPLE_S8, &layout->format.sample);
    }
    return known ? UM_OK : refuse_codec(file, "AIFF of this sample size", error);
}

um_status umi_layout_read_aiff(const umi_input_file *file, umi_audio_layout *layout,
                               um_error *error)
{
    unsigned char head[12];
    um_status status = umi_layout_bytes(file, 0, head, sizeof head, error);
    bool is_aifc = status == UM_OK && head[11] == 'C';
    bool has_format = false;
    bool has_samples = false;
    uint64_t frames = 0;
    uint64_t size = 0;
    chunk_walk walk = {file, &aiff_style, 12, 0};
    chunk next;
    layout->format.container = UMI_CONTAINER_AIFF;
    while (status == UM_OK && !(has_format && has_samples) && next_chunk(&walk, &next)) {
        if (strcmp(next.name, "COMM") == 0 && !has_format) {
            status = read_comm(file, &next, is_aifc, layout, &frames, error);
            has_format = true;
        } else if (strcmp(next.name, "SSND") == 0 && !has_samples) {
            /* 4 bytes offset to the first sample, 4 bytes block size, then the samples */
            unsigned char prefix[8];
            status = umi_layout_bytes(file, next.offset, prefix, sizeof prefix, error);
            uint64_t skip = sizeof prefix + umi_big(prefix, 4);
            if (status == UM_OK && next.size < skip) {
                return missing(file, "samples in this AIFF file", error);
            }
            layout->offset = next.offset + skip;
            /* sox writes 0x7F000008 into pipes. */
            bool streamed = next.size == 0x7F000008 || is_streamed_size(next.size);
            size = streamed ? UINT64_MAX : next.size - skip;
            has_samples = true;
        }
    }
    if (status != UM_OK) {
        return status;
    }
    if (!has_format || !has_samples) {
        return missing(file, has_format ? "samples in this AIFF file" : "COMM chunk", error);
    }
    /* COMM's count says where the sound ends; SSND may hold more, or, when cut, less. */
    uint64_t frame_bytes = umi_sample_bytes(layout->format.sample) * layout->format.channels;
    bool counted = size != UINT64_MAX && frames != 0;
    umi_layout_measure(file, layout,
                       counted && frames * frame_bytes < size ? frames * frame_bytes : size);
    if (counted) {
        layout->frames_declared = frames;
    }
    return UM_OK;
}

/* -- CAF --------------------------------------------------------------------------------------- */

static um_status read_desc(const umi_input_file *file, const chunk *desc, umi_audio_layout *layout,
                           um_error *error)
{
    enum { IS_FLOAT = 1, IS_LITTLE_ENDIAN = 2 };
    unsigned char b[32];
    um_status status = umi_layout_bytes(file, desc->offset, b, sizeof b, error);
    if (status != UM_OK) {
        return status;
    }
    uint64_t rate_bits = umi_big(b, 8);
    double rate = 0;
    memcpy(&rate, &rate_bits, sizeof rate);
    layout->format.sample_rate = isfinite(rate) && rate > 0 ? floor(rate + 0.5) : 0;
    layout->format.channels = (size_t)umi_big(b + 24, 4);
    status = umi_layout_check(file, layout, error);
    if (status != UM_OK) {
        return status;
    }
    uint64_t flags = umi_big(b + 12, 4);
    uint64_t packet = umi_big(b + 16, 4);
    uint64_t bytes = packet % layout->format.channels == 0 ? packet / layout->format.channels : 0;
    layout->big_endian = (flags & IS_LITTLE_ENDIAN) == 0;
    bool known = false;
    if (memcmp(b + 8, "lpcm", 4) == 0) {
        known = flags & IS_FLOAT ? float_of_bytes(bytes, &layout->format.sample)
                                 : integer_of_bytes(bytes, UMI_SAMPLE_S8, &layout->format.sample);
    } else if (memcmp(b + 8, "alaw", 4) == 0 || memcmp(b + 8, "ulaw", 4) == 0) {
        layout->format.sample = b[8] == 'a' ? UMI_SAMPLE_ALAW : UMI_SAMPLE_ULAW;
        known = bytes == 1;
    }
    return known ? UM_OK : refuse_codec(file, "compressed CAF (ALAC, AAC)", error);
}

um_status umi_layout_read_caf(const umi_input_file *file, umi_audio_layout *layout, um_error *error)
{
    um_status status = UM_OK;
    bool has_format = false;
    chunk_walk walk = {file, &caf_style, 8, 0};
    chunk next;
    layout->format.container = UMI_CONTAINER_CAF;
    while (status == UM_OK && next_chunk(&walk, &next)) {
        if (strcmp(next.name, "desc") == 0 && !has_format) {
            status = read_desc(file, &next, layout, error);
            has_format = true;
        } else if (strcmp(next.name, "data") == 0) {
            if (!has_format) {
                return missing(file, "description before the samples", error);
            }
            if (next.size < 4) {
                return missing(file, "samples in this CAF file", error);
            }
            layout->offset = next.offset + 4; /* behind the count of edits */
            umi_layout_measure(file, layout, next.size == UINT64_MAX ? UINT64_MAX : next.size - 4);
            return UM_OK;
        }
    }
    return status == UM_OK ? missing(file, "samples in this CAF file", error) : status;
}
