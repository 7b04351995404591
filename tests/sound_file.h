/* Makes recordings for tests that read them, and reads what a test has written. */
#ifndef SOUND_FILE_H
#define SOUND_FILE_H

#include "io/audio_reader.h"
#include "io/audio_writer.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static inline umi_audio_writer *sound_file_create(const char *path, umi_sample sample,
                                                  size_t n_frames, size_t n_channels,
                                                  double sample_rate)
{
    umi_audio_writer_config config = {
        .path = path,
        .format = {UMI_CONTAINER_WAV, sample, sample_rate, n_channels},
        .n_frames = n_frames,
    };
    umi_audio_writer *writer;
    um_error error;
    (void)remove(path);
    if (umi_audio_writer_new(&config, &writer, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return writer;
}

static inline void sound_file_finish(umi_audio_writer *writer)
{
    um_error error;
    if (umi_audio_writer_finish(writer, &error) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    umi_audio_writer_free(writer);
}

/* Writes n_frames interleaved frames as a float WAV; a file that is there is replaced. */
static inline void sound_file_write(const char *path, const float *samples, size_t n_frames,
                                    size_t n_channels, double sample_rate)
{
    umi_audio_writer *writer =
        sound_file_create(path, UMI_SAMPLE_FLOAT, n_frames, n_channels, sample_rate);
    um_error error;
    if (umi_audio_writer_write_float(writer, samples, n_frames, &error) != UM_OK) {
        abort();
    }
    sound_file_finish(writer);
}

/* The same of whole numbers, right-justified, as a WAV of this sample format. */
static inline void sound_file_write_int(const char *path, umi_sample sample, const int32_t *samples,
                                        size_t n_frames, size_t n_channels, double sample_rate)
{
    umi_audio_writer *writer = sound_file_create(path, sample, n_frames, n_channels, sample_rate);
    um_error error;
    if (umi_audio_writer_write_int(writer, samples, n_frames, &error) != UM_OK) {
        abort();
    }
    sound_file_finish(writer);
}

/* Reads up to n_frames frames of a file into `floats` or, where that is NULL, `whole`, and stores
 * its format where `format` is not NULL. Returns how many frames there were. */
static inline size_t sound_file_read(const char *path, float *floats, int32_t *whole,
                                     size_t n_frames, umi_audio_format *format)
{
    umi_audio_reader_options options = {0};
    umi_audio_reader *reader;
    um_error error;
    size_t n_read;
    if (umi_audio_reader_open(path, &options, &reader, &error) != UM_OK ||
        (floats != NULL
             ? umi_audio_reader_read_float(reader, floats, n_frames, &n_read, &error)
             : umi_audio_reader_read_int(reader, whole, n_frames, &n_read, &error)) != UM_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    if (format != NULL) {
        *format = *umi_audio_reader_format(reader);
    }
    umi_audio_reader_free(reader);
    return n_read;
}

#endif
