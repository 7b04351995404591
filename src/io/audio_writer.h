/* Recordings, written.
 *
 * WAV (RF64 past 4 GiB), W64, AIFF (below 4 GiB), AU, CAF and FLAC. The same samples give the same
 * bytes: no time stamps, no tags. Integers are rounded here, to the nearest, so that what was read
 * from a file of the same sample format is written back unchanged. A writer belongs to one thread
 * at a time. */
#ifndef UMI_IO_AUDIO_WRITER_H
#define UMI_IO_AUDIO_WRITER_H

#include "io/audio_format.h"
#include "unmingle/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct umi_audio_writer umi_audio_writer;

typedef struct umi_audio_writer_config {
    const char *path;        /* must not exist */
    const char *shown_path;  /* the name for messages; NULL: path */
    umi_audio_format format; /* FLAC takes 8, 16 and 24 bits in up to 8 channels, the others every
                                sample format but lossy; 8 bits are written signed or not as the
                                container has it. No RF64, Ogg or MP3 */
    uint64_t n_frames;       /* how many will be written at most, if known: a WAV that stays below
                                4 GiB then gets the plainest header. UMI_FRAMES_UNKNOWN is fine but
                                for AIFF */
} umi_audio_writer_config;

/* Creates the file. *out is NULL on failure. UM_ERR_ARGUMENT when the container cannot hold the
 * format; UM_ERR_CREATE, UM_ERR_PERMISSION, UM_ERR_IO, UM_ERR_MEMORY. */
um_status umi_audio_writer_new(const umi_audio_writer_config *config, umi_audio_writer **out,
                               um_error *error) UM_MUST_USE;

/* Write interleaved frames. Floats have full scale 1; integers -2^(b-1)..2^(b-1)-1 with
 * b = umi_sample_bits, which must not be 0 (UM_ERR_ARGUMENT). What is out of range is clipped and
 * counted. UM_ERR_IO and what else umi_status_of_writing says. */
um_status umi_audio_writer_write_float(umi_audio_writer *writer, const float *samples,
                                       size_t n_frames, um_error *error) UM_MUST_USE;
um_status umi_audio_writer_write_int(umi_audio_writer *writer, const int32_t *samples,
                                     size_t n_frames, um_error *error) UM_MUST_USE;

/* Makes the file one that can be played as far as it was written, should the program never come to
 * finish it; more may follow. Not for FLAC. UM_ERR_IO and the like. */
um_status umi_audio_writer_update(umi_audio_writer *writer, um_error *error) UM_MUST_USE;

/* Samples (not frames) that were clipped. */
uint64_t umi_audio_writer_clipped(const umi_audio_writer *writer);

/* Completes the file, brings it to the disk, and opens it again to see that it holds the frames and
 * the format that it should. Only then is it whole. Nothing but _free may follow. */
um_status umi_audio_writer_finish(umi_audio_writer *writer, um_error *error) UM_MUST_USE;

/* NULL is fine. Without _finish before, what was written stays behind as it is, not whole: to
 * remove it is the business of whoever chose the path (see output_set.h). */
void umi_audio_writer_free(umi_audio_writer *writer);

#endif
