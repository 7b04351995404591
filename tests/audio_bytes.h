/* Recordings as bytes, written from the formats' descriptions, without the code under test and
 * without an audio library. */
#ifndef AUDIO_BYTES_H
#define AUDIO_BYTES_H

#include "io/audio_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct audio_bytes {
    unsigned char bytes[1 << 20];
    size_t n;
} audio_bytes;

static inline void put_bytes(audio_bytes *b, const void *bytes, size_t n)
{
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static inline void put_text(audio_bytes *b, const char *text)
{
    put_bytes(b, text, strlen(text));
}

static inline void put_number(audio_bytes *b, uint64_t value, size_t n, bool big_endian)
{
    for (size_t i = 0; i < n; i++) {
        size_t shift = 8 * (big_endian ? n - 1 - i : i);
        b->bytes[b->n++] = (unsigned char)(value >> shift);
    }
}

static inline void put_little(audio_bytes *b, uint64_t value, size_t n)
{
    put_number(b, value, n, false);
}

static inline void put_big(audio_bytes *b, uint64_t value, size_t n)
{
    put_number(b, value, n, true);
}

/* Sample i of the test signal as an integer of `bits`: both ends, the middle, and the rest spread
 * by a multiplicative hash. */
static inline int32_t test_sample(size_t i, unsigned bits)
{
    static const uint32_t corners[] = {0x80000000, 0x7FFFFFFF, 0, 0xFFFFFFFF, 0x40000000};
    uint32_t value = i < 5 ? corners[i] : (uint32_t)i * 2654435761U;
    return (int32_t)value >> (32 - bits);
}

/* The same for float files: in -1..1, exact in 24 bits. */
static inline float test_float(size_t i)
{
    return (float)test_sample(i, 24) / 8388608.0F;
}

/* The samples alone, as `format.sample` stores them. For the laws the bytes are i itself. */
static inline void put_samples(audio_bytes *b, const umi_audio_format *format, size_t n_frames,
                               bool big_endian)
{
    size_t size = umi_sample_bytes(format->sample);
    for (size_t i = 0; i < n_frames * format->channels; i++) {
        uint64_t bits = 0;
        if (format->sample == UMI_SAMPLE_FLOAT) {
            float value = test_float(i);
            uint32_t word = 0;
            memcpy(&word, &value, sizeof word);
            bits = word;
        } else if (format->sample == UMI_SAMPLE_DOUBLE) {
            double value = (double)test_float(i);
            memcpy(&bits, &value, sizeof bits);
        } else if (format->sample == UMI_SAMPLE_ALAW || format->sample == UMI_SAMPLE_ULAW) {
            bits = i & 0xFF;
        } else {
            bits = (uint32_t)test_sample(i, umi_sample_bits(format->sample));
            bits ^= format->sample == UMI_SAMPLE_U8 ? 0x80 : 0;
        }
        put_number(b, bits, size, big_endian);
    }
}

static inline void put_wav_format(audio_bytes *b, const umi_audio_format *format)
{
    size_t size = umi_sample_bytes(format->sample);
    unsigned tag = format->sample == UMI_SAMPLE_FLOAT || format->sample == UMI_SAMPLE_DOUBLE ? 3
                   : format->sample == UMI_SAMPLE_ALAW                                       ? 6
                   : format->sample == UMI_SAMPLE_ULAW                                       ? 7
                                                                                             : 1;
    put_little(b, tag, 2);
    put_little(b, format->channels, 2);
    put_little(b, (uint64_t)format->sample_rate, 4);
    put_little(b, (uint64_t)format->sample_rate * size * format->channels, 4);
    put_little(b, size * format->channels, 2);
    put_little(b, 8 * size, 2);
}

/* data_bytes is what the header declares, whatever follows. */
static inline void put_wav_header(audio_bytes *b, const umi_audio_format *format,
                                  uint64_t data_bytes)
{
    put_text(b, "RIFF");
    put_little(b, data_bytes + 36, 4);
    put_text(b, "WAVEfmt ");
    put_little(b, 16, 4);
    put_wav_format(b, format);
    put_text(b, "data");
    put_little(b, data_bytes, 4);
}

static inline void put_rf64_header(audio_bytes *b, const umi_audio_format *format,
                                   uint64_t data_bytes)
{
    put_text(b, "RF64");
    put_little(b, 0xFFFFFFFF, 4);
    put_text(b, "WAVEds64");
    put_little(b, 28, 4);
    put_little(b, data_bytes + 72, 8);
    put_little(b, data_bytes, 8);
    put_little(b, 0, 8);
    put_little(b, 0, 4);
    put_text(b, "fmt ");
    put_little(b, 16, 4);
    put_wav_format(b, format);
    put_text(b, "data");
    put_little(b, 0xFFFFFFFF, 4);
}

static inline void put_w64_header(audio_bytes *b, const umi_audio_format *format,
                                  uint64_t data_bytes)
{
    static const unsigned char tail[12] = {0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1,
                                           0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A};
    put_bytes(b, "riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\0\0", 16);
    put_little(b, data_bytes + 104, 8);
    put_text(b, "wave");
    put_bytes(b, tail, sizeof tail);
    put_text(b, "fmt ");
    put_bytes(b, tail, sizeof tail);
    put_little(b, 24 + 16, 8);
    put_wav_format(b, format);
    put_text(b, "data");
    put_bytes(b, tail, sizeof tail);
    put_little(b, 24 + data_bytes, 8);
}

/* A whole number of Hz as 80-bit extended. */
static inline void put_extended(audio_bytes *b, uint64_t value)
{
    unsigned exponent = 16383 + 63;
    while (value >> 63 == 0) {
        value <<= 1;
        exponent--;
    }
    put_big(b, exponent, 2);
    put_big(b, value, 8);
}

/* AIFF, or AIFF-C where `codec` is not NULL. */
static inline void put_aiff_header(audio_bytes *b, const umi_audio_format *format,
                                   const char *codec, uint64_t n_frames)
{
    size_t size = umi_sample_bytes(format->sample);
    uint64_t data_bytes = n_frames * size * format->channels;
    put_text(b, "FORM");
    put_big(b, data_bytes + (codec != NULL ? 52 : 46), 4);
    put_text(b, codec != NULL ? "AIFCCOMM" : "AIFFCOMM");
    put_big(b, codec != NULL ? 24 : 18, 4);
    put_big(b, format->channels, 2);
    put_big(b, n_frames, 4);
    put_big(b, 8 * size, 2);
    put_extended(b, (uint64_t)format->sample_rate);
    if (codec != NULL) {
        put_text(b, codec);
        put_big(b, 0, 2); /* an empty name */
    }
    put_text(b, "SSND");
    put_big(b, data_bytes + 8, 4);
    put_big(b, 0, 8);
}

static inline void put_au_header(audio_bytes *b, const umi_audio_format *format,
                                 uint64_t data_bytes)
{
    static const unsigned encodings[] = {0, 2, 3, 4, 5, 6, 7, 27, 1};
    put_text(b, ".snd");
    put_big(b, 24, 4);
    put_big(b, data_bytes, 4);
    put_big(b, encodings[format->sample], 4);
    put_big(b, (uint64_t)format->sample_rate, 4);
    put_big(b, format->channels, 4);
}

static inline void put_caf_header(audio_bytes *b, const umi_audio_format *format,
                                  bool little_endian, uint64_t data_bytes)
{
    size_t size = umi_sample_bytes(format->sample);
    bool is_float = format->sample == UMI_SAMPLE_FLOAT || format->sample == UMI_SAMPLE_DOUBLE;
    uint64_t rate = 0;
    memcpy(&rate, &format->sample_rate, sizeof rate);
    put_text(b, "caff");
    put_big(b, 1, 2);
    put_big(b, 0, 2);
    put_text(b, "desc");
    put_big(b, 32, 8);
    put_big(b, rate, 8);
    put_text(b, format->sample == UMI_SAMPLE_ALAW   ? "alaw"
                : format->sample == UMI_SAMPLE_ULAW ? "ulaw"
                                                    : "lpcm");
    put_big(b, (is_float ? 1U : 0U) | (little_endian ? 2U : 0U), 4);
    put_big(b, size * format->channels, 4);
    put_big(b, 1, 4);
    put_big(b, format->channels, 4);
    put_big(b, 8 * size, 4);
    put_text(b, "data");
    put_big(b, data_bytes == UINT64_MAX ? data_bytes : data_bytes + 4, 8);
    put_big(b, 0, 4);
}

/* A whole recording of the test signal, in the container of the format. AIFF is written as AIFF-C
 * where plain AIFF has no such samples, CAF in little endian. */
static inline void put_recording(audio_bytes *b, const umi_audio_format *format, size_t n_frames)
{
    uint64_t data_bytes = n_frames * umi_sample_bytes(format->sample) * format->channels;
    static const char *const aifc[] = {NULL,   NULL,   NULL,   NULL,  NULL,
                                       "fl32", "fl64", "alaw", "ulaw"};
    bool big_endian = false;
    b->n = 0;
    switch (format->container) {
    case UMI_CONTAINER_RF64:
        put_rf64_header(b, format, data_bytes);
        break;
    case UMI_CONTAINER_W64:
        put_w64_header(b, format, data_bytes);
        break;
    case UMI_CONTAINER_AIFF:
        put_aiff_header(b, format, aifc[format->sample], n_frames);
        big_endian = true;
        break;
    case UMI_CONTAINER_AU:
        put_au_header(b, format, data_bytes);
        big_endian = true;
        break;
    case UMI_CONTAINER_CAF:
        put_caf_header(b, format, true, data_bytes);
        break;
    default:
        put_wav_header(b, format, data_bytes);
        break;
    }
    put_samples(b, format, n_frames, big_endian);
}

#endif
