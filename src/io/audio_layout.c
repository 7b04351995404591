#include "io/audio_layout.h"

#include "core/error.h"
#include "io/audio_chunks.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Sun/NeXT .snd: 24 bytes, big endian, then the samples. */
static um_status read_au(const umi_input_file *file, umi_audio_layout *layout, um_error *error)
{
    static const struct {
        uint32_t encoding;
        umi_sample sample;
    } encodings[] = {{1, UMI_SAMPLE_ULAW},   {2, UMI_SAMPLE_S8},   {3, UMI_SAMPLE_S16},
                     {4, UMI_SAMPLE_S24},    {5, UMI_SAMPLE_S32},  {6, UMI_SAMPLE_FLOAT},
                     {7, UMI_SAMPLE_DOUBLE}, {27, UMI_SAMPLE_ALAW}};
    unsigned char header[24];
    um_status status = umi_layout_bytes(file, 0, header, sizeof header, error);
    if (status != UM_OK) {
        return status;
    }
    uint64_t encoding = umi_big(header + 12, 4);
    size_t i = 0;
    while (i < sizeof encodings / sizeof encodings[0] && encodings[i].encoding != encoding) {
        i++;
    }
    if (i == sizeof encodings / sizeof encodings[0]) {
        return umi_error_set(error, UM_ERR_DATA, "%s: AU encoding %" PRIu64 " is not read",
                             file->name, encoding);
    }
    layout->format.container = UMI_CONTAINER_AU;
    layout->format.sample = encodings[i].sample;
    layout->format.sample_rate = (double)umi_big(header + 16, 4);
    layout->format.channels = (size_t)umi_big(header + 20, 4);
    layout->big_endian = true;
    layout->offset = umi_big(header + 4, 4);
    if (layout->offset < sizeof header) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the samples would start within the header",
                             file->name);
    }
    status = umi_layout_check(file, layout, error);
    if (status == UM_OK) {
        uint64_t size = umi_big(header + 8, 4);
        umi_layout_measure(file, layout, size == UINT32_MAX ? UINT64_MAX : size);
    }
    return status;
}

/* "fLaC", then the STREAMINFO block (RFC 9639, 8.2), which must come first. */
static um_status read_flac(const umi_input_file *file, umi_audio_layout *layout, um_error *error)
{
    unsigned char header[26];
    um_status status = umi_layout_bytes(file, layout->offset, header, sizeof header, error);
    if (status != UM_OK) {
        return status;
    }
    if ((header[4] & 0x7F) != 0 || umi_big(header + 5, 3) != 34) {
        return umi_error_set(error, UM_ERR_DATA, "%s: FLAC without stream information", file->name);
    }
    /* 20 bits rate, 3 bits channels - 1, 5 bits sample size - 1, 36 bits frames */
    uint64_t packed = umi_big(header + 18, 8);
    unsigned bits = (unsigned)(packed >> 36 & 0x1F) + 1;
    uint64_t frames = packed & 0xFFFFFFFFF;
    layout->format.container = UMI_CONTAINER_FLAC;
    layout->format.sample_rate = (double)(packed >> 44);
    layout->format.channels = (size_t)(packed >> 41 & 7) + 1;
    layout->frames_declared = frames == 0 ? UMI_FRAMES_UNKNOWN : frames;
    if (bits != 8 && bits != 16 && bits != 24) {
        return umi_error_set(error, UM_ERR_DATA, "%s: FLAC with %u bits is not read", file->name,
                             bits);
    }
    layout->format.sample = bits == 8    ? UMI_SAMPLE_S8
                            : bits == 16 ? UMI_SAMPLE_S16
                                         : UMI_SAMPLE_S24;
    return umi_layout_check(file, layout, error);
}

/* The fields of an Ogg page's header (RFC 3533, 6) that are looked at. */
typedef struct ogg_page {
    bool is_first; /* of its stream */
    bool is_last;
    uint64_t size;          /* of the whole page */
    unsigned char body[19]; /* its start, for the first page: the identification header */
} ogg_page;

/* False when there is no whole page at `offset`. */
static bool read_ogg_page(const umi_input_file *file, uint64_t offset, ogg_page *page)
{
    unsigned char header[27 + 255];
    size_t n = 0;
    if (!umi_input_file_read(file, offset, header, sizeof header, &n) || n < 27 ||
        memcmp(header, "OggS", 5) != 0 || n < 27 + (size_t)header[26]) {
        return false;
    }
    uint64_t head_size = 27 + (uint64_t)header[26];
    page->is_first = (header[5] & 2) != 0;
    page->is_last = (header[5] & 4) != 0;
    page->size = head_size;
    for (size_t i = 27; i < head_size; i++) {
        page->size += header[i];
    }
    memset(page->body, 0, sizeof page->body);
    return umi_input_file_read(file, offset + head_size, page->body, sizeof page->body, &n) &&
           page->size <= file->size - offset;
}

/* Walks over all pages: decoders do not tell when pages are missing at the end, and leave out,
 * without a word, what a second stream behind the first one holds. */
