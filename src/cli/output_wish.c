#include "cli/output_wish.h"

#include "core/error.h"

static umi_sample sample_of(unsigned choice)
{
    switch ((umi_sample_format)choice) {
    case UMI_SAMPLE_FORMAT_16:
        return UMI_SAMPLE_S16;
    case UMI_SAMPLE_FORMAT_24:
        return UMI_SAMPLE_S24;
    case UMI_SAMPLE_FORMAT_32:
        return UMI_SAMPLE_S32;
    case UMI_SAMPLE_FORMAT_FLOAT:
    case UMI_SAMPLE_FORMAT_KEEP:
        break;
    }
    return UMI_SAMPLE_FLOAT;
}

um_status umi_output_wish_of(const umi_options *options, umi_output_wish *wish, um_error *error)
{
    bool flac = options->format == UMI_FORMAT_FLAC;
    if (flac && (options->sample_format == UMI_SAMPLE_FORMAT_32 ||
                 options->sample_format == UMI_SAMPLE_FORMAT_FLOAT)) {
        return umi_error_set(error, UM_ERR_ARGUMENT,
                             "--sample-format: FLAC holds 16 or 24 bits; --format wav holds all");
    }
    *wish = (umi_output_wish){flac ? UMI_CONTAINER_FLAC : UMI_CONTAINER_WAV,
                              options->sample_format == UMI_SAMPLE_FORMAT_KEEP,
                              sample_of(options->sample_format)};
    return UM_OK;
}
