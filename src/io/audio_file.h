/* libsndfile behind a few calls: the only file of this program that includes sndfile.h.
 *
 * libsndfile 1.2 is used for what it does well, turning stored samples into numbers and back. It
 * never parses the header of a WAV, AIFF, AU or CAF file (see audio_layout.h): it is shown the
 * samples alone. Reading and writing go through our own functions, so that every short write
 * and its reason are known; libsndfile itself drops some of them. */
#ifndef UMI_IO_AUDIO_FILE_H
#define UMI_IO_AUDIO_FILE_H

#include "io/audio_format.h"
#include "io/audio_layout.h"
#include "io/input_file.h"
#include "unmingle/status.h"

/* -- Reading ----------------------------------------------------------------------------------- */

typedef struct umi_decoder umi_decoder;

/* Starts at the first frame. `file` is borrowed until _close. For coded streams, rate and frame
 * count of *layout are replaced by what the decoder found. UM_ERR_DATA when the decoder refuses
 * the stream, UM_ERR_IO, UM_ERR_MEMORY. */
um_status umi_decoder_open(const umi_input_file *file, umi_audio_layout *layout, umi_decoder **out,
                           um_error *error) UM_MUST_USE;
void umi_decoder_close(umi_decoder *decoder); /* NULL is fine */

/* Read up to n_frames interleaved frames; return how many. Fewer mean the end, or a failure. Floats
 * are full scale 1; integers are left-justified in 32 bits, for samples with umi_sample_bits. */
size_t umi_decoder_read_float(umi_decoder *decoder, float *samples, size_t n_frames);
size_t umi_decoder_read_int(umi_decoder *decoder, int32_t *samples, size_t n_frames);

/* UM_OK, UM_ERR_IO when the system failed to read, UM_ERR_DATA when the stream is damaged. */
um_status umi_decoder_status(const umi_decoder *decoder);

/* -- Writing ----------------------------------------------------------------------------------- */

typedef struct umi_encoder umi_encoder;

/* Writes to `descriptor`, an empty file that stays the caller's, in any container but Ogg and MP3;
 * RF64 turns into plain RIFF below 4 GiB. UM_ERR_ARGUMENT when that container cannot hold the
 * format; UM_ERR_MEMORY; what umi_status_of_writing says. */
um_status umi_encoder_open(int descriptor, const umi_audio_format *format, umi_encoder **out,
                           int *reason) UM_MUST_USE;

/* Write n_frames; false on failure. Integers are left-justified in 32 bits. */
bool umi_encoder_write_float(umi_encoder *encoder, const float *samples, size_t n_frames);
bool umi_encoder_write_int(umi_encoder *encoder, const int32_t *samples, size_t n_frames);

/* Makes a whole file of what was written so far; more may follow. Of no use for FLAC. */
bool umi_encoder_update_header(umi_encoder *encoder);

/* The system's number of the first write that failed; 0 when none did. */
int umi_encoder_reason(const umi_encoder *encoder);

/* Ends the stream and its header, and frees. False when anything was not written, ever; *reason is
 * then the system's number, or 0. NULL is fine (true). */
bool umi_encoder_close(umi_encoder *encoder, int *reason);

#endif
