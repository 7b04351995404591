/* Recordings, read.
 *
 * WAV, RF64, W64, AIFF, AU and CAF with PCM, float, A-law or u-law; FLAC; Ogg Vorbis and Opus; MP3.
 * Nothing is believed that the file says of itself: not its name, not its length. A recording that
 * ends before its header says, or is damaged in the middle, is an error unless allow_truncated.
 * A reader belongs to one thread at a time. Nothing here prints: what people should be told, though
 * it is no error, waits in umi_audio_reader_warning. */
#ifndef UMI_IO_AUDIO_READER_H
#define UMI_IO_AUDIO_READER_H

#include "io/audio_format.h"
#include "io/input_file.h"
#include "unmingle/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct umi_audio_reader umi_audio_reader;

typedef struct umi_audio_reader_options {
    bool allow_truncated;        /* what is there is the recording; with a warning */
    bool strict;                 /* NaN and infinity are errors, not 0 with a warning */
    const char *spool_directory; /* where standard input is kept while it is read */
} umi_audio_reader_options;

/* Opens `path`, or standard input for "-". *out is NULL on failure, and the message names the file:
 * UM_ERR_NO_INPUT, UM_ERR_PERMISSION, UM_ERR_IO, UM_ERR_MEMORY, or UM_ERR_DATA for anything that
 * is not a whole recording of a kind above with 1..64 channels at 1000..768000 Hz. */
um_status umi_audio_reader_open(const char *path, const umi_audio_reader_options *options,
                                umi_audio_reader **out, um_error *error) UM_MUST_USE;

/* A second reader of the same recording, standard input too, which begins at its first frame and
 * goes its own way. UM_ERR_IO, UM_ERR_MEMORY, UM_ERR_DATA. */
um_status umi_audio_reader_open_beside(const umi_audio_reader *first, umi_audio_reader **out,
                                       um_error *error) UM_MUST_USE;

void umi_audio_reader_free(umi_audio_reader *reader); /* NULL is fine */

const umi_audio_format *umi_audio_reader_format(const umi_audio_reader *reader);

/* The name for messages, on one line. */
const char *umi_audio_reader_name(const umi_audio_reader *reader);

umi_file_identity umi_audio_reader_identity(const umi_audio_reader *reader);

/* How many frames there should be, or UMI_FRAMES_UNKNOWN. For progress and nothing else: memory
 * must not be sized by it, and the end is where the calls below say. */
uint64_t umi_audio_reader_frames(const umi_audio_reader *reader);

/* Reads the next n_frames interleaved frames, full scale 1, every value finite. *n_read is n_frames
 * but at the end of the recording. UM_ERR_DATA for damage, for an end before the declared one, and
 * for NaN or infinity where strict; UM_ERR_CHANGED when the file changed since it was opened;
 * UM_ERR_IO. After an error the only calls left are _rewind and _free. */
um_status umi_audio_reader_read_float(umi_audio_reader *reader, float *samples, size_t n_frames,
                                      size_t *n_read, um_error *error) UM_MUST_USE;

/* The same as exact integers: 16-bit samples are -32768..32767, in general -2^(b-1)..2^(b-1)-1 with
 * b = umi_sample_bits. UM_ERR_ARGUMENT when that is 0. */
um_status umi_audio_reader_read_int(umi_audio_reader *reader, int32_t *samples, size_t n_frames,
                                    size_t *n_read, um_error *error) UM_MUST_USE;

/* Back to the first frame; the same frames come again, to the bit. */
um_status umi_audio_reader_rewind(umi_audio_reader *reader, um_error *error) UM_MUST_USE;

/* UM_ERR_CHANGED when the file is not what it was when it was opened. */
um_status umi_audio_reader_check_unchanged(const umi_audio_reader *reader,
                                           um_error *error) UM_MUST_USE;

/* Values that were NaN or infinite and were read as 0, in the pass that had most of them. */
uint64_t umi_audio_reader_not_finite(const umi_audio_reader *reader);

/* Warning i = 0, 1, ... for people, one line that names the file; NULL when there are no more. To
 * be asked when all is read. Valid until the next call. */
const char *umi_audio_reader_warning(umi_audio_reader *reader, size_t i);

#endif
