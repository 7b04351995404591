/* The stems of one recording, written side by side so that they add up to it. */
#ifndef UMI_JOB_STEMS_H
#define UMI_JOB_STEMS_H

#include "io/audio_writer.h"
#include "job/recording.h"
#include "job/waveform.h"
#include "unmingle/view.h"

typedef struct umi_stems umi_stems;

/* Creates n_stems files at `paths`, shown in messages as `shown`. `format` is that of the stems;
 * rate and channels are the recording's. Stems are given in blocks of at most block_frames. A stem
 * whose path is NULL counts in the sum as the others do, but has no file.
 * UM_ERR_MEMORY, and what umi_audio_writer_new says. */
um_status umi_stems_new(const umi_recording *recording, const umi_audio_format *format,
                        const char *const *paths, const char *const *shown, size_t n_stems,
                        size_t block_frames, umi_stems **out, um_error *error) UM_MUST_USE;
void umi_stems_free(umi_stems *stems); /* NULL is fine; without _finish the files are not whole */

/* Before the first _write: what each stem's file gets goes into its waveform, too; n_stems of them,
 * borrowed. */
void umi_stems_draw(umi_stems *stems, umi_waveform *const *waveforms);

/* Writes n frames of every stem. `sources`, one view a stem, full scale 1 / recording's gain, come
 * from the separator and are overwritten; mix and, for recordings of whole numbers, whole_mix are
 * what umi_recording_read gave for the same frames. */
um_status umi_stems_write(umi_stems *stems, const um_view *sources, const float *mix,
                          const int32_t *whole_mix, size_t n, um_error *error) UM_MUST_USE;

/* Completes and checks all files. */
um_status umi_stems_finish(umi_stems *stems, um_error *error) UM_MUST_USE;

/* Energy of each stem as written: sum of squares, full scale 1. n_stems values, borrowed. */
const double *umi_stems_energy(const umi_stems *stems);

/* Values (samples of one channel) held at the end of the range, see sum_contract.h. */
uint64_t umi_stems_held(const umi_stems *stems);

#endif
