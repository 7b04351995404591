/* A recording that is read several times: to learn from, to take apart, to compare with. */
#ifndef UMI_JOB_RECORDING_H
#define UMI_JOB_RECORDING_H

#include "io/audio_reader.h"
#include "job/watch.h"
#include "unmingle/progress.h"
#include "unmingle/status.h"

typedef struct umi_recording {
    umi_audio_reader *reader;
    umi_audio_format format;
    unsigned bits;     /* of its whole numbers, umi_sample_bits; 0: float */
    uint64_t n_frames; /* sample frames that are there, counted */
    double peak;       /* largest magnitude of a sample; full scale is 1 */
    double gain;       /* power of two that brings an extreme peak near 1, so that the arithmetic
                          stays within float32; 1 for everything usual */
} umi_recording;

/* Whether there is a file at `path` at all, which is told sooner than what else may be wrong with a
 * run; "-" is there. What umi_input_file_open says. */
um_status umi_recording_check(const char *path, um_error *error) UM_MUST_USE;

/* Opens the recording and reads it once, to count its frames and find its peak. Progress is in
 * frames. UM_ERR_CANCELLED, and what umi_audio_reader_open and _read_float say. */
um_status umi_recording_open(const char *path, const umi_audio_reader_options *options,
                             const um_progress *progress, umi_recording *recording,
                             um_error *error) UM_MUST_USE;

/* Opens once more what was opened before, without reading it to its end: n_frames and gain are
 * those that were found then. Its peak is left 0. */
um_status umi_recording_reopen(const char *path, const umi_audio_reader_options *options,
                               uint64_t n_frames, double gain, umi_recording *recording,
                               um_error *error) UM_MUST_USE;

/* A second one of the same recording, at its first frame, standard input too. */
um_status umi_recording_open_beside(const umi_recording *first, umi_recording *recording,
                                    um_error *error) UM_MUST_USE;

/* Tells who watches what was odd in what has been read of it, e.g. that it is truncated. */
void umi_recording_warn(const umi_recording *recording, const umi_watch *watch);

void umi_recording_close(umi_recording *recording);

um_status umi_recording_rewind(umi_recording *recording, um_error *error) UM_MUST_USE;

/* Reads up to n_frames: `samples` gets them times gain, interleaved; `whole`, unless NULL, the same
 * as integers (of recordings with bits != 0). *n_read < n_frames only at the end. */
um_status umi_recording_read(umi_recording *recording, float *samples, int32_t *whole,
                             size_t n_frames, size_t *n_read, um_error *error) UM_MUST_USE;

#endif
