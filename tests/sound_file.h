/* Makes recordings for tests that read them. */
#ifndef SOUND_FILE_H
#define SOUND_FILE_H

#include "io/audio_writer.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Writes n_frames interleaved frames as a float WAV. */
static inline void sound_file_write(const char *path, const float *samples, size_t n_frames,
                                    size_t n_channels, double sample_rate)
{
    umi_audio_writer_config config = {
        .path = path,
        .format = {UMI_CONTAINER_WAV, UMI_SAMPLE_FLOAT, sample_rate, n_channels},
        .n_frames = n_frames,
    };
    umi_audio_writer *writer;
    um_error error;
    if (umi_audio_writer_new(&config, &writer, &error) != UM_OK ||
        umi_audio_writer_write_float(writer, samples, n_frames, &error) != UM_OK ||
        umi_audio_writer_finish(writer, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    umi_audio_writer_free(writer);
}

#endif
