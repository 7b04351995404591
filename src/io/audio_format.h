/* What kind of sound a file holds. */
#ifndef UMI_IO_AUDIO_FORMAT_H
#define UMI_IO_AUDIO_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum umi_container {
    UMI_CONTAINER_WAV,
    UMI_CONTAINER_RF64,
    UMI_CONTAINER_W64,
    UMI_CONTAINER_AIFF,
    UMI_CONTAINER_AU,
    UMI_CONTAINER_CAF,
    UMI_CONTAINER_FLAC,
    UMI_CONTAINER_OGG,
    UMI_CONTAINER_MP3
} umi_container;

typedef enum umi_sample {
    UMI_SAMPLE_U8,
    UMI_SAMPLE_S8,
    UMI_SAMPLE_S16,
    UMI_SAMPLE_S24,
    UMI_SAMPLE_S32,
    UMI_SAMPLE_FLOAT,
    UMI_SAMPLE_DOUBLE,
    UMI_SAMPLE_ALAW,
    UMI_SAMPLE_ULAW,
    UMI_SAMPLE_LOSSY /* Vorbis, Opus, MP3: decoded to float */
} umi_sample;

/* Limits of what is read and written. */
enum { UMI_CHANNELS_MAX = 64, UMI_RATE_MIN = 1000, UMI_RATE_MAX = 768000 };

/* A frame count that a file does not tell. */
#define UMI_FRAMES_UNKNOWN UINT64_MAX

typedef struct umi_audio_format {
    umi_container container;
    umi_sample sample;
    double sample_rate; /* Hz, a whole number */
    size_t channels;
} umi_audio_format;

/* "WAV", "FLAC", ... for messages. */
const char *umi_container_name(umi_container container);

/* "8-bit", "24-bit", "float", "A-law", "lossy", ... for messages and for people. */
const char *umi_sample_name(umi_sample sample);

/* Bits of the integers that samples are read as: 8, 16, 24 or 32, and 16 for A-law and u-law, which
 * decode to 16 bits. 0 for float, double and lossy, which are no integers. */
unsigned umi_sample_bits(umi_sample sample);

/* Bytes of one sample as it is stored; 0 for lossy. */
size_t umi_sample_bytes(umi_sample sample);

/* True when rate and channels are within the limits above. */
bool umi_audio_format_in_limits(const umi_audio_format *format);

#endif
