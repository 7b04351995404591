/* What every reader of a recording's header fills, and what it reads bytes with. */
#ifndef UMI_IO_AUDIO_HEADER_H
#define UMI_IO_AUDIO_HEADER_H

#include "io/audio_format.h"
#include "io/input_file.h"
#include "unmingle/status.h"

/* Where the sound lies in a file, and of what kind it is. */
typedef struct umi_audio_layout {
    umi_audio_format format;
    bool big_endian;          /* of plain samples */
    uint64_t offset;          /* bytes from the file's start to the samples or the stream */
    uint64_t n_bytes;         /* of samples or stream that are there */
    uint64_t frames_declared; /* by the header; UMI_FRAMES_UNKNOWN when it does not tell */
    uint64_t frames_found;    /* plain samples: whole frames that are there; else unknown */
    bool is_cut;              /* an Ogg stream that stops before its last page */
} umi_audio_layout;

/* Reads exactly n bytes at `offset`: UM_ERR_DATA when the file ends before, UM_ERR_IO. */
um_status umi_layout_bytes(const umi_input_file *file, uint64_t offset, unsigned char *bytes,
                           size_t n, um_error *error) UM_MUST_USE;

/* Sets frames_declared, n_bytes and frames_found from the bytes of samples that the header
 * declares (UINT64_MAX: all that follow) at layout->offset. The format must be filled. */
void umi_layout_measure(const umi_input_file *file, umi_audio_layout *layout,
                        uint64_t declared_bytes);

/* UM_ERR_DATA when channels or rate are out of limits. */
um_status umi_layout_check(const umi_input_file *file, const umi_audio_layout *layout,
                           um_error *error) UM_MUST_USE;

/* Numbers in bytes, little and big endian. */
static inline uint64_t umi_little(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

static inline uint64_t umi_big(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

#endif
