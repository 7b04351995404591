#include "io/audio_format.h"

const char *umi_container_name(umi_container container)
{
    static const char *const names[] = {
        [UMI_CONTAINER_WAV] = "WAV",   [UMI_CONTAINER_RF64] = "RF64", [UMI_CONTAINER_W64] = "W64",
        [UMI_CONTAINER_AIFF] = "AIFF", [UMI_CONTAINER_AU] = "AU",     [UMI_CONTAINER_CAF] = "CAF",
        [UMI_CONTAINER_FLAC] = "FLAC", [UMI_CONTAINER_OGG] = "Ogg",   [UMI_CONTAINER_MP3] = "MP3"};
    return names[container];
}

/* One row a umi_sample, in its order. */
static const struct {
    const char *name;
    unsigned bits;
    size_t bytes;
} samples[] = {
    [UMI_SAMPLE_U8] = {"8-bit unsigned", 8, 1}, [UMI_SAMPLE_S8] = {"8-bit", 8, 1},
    [UMI_SAMPLE_S16] = {"16-bit", 16, 2},       [UMI_SAMPLE_S24] = {"24-bit", 24, 3},
    [UMI_SAMPLE_S32] = {"32-bit", 32, 4},       [UMI_SAMPLE_FLOAT] = {"float", 0, 4},
    [UMI_SAMPLE_DOUBLE] = {"double", 0, 8},     [UMI_SAMPLE_ALAW] = {"A-law", 16, 1},
    [UMI_SAMPLE_ULAW] = {"u-law", 16, 1},       [UMI_SAMPLE_LOSSY] = {"lossy", 0, 0},
};

const char *umi_sample_name(umi_sample sample)
{
    return samples[sample].name;
}

unsigned umi_sample_bits(umi_sample sample)
{
    return samples[sample].bits;
}

size_t umi_sample_bytes(umi_sample sample)
{
    return samples[sample].bytes;
}

bool umi_audio_format_in_limits(const umi_audio_format *format)
{
    return format->channels >= 1 && format->channels <= UMI_CHANNELS_MAX &&
           format->sample_rate >= UMI_RATE_MIN && format->sample_rate <= UMI_RATE_MAX;
}