static um_status read_ogg(const umi_input_file *file, umi_audio_layout *layout, um_error *error)
{
    ogg_page page;
    if (!read_ogg_page(file, 0, &page)) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the file ends within its header", file->name);
    }
    layout->format.container = UMI_CONTAINER_OGG;
    layout->format.sample = UMI_SAMPLE_LOSSY;
    if (memcmp(page.body, "\1vorbis", 7) == 0) {
        layout->format.channels = page.body[11];
        layout->format.sample_rate = (double)umi_little(page.body + 12, 4);
    } else if (memcmp(page.body, "OpusHead", 8) == 0) {
        layout->format.channels = page.body[9];
        layout->format.sample_rate = 48000;
    } else {
        return umi_error_set(error, UM_ERR_DATA, "%s: Ogg with neither Vorbis nor Opus in it",
                             file->name);
    }
    bool is_last = false;
    for (uint64_t at = page.size; read_ogg_page(file, at, &page); at += page.size) {
        if (page.is_first) {
            return umi_error_set(error, UM_ERR_DATA,
                                 "%s: holds several Ogg streams; split it into one a file",
                                 file->name);
        }
        is_last = page.is_last;
    }
    layout->is_cut = !is_last;
    return umi_layout_check(file, layout, error);
}

/* The header of an MPEG audio frame: 11 bits sync, version, layer, bit rate, sample rate. */
static bool is_mpeg_frame(const unsigned char *b)
{
    return b[0] == 0xFF && (b[1] & 0xE0) == 0xE0 && (b[1] & 0x18) != 0x08 && (b[1] & 0x06) != 0 &&
           (b[2] & 0xF0) != 0xF0 && (b[2] & 0x0C) != 0x0C;
}

static um_status read_mp3(const umi_input_file *file, umi_audio_layout *layout,
                          const unsigned char *frame, um_error *error)
{
    static const double rates[3] = {44100, 48000, 32000}; /* of MPEG 1 */
    unsigned version = frame[1] >> 3 & 3;                 /* 3: MPEG 1, 2: 2, 0: 2.5 */
    double divisor = version == 3 ? 1 : version == 2 ? 2 : 4;
    layout->format.container = UMI_CONTAINER_MP3;
    layout->format.sample = UMI_SAMPLE_LOSSY;
    layout->format.sample_rate = rates[frame[2] >> 2 & 3] / divisor;
    layout->format.channels = frame[3] >> 6 == 3 ? 1 : 2;
    return umi_layout_check(file, layout, error);
}

/* FLAC and MP3 may start with an ID3v2 tag: 10 bytes with its length in 7-bit digits. */
static uint64_t size_of_id3_tag(const unsigned char *start)
{
    if (memcmp(start, "ID3", 3) != 0) {
        return 0;
    }
    uint64_t size = 10;
    size += (uint64_t)(start[6] & 0x7F) << 21 | (uint64_t)(start[7] & 0x7F) << 14 |
            (uint64_t)(start[8] & 0x7F) << 7 | (start[9] & 0x7F);
    return start[5] & 0x10 ? size + 10 : size; /* a footer */
}

/* FLAC or MP3 behind any tag; UM_ERR_DATA for everything else. */
static um_status read_stream(const umi_input_file *file, const unsigned char *start,
                             umi_audio_layout *layout, um_error *error)
{
    unsigned char head[4];
    layout->offset = size_of_id3_tag(start);
    if (layout->offset >= file->size) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the file ends within its tag", file->name);
    }
    layout->n_bytes = file->size - layout->offset;
    um_status status = umi_layout_bytes(file, layout->offset, head, sizeof head, error);
    if (status != UM_OK) {
        return status;
    }
    if (memcmp(head, "fLaC", 4) == 0) {
        return read_flac(file, layout, error);
    }
    if (is_mpeg_frame(head)) {
        return read_mp3(file, layout, head, error);
    }
    return umi_error_set(error, UM_ERR_DATA,
                         "%s: not a recording that is read here (WAV, RF64, W64, AIFF, AU, CAF, "
                         "FLAC, Ogg Vorbis or Opus, MP3)",
                         file->name);
}

um_status umi_audio_layout_read(const umi_input_file *file, umi_audio_layout *layout,
                                um_error *error)
{
    unsigned char start[16] = {0};
    size_t n = 0;
    *layout = (umi_audio_layout){.n_bytes = file->size,
                                 .frames_declared = UMI_FRAMES_UNKNOWN,
                                 .frames_found = UMI_FRAMES_UNKNOWN};
    if (!umi_input_file_read(file, 0, start, sizeof start, &n)) {
        return umi_error_set(error, UM_ERR_IO, "%s: %s", file->name, strerror(errno));
    }
    if (n == 0) {
        return umi_error_set(error, UM_ERR_DATA, "%s: the file is empty", file->name);
    }
    bool is_wave = memcmp(start + 8, "WAVE", 4) == 0;
    if (is_wave && (memcmp(start, "RIFF", 4) == 0 || memcmp(start, "RF64", 4) == 0 ||
                    memcmp(start, "BW64", 4) == 0)) {
        return umi_layout_read_wav(file, layout, error);
    }
    if (memcmp(start, "riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\0\0", 16) == 0) {
        return umi_layout_read_w64(file, layout, error);
    }
    if (memcmp(start, "FORM", 4) == 0 && memcmp(start + 8, "AIF", 3) == 0) {
        return umi_layout_read_aiff(file, layout, error);
    }
    if (memcmp(start, "caff", 4) == 0) {
        return umi_layout_read_caf(file, layout, error);
    }
    if (memcmp(start, ".snd", 4) == 0) {
        return read_au(file, layout, error);
    }
    if (memcmp(start, "OggS", 4) == 0) {
        return read_ogg(file, layout, error);
    }
    return read_stream(file, start, layout, error);
}
